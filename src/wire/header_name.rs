//! Names of request fields as applications read them: every character that is not a letter or a digit is one and the same.
//!
//! CGI and its heirs fold `X_Guichet_Sub`, `x.guichet.sub` and `X-Guichet-Sub` into one variable, each server in its own
//! way (RFC 3875, section 4.1.18). So a name is compared folded, and one with odd characters does not pass at all, unless
//! an application asks for it by name. No server is known that takes several such characters in a row for one, or leaves those
//! at either end away; but nobody needs such a name of one of ours, so what would be one then is none of a client's either.

use std::sync::LazyLock;

use http::HeaderName;

use crate::wire::identity_names::IDENTITY;

/// Begins every name under which the gateway speaks to an application.
pub const RESERVED_PREFIX: &str = "x-guichet-";

/// Names that a client has no business with, and that come without a bad intention: proxies of its network and browsers'
/// extensions write them, and so do scripts. The same form as [`IDENTITY`].
const LEFT_AWAY: &[&str] = &[
    // address, host and scheme: written anew from the connection
    "forwarded",
    "remote-*",
    "x-forwarded-*",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-request-id",
    "x-host",
    "x-scheme",
    "x-script-name",
    "script-name",
    "front-end-https",
    "x-ssl-*",
    "ssl-*",
    // another path or method than the one that was judged
    "x-original-*",
    "x-rewrite-*",
    "x-real-path",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-middleware-*",
    "x-envoy-*",
    "x-accel-*",
    "x-sendfile*",
    // httpoxy
    "proxy",
    // read by us, and written anew
    "host",
    "cookie",
];

/// Fields that belong to one connection (RFC 9110, section 7.6.1) or are answered by us; `connection` also names others.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "expect",
];

/// What decides where a request goes, who sends it, or how it is read: never a connection's own affair, and never said in
/// another spelling. Folded.
const DECISIVE: &[&str] = &[
    "host",
    "cookie",
    "authorization",
    "content-length",
    "transfer-encoding",
    "content-type",
];

/// What becomes of a field that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// The application gets it.
    Passes,
    /// It has a character that is no letter, digit or hyphen, and would otherwise pass: an application gets it that asks for
    /// it by name ([`OddName`](crate::wire::odd_name::OddName)).
    Odd,
    /// Nobody gets it, and nothing is wrong.
    LeftAway,
    /// Nobody gets it, and somebody may want to know: it names an identity.
    Spoofed,
}

/// Whether the name is one under which the gateway speaks, in any folding.
pub fn is_reserved(name: &HeaderName) -> bool {
    let letters = squeezed(name.as_str());
    letters.take(RESERVED_PREFIX.len()).eq(RESERVED_PREFIX.bytes())
}

/// The name as an application may read it: lower case, every byte outside `[a-z0-9]` a hyphen.
pub fn fold(name: &str) -> String {
    name.bytes().map(folded).map(char::from).collect()
}

fn folded(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() {
        byte.to_ascii_lowercase()
    } else {
        b'-'
    }
}

/// The folded name with one hyphen where there are several, and none at its beginning.
fn squeezed(name: &str) -> impl Iterator<Item = u8> {
    let mut last = b'-';
    name.bytes().map(folded).filter(move |byte| {
        let is_kept = *byte != b'-' || last != b'-';
        last = *byte;
        is_kept
    })
}

/// What becomes of a field of this name.
pub fn treatment(name: &HeaderName) -> Treatment {
    let name = name.as_str();
    // `HeaderName` is in lower case: a plain name is its own folding.
    if is_simple(name) {
        return of_folded(name);
    }
    match protected_reading(name) {
        Some((treatment, _)) => treatment,
        None if is_plain(name) => Treatment::Passes,
        None => Treatment::Odd,
    }
}

/// Letters, digits and hyphens.
pub(super) fn is_plain(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The same, and no hyphen beside another one or at an end: there is no other way to read it.
fn is_simple(name: &str) -> bool {
    let mut last = b'-';
    let is_simple = name.bytes().all(|byte| {
        let fits = byte.is_ascii_alphanumeric() || (byte == b'-' && last != b'-');
        last = byte;
        fits
    });
    is_simple && last != b'-'
}

/// The name that is not for clients to say, if this is one in some reading; the worst, if there are several.
pub(super) fn protected_reading(name: &str) -> Option<(Treatment, String)> {
    if is_simple(name) {
        let treatment = of_folded(name);
        return (treatment != Treatment::Passes).then(|| (treatment, name.to_owned()));
    }
    let folded = fold(name);
    let squeezed: String = squeezed(name).map(char::from).collect();
    let trimmed = squeezed.trim_end_matches('-').to_owned();
    let readings = [trimmed, squeezed, folded].map(|name| match of_folded(&name) {
        Treatment::Passes if DECISIVE.contains(&name.as_str()) => (Treatment::LeftAway, name),
        treatment => (treatment, name),
    });
    let worst = |worst: Treatment| readings.iter().find(|(treatment, _)| *treatment == worst);
    worst(Treatment::Spoofed)
        .or_else(|| worst(Treatment::LeftAway))
        .cloned()
}

/// Whether the field belongs to one connection.
pub fn is_hop_by_hop(name: &HeaderName) -> bool {
    HOP_BY_HOP.contains(&name.as_str())
}

/// Whether a field decides where the request goes, who sends it, or how it is read.
pub fn is_decisive(name: &str) -> bool {
    DECISIVE.contains(&name)
}

fn of_folded(name: &str) -> Treatment {
    let patterns = letter(name).and_then(|letter| BY_LETTER.get(letter));
    let mut patterns = patterns.into_iter().flatten();
    let found = patterns.find(|pattern| pattern.fits(name));
    found.map_or(Treatment::Passes, |pattern| pattern.treatment)
}

/// One entry of the lists above.
#[derive(Debug)]
struct Pattern {
    name: &'static str,
    rest: Rest,
    treatment: Treatment,
}

/// What may follow its name.
#[derive(Debug)]
enum Rest {
    Any,
    None,
}

impl Pattern {
    fn of(entry: &'static str, treatment: Treatment) -> Self {
        let (name, rest) = match entry.strip_suffix('*') {
            Some(name) => (name, Rest::Any),
            None => (entry, Rest::None),
        };
        Self {
            name,
            rest,
            treatment,
        }
    }

    fn fits(&self, name: &str) -> bool {
        match self.rest {
            Rest::Any => name.starts_with(self.name),
            Rest::None => name == self.name,
        }
    }
}

/// The lists by their first letter, as every field of every request is looked up: most letters have few entries. The first
/// that fits counts.
static BY_LETTER: LazyLock<[Vec<Pattern>; 26]> = LazyLock::new(|| {
    let mut by_letter: [Vec<Pattern>; 26] = Default::default();
    for (list, treatment) in [
        (IDENTITY, Treatment::Spoofed),
        (LEFT_AWAY, Treatment::LeftAway),
        (HOP_BY_HOP, Treatment::LeftAway),
    ] {
        for entry in list {
            if let Some(of_letter) = letter(entry).and_then(|letter| by_letter.get_mut(letter)) {
                of_letter.push(Pattern::of(entry, treatment));
            }
        }
    }
    by_letter
});

fn letter(name: &str) -> Option<usize> {
    let first = name.bytes().next()?;
    first.is_ascii_lowercase().then(|| usize::from(first - b'a'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Treatment {
        treatment(&HeaderName::from_bytes(name.as_bytes()).unwrap())
    }

    #[test]
    fn a_reserved_name_passes_in_no_spelling() {
        for byte in b"!#$%&'*+.^_`|~-" {
            let c = char::from(*byte);
            for name in [
                format!("X{c}Guichet{c}Sub"),
                format!("Remote{c}User"),
                format!("SSL{c}Client{c}S{c}DN"),
            ] {
                assert_eq!(of(&name), Treatment::Spoofed, "{name}");
            }
        }
    }

    #[test]
    fn hyphens_in_a_row_or_at_an_end_make_no_other_name() {
        for name in [
            "X--Guichet-Sub",
            "_X__Guichet.-Sub_",
            "-Remote--User-",
            "x__user",
            "x-user_",
        ] {
            assert_eq!(of(name), Treatment::Spoofed, "{name}");
        }
        for name in [
            "Content--Length",
            "host~",
            "_Cookie",
            "X--Real-IP",
            "remote__addr",
        ] {
            assert_eq!(of(name), Treatment::LeftAway, "{name}");
        }
        assert_eq!(of("x--mine-"), Treatment::Passes);
        for name in ["x__mine", "my_app.token", "X_CSRF_Token", "a~b"] {
            assert_eq!(of(name), Treatment::Odd, "{name}");
        }
        let is_ours = |name: &str| is_reserved(&HeaderName::from_bytes(name.as_bytes()).unwrap());
        assert!(is_ours("x_guichet__sub") && is_ours("-x--guichet-sub"));
        assert!(!is_ours("x-guichets") && !is_ours("x-guichet"));
    }

    #[test]
    fn what_browsers_send_passes() {
        for name in [
            "Accept",
            "User-Agent",
            "Sec-Fetch-Mode",
            "Authorization",
            "X-Requested-With",
            "Origin",
            "Content-Length",
            "X-Auth-Token",
            "X-Access-Token",
            "X-User-Agent",
            "Sec-WebSocket-Key",
            "Sec-CH-UA",
        ] {
            assert_eq!(of(name), Treatment::Passes, "{name}");
        }
    }

    #[test]
    fn what_only_a_proxy_may_say_is_left_away_without_a_word() {
        for name in [
            "X-Forwarded-For",
            "X_Forwarded_For",
            "X-Real-IP",
            "Proxy",
            "SSL-Cipher",
            "Remote-Addr",
            "X-Original-URL",
            "x-envoy-original-path",
            "Connection",
            "TE",
            "Cookie",
            "Host",
            "Content_Length",
            "Transfer.Encoding",
            "Content_Type",
        ] {
            assert_eq!(of(name), Treatment::LeftAway, "{name}");
        }
    }

    #[test]
    fn every_entry_is_found() {
        for (list, treatment) in [(IDENTITY, Treatment::Spoofed), (HOP_BY_HOP, Treatment::LeftAway)] {
            for entry in list {
                assert_eq!(of(&entry.replace('*', "x")), treatment, "{entry}");
            }
        }
        for entry in LEFT_AWAY {
            assert_eq!(of(&entry.replace('*', "x")), Treatment::LeftAway, "{entry}");
        }
    }

    #[test]
    fn folding_keeps_letters_and_digits_only() {
        assert_eq!(fold("X_Guichet.Sub~1"), "x-guichet-sub-1");
    }
}
