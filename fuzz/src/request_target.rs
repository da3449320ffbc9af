//! A request target that is taken has one reading.

use guichet::wire::target::RequestTarget;
use http::Uri;
use openidconnect::url::Url;
use percent_encoding::percent_decode;

/// Places of which a program may not believe that a target lies elsewhere than we do.
const PLACES: [&str; 4] = ["/admin", "/été", "/_guichet", "/a/b"];

/// What is taken from these bytes as a request target is the same for whoever decodes it once more, resolves its dots, or reads
/// it as a browser does; and it is sent on as it is.
pub fn request_target(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Ok(target) = RequestTarget::parse(text) {
        assert_eq!(target.as_str(), text, "kept byte for byte");
        has_one_reading(&target);
    }
}

/// Panics if somebody could read the target otherwise.
pub(crate) fn has_one_reading(target: &RequestTarget) {
    let (raw, path) = (target.raw_path(), target.path());
    let once: Vec<u8> = percent_decode(raw.as_bytes()).collect();
    assert_eq!(once, path.as_bytes(), "decoded in another way: {raw:?}");
    let twice: Vec<u8> = percent_decode(&once).collect();
    assert_eq!(twice, once, "decoded twice: {raw:?}");

    assert!(path.starts_with('/'), "no path: {raw:?}");
    assert_eq!(resolved(path), path, "dots resolved: {raw:?}");
    let delimiters = |c: char| c.is_ascii_control() || "\\;#?".contains(c);
    assert!(
        !path.contains(delimiters),
        "a delimiter in the decoded path: {raw:?}"
    );
    let slashes = |text: &str| text.matches('/').count();
    assert_eq!(slashes(raw), slashes(path), "other segments: {raw:?}");

    let browser = Url::parse(&format!("http://gateway.example{}", target.as_str()));
    let browser = browser.unwrap_or_else(|error| panic!("{error}: {raw:?}"));
    assert_eq!(browser.path(), raw, "a browser's reading");
    assert_eq!(browser.host_str(), Some("gateway.example"), "another host");
    assert_eq!(browser.fragment(), None, "a fragment: {raw:?}");

    // HTTP knows fewer characters; a target that came that way goes on that way.
    if let Ok(sent) = target.as_str().parse::<Uri>() {
        assert_eq!(sent.to_string(), target.as_str(), "sent on otherwise");
    }

    for place in PLACES {
        let rest = path.strip_prefix(place);
        let lies_there = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        assert_eq!(target.is_below(place), lies_there, "{place}: {raw:?}");
        assert!(
            !lies_there || target.is_below_in_any_spelling(place),
            "{place}: {raw:?}"
        );
    }
}

/// Without dot segments and empty segments, as a file system reads it (RFC 3986, section 5.2.4, takes only the dots).
fn resolved(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        // Some file systems do not see dots and blanks at the end of a name.
        let name = segment.trim_end_matches(['.', ' ']);
        let is_last = segments.peek().is_none();
        match segment {
            "" if is_last => kept.push(""),
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(name),
        }
    }
    format!("/{}", kept.join("/"))
}
