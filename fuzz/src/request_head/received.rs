//! A request as the application received it, read by a parser that takes nothing but what RFC 9112 writes.

use std::fmt;

use guichet::wire::target::RequestTarget;
use guichet::wire::target::TargetError;

/// Names under which programs between a browser and an application speak about identity, address, path or method, in lower
/// case; a final `*` stands for any ending. From `docs/security.md` and the advisories of other gateways, not from the code.
const PROTECTED: &[&str] = &[
    "x-guichet-*",
    "remote-user",
    "remote-email",
    "remote-groups",
    "x-remote-*",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-forwarded-client-cert",
    "x-forwarded-tls-client-cert*",
    "x-forwarded-uri",
    "x-forwarded-prefix",
    "x-forwarded-method",
    "x-forwarded-server",
    "x-forwarded-scheme",
    "x-auth-request-*",
    "x-webauth-*",
    "x-auth-user*",
    "x-auth-subject",
    "x-auth-email",
    "x-user",
    "x-user-id",
    "x-username",
    "x-userinfo",
    "x-consumer-*",
    "x-credential-*",
    "x-authenticated-*",
    "x-amzn-oidc-*",
    "x-amzn-mtls-*",
    "x-endpoint-api-userinfo",
    "auth-user",
    "lm-remote-user",
    "remote-name",
    "remote-addr",
    "sec-username",
    "sm-user*",
    "iv-user*",
    "iv-groups",
    "iv-creds",
    "oam-*",
    "shib-*",
    "tailscale-*",
    "x-goog-authenticated-user-*",
    "x-goog-iap-jwt-assertion",
    "x-ms-client-principal*",
    "x-ms-token-*",
    "cf-access-*",
    "x-pomerium-*",
    "x-authentik-*",
    "x-oidc-*",
    "oidc-*",
    "x-ssl-client-*",
    "ssl-client-*",
    "x-client-cert*",
    "client-cert*",
    "x-client-verify",
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-original-*",
    "x-rewrite-*",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-real-path",
    "x-middleware-*",
    "x-envoy-*",
    "x-accel-*",
    "x-sendfile*",
    "x-script-name",
    "script-name",
    "x-host",
    "x-scheme",
    "proxy",
];

/// Whether a field of this name may come from us alone.
pub(super) fn is_protected(name: &str) -> bool {
    PROTECTED.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *pattern,
    })
}

/// Why the bytes on a connection are no requests.
pub(super) type Defect = String;

/// One request.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) method: String,
    pub(super) raw_target: String,
    /// Names in lower case, in order. Bytes outside ASCII are Latin letters.
    pub(super) fields: Vec<(String, String)>,
}

/// How the body of a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
}

impl Received {
    /// Reads a head that ends with an empty line, which is not among the bytes.
    pub(super) fn read(head: &[u8]) -> Result<(Self, Framing), Defect> {
        let text: String = head.iter().copied().map(char::from).collect();
        let defect = |what: &str| format!("{what}: {text:?}");
        let is_control = |c: char| c.is_control() && c != '\t' && !('\u{80}'..='\u{9f}').contains(&c);
        let mut lines = text.split("\r\n");
        let line = lines.next().unwrap_or_default();
        let [method, raw_target, "HTTP/1.1"] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(defect("the first line"));
        };
        let mut fields = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(": ").ok_or_else(|| defect("no field"))?;
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(token) || value.contains(is_control) {
                return Err(defect("an odd field"));
            }
            fields.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let received = Self {
            method: method.to_owned(),
            raw_target: raw_target.to_owned(),
            fields,
        };
        let framing = match (
            &received.values("content-length")[..],
            &received.values("transfer-encoding")[..],
        ) {
            ([], []) => Framing::Length(0),
            ([length], []) => Framing::Length(length.parse().map_err(|_no_number| defect("an odd length"))?),
            ([], ["chunked"]) => Framing::Chunked,
            _ => return Err(defect("framed twice")),
        };
        Ok((received, framing))
    }

    /// Every value of a field, in order.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        let same = self.fields.iter().filter(|(each, _)| each == name);
        same.map(|(_, value)| value.as_str()).collect()
    }

    pub(super) fn target(&self) -> Result<RequestTarget, TargetError> {
        RequestTarget::parse_plain(&self.raw_target)
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.method, self.raw_target)?;
        self.fields
            .iter()
            .try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))
    }
}
