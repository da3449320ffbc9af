//! One session cookie per provider entry: the same name and path whether it is read, set or cleared.

use crate::provider::entry_name::EntryName;
use crate::session::key::SessionKey;
use crate::wire::cookies::CookieScheme;
use crate::wire::cookies::Cookies;
use crate::wire::cookies::SetCookie;

/// The key in the entry's cookie. None if the cookie came twice or holds nothing of ours: a neighbour may have planted it.
pub fn read(scheme: CookieScheme, cookies: &Cookies, entry: &EntryName) -> Option<SessionKey> {
    SessionKey::parse(cookies.get(&scheme.full_name(&name(entry)))?)
}

/// Gives the key to the browser, until that is closed. How long it is worth something is the store's affair.
pub fn set(scheme: CookieScheme, entry: &EntryName, key: &SessionKey) -> SetCookie {
    scheme.set(&name(entry), &key.expose(), None)
}

/// The key that a cookie of ours gives to the browser.
pub fn key_of(cookie: &SetCookie) -> Option<SessionKey> {
    let (_, after_name) = cookie.as_str().split_once('=')?;
    SessionKey::parse(after_name.split(';').next()?)
}

/// Takes the entry's cookie away.
pub fn clear(scheme: CookieScheme, entry: &EntryName) -> SetCookie {
    scheme.clear(&name(entry))
}

fn name(entry: &EntryName) -> String {
    ["session-", entry.as_str()].concat()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::COOKIE;

    use super::*;

    fn entry() -> EntryName {
        EntryName::parse("fc").unwrap()
    }

    fn cookies(field: &str) -> Cookies {
        Cookies::of(&HeaderMap::from_iter([(COOKIE, field.parse().unwrap())]))
    }

    #[test]
    fn a_session_cookie_is_for_this_host_alone_and_for_no_script() {
        let key = SessionKey::generate().unwrap();
        let field = set(CookieScheme::Secure, &entry(), &key);
        let expected = format!(
            "__Host-guichet-session-fc={}; Path=/; Secure; HttpOnly; SameSite=Lax",
            key.expose()
        );
        assert_eq!(field.as_str(), expected);
        assert!(field.as_str().len() < 200);
        assert_eq!(
            clear(CookieScheme::Secure, &entry()).as_str(),
            "__Host-guichet-session-fc=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }

    #[test]
    fn only_the_exact_name_is_read() {
        let key = SessionKey::generate().unwrap().expose();
        let is_read = |field: &str| read(CookieScheme::Secure, &cookies(field), &entry()).is_some();
        assert!(is_read(&format!("a=1; __Host-guichet-session-fc={key}")));
        for field in [
            format!("__host-guichet-session-fc={key}"),
            format!("guichet-session-fc={key}"),
            format!("__Host-guichet-session-fc2={key}"),
            format!("__Host-guichet-session-fc=\"{key}\""),
            format!("=__Host-guichet-session-fc={key}"),
            format!("$Version=1; __Host-guichet-session-fc=\"{key}\"; $Path=/"),
            format!("a=1, __Host-guichet-session-fc={key}"),
        ] {
            assert!(!is_read(&field), "{field}");
        }
    }

    #[test]
    fn a_cookie_that_came_twice_is_no_session() {
        let name = "__Host-guichet-session-fc";
        let (a, b) = (SessionKey::generate().unwrap(), SessionKey::generate().unwrap());
        let field = format!("{name}={}; {name}={}", a.expose(), b.expose());
        assert!(read(CookieScheme::Secure, &cookies(&field), &entry()).is_none());
    }
}
