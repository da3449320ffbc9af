//! The cookies of a browser without a screen (RFC 6265bis, as far as the tests of a gateway can tell).

use url::Url;

/// One cookie, with what decides where it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The name, prefix included.
    pub name: String,
    /// The value, as it was set.
    pub value: String,
    /// The host that set it. Ports do not count: cookies do not know them.
    pub host: String,
    /// `Path`.
    pub path: String,
    /// `Secure`. Loopback counts as secure, as it does in Chromium.
    secure: bool,
    same_site: SameSite,
}

/// When a request that another site began carries the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SameSite {
    /// Always.
    None,
    /// On a navigation with a safe method.
    Lax,
    /// Never.
    Strict,
}

/// Who began a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Initiator {
    /// The person, in the address bar.
    Person,
    /// A page of the same origin.
    OwnOrigin,
    /// A page of the same host on another port: cookies do not know the difference.
    OwnSite,
    /// A navigation with GET from another site.
    CrossSiteNavigation,
    /// A form that another site posted.
    CrossSitePost,
}

/// Every cookie of one browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jar(Vec<Cookie>);

impl Jar {
    /// Keeps, replaces or removes the cookie of one `Set-Cookie` field.
    pub(crate) fn set(&mut self, from: &Url, field: &str) {
        let mut parts = field.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let mut cookie = Cookie {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            host: host(from),
            path: default_path(from.path()),
            secure: false,
            same_site: SameSite::Lax,
        };
        let (mut gone, mut has_domain) = (false, false);
        for attribute in parts {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            match name.to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
                "secure" => cookie.secure = true,
                "domain" => has_domain = true,
                "max-age" => gone = value.parse::<i64>().is_ok_and(|seconds| seconds <= 0),
                "samesite" if value.eq_ignore_ascii_case("strict") => cookie.same_site = SameSite::Strict,
                "samesite" if value.eq_ignore_ascii_case("none") => cookie.same_site = SameSite::None,
                _ => {}
            }
        }
        let host_prefix = cookie.name.to_ascii_lowercase().starts_with("__host-");
        let keeps_prefix = cookie.secure && cookie.path == "/" && !has_domain;
        if (host_prefix && !keeps_prefix) || (cookie.secure && !is_secure(from)) {
            return;
        }
        self.0.retain(|each| {
            (&each.name, &each.host, &each.path) != (&cookie.name, &cookie.host, &cookie.path)
        });
        if !gone {
            self.0.push(cookie);
        }
    }

    /// The `Cookie` field for a request, longest path first.
    pub(crate) fn field(&self, to: &Url, origin: Initiator) -> Option<String> {
        let mut cookies: Vec<&Cookie> = self.of(to).filter(|cookie| cookie.goes_along(origin)).collect();
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = cookies
            .iter()
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The cookies that belong to an address.
    pub(crate) fn of(&self, to: &Url) -> impl Iterator<Item = &Cookie> {
        let (host, path, secure) = (host(to), to.path().to_owned(), is_secure(to));
        self.0.iter().filter(move |cookie| {
            cookie.host == host && path_matches(&cookie.path, &path) && (secure || !cookie.secure)
        })
    }
}

impl Initiator {
    /// The value of `Sec-Fetch-Site` (Fetch Metadata, section 2.4).
    pub(crate) fn sec_fetch_site(self) -> &'static str {
        match self {
            Self::Person => "none",
            Self::OwnOrigin => "same-origin",
            Self::OwnSite => "same-site",
            Self::CrossSiteNavigation | Self::CrossSitePost => "cross-site",
        }
    }
}

impl Cookie {
    fn goes_along(&self, origin: Initiator) -> bool {
        match origin {
            Initiator::Person | Initiator::OwnOrigin | Initiator::OwnSite => true,
            Initiator::CrossSiteNavigation => self.same_site != SameSite::Strict,
            Initiator::CrossSitePost => self.same_site == SameSite::None,
        }
    }
}

pub(crate) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn is_secure(url: &Url) -> bool {
    let host = host(url);
    url.scheme() == "https"
        || host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || host == "[::1]"
}

fn default_path(path: &str) -> String {
    match path.rsplit_once('/') {
        None | Some(("", _)) => "/".to_owned(),
        Some((folder, _)) => folder.to_owned(),
    }
}

fn path_matches(cookie: &str, path: &str) -> bool {
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::Initiator;
    use super::Jar;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn sent(jar: &Jar, to: &str) -> Option<String> {
        jar.field(&url(to), Initiator::Person)
    }

    #[test]
    fn a_cookie_goes_back_to_its_host_on_any_port_and_nowhere_else() {
        let mut jar = Jar::default();
        jar.set(&url("http://localhost:1/a/b"), "x=1; Path=/; HttpOnly");
        assert_eq!(sent(&jar, "http://localhost:2/").as_deref(), Some("x=1"));
        assert_eq!(sent(&jar, "http://127.0.0.1:1/"), None);
    }

    #[test]
    fn a_path_bounds_a_cookie_at_a_segment() {
        let mut jar = Jar::default();
        jar.set(&url("http://localhost/"), "x=1; Path=/a");
        assert_eq!(sent(&jar, "http://localhost/a/b").as_deref(), Some("x=1"));
        assert_eq!(sent(&jar, "http://localhost/ab"), None);
    }

    #[test]
    fn max_age_zero_removes_a_cookie() {
        let mut jar = Jar::default();
        jar.set(&url("http://localhost/"), "x=1; Path=/");
        jar.set(&url("http://localhost/"), "x=; Path=/; Max-Age=0");
        assert_eq!(sent(&jar, "http://localhost/"), None);
    }

    #[test]
    fn a_host_prefix_without_secure_is_not_kept() {
        let mut jar = Jar::default();
        jar.set(&url("http://localhost/"), "__Host-x=1; Path=/");
        assert_eq!(sent(&jar, "http://localhost/"), None);
        jar.set(&url("http://localhost/"), "__Host-x=1; Path=/; Secure");
        assert_eq!(sent(&jar, "http://localhost/").as_deref(), Some("__Host-x=1"));
    }

    #[test]
    fn a_form_of_another_site_carries_no_lax_cookie() {
        let mut jar = Jar::default();
        jar.set(&url("http://localhost/"), "x=1; Path=/; SameSite=Lax");
        assert_eq!(
            jar.field(&url("http://localhost/"), Initiator::CrossSitePost),
            None
        );
        assert!(
            jar.field(&url("http://localhost/"), Initiator::CrossSiteNavigation)
                .is_some()
        );
    }
}
