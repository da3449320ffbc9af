//! A destination after a login is a page of this site.

use guichet::wire::return_to::ReturnTo;
use openidconnect::url::Url;

use super::request_target::is_read_as_it_is_judged;

/// The most that is kept of a destination, in bytes.
const MOST: usize = 512;
/// Pages that may redirect there.
const FROM: [&str; 3] = [
    "https://demarches.ville.example/_guichet/callback",
    "https://demarches.ville.example:8443/a/b/?c#d",
    "http://localhost:8100/",
];

/// What is taken from these bytes as a destination leads to the same origin, from any page and for any browser.
pub fn return_to(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Some(found) = ReturnTo::parse(text) else {
        return;
    };
    let place = found.as_str();
    assert!(
        place.len() <= MOST && place.bytes().all(|byte| byte.is_ascii_graphic()),
        "{place:?}"
    );
    assert!(
        place.starts_with('/') && !place.starts_with("//") && !place.starts_with("/\\"),
        "{place:?}"
    );
    is_read_as_it_is_judged(found.target());
    assert_eq!(
        ReturnTo::parse(place).as_ref(),
        Some(&found),
        "taken once more: {place:?}"
    );
    // What it lost was too long, or no fragment that a browser sends.
    let whole = text.strip_suffix('#').unwrap_or(text);
    let (page, _) = text.split_once('#').unwrap_or((text, ""));
    let (path, _) = page.split_once('?').unwrap_or((page, ""));
    assert!([text, whole, path].contains(&place), "{text:?} became {place:?}");

    for from in FROM.map(|from| Url::parse(from).unwrap()) {
        let arrived = from
            .join(place)
            .unwrap_or_else(|error| panic!("{error}: {place:?}"));
        assert_eq!(
            arrived.origin(),
            from.origin(),
            "{place:?} leads from {from} to {arrived}"
        );
        assert_eq!((arrived.username(), arrived.password()), ("", None), "{place:?}");
        assert_eq!(arrived.path(), found.target().raw_path(), "{place:?}");
    }
}
