//! A request as everything above the socket sees it: one host, one canonical target, and only what a client may say.

mod said;

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http::Version;
use http::header::ACCEPT;
use http::header::HOST;
use http::request::Parts;

use crate::wire::client_address::Provenance;
use crate::wire::connection;
use crate::wire::cookies::Cookies;
use crate::wire::framing;
use crate::wire::framing::FramingError;
use crate::wire::header_name;
use crate::wire::host::Host;
use crate::wire::host::HostError;
use crate::wire::request::said::Said;
use crate::wire::request_id::RequestId;
use crate::wire::target::RequestTarget;
use crate::wire::target::TargetError;
use crate::wire::websocket::Handshake;
use crate::wire::websocket::HandshakeError;

/// Most names that `Connection` may nominate; real clients name one or two.
const MOST_NOMINATIONS: usize = 8;

/// What `Allow` says where no method of a request is served anywhere, or none is named.
pub const SERVED_METHODS: &str = "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, PROPFIND, PROPPATCH, MKCOL, LOCK, \
     UNLOCK, REPORT, SEARCH, QUERY";

/// Why a request was refused before anything was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// See [`HostError`].
    #[error(transparent)]
    Host(#[from] HostError),
    /// See [`TargetError`].
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A method that echoes, tunnels, or that no browser and no application has (RFC 9110, section 9).
    #[error("the method is not served")]
    Method,
    /// `Connection` names a field that is not its own to name, is no token, or names too many (RFC 9110, section 7.6.1).
    #[error("the Connection field names what it may not name")]
    Connection,
    /// An expectation that we do not know (RFC 9110, section 10.1.1).
    #[error("the expectation is not known")]
    Expectation,
    /// hyper lets the longer reading win; a program behind us might choose the other one.
    #[error(transparent)]
    Framing(#[from] FramingError),
    /// A field that names an identity, for an application that refuses whoever tries.
    #[error("a field of the request names an identity")]
    Spoofed,
    /// Not refused but answered: `OPTIONS *` is about the server, not about anything that it serves (RFC 9110, section 9.3.7).
    #[error("the request is about the server itself")]
    AboutTheServer,
    /// See [`HandshakeError`].
    #[error(transparent)]
    Upgrade(#[from] HandshakeError),
}

impl RequestError {
    /// One stable word.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Host(_) => "host",
            Self::Target(_) => "target",
            Self::Method => "method",
            Self::Connection => "connection_field",
            Self::Expectation => "expectation",
            Self::Framing(_) => "framing",
            Self::Spoofed => "spoofed",
            Self::AboutTheServer => "about_the_server",
            Self::Upgrade(_) => "upgrade",
        }
    }
}

/// Who asks: a page that a person looks at, or a script that cannot use one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The browser's address bar or a link: pages and redirects make sense.
    Navigation,
    /// A script, a picture, a frame, a look ahead: a redirect to a login would be lost or misled.
    Script,
}

/// One request. `headers` holds nothing that a client may not say and nothing that belongs to the connection, so whoever
/// builds on it cannot pass such a thing on.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, one of those that are served.
    pub method: Method,
    /// The authority that was asked for.
    pub host: Host,
    /// Path and query.
    pub target: RequestTarget,
    /// What a client may say. `Host` and `Cookie` are not among it: see [`Request::host`], [`Request::cookies`].
    pub headers: HeaderMap,
    /// What it may say to an application that asks for it by name: see [`header_name::Treatment::Odd`].
    pub odd_headers: Vec<(HeaderName, HeaderValue)>,
    /// How many fields named an identity, and were left away.
    pub spoofed: usize,
    /// Every cookie, ours among them.
    pub cookies: Cookies,
    /// The `Cookie` field for the application, without ours.
    pub application_cookies: Option<HeaderValue>,
    /// The `Host` field, or the authority of HTTP/2, as the browser wrote it.
    pub raw_host: HeaderValue,
    /// The WebSocket that it would open, if it would.
    pub handshake: Option<Handshake>,
    /// Who asks, and how it came.
    pub provenance: Provenance,
    /// This request's number.
    pub id: RequestId,
    /// The body of a form that was sent to one of our own endpoints; empty for everything else.
    pub form: Bytes,
}

impl Request {
    /// Reads the head of a request, or refuses it. Nothing was decided or sent yet.
    pub fn parse(head: &Parts, provenance: Provenance, id: RequestId) -> Result<Self, RequestError> {
        if !is_served(&head.method) {
            return Err(RequestError::Method);
        }
        framing::refuse_ambiguous(&head.headers)?;
        refuse_unknown_expectation(&head.headers)?;
        let handshake = Handshake::of(head)?;
        let nominated = nominated_fields(&head.headers)?;
        let (raw_host, host) = one_host(head)?;
        let target = head.uri.path_and_query().ok_or(TargetError::NotAPath)?;
        if head.method == Method::OPTIONS && target == "*" {
            return Err(RequestError::AboutTheServer);
        }
        let target = RequestTarget::parse(target.as_str())?;
        let said = Said::of(&head.headers, &nominated);
        Ok(Self {
            method: head.method.clone(),
            host,
            target,
            headers: said.headers,
            odd_headers: said.odd,
            spoofed: said.spoofed,
            cookies: Cookies::of(&head.headers),
            application_cookies: crate::wire::cookies::without_own(&head.headers),
            raw_host,
            handshake,
            provenance,
            id,
            form: Bytes::new(),
        })
    }

    /// Whether a page or a redirect would be seen by a person (Fetch Metadata; `X-Requested-With` and `Accept` for those
    /// who do not send it).
    pub fn asker(&self) -> Asker {
        let field = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        let not_a_document = field("sec-fetch-dest").is_some_and(|destination| destination != "document");
        let not_a_navigation = field("sec-fetch-mode").is_some_and(|mode| mode != "navigate");
        let by_script = self.headers.contains_key("x-requested-with");
        let wants_data =
            field(ACCEPT.as_str()).is_some_and(|accept| accept.contains("json") && !accept.contains("html"));
        if self.looks_ahead() || not_a_document || not_a_navigation || by_script || wants_data {
            return Asker::Script;
        }
        Asker::Navigation
    }

    /// Whether the browser only fetches what somebody may want to see next.
    pub fn looks_ahead(&self) -> bool {
        let field = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        field("sec-purpose")
            .or_else(|| field("purpose"))
            .is_some_and(|purpose| purpose.contains("prefetch"))
    }

    /// Whether the browser says that another site caused this request. A browser that says nothing is believed to be alone.
    pub fn is_cross_site(&self) -> bool {
        let site = self
            .headers
            .get("sec-fetch-site")
            .and_then(|value| value.to_str().ok());
        match (site, self.headers.get(http::header::ORIGIN)) {
            (Some(site), _) => !matches!(site, "same-origin" | "none"),
            (None, Some(origin)) => {
                let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
                authority.is_none_or(|(_, authority)| !authority.eq_ignore_ascii_case(self.host.as_str()))
            }
            (None, None) => false,
        }
    }
}

/// Those of RFC 9110 but the two that echo and tunnel, and those of `WebDAV` (RFC 4918) and its kin: applications behind a gateway use
/// them. Not COPY and MOVE: their `Destination` is a second path, which nobody judges.
fn is_served(method: &Method) -> bool {
    SERVED_METHODS.split(", ").any(|served| served == method.as_str())
}

/// HTTP/2 has its authority in the target, and `Host` at most beside it (RFC 9113, section 8.3.1); HTTP/1.1 has `Host`, and
/// an authority at most beside it (RFC 9112, section 3.2.2). Where both are, they say the same.
fn one_host(head: &Parts) -> Result<(HeaderValue, Host), HostError> {
    let mut fields = head.headers.get_all(HOST).iter();
    let (field, None) = (fields.next(), fields.next()) else {
        return Err(HostError::NotOne);
    };
    let authority = head.uri.authority();
    let raw = match (field, authority) {
        (Some(field), _) => field.clone(),
        (None, Some(authority)) if head.version == Version::HTTP_2 => {
            HeaderValue::from_str(authority.as_str()).map_err(|_no_text| HostError::Invalid)?
        }
        (None, _) => return Err(HostError::NotOne),
    };
    let host = Host::parse(raw.to_str().map_err(|_not_ascii| HostError::Invalid)?)?;
    match authority {
        Some(authority) if Host::parse(authority.as_str()).as_ref() != Ok(&host) => {
            Err(HostError::Contradiction)
        }
        _ => Ok((raw, host)),
    }
}

/// The names after `Connection`, other than its own words.
fn nominated_fields(headers: &HeaderMap) -> Result<Vec<HeaderName>, RequestError> {
    let mut nominated = Vec::new();
    for word in connection::words(headers) {
        let name = HeaderName::from_bytes(word).map_err(|_no_token| RequestError::Connection)?;
        match name.as_str() {
            "close" | "keep-alive" | "upgrade" | "te" | "http2-settings" => {}
            // These decide where the request goes, who sends it, or how it is read: never a connection's own affair.
            decisive if header_name::is_decisive(decisive) => return Err(RequestError::Connection),
            _ if nominated.len() == MOST_NOMINATIONS => return Err(RequestError::Connection),
            _ => nominated.push(name),
        }
    }
    Ok(nominated)
}

fn refuse_unknown_expectation(headers: &HeaderMap) -> Result<(), RequestError> {
    let known = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    if headers.get_all(http::header::EXPECT).iter().all(known) {
        Ok(())
    } else {
        Err(RequestError::Expectation)
    }
}

#[cfg(test)]
mod tests;
