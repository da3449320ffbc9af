//! The authority that a browser asked for: one valid `host[:port]`, compared without regard to case.

use std::fmt;

/// Why an authority was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// No `Host`, an empty one, or more than one (RFC 9112, section 3.2).
    #[error("exactly one Host is required")]
    NotOne,
    /// Characters that no registered name, IPv4 or bracketed IPv6 address has, or a port that is none.
    #[error("the Host is not a valid authority")]
    Invalid,
    /// The absolute-form target names another authority than `Host` does (RFC 9112, section 3.2.2).
    #[error("the request target contradicts the Host")]
    Contradiction,
}

/// `host` or `host:port`, in lower case (RFC 9110, section 7.2). The port is there exactly when it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host {
    authority: String,
    name_length: usize,
}

impl Host {
    /// Reads an authority. User information, lists, paths and white space are refused.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let name_length = if text.starts_with('[') {
            text.find(']').map(|end| end + 1).ok_or(HostError::Invalid)?
        } else {
            text.find(':').unwrap_or(text.len())
        };
        let (name, rest) = text.split_at_checked(name_length).ok_or(HostError::Invalid)?;
        let port_is_valid = match rest.strip_prefix(':') {
            None => rest.is_empty(),
            Some(port) => {
                let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
                digits && port.parse::<u16>().is_ok_and(|port| port != 0)
            }
        };
        if !(port_is_valid && is_host_name(name)) {
            return Err(HostError::Invalid);
        }
        Ok(Self {
            authority: text.to_ascii_lowercase(),
            name_length,
        })
    }

    /// The authority as it is compared and shown, in lower case.
    pub fn as_str(&self) -> &str {
        &self.authority
    }

    /// The host without the port.
    pub fn name(&self) -> &str {
        self.authority.get(..self.name_length).unwrap_or(&self.authority)
    }

    /// The port, if one was written.
    pub fn port(&self) -> Option<u16> {
        self.authority.get(self.name_length + 1..)?.parse().ok()
    }

    /// The same authority without a port that `scheme` has by default.
    #[must_use]
    pub fn without_default_port(&self, scheme: &str) -> Self {
        Self {
            authority: self.usual_spelling(scheme).to_owned(),
            name_length: self.name_length,
        }
    }

    /// The same, to be compared.
    pub fn usual_spelling(&self, scheme: &str) -> &str {
        match (scheme, self.port()) {
            ("http", Some(80)) | ("https", Some(443)) => self.name(),
            _ => self.as_str(),
        }
    }

    /// Whether this is the machine itself: `localhost`, a name below it (RFC 6761, section 6.3), or a loopback address.
    pub fn is_loopback(&self) -> bool {
        let name = self.name();
        name == "localhost"
            || name.ends_with(".localhost")
            || name
                .trim_matches(['[', ']'])
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.authority)
    }
}

fn is_host_name(name: &str) -> bool {
    if let Some(inside) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inside.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_valid_authority_is_read() {
        for text in [
            "a.example",
            "A.Example",
            "localhost:8100",
            "127.0.0.1:80",
            "[::1]:8080",
            "my_app",
        ] {
            let host = Host::parse(text).unwrap();
            assert_eq!(host.as_str(), text.to_ascii_lowercase());
        }
        assert_eq!(Host::parse("[::1]:8080").unwrap().name(), "[::1]");
        assert_eq!(Host::parse("a.example:8443").unwrap().port(), Some(8443));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            ":80",
            "a evil",
            "a/evil",
            "a, b",
            "user@a",
            "a:",
            "a:0",
            "a:99999",
            "a:8x",
            "[::1",
            "[x]",
            "a..b",
            "a.",
            "é.example",
            "a\\b",
            "a#b",
            "a?b",
            "[::1]x",
        ] {
            assert_eq!(Host::parse(text), Err(HostError::Invalid), "{text:?}");
        }
    }

    #[test]
    fn a_default_port_is_the_same_place() {
        let host = |text| Host::parse(text).unwrap();
        assert_eq!(host("a:443").without_default_port("https"), host("a"));
        assert_eq!(host("a:80").without_default_port("https"), host("a:80"));
    }

    #[test]
    fn loopback_is_recognised_by_name_and_by_address() {
        for text in ["localhost", "app.localhost:1", "127.0.0.9", "[::1]:80"] {
            assert!(Host::parse(text).unwrap().is_loopback(), "{text}");
        }
        for text in ["localhost.example", "128.0.0.1", "[::2]"] {
            assert!(!Host::parse(text).unwrap().is_loopback(), "{text}");
        }
    }
}
