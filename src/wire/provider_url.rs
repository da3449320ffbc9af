//! An address at which a provider is called or shown: https, or plain http on this machine; nothing that two programs
//! could read differently.

use std::fmt;

use crate::wire::host::Host;
use crate::wire::scheme::Scheme;

/// Why an address was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderUrlError {
    /// Another scheme than https, or plain http to another machine.
    #[error("not an https address (plain http is for loopback only)")]
    Scheme,
    /// User information, an invalid host or an invalid port; an address or a port in a notation of which a browser makes
    /// another.
    #[error("the address has no valid host")]
    Host,
    /// A control character, a space, a quote, a backslash or anything that is not ASCII.
    #[error("the address holds a forbidden character")]
    Character,
    /// A fragment, which no server would see.
    #[error("the address holds a fragment")]
    Fragment,
}

/// An absolute address, kept byte for byte as it was written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ProviderUrl {
    text: String,
    scheme: Scheme,
    host: Host,
}

impl ProviderUrl {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, ProviderUrlError> {
        let forbidden = |byte: u8| !matches!(byte, 0x21..=0x7E) || b"\"<>\\^`{|}".contains(&byte);
        if text.bytes().any(forbidden) {
            return Err(ProviderUrlError::Character);
        }
        if text.contains('#') {
            return Err(ProviderUrlError::Fragment);
        }
        let (scheme, rest) = Scheme::of_url(text).ok_or(ProviderUrlError::Scheme)?;
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        let host = Host::parse(authority).map_err(|_invalid| ProviderUrlError::Host)?;
        if !is_usual(&host) {
            return Err(ProviderUrlError::Host);
        }
        if scheme == Scheme::Http && !host.is_loopback() {
            return Err(ProviderUrlError::Scheme);
        }
        Ok(Self {
            text: text.to_owned(),
            scheme,
            host,
        })
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and port, as written, in lower case.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Scheme, host and port, as a Content-Security-Policy names them.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// Whether it is reached by TLS.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Whether both are served by the same scheme, host and port.
    pub fn is_same_origin(&self, other: &Self) -> bool {
        let port = |url: &Self| url.host.port_for(url.scheme);
        self.scheme == other.scheme && self.host.name() == other.host.name() && port(self) == port(other)
    }
}

/// Whether every program goes by this name. Browsers read `3221225985` and `0xc0.0.2.1` as 192.0.2.1 and write IPv6 in one way
/// (WHATWG URL, section 3.5), so that what is compared here would not be where they go.
fn is_usual(host: &Host) -> bool {
    let name = host.name().trim_matches(['[', ']']);
    let as_others_write_it = host.address().is_none_or(|address| address.to_string() == name);
    let port = host.port().map_or_else(String::new, |port| format!(":{port}"));
    as_others_write_it && host.as_str().len() == host.name().len() + port.len()
}

impl fmt::Display for ProviderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ProviderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProviderUrl").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_are_addresses() {
        for text in [
            "https://oidc.franceconnect.gouv.fr/api/v2",
            "https://a.example:8443/x?y=z",
            "http://127.0.0.1:4000/api/v2",
            "http://localhost:4000",
            "http://[::1]:4000/",
            "https://192.0.2.1/",
            "https://[2001:db8::]:8443/",
        ] {
            assert_eq!(ProviderUrl::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn anything_else_is_none() {
        for (text, why) in [
            ("http://provider.example/", ProviderUrlError::Scheme),
            ("http://169.254.169.254/", ProviderUrlError::Scheme),
            ("http://[::ffff:127.0.0.1]/", ProviderUrlError::Host),
            ("https://3221225985/", ProviderUrlError::Host),
            ("https://0xc0.0.2.1/", ProviderUrlError::Host),
            ("https://127.1/", ProviderUrlError::Host),
            ("https://[2001:DB8::0]/", ProviderUrlError::Host),
            ("https://a.example:0443/", ProviderUrlError::Host),
            ("ftp://a.example/", ProviderUrlError::Scheme),
            ("HTTPS://a.example/", ProviderUrlError::Scheme),
            ("/token", ProviderUrlError::Scheme),
            ("https://", ProviderUrlError::Host),
            ("https://user@a.example/", ProviderUrlError::Host),
            ("https://a.example:0/", ProviderUrlError::Host),
            ("https://a.example/\r\nx", ProviderUrlError::Character),
            ("https://a.example/\"", ProviderUrlError::Character),
            ("https://a.example/é", ProviderUrlError::Character),
            ("https://a.example/#x", ProviderUrlError::Fragment),
        ] {
            assert_eq!(ProviderUrl::parse(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let url = |text| ProviderUrl::parse(text).unwrap();
        assert_eq!(url("https://a.example/x?y").origin(), "https://a.example");
        assert!(url("https://a.example/x").is_same_origin(&url("https://A.example:443/y")));
        for other in ["https://a.example:444/x", "https://b.example/x"] {
            assert!(!url("https://a.example/x").is_same_origin(&url(other)), "{other}");
        }
        assert!(!url("https://localhost/").is_same_origin(&url("http://localhost/")));
    }
}
