//! A request target that is taken has one reading, or none that is not judged.

use std::collections::BTreeSet;

use guichet::routing::path_prefix::PathPrefix;
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
        is_read_as_it_is_judged(&target);
    }
}

/// Panics if somebody could read the target in a way that nobody judged.
pub(crate) fn is_read_as_it_is_judged(target: &RequestTarget) {
    is_the_same_to_a_browser(target);
    if target.ambiguities().is_empty() {
        has_one_reading(target);
    } else {
        is_judged_in_every_reading(target);
    }
}

fn has_one_reading(target: &RequestTarget) {
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

    for place in PLACES {
        let prefix = PathPrefix::parse(place).unwrap();
        let rest = path.strip_prefix(place);
        let lies_there = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        assert_eq!(prefix.contains(path), lies_there, "{place}: {raw:?}");
        let in_any_spelling = prefix.contains_in_any_spelling(path);
        assert!(!lies_there || in_any_spelling, "{place}: {raw:?}");
    }
}

fn is_the_same_to_a_browser(target: &RequestTarget) {
    let raw = target.raw_path();
    let browser = Url::parse(&format!("http://gateway.example{}", target.as_str()));
    let browser = browser.unwrap_or_else(|error| panic!("{error}: {raw:?}"));
    assert_eq!(browser.path(), raw, "a browser's reading");
    assert_eq!(browser.host_str(), Some("gateway.example"), "another host");
    assert_eq!(browser.fragment(), None, "a fragment: {raw:?}");

    // HTTP knows fewer characters; a target that came that way goes on that way.
    if let Ok(sent) = target.as_str().parse::<Uri>() {
        assert_eq!(sent.to_string(), target.as_str(), "sent on otherwise");
    }
}

/// Whatever a program makes of parameters, escaped slashes and empty segments, one after the other: it finds no dot segment and
/// no host, and no place at which the target was not judged.
fn is_judged_in_every_reading(target: &RequestTarget) {
    let path = target.path();
    for reading in readings(path) {
        assert!(
            reading.starts_with('/') && !reading.starts_with("//"),
            "a host: {reading:?} in {path:?}"
        );
        let mut segments = reading.split(['/', ';']);
        assert!(
            !segments.any(|segment| segment.ends_with(['.', ' '])),
            "a dot segment: {reading:?} in {path:?}"
        );
        for place in PLACES {
            let prefix = PathPrefix::parse(place).unwrap();
            assert!(
                !prefix.contains(&reading) || prefix.may_contain(path),
                "{place}: {reading:?} in {path:?}"
            );
        }
    }
}

/// As many as there is time for.
fn readings(path: &str) -> BTreeSet<String> {
    const MOST: usize = 300;
    let mut found = BTreeSet::new();
    let mut next = vec![path.to_owned()];
    while let Some(reading) = next.pop() {
        if found.len() < MOST && found.insert(reading.clone()) {
            next.extend(steps(&reading));
        }
    }
    found
}

/// What becomes of a path by one step at one place.
fn steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    for (at, _) in path.char_indices() {
        let (before, from) = path.split_at(at);
        if let Some((escape, after)) = from.split_at_checked(3)
            && escape.eq_ignore_ascii_case("%2f")
        {
            steps.push(format!("{before}/{after}"));
        }
        if from.starts_with(';') {
            let end = from.find('/').unwrap_or(from.len());
            steps.push(format!("{before}{}", from.split_at(end).1));
            steps.push(before.to_owned());
        }
        if from.starts_with("//") {
            steps.push(format!("{before}{}", from.split_at(1).1));
        }
    }
    steps
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
