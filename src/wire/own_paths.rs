//! The reserved prefix and the paths under it: the gateway answers them itself and never forwards them.

use std::fmt;

use crate::wire::host::Host;
use crate::wire::scheme::Scheme;
use crate::wire::target::RequestTarget;
use crate::wire::target::readings;
use crate::wire::target::spelling;

/// The longest prefix, in bytes: it stands in every address that is registered at a provider.
const LONGEST: usize = 64;

/// Key `server.reserved_prefix`: below it, everything is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPaths {
    prefix: String,
}

/// One of the paths below the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnPath<'a> {
    /// The chooser page.
    Chooser,
    /// The start of an authorization request at the provider entry of that name.
    Login(&'a str),
    /// The redirection endpoint (RFC 6749, section 3.1.2).
    Callback,
    /// The sign-out question, and its answer.
    Logout,
    /// Where the provider sends the browser after its end of session.
    LoggedOut,
    /// Where the provider says by itself that a session of its own has ended.
    BackchannelLogout,
    /// The public keys of the assertion (RFC 7517).
    Jwks,
    /// Our own public keys at the providers.
    RpJwks,
    /// Every redirect URI, for a provider (OpenID Connect Core 1.0, section 8.1).
    SectorIdentifier,
    /// The way out for a browser whose cookies are too long for a request.
    ClearCookies,
    /// The decision alone, for a proxy that asks before it forwards.
    ForwardAuth,
    /// A style sheet, script or font of our pages.
    Asset(&'a str),
}

impl fmt::Display for OwnPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chooser => f.write_str("login"),
            Self::Login(entry) => write!(f, "login/{entry}"),
            Self::Callback => f.write_str("callback"),
            Self::Logout => f.write_str("logout"),
            Self::LoggedOut => f.write_str("logged-out"),
            Self::BackchannelLogout => f.write_str("backchannel-logout"),
            Self::Jwks => f.write_str("jwks.json"),
            Self::RpJwks => f.write_str("rp-jwks.json"),
            Self::SectorIdentifier => f.write_str("sector-identifier.json"),
            Self::ClearCookies => f.write_str("clear-cookies"),
            Self::ForwardAuth => f.write_str("auth"),
            Self::Asset(name) => write!(f, "assets/{name}"),
        }
    }
}

impl<'a> OwnPath<'a> {
    fn parse(below: &'a str) -> Option<Self> {
        Some(match below {
            "login" => Self::Chooser,
            "callback" => Self::Callback,
            "logout" => Self::Logout,
            "logged-out" => Self::LoggedOut,
            "backchannel-logout" => Self::BackchannelLogout,
            "jwks.json" => Self::Jwks,
            "rp-jwks.json" => Self::RpJwks,
            "sector-identifier.json" => Self::SectorIdentifier,
            "clear-cookies" => Self::ClearCookies,
            "auth" => Self::ForwardAuth,
            _ => match below.split_once('/')? {
                ("login", entry) => Self::Login(entry),
                ("assets", name) => Self::Asset(name),
                _ => return None,
            },
        })
    }
}

impl OwnPaths {
    /// Where nothing else is configured.
    pub const DEFAULT_PREFIX: &str = "/_guichet";

    /// Reads a prefix: one segment or more, of characters that nobody escapes. `None` is anything else, and the root, below
    /// which nothing would be left to the applications.
    pub fn parse(prefix: &str) -> Option<Self> {
        let is_plain = |segment: &str| {
            let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            !matches!(segment, "" | "." | "..") && segment.bytes().all(kept)
        };
        let is_path = prefix.strip_prefix('/')?.split('/').all(is_plain);
        (is_path && prefix.len() <= LONGEST).then(|| Self {
            prefix: prefix.to_owned(),
        })
    }

    /// The prefix, without a slash at its end.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether a request is for us, in any spelling of the prefix that someone could take for it. None of our paths is
    /// ambiguous.
    pub fn contain(&self, target: &RequestTarget) -> bool {
        target.ambiguities().is_empty() && self.contain_path(target.path())
    }

    /// Whether some program may read an ambiguous path as one of ours.
    pub fn may_contain(&self, path: &str) -> bool {
        readings::may_be_below(path, &self.prefix)
    }

    /// Whether a decoded path lies under the prefix.
    pub fn contain_path(&self, path: &str) -> bool {
        spelling::is_below(path, &self.prefix)
    }

    /// Which of our paths it is. Only the one spelling that we write ourselves is one; every other is ours and found nowhere.
    pub fn find<'a>(&self, raw_path: &'a str) -> Option<OwnPath<'a>> {
        let below = raw_path.strip_prefix(&self.prefix)?.strip_prefix('/')?;
        OwnPath::parse(below)
    }

    /// Whether a path is where a proxy asks for a decision alone.
    pub fn is_forward_auth(&self, raw_path: &str) -> bool {
        self.find(raw_path) == Some(OwnPath::ForwardAuth)
    }

    /// One of our paths, as a browser asks for it.
    pub fn path(&self, own: OwnPath<'_>) -> String {
        format!("{}/{own}", self.prefix)
    }

    /// The redirection URI at a host: what is registered, what is printed and what is sent are these bytes (RFC 6749, 3.1.2).
    pub fn redirect_uri(&self, scheme: Scheme, host: &Host) -> String {
        format!("{scheme}://{host}{}", self.path(OwnPath::Callback))
    }

    /// The post-logout redirection URI at a host (OpenID Connect RP-Initiated Logout 1.0, section 2.1).
    pub fn post_logout_redirect_uri(&self, scheme: Scheme, host: &Host) -> String {
        format!("{scheme}://{host}{}", self.path(OwnPath::LoggedOut))
    }

    /// The back-channel logout URI, on one host of ours (OpenID Connect Back-Channel Logout 1.0, section 2.2).
    pub fn backchannel_logout_uri(&self, scheme: Scheme, host: &Host) -> String {
        format!("{scheme}://{host}{}", self.path(OwnPath::BackchannelLogout))
    }

    /// Where a provider fetches our own public keys, on one host of ours (OpenID Connect Dynamic Client Registration 1.0,
    /// section 2: `jwks_uri`).
    pub fn rp_jwks_uri(&self, scheme: Scheme, host: &Host) -> String {
        format!("{scheme}://{host}{}", self.path(OwnPath::RpJwks))
    }

    /// The sector identifier URI, on one host of ours (OpenID Connect Dynamic Client Registration 1.0, section 5).
    pub fn sector_identifier_uri(&self, scheme: Scheme, host: &Host) -> String {
        format!("{scheme}://{host}{}", self.path(OwnPath::SectorIdentifier))
    }
}

impl Default for OwnPaths {
    fn default() -> Self {
        Self {
            prefix: Self::DEFAULT_PREFIX.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_the_prefix_is_ours_and_nothing_else_is() {
        let own_paths = OwnPaths::default();
        let is_own = |raw| own_paths.contain(&RequestTarget::parse(raw).unwrap());
        for raw in [
            "/_guichet",
            "/_guichet/",
            "/_guichet/login?a=b",
            "/_GUICHET/callback",
            "/_gu%C4%B1chet/auth",
            "/_gui%E2%80%8Dchet/auth",
            "/_%EF%BD%87uichet/auth",
            "/_guichet%C2%A0/auth",
            "/%E2%80%A8_guichet/auth",
            "/%20_guichet",
        ] {
            assert!(is_own(raw), "{raw}");
        }
        for raw in ["/", "/_guichets", "/x/_guichet/login", "/?/_guichet/"] {
            assert!(!is_own(raw), "{raw}");
        }
    }

    #[test]
    fn what_is_written_is_found_again() {
        for prefix in ["/_guichet", "/mairie/connexion"] {
            let own_paths = OwnPaths::parse(prefix).unwrap();
            for own in [
                OwnPath::Chooser,
                OwnPath::Login("fc"),
                OwnPath::Callback,
                OwnPath::Logout,
                OwnPath::LoggedOut,
                OwnPath::BackchannelLogout,
                OwnPath::Jwks,
                OwnPath::RpJwks,
                OwnPath::SectorIdentifier,
                OwnPath::ForwardAuth,
                OwnPath::ClearCookies,
                OwnPath::Asset("pages.0.css"),
            ] {
                let path = own_paths.path(own);
                assert!(path.starts_with(prefix), "{path}");
                assert_eq!(own_paths.find(&path), Some(own));
            }
        }
    }

    #[test]
    fn another_spelling_of_one_of_our_paths_is_none() {
        for raw in [
            "/_guichet",
            "/_guichet/",
            "/_guichet/LOGIN",
            "/_GUICHET/login",
            "/_guichet/callback/",
            "/_guichet//callback",
            "/_guichet/%63allback",
            "/_guichetlogin",
            "/callback",
        ] {
            assert_eq!(OwnPaths::default().find(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_prefix_is_a_path_that_nobody_escapes() {
        for prefix in ["/_guichet", "/a", "/a/b-c.d~e"] {
            assert_eq!(OwnPaths::parse(prefix).unwrap().prefix(), prefix);
        }
        let long = format!("/{}", "x".repeat(64));
        for text in [
            "", "/", "a", "//a", "/a/", "/a//b", "/./a", "/a/..", "/é", "/a%20b", "/a;b", "/a?b", "/a#b",
            &long,
        ] {
            assert_eq!(OwnPaths::parse(text), None, "{text}");
        }
    }
}
