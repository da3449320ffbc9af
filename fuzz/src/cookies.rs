//! Cookies are read as RFC 6265bis writes them, and the application sees none of ours.

use guichet::wire::cookies;
use guichet::wire::cookies::Cookies;
use http::HeaderMap;
use http::HeaderValue;
use http::header::COOKIE;

/// A name and a value, in bytes.
type Pair<'a> = (&'a [u8], &'a [u8]);

/// Each line is a `Cookie` field. What we find in them is a part of what the specification finds there, a name that came twice
/// has no value, and the application sees every pair but ours, as it came.
pub fn cookies(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n');
    let fields: Vec<HeaderValue> = lines
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
        .collect();
    let headers: HeaderMap = fields.iter().map(|field| (COOKIE, field.clone())).collect();
    let found = Cookies::of(&headers);
    let reference: Vec<Pair<'_>> = fields
        .iter()
        .flat_map(|field| reference(field.as_bytes()))
        .collect();

    let mut rest = reference.clone();
    for (name, value) in found.starting_with("") {
        let pair = (name.as_bytes(), value.as_bytes());
        let at = rest.iter().position(|each| *each == pair);
        let at = at.unwrap_or_else(|| panic!("{name:?}={value:?} stands nowhere"));
        rest.remove(at);
        if name.is_empty() {
            continue;
        }
        let is_text = |pair: &&Pair<'_>| pair.0.is_ascii() && pair.1.is_ascii();
        let same_name = reference
            .iter()
            .filter(|(each, _)| *each == name.as_bytes())
            .filter(is_text);
        assert_eq!(
            found.get(name).is_some(),
            same_name.count() == 1,
            "{name:?} came more than once, or did not come"
        );
    }
    let passed = cookies::without_own(&headers);
    let passed = passed.as_ref().map_or(&b""[..], HeaderValue::as_bytes);
    let pairs = fields
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
    let foreign = pairs.map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty());
    let foreign: Vec<&[u8]> = foreign.filter(|pair| !is_ours(pair)).collect();
    assert_eq!(passed, foreign.join(&b"; "[..]), "what the application sees");
}

/// Panics if some program finds a cookie of ours in this field.
pub(crate) fn none_is_ours(field: &[u8]) {
    let ours = field.split(|byte| *byte == b';').find(|pair| is_ours(pair));
    let ours = ours.map(String::from_utf8_lossy);
    assert_eq!(ours, None, "a cookie of ours at the application");
}

/// RFC 6265bis, section 4.2.1: pairs end at a semicolon, the first `=` parts a name from a value. Blanks and tabs around each are
/// no part of it (section 5.6, steps 3 to 5), and a pair without `=` is a value that has no name.
fn reference(field: &[u8]) -> Vec<Pair<'_>> {
    let pairs = field.split(|byte| *byte == b';').map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        match second {
            Some(value) => (trimmed(first), trimmed(value)),
            None => (&b""[..], trimmed(first)),
        }
    });
    pairs.collect()
}

fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Whether some program could take the pair for a cookie that the gateway sets.
fn is_ours(pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
    let name = String::from_utf8_lossy(name).trim().to_ascii_lowercase();
    name.strip_prefix("__host-")
        .unwrap_or(&name)
        .starts_with("guichet-")
}
