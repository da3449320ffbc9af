//! Who is speaking on our pages: the operator's `[organisation]` settings.

use serde::Deserialize;

/// The organisation behind the services. All but the name may be absent; the footer then leaves the link out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name, as people know it.
    pub name: String,
    /// Where people find help.
    #[serde(default)]
    pub contact_url: Option<WebAddress>,
    /// The legal notice.
    #[serde(default)]
    pub legal_url: Option<WebAddress>,
    /// What the law wants said on every page about accessibility (France: decree 2019-768, article 5).
    #[serde(default)]
    pub accessibility: Option<Accessibility>,
}

/// How far the pages and the service meet the accessibility rules, and where the statement is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accessibility {
    /// The mention.
    pub status: AccessibilityStatus,
    /// The statement; absent, the mention is no link.
    #[serde(default)]
    pub url: Option<WebAddress>,
}

/// The three mentions that the law knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessibilityStatus {
    /// Every criterion is met.
    Full,
    /// At least half of them are.
    Partial,
    /// Fewer, or nobody looked.
    None,
}

/// An address that may stand in a link of ours: `https:`, `http:`, `mailto:`, or a path of the site. Never `javascript:`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct WebAddress(String);

/// The text is no address for a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a link begins with https://, http://, mailto: or /, and holds no space")]
pub struct WebAddressError;

impl WebAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WebAddress {
    type Error = WebAddressError;

    fn try_from(text: String) -> Result<Self, WebAddressError> {
        let begins = ["https://", "http://", "mailto:"]
            .iter()
            .any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let is_clean = !text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '\\');
        if (begins || is_path) && is_clean {
            return Ok(Self(text));
        }
        Err(WebAddressError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_is_safe_in_a_link_is_one() {
        for text in [
            "https://ville.example/a?b#c",
            "http://a",
            "mailto:aide@ville.example",
            "/aide",
        ] {
            assert_eq!(
                WebAddress::try_from(text.to_owned())
                    .map(|found| found.0)
                    .as_deref(),
                Ok(text)
            );
        }
        for text in [
            "",
            "javascript:alert(1)",
            "https://",
            "data:x",
            "//a",
            "/\\a",
            "https://a b",
            " https://a",
        ] {
            assert_eq!(
                WebAddress::try_from(text.to_owned()),
                Err(WebAddressError),
                "{text}"
            );
        }
    }

    fn read(json: &str) -> Result<Organisation, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_is_enough_and_an_unknown_key_is_refused() {
        let alone = read(r#"{"name": "Ville"}"#).unwrap();
        assert_eq!(
            (alone.contact_url, alone.legal_url, alone.accessibility),
            (None, None, None)
        );
        let accessible = read(r#"{"name": "Ville", "accessibility": {"status": "partial"}}"#).unwrap();
        let status = accessible.accessibility.map(|accessibility| accessibility.status);
        assert_eq!(status, Some(AccessibilityStatus::Partial));
        assert!(
            read(r#"{"name": "Ville", "contact": "/"}"#)
                .unwrap_err()
                .contains("unknown field")
        );
        assert!(
            read(r#"{"name": "Ville", "legal_url": "javascript:x"}"#)
                .unwrap_err()
                .contains("a link begins with")
        );
        assert!(read("{}").unwrap_err().contains("missing field `name`"));
    }
}
