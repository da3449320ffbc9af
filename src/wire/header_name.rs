//! Names of request fields as applications read them: every character that is not a letter or a digit is one and the same.
//!
//! CGI and its heirs fold `X_Guichet_Sub`, `x.guichet.sub` and `X-Guichet-Sub` into one variable, each server in its own
//! way (RFC 3875, section 4.1.18). So a name is compared folded, and one with odd characters does not pass at all, unless
//! an application asks for it by name.

use std::sync::LazyLock;

use http::HeaderName;

/// Begins every name under which the gateway speaks to an application.
pub const RESERVED_PREFIX: &str = "x-guichet-";

/// Names under which gateways tell applications who somebody is. A client that says one wants to be somebody. A final `*`
/// stands for any ending. Folded.
const IDENTITY: &[&str] = &[
    "x-guichet-*",
    "remote-user",
    "remote-email",
    "remote-groups",
    "x-remote-*",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-auth-request-*",
    "x-webauth-*",
    "sm-user",
    "x-goog-authenticated-user-*",
    "x-goog-iap-jwt-assertion",
    "x-ms-client-principal*",
    "cf-access-*",
    "x-pomerium-*",
    "x-authentik-*",
    "x-auth-user",
    "x-user",
    "x-oidc-*",
    "oidc-*",
    // client certificates
    "x-ssl-client-*",
    "ssl-client-*",
    "x-client-cert*",
    "client-cert*",
    "x-client-verify",
    "x-forwarded-client-cert",
    "x-forwarded-tls-client-cert*",
];

/// Names that a client has no business with, and that come without a bad intention: proxies of its network and browsers'
/// extensions write them, and so do scripts. The same form.
const LEFT_AWAY: &[&str] = &[
    // address, host and scheme: written anew from the connection
    "forwarded",
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
    /// it by name ([`OddName`]).
    Odd,
    /// Nobody gets it, and nothing is wrong.
    LeftAway,
    /// Nobody gets it, and somebody may want to know: it names an identity.
    Spoofed,
}

/// Why a name cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OddNameError {
    /// No field has such a name.
    #[error("is not the name of a field")]
    NoName,
    /// Letters, digits and hyphens: it needs nobody's leave.
    #[error("passes already")]
    Ordinary,
    /// To some application servers it is a name that only the gateway or the protocol uses.
    #[error("is `{0}` to some application servers, and that name is not for clients to say")]
    Protected(String),
}

/// A name with odd characters under which an application wants to hear what clients say. It stands for nothing of ours in
/// any folding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddName(HeaderName);

impl OddName {
    /// Reads a name as it stands in the configuration.
    pub fn parse(text: &str) -> Result<Self, OddNameError> {
        let name = HeaderName::from_bytes(text.as_bytes()).map_err(|_no_name| OddNameError::NoName)?;
        match treatment(&name) {
            Treatment::Odd => Ok(Self(name)),
            Treatment::Passes => Err(OddNameError::Ordinary),
            Treatment::LeftAway | Treatment::Spoofed => Err(OddNameError::Protected(fold(name.as_str()))),
        }
    }

    /// Whether a field has this name.
    pub fn is(&self, name: &HeaderName) -> bool {
        self.0 == name
    }
}

/// Whether the name is one under which the gateway speaks, in any folding.
pub fn is_reserved(name: &HeaderName) -> bool {
    let folded = name.as_str().bytes().map(folded);
    folded.take(RESERVED_PREFIX.len()).eq(RESERVED_PREFIX.bytes())
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

/// What becomes of a field of this name.
pub fn treatment(name: &HeaderName) -> Treatment {
    let name = name.as_str();
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // `HeaderName` is in lower case: a plain name is its own folding.
    if plain {
        return of_folded(name);
    }
    let folded = fold(name);
    match of_folded(&folded) {
        Treatment::Passes if DECISIVE.contains(&folded.as_str()) => Treatment::LeftAway,
        Treatment::Passes => Treatment::Odd,
        treatment => treatment,
    }
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
    ending: Ending,
    treatment: Treatment,
}

#[derive(Debug)]
enum Ending {
    Any,
    None,
}

impl Pattern {
    fn of(entry: &'static str, treatment: Treatment) -> Self {
        let (name, ending) = match entry.strip_suffix('*') {
            Some(name) => (name, Ending::Any),
            None => (entry, Ending::None),
        };
        Self {
            name,
            ending,
            treatment,
        }
    }

    fn fits(&self, name: &str) -> bool {
        match self.ending {
            Ending::Any => name.starts_with(self.name),
            Ending::None => name == self.name,
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
                assert!(OddName::parse(&name).is_err(), "{name}");
            }
        }
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
    fn an_odd_name_is_one_that_means_nothing_of_ours() {
        for name in ["my_app.token", "X_CSRF_Token", "a~b"] {
            assert_eq!(of(name), Treatment::Odd, "{name}");
            let asked_for = OddName::parse(name).unwrap();
            let lower_case = name.to_ascii_lowercase();
            assert!(asked_for.is(&HeaderName::from_bytes(lower_case.as_bytes()).unwrap()));
        }
        for (name, error) in [
            ("", OddNameError::NoName),
            ("a b", OddNameError::NoName),
            ("My-App-Token", OddNameError::Ordinary),
            ("Remote-User", OddNameError::Protected("remote-user".to_owned())),
            (
                "content_length",
                OddNameError::Protected("content-length".to_owned()),
            ),
        ] {
            assert_eq!(OddName::parse(name).unwrap_err(), error, "{name}");
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
