//! The one sheet and the one script of our pages. Their names carry a hash of their content, so a browser may keep them for
//! ever and still never shows a page with yesterday's sheet.

use std::sync::LazyLock;

use bytes::Bytes;
use http::HeaderValue;
use http::StatusCode;
use http::header;

use crate::wire::response::Response;

const STYLE_SHEET: &str = include_str!("assets/pages.css");
const CHOOSER_SCRIPT: &str = include_str!("assets/chooser.js");

/// A file of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub body: &'static str,
}

impl Asset {
    /// The file as an answer. It is the same for everyone, so every cache may keep it.
    pub fn respond(self) -> Response {
        kept_for_ever(self.content_type, Bytes::from_static(self.body.as_bytes()))
    }
}

/// A file that never changes under its name, for our own pages only.
pub(crate) fn kept_for_ever(content_type: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(StatusCode::OK, content_type, body);
    for (name, value) in [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        response.headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The asset of that name. An old hash is no name of ours.
pub fn asset(name: &str) -> Option<Asset> {
    if name == style_sheet() {
        return Some(Asset {
            content_type: "text/css; charset=utf-8",
            body: STYLE_SHEET,
        });
    }
    (name == chooser_script()).then_some(Asset {
        content_type: "text/javascript; charset=utf-8",
        body: CHOOSER_SCRIPT,
    })
}

/// The name of the sheet.
pub(crate) fn style_sheet() -> &'static str {
    static NAME: LazyLock<String> = LazyLock::new(|| hashed_name("pages", STYLE_SHEET, "css"));
    &NAME
}

/// The name of the chooser's script.
pub(crate) fn chooser_script() -> &'static str {
    static NAME: LazyLock<String> = LazyLock::new(|| hashed_name("chooser", CHOOSER_SCRIPT, "js"));
    &NAME
}

fn hashed_name(name: &str, content: &str, extension: &str) -> String {
    let hash = content_hash(content.as_bytes());
    format!("{name}.{hash:016x}.{extension}")
}

/// FNV-1a. It tells two versions of our own files apart and protects nothing, so it need not be a cryptographic one.
fn content_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_under_its_hashed_name_only() {
        for (name, content_type) in [
            (style_sheet(), "text/css; charset=utf-8"),
            (chooser_script(), "text/javascript; charset=utf-8"),
        ] {
            assert_eq!(asset(name).unwrap().content_type, content_type);
            assert_eq!(asset(&format!("{name}x")), None);
        }
        assert_eq!(asset("pages.css"), None);
        assert_eq!(asset("pages.0000000000000000.css"), None);
    }

    #[test]
    fn an_asset_may_be_kept_for_ever_and_is_for_our_pages_only() {
        let response = asset(style_sheet()).unwrap().respond();
        for (name, value) in [
            ("cache-control", "public, max-age=31536000, immutable"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(response.headers[name], value, "{name}");
        }
        assert_eq!(response.body, STYLE_SHEET.as_bytes());
    }

    #[test]
    fn other_content_has_another_name() {
        assert_ne!(hashed_name("pages", "a", "css"), hashed_name("pages", "b", "css"));
    }

    /// The sheet's custom properties, in the light scheme or in the dark one.
    fn colour(scheme: usize, name: &str) -> [f64; 3] {
        let block = STYLE_SHEET.split(":root {").nth(scheme + 1).unwrap();
        let value = block.split(&format!("--{name}: #")).nth(1).unwrap();
        [0, 2, 4].map(|at| {
            let part = f64::from(u8::from_str_radix(value.get(at..at + 2).unwrap(), 16).unwrap()) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        })
    }

    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let luminance =
            |[red, green, blue]: [f64; 3]| 0.0722_f64.mul_add(blue, 0.2126_f64.mul_add(red, 0.7152 * green));
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_text_can_be_read_in_both_schemes() {
        for scheme in [0, 1] {
            for (text, ground) in [
                ("ink", "paper"),
                ("ink", "ground"),
                ("ink", "note"),
                ("soft", "paper"),
                ("soft", "ground"),
                ("action", "paper"),
                ("action", "ground"),
                ("action", "note"),
                ("on-action", "action"),
                ("on-action", "action-hover"),
                ("action", "quiet-hover"),
                ("alert", "paper"),
            ] {
                let found = contrast(colour(scheme, text), colour(scheme, ground));
                assert!(found >= 4.5, "{text} on {ground}, scheme {scheme}: {found:.2}");
            }
            for edge in ["action", "focus", "alert"] {
                let found = contrast(colour(scheme, edge), colour(scheme, "paper"));
                assert!(found >= 3.0, "{edge}, scheme {scheme}: {found:.2}");
            }
        }
    }
}
