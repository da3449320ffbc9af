//! The reserved prefix and the paths under it: the gateway answers them itself and never forwards them.

use crate::wire::host::Host;
use crate::wire::target::RequestTarget;

/// The prefix of everything that the gateway answers itself.
pub const PREFIX: &str = "/_guichet";

/// The chooser page; followed by `/{provider}`, the start of an authorization request.
pub const LOGIN: &str = "/_guichet/login";
/// The redirection endpoint (RFC 6749, section 3.1.2).
pub const CALLBACK: &str = "/_guichet/callback";
/// The sign-out question, and its answer.
pub const LOGOUT: &str = "/_guichet/logout";
/// Where the provider sends the browser after its end of session.
pub const LOGGED_OUT: &str = "/_guichet/logged-out";
/// The public keys of the assertion (RFC 7517).
pub const JWKS: &str = "/_guichet/jwks.json";
/// Every redirect URI, for a provider (OpenID Connect Core 1.0, section 8.1).
pub const SECTOR_IDENTIFIER: &str = "/_guichet/sector-identifier.json";
/// Style sheet and script of our pages: followed by `/{name}`.
pub const ASSETS: &str = "/_guichet/assets";

/// The redirection URI at a host: what is registered, what is printed and what is sent are these bytes (RFC 6749, 3.1.2).
pub fn redirect_uri(scheme: &str, host: &Host) -> String {
    format!("{scheme}://{host}{CALLBACK}")
}

/// The post-logout redirection URI at a host (OpenID Connect RP-Initiated Logout 1.0, section 2.1).
pub fn post_logout_redirect_uri(scheme: &str, host: &Host) -> String {
    format!("{scheme}://{host}{LOGGED_OUT}")
}

/// The sector identifier URI, on one host of ours (OpenID Connect Dynamic Client Registration 1.0, section 5).
pub fn sector_identifier_uri(scheme: &str, host: &Host) -> String {
    format!("{scheme}://{host}{SECTOR_IDENTIFIER}")
}

/// Whether a request is for us, in any spelling of the prefix that someone could take for it.
pub fn is_own(target: &RequestTarget) -> bool {
    is_own_path(target.path())
}

/// Whether a decoded path lies under the reserved prefix.
pub fn is_own_path(path: &str) -> bool {
    let (start, rest) = path.split_at_checked(PREFIX.len()).unwrap_or(("", ""));
    start.eq_ignore_ascii_case(PREFIX) && (rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_the_prefix_is_ours_and_nothing_else_is() {
        let is_own = |raw| is_own(&RequestTarget::parse(raw).unwrap());
        for raw in [
            "/_guichet",
            "/_guichet/",
            "/_guichet/login?a=b",
            "/_GUICHET/callback",
        ] {
            assert!(is_own(raw), "{raw}");
        }
        for raw in ["/", "/_guichets", "/x/_guichet/login", "/?/_guichet/"] {
            assert!(!is_own(raw), "{raw}");
        }
    }
}
