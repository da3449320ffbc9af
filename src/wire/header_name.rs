//! Names of request fields as applications read them: every character that is not a letter or a digit is one and the same.
//!
//! CGI and its heirs fold `X_Guichet_Sub`, `x.guichet.sub` and `X-Guichet-Sub` into one variable, each server in its own
//! way (RFC 3875, section 4.1.18). So a name is compared folded, and one with odd characters does not pass at all.

use http::HeaderName;

/// Begins every name under which the gateway speaks to an application.
pub const RESERVED_PREFIX: &str = "x-guichet-";

/// Names that programs between a browser and an application use to speak about identity, address or routing. A client has
/// no business with them. A final `*` stands for any ending. Folded.
const NEVER_FROM_A_CLIENT: &[&str] = &[
    // identity, as other gateways say it
    "remote-user",
    "remote-email",
    "remote-groups",
    "x-remote-*",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-auth-request-*",
    "x-webauth-*",
    "sm-user",
    "x-goog-authenticated-user-*",
    "x-goog-iap-jwt-assertion",
    "x-ms-client-principal*",
    "cf-access-*",
    "x-pomerium-*",
    "x-authentik-*",
    "x-auth-user",
    "x-user",
    "x-oidc-*",
    "oidc-*",
    // client certificates
    "x-ssl-*",
    "ssl-*",
    "x-client-cert*",
    "client-cert*",
    "x-client-verify",
    "x-forwarded-client-cert",
    "x-forwarded-tls-client-cert*",
    // address, host and scheme: written anew from the connection
    "forwarded",
    "x-forwarded-*",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-request-id",
    "x-host",
    "x-scheme",
    "x-script-name",
    "script-name",
    "front-end-https",
    // another path or method than the one that was judged
    "x-original-*",
    "x-rewrite-*",
    "x-real-path",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-middleware-*",
    "x-envoy-*",
    "x-accel-*",
    "x-sendfile*",
    // httpoxy
    "proxy",
];

/// Fields that belong to one connection (RFC 9110, section 7.6.1) or are answered by us; `connection` also names others.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "expect",
];

/// The name as an application may read it: lower case, every byte outside `[a-z0-9]` a hyphen.
pub fn fold(name: &str) -> String {
    name.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte.to_ascii_lowercase())
            } else {
                '-'
            }
        })
        .collect()
}

/// Whether a client may say this name to an application.
pub fn may_come_from_a_client(name: &HeaderName) -> bool {
    let name = name.as_str();
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // `HeaderName` is in lower case: a plain name is its own folding.
    plain
        && !name.starts_with(RESERVED_PREFIX)
        && !NEVER_FROM_A_CLIENT.iter().any(|pattern| matches(pattern, name))
}

/// Whether the field belongs to one connection.
pub fn is_hop_by_hop(name: &HeaderName) -> bool {
    HOP_BY_HOP.contains(&name.as_str())
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(name: &str) -> bool {
        may_come_from_a_client(&HeaderName::from_bytes(name.as_bytes()).unwrap())
    }

    #[test]
    fn a_reserved_name_passes_in_no_spelling() {
        for byte in b"!#$%&'*+.^_`|~-" {
            let separator = char::from(*byte);
            assert!(
                !passes(&format!("X{separator}Guichet{separator}Sub")),
                "{separator}"
            );
        }
    }

    #[test]
    fn what_browsers_send_passes() {
        for name in [
            "Accept",
            "Cookie",
            "User-Agent",
            "Sec-Fetch-Mode",
            "Authorization",
            "X-Requested-With",
            "Origin",
        ] {
            assert!(passes(name), "{name}");
        }
    }

    #[test]
    fn what_only_a_proxy_may_say_does_not_pass() {
        for name in [
            "Remote-User",
            "X-Forwarded-For",
            "X-Real-IP",
            "Proxy",
            "X-SSL-Client-Cert",
            "X-Original-URL",
            "x-envoy-original-path",
        ] {
            assert!(!passes(name), "{name}");
        }
    }

    #[test]
    fn folding_keeps_letters_and_digits_only() {
        assert_eq!(fold("X_Guichet.Sub~1"), "x-guichet-sub-1");
    }
}
