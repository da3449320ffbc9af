//! The authority that a browser asked for: one valid `host[:port]`, compared without regard to case.

use std::fmt;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::wire::scheme::Scheme;

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

    /// The port at which it is reached.
    pub fn port_for(&self, scheme: Scheme) -> u16 {
        self.port().unwrap_or_else(|| scheme.default_port())
    }

    /// The same authority without a port that `scheme` has by default.
    #[must_use]
    pub fn without_default_port(&self, scheme: Scheme) -> Self {
        Self {
            authority: self.usual_spelling(scheme).to_owned(),
            name_length: self.name_length,
        }
    }

    /// The same, to be compared.
    pub fn usual_spelling(&self, scheme: Scheme) -> &str {
        if self.port() == Some(scheme.default_port()) {
            self.name()
        } else {
            self.as_str()
        }
    }

    /// Whether this is the machine itself, as a browser or a provider writes it: `localhost`, a name below it (RFC 6761,
    /// section 6.3), or a loopback address.
    pub fn is_loopback(&self) -> bool {
        let address = || self.name().trim_matches(['[', ']']).parse::<IpAddr>();
        self.is_localhost() || address().is_ok_and(|address| address.is_loopback())
    }

    /// Whether a connection to it ends at this machine: a loopback address in any notation that the system reads, or none in
    /// particular (`0.0.0.0`, `[::]`).
    pub fn is_this_machine(&self) -> bool {
        let is_here = |address: IpAddr| address.is_loopback() || address.is_unspecified();
        self.is_localhost() || self.address().is_some_and(is_here)
    }

    /// The address to which the system connects, where the name is one: `127.1`, `0x7f.0.0.1` and `2130706433` as well
    /// (`inet_aton`). An IPv4 address in its IPv6 spelling is an IPv4 address.
    pub fn address(&self) -> Option<IpAddr> {
        let name = self.name().trim_matches(['[', ']']);
        let address = name.parse().ok().or_else(|| numbers(name).map(IpAddr::V4));
        address.map(|address: IpAddr| address.to_canonical())
    }

    fn is_localhost(&self) -> bool {
        let name = self.name();
        name == "localhost" || name.ends_with(".localhost")
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.authority)
    }
}

/// One to four numbers, decimal, octal or hexadecimal, of which the last one fills what is left.
fn numbers(name: &str) -> Option<Ipv4Addr> {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some("") => Some(0),
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => u32::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    };
    let mut all = name.split('.').map(number).collect::<Option<Vec<u32>>>()?;
    let last = all.pop()?;
    let mut bits: u64 = 0;
    for byte in &all {
        bits = (bits << 8) | u64::from(u8::try_from(*byte).ok()?);
    }
    let room = 32_u32.checked_sub(8 * u32::try_from(all.len()).ok()?)?;
    let fits = room > 0 && u64::from(last) < 1 << room;
    let bits = u32::try_from((bits << room) | u64::from(last)).ok()?;
    fits.then(|| Ipv4Addr::from(bits))
}

fn is_host_name(name: &str) -> bool {
    if let Some(inside) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inside.parse::<Ipv6Addr>().is_ok();
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
        assert_eq!(host("a:443").without_default_port(Scheme::Https), host("a"));
        assert_eq!(host("a:80").without_default_port(Scheme::Https), host("a:80"));
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

    #[test]
    fn this_machine_is_recognised_in_every_notation_that_the_system_reads() {
        for text in [
            "localhost",
            "app.localhost:1",
            "127.0.0.1:80",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f.1",
            "0x7F000001",
            "0177.0.0.01",
            "0",
            "0x",
            "0.0.0.0:8080",
            "[::1]",
            "[::]:8080",
            "[0:0::1]",
            "[::ffff:127.0.0.1]:80",
            "[::ffff:0.0.0.0]",
            "[::ffff:7f00:1]",
        ] {
            assert!(Host::parse(text).unwrap().is_this_machine(), "{text}");
        }
        for text in [
            "127.1.example",
            "localhost.example",
            "128.1",
            "10.1",
            "1",
            "127.16777216",
            "127.0.0.256",
            "127.0.0.0.1",
            "127.256.1",
            "4294967296",
            "0x7g.1",
            "089",
            "[::2]",
            "[::ffff:10.0.0.1]",
        ] {
            assert!(!Host::parse(text).unwrap().is_this_machine(), "{text}");
        }
        let address = |text: &str| {
            Host::parse(text)
                .unwrap()
                .address()
                .map(|address| address.to_string())
        };
        assert_eq!(address("10.1").as_deref(), Some("10.0.0.1"));
        assert_eq!(address("0300.0x2.1").as_deref(), Some("192.2.0.1"));
        assert_eq!(address("a.example"), None);
    }
}
