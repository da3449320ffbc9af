//! The language of a page: what the person chose, else what the browser asks for, else French.

use std::time::Duration;

use http::header::ACCEPT_LANGUAGE;

use crate::wire::cookies::CookieScheme;
use crate::wire::cookies::SetCookie;
use crate::wire::request::Request;

/// The query parameter of the language switch.
const PARAMETER: &str = "lang";
/// Our cookie's short name. It holds `fr` or `en`, nothing about the person.
const COOKIE: &str = "lang";
/// How long a choice is remembered: half a year, so that a yearly form asks again at most once.
const REMEMBERED: Duration = Duration::from_hours(24 * 180);

/// A language that every page speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// French, the default.
    #[default]
    Fr,
    /// English.
    En,
}

impl Locale {
    /// Chooses by `lang` in the query, then by our cookie, then by `Accept-Language` (RFC 9110, section 12.5.4).
    ///
    /// What is unknown or unreadable counts as not said.
    pub fn choose(query: Option<&str>, cookie: Option<&str>, accept_language: Option<&str>) -> Self {
        query
            .and_then(Self::parse)
            .or_else(|| cookie.and_then(Self::parse))
            .or_else(|| accept_language.and_then(most_wanted))
            .unwrap_or_default()
    }

    /// The language in which to answer a request.
    pub fn of_request(request: &Request, scheme: CookieScheme) -> Self {
        let accepted = request
            .headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let asked = asked_for(request.target.as_str());
        let cookie = request.cookies.get(&scheme.full_name(COOKIE));
        Self::choose(asked.as_deref(), cookie, accepted)
    }

    /// The cookie that remembers a choice made with the language switch; `None` if the request made none. To be asked for
    /// our own addresses only: elsewhere `lang` is the application's word.
    pub fn chosen_in(request: &Request, scheme: CookieScheme) -> Option<SetCookie> {
        let chosen = Self::parse(&asked_for(request.target.as_str())?)?;
        Some(scheme.set(COOKIE, chosen.tag(), Some(REMEMBERED)))
    }

    /// Reads `fr` or `en`, nothing else.
    pub fn parse(tag: &str) -> Option<Self> {
        match tag {
            "fr" => Some(Self::Fr),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The tag for `lang`, `Content-Language` and `ui_locales` (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// The language that the switch leads to.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Fr => Self::En,
            Self::En => Self::Fr,
        }
    }

    /// The same address in this language: path and query stay, byte for byte, only `lang` is replaced.
    pub fn address(self, path_and_query: &str) -> String {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let mut pairs: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && name_of(pair) != PARAMETER)
            .collect();
        let choice = format!("{PARAMETER}={}", self.tag());
        pairs.push(&choice);
        format!("{path}?{}", pairs.join("&"))
    }
}

fn name_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

fn asked_for(path_and_query: &str) -> Option<String> {
    let (_, query) = path_and_query.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == PARAMETER)
        .map(|(_, value)| value.into_owned())
}

/// The one of our languages with the greatest weight; the earlier of two equals. `fr-CA` asks for French, `*` for nothing
/// in particular, a weight of 0 for the other one.
fn most_wanted(accept_language: &str) -> Option<Locale> {
    let ranges = accept_language.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let primary = parts.next()?.split('-').next()?.to_ascii_lowercase();
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(Some(1.0), |weight| weight.parse::<f32>().ok())?;
        Some((Locale::parse(&primary)?, weight))
    });
    let wanted = ranges.filter(|(_, weight)| *weight > 0.0 && *weight <= 1.0);
    wanted
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .map(|(locale, _)| locale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::client_address::Provenance;
    use crate::wire::request_id::RequestId;

    #[test]
    fn the_switch_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        assert_eq!(Locale::choose(Some("en"), Some("fr"), Some("fr")), Locale::En);
        assert_eq!(Locale::choose(None, Some("en"), Some("fr")), Locale::En);
        assert_eq!(Locale::choose(Some("<x>"), Some("EN"), Some("en")), Locale::En);
        assert_eq!(Locale::choose(None, None, None), Locale::Fr);
    }

    #[test]
    fn the_browsers_wish_is_read_by_weight() {
        for (accepted, expected) in [
            ("en-GB,en;q=0.9,fr;q=0.8", Locale::En),
            ("de, en;q=0.3, fr-CA;q=0.7", Locale::Fr),
            ("en;q=0, *", Locale::Fr),
            ("EN", Locale::En),
            ("de", Locale::Fr),
            ("fr;q=0.5,en;q=0.5", Locale::Fr),
            ("en;q=NaN", Locale::Fr),
            ("en;q=7,fr", Locale::Fr),
            (";;,,q=", Locale::Fr),
        ] {
            assert_eq!(Locale::choose(None, None, Some(accepted)), expected, "{accepted}");
        }
    }

    fn request(target: &str, fields: &[(&str, &str)]) -> Request {
        let mut builder = http::Request::builder()
            .uri(target)
            .header("host", "ville.example");
        for (name, value) in fields {
            builder = builder.header(*name, *value);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let client = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
        Request::parse(&head, Provenance::as_published(client), RequestId::of([0; 8])).unwrap()
    }

    #[test]
    fn a_request_is_answered_in_its_language_and_only_a_choice_is_remembered() {
        let english = ("accept-language", "en");
        let french = ("cookie", "__Host-guichet-lang=fr");
        for (target, fields, expected, remembered) in [
            ("/_guichet/login", &[english][..], Locale::En, None),
            ("/_guichet/login", &[english, french], Locale::Fr, None),
            ("/_guichet/login?lang=xx", &[english, french], Locale::Fr, None),
            (
                "/_guichet/login?return_to=%2F&lang=en",
                &[french],
                Locale::En,
                Some("__Host-guichet-lang=en; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=15552000"),
            ),
        ] {
            let request = request(target, fields);
            assert_eq!(
                Locale::of_request(&request, CookieScheme::Secure),
                expected,
                "{target}"
            );
            let cookie = Locale::chosen_in(&request, CookieScheme::Secure);
            assert_eq!(cookie.as_ref().map(SetCookie::as_str), remembered, "{target}");
        }
    }

    #[test]
    fn the_switch_keeps_path_and_query_as_they_were() {
        for (from, to) in [
            ("/_guichet/logout", "/_guichet/logout?lang=en"),
            (
                "/a?return_to=%2Fx%3Flang%3Dfr&lang=fr",
                "/a?return_to=%2Fx%3Flang%3Dfr&lang=en",
            ),
            ("/a?lang=fr&lang&b=%20+", "/a?b=%20+&lang=en"),
        ] {
            assert_eq!(Locale::En.address(from), to);
        }
    }
}
