//! The cookies of a browser, by the rules of RFC 6265bis that matter to a gateway.

use std::time::Duration;

use openidconnect::url::Url;

/// How two addresses stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Site {
    /// The person typed it: there is no other address.
    None,
    /// Same scheme, host and port.
    Origin,
    /// Another port of the same host.
    Same,
    /// Another site.
    Other,
}

/// Which cookies a request takes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    All,
    /// Not the strict ones: a link or redirect from another site.
    LaxAndNone,
    /// Only `SameSite=None`: a form or a script of another site.
    OnlyNone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SameSite {
    Strict,
    Lax,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Any,
    SecureOnly,
}

/// All cookies of one browser. Ports do not separate them.
#[derive(Debug, Default)]
pub(crate) struct Jar(Vec<Cookie>);

#[derive(Clone, Debug)]
struct Cookie {
    host: String,
    name: String,
    value: String,
    path: String,
    scheme: Scheme,
    same_site: SameSite,
    /// What is left of its life; without one it ends with the browser.
    left: Option<Duration>,
}

impl Site {
    pub(crate) fn between(from: Option<&Url>, to: &Url) -> Self {
        match from {
            None => Self::None,
            Some(from) if from.origin() == to.origin() => Self::Origin,
            Some(from) if (from.scheme(), from.host()) == (to.scheme(), to.host()) => Self::Same,
            Some(_) => Self::Other,
        }
    }

    /// After one more redirect. What the person typed stays that; else the farthest step counts.
    pub(crate) fn and(self, step: Self) -> Self {
        if self == Self::None {
            Self::None
        } else {
            self.max(step)
        }
    }

    /// The value of `Sec-Fetch-Site`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Origin => "same-origin",
            Self::Same => "same-site",
            Self::Other => "cross-site",
        }
    }

    pub(crate) fn cookies_of_a_navigation(self, method: &str) -> Sent {
        match self {
            Self::Other if method == "GET" || method == "HEAD" => Sent::LaxAndNone,
            Self::Other => Sent::OnlyNone,
            Self::None | Self::Origin | Self::Same => Sent::All,
        }
    }

    pub(crate) fn cookies_of_a_script(self) -> Sent {
        if self == Self::Other {
            Sent::OnlyNone
        } else {
            Sent::All
        }
    }
}

impl Jar {
    /// Takes or refuses a `Set-Cookie`.
    pub(crate) fn store(&mut self, url: &Url, set_cookie: &str) {
        let mut parts = set_cookie.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let attributes: Vec<(String, &str)> = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.to_lowercase(), value))
            .collect();
        let attribute = |name: &str| {
            attributes
                .iter()
                .rev()
                .find(|(given, _)| given == name)
                .map(|(_, value)| *value)
        };
        let secure = url.scheme() == "https";
        let scheme = if attribute("secure").is_some() {
            Scheme::SecureOnly
        } else {
            Scheme::Any
        };
        if scheme == Scheme::SecureOnly && !secure {
            return;
        }
        let whole_host = attribute("path") == Some("/") && attribute("domain").is_none();
        let prefix = name.to_lowercase();
        if prefix.starts_with("__host-") && !(scheme == Scheme::SecureOnly && whole_host) {
            return;
        }
        if prefix.starts_with("__secure-") && scheme != Scheme::SecureOnly {
            return;
        }
        let cookie = Cookie {
            host: attribute("domain")
                .map_or_else(|| host(url), |domain| domain.trim_start_matches('.').to_owned()),
            name: name.to_owned(),
            value: value.to_owned(),
            path: attribute("path")
                .filter(|path| path.starts_with('/'))
                .map_or_else(|| default_path(url), str::to_owned),
            scheme,
            same_site: match attribute("samesite").map(str::to_lowercase).as_deref() {
                Some("strict") => SameSite::Strict,
                Some("none") => SameSite::None,
                _ => SameSite::Lax,
            },
            left: life(attribute("max-age"), attribute("expires")),
        };
        self.0
            .retain(|old| (&old.host, &old.name, &old.path) != (&cookie.host, &cookie.name, &cookie.path));
        if cookie.left != Some(Duration::ZERO) {
            self.0.push(cookie);
        }
    }

    /// The `Cookie` field of a request: longer paths first.
    pub(crate) fn header(&self, url: &Url, sent: Sent) -> Option<String> {
        let mut matching: Vec<&Cookie> = self.0.iter().filter(|cookie| cookie.goes_to(url, sent)).collect();
        matching.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = matching
            .iter()
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        Some(pairs.join("; ")).filter(|pairs| !pairs.is_empty())
    }

    /// Name and value of each cookie of a host.
    pub(crate) fn of<'a>(&'a self, host: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let own = self.0.iter().filter(move |cookie| cookie.host == host);
        own.map(|cookie| (cookie.name.as_str(), cookie.value.as_str()))
    }

    pub(crate) fn advance(&mut self, duration: Duration) {
        for cookie in &mut self.0 {
            cookie.left = cookie.left.map(|left| left.saturating_sub(duration));
        }
        self.0.retain(|cookie| cookie.left != Some(Duration::ZERO));
    }

    pub(crate) fn restart(&mut self) {
        self.0.retain(|cookie| cookie.left.is_some());
    }
}

impl Cookie {
    fn goes_to(&self, url: &Url, sent: Sent) -> bool {
        let host = host(url);
        let same_host =
            host == self.host || host.ends_with(&format!(".{}", self.host)) && self.host.contains('.');
        let path = url.path();
        let inside = path.strip_prefix(self.path.as_str());
        let same_path =
            inside.is_some_and(|rest| rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/'));
        let scheme = self.scheme == Scheme::Any || url.scheme() == "https";
        let site = match sent {
            Sent::All => true,
            Sent::LaxAndNone => self.same_site != SameSite::Strict,
            Sent::OnlyNone => self.same_site == SameSite::None,
        };
        same_host && same_path && scheme && site
    }
}

/// `Max-Age` wins; of a date only "long past" is read, which is how a cookie is deleted.
fn life(max_age: Option<&str>, expires: Option<&str>) -> Option<Duration> {
    match (max_age, expires) {
        (Some(age), _) => Some(age.parse().map_or(Duration::ZERO, Duration::from_secs)),
        (None, Some(date)) if date.contains("1970") => Some(Duration::ZERO),
        (None, Some(_)) => Some(Duration::MAX),
        (None, None) => None,
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or("").to_owned()
}

fn default_path(url: &Url) -> String {
    match url.path().rsplit_once('/') {
        Some((folder, _)) if !folder.is_empty() => folder.to_owned(),
        _ => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn sent_after(set_by: &str, set_cookie: &str, to: &str, sent: Sent) -> Option<String> {
        let mut jar = Jar::default();
        jar.store(&url(set_by), set_cookie);
        jar.header(&url(to), sent)
    }

    #[test]
    fn a_secure_cookie_is_for_https_alone() {
        let (https, http) = ("https://a.test/", "http://a.test/");
        assert_eq!(
            sent_after(https, "a=1; Secure", https, Sent::All),
            Some("a=1".to_owned())
        );
        assert_eq!(sent_after(https, "a=1; Secure", http, Sent::All), None);
        assert_eq!(sent_after(http, "a=1; Secure", https, Sent::All), None);
    }

    #[test]
    fn a_host_cookie_is_refused_unless_it_is_secure_for_the_whole_host_alone() {
        let here = "https://a.test/x/y";
        assert!(sent_after(here, "__Host-a=1; Secure; Path=/", here, Sent::All).is_some());
        for wrong in [
            "__Host-a=1; Path=/",
            "__Host-a=1; Secure",
            "__host-a=1; Secure; Path=/x",
            "__Host-a=1; Secure; Path=/; Domain=a.test",
        ] {
            assert_eq!(sent_after(here, wrong, here, Sent::All), None, "{wrong}");
        }
    }

    #[test]
    fn a_path_is_a_folder_not_a_beginning() {
        let here = "http://a.test/one/two";
        assert!(sent_after(here, "a=1", "http://a.test/one/three", Sent::All).is_some());
        assert_eq!(sent_after(here, "a=1", "http://a.test/onetwo", Sent::All), None);
        assert_eq!(sent_after(here, "a=1; Path=/", "http://b.test/", Sent::All), None);
    }

    #[test]
    fn another_site_gets_what_its_rule_lets_it() {
        let here = "http://a.test/";
        for (rule, link, form) in [
            ("Strict", false, false),
            ("Lax", true, false),
            ("None", true, true),
        ] {
            let set = format!("a=1; SameSite={rule}");
            assert_eq!(
                sent_after(here, &set, here, Sent::LaxAndNone).is_some(),
                link,
                "{rule}"
            );
            assert_eq!(
                sent_after(here, &set, here, Sent::OnlyNone).is_some(),
                form,
                "{rule}"
            );
        }
    }

    #[test]
    fn a_cookie_ends_with_its_age_or_with_the_browser() {
        let here = url("http://a.test/");
        let mut jar = Jar::default();
        jar.store(&here, "short=1; Max-Age=60");
        jar.store(&here, "session=1");
        jar.store(&here, "gone=1; expires=Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(jar.header(&here, Sent::All).unwrap(), "short=1; session=1");
        jar.restart();
        assert_eq!(jar.header(&here, Sent::All).unwrap(), "short=1");
        jar.advance(Duration::from_mins(1));
        assert_eq!(jar.header(&here, Sent::All), None);
        jar.store(&here, "a=1");
        jar.store(&here, "a=; Max-Age=0");
        assert_eq!(jar.of("a.test").count(), 0);
    }
}
