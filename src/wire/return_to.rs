//! Where a person wanted to go: a path of this site, never another site.

use crate::wire::target::RequestTarget;

/// The most that is kept of a destination, in bytes.
const MOST: usize = 512;

/// A path with its query and fragment on the host where the login began. Every byte is printable ASCII.
#[derive(Clone, PartialEq, Eq)]
pub struct ReturnTo {
    text: String,
    target: RequestTarget,
}

impl ReturnTo {
    /// Reads what a request says about a destination. `None` is anything but a path of this site. A
    /// destination that is too long loses its fragment and its query, then is given up.
    pub fn parse(text: &str) -> Option<Self> {
        let (target, fragment) = text
            .split_once('#')
            .map_or((text, ""), |(target, fragment)| (target, fragment));
        let fragment_is_clean = fragment
            .bytes()
            .all(|byte| matches!(byte, 0x21..=0x7E) && byte != b'\\');
        let whole = Self::of(RequestTarget::parse(target).ok()?, fragment);
        if fragment_is_clean && whole.text.len() <= MOST {
            return Some(whole);
        }
        let path = Self::of(RequestTarget::parse(whole.target.raw_path()).ok()?, "");
        (path.text.len() <= MOST).then_some(path)
    }

    /// The destination of a request that was stopped for a login.
    pub fn of_target(target: &RequestTarget) -> Option<Self> {
        Self::parse(target.as_str())
    }

    /// Path, query and fragment, for a `Location` on the same host.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Path and query: what will be asked for.
    pub fn target(&self) -> &RequestTarget {
        &self.target
    }

    fn of(target: RequestTarget, fragment: &str) -> Self {
        let separator = if fragment.is_empty() { "" } else { "#" };
        Self {
            text: format!("{}{separator}{fragment}", target.as_str()),
            target,
        }
    }
}

/// The path only: query and fragment may carry what a person typed.
impl std::fmt::Debug for ReturnTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ReturnTo").field(&self.target.raw_path()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<String> {
        ReturnTo::parse(text).map(|found| found.as_str().to_owned())
    }

    #[test]
    fn a_path_of_ours_is_kept_with_query_and_fragment() {
        for text in [
            "/",
            "/dossier/12?etape=3",
            "/carte#lieu=75056",
            "/?//evil",
            "/#@evil",
            "/path#//evil",
        ] {
            assert_eq!(parse(text).as_deref(), Some(text));
        }
        assert_eq!(parse("/carte#").as_deref(), Some("/carte"));
    }

    #[test]
    fn another_site_is_no_destination() {
        for text in [
            "",
            "https://evil.example/",
            "//evil",
            "///evil",
            "/.//evil",
            "/..//evil",
            "/%2e%2e//evil",
            "/\\evil",
            "\\/evil",
            "https:evil.example",
            "javascript:alert(1)",
            "/%2f%2fevil",
            "/%5cevil",
            "/a\r\nSet-Cookie:x=1",
            "/%0d%0aSet-Cookie:x",
            "http://evil",
            "/\t/evil",
            " /a",
            "evil",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_long_destination_loses_its_query_then_everything() {
        let long = "x".repeat(600);
        assert_eq!(parse(&format!("/a?{long}")).as_deref(), Some("/a"));
        assert_eq!(parse(&format!("/a#{long}")).as_deref(), Some("/a"));
        assert_eq!(parse(&format!("/{long}")), None);
    }
}
