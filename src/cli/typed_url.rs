//! An address as somebody types it at a terminal, and the request that a browser would make of it.

use http::Method;
use http::StatusCode;
use percent_encoding::CONTROLS;
use percent_encoding::utf8_percent_encode;

use crate::config::outline::Outline;
use crate::seal;
use crate::seal::RandomError;
use crate::wire::client_address::Provenance;
use crate::wire::request::Request;
use crate::wire::request::RequestError;
use crate::wire::request_id::RequestId;
use crate::wire::scheme::Scheme;

/// An address as it was typed, in the parts that a request has.
pub(super) struct TypedUrl {
    /// Where one was typed.
    pub(super) scheme: Option<Scheme>,
    authority: String,
    target: String,
}

impl TypedUrl {
    /// Reads what somebody typed: an address of the site, or a path of it.
    pub(super) fn read(text: &str, config: &Outline) -> Result<Self, String> {
        let (scheme, rest) = match Scheme::of_url(text) {
            Some((scheme, rest)) => (Some(scheme), rest),
            None if text.starts_with('/') => (None, text),
            None => return Err(format!("`{text}` is neither http://.., https://.. nor a path")),
        };
        let (authority, target) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // A browser keeps the fragment, and escapes what is not ASCII.
        let target = target.split('#').next().unwrap_or_default();
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self {
            scheme,
            authority: if scheme.is_some() {
                authority.to_owned()
            } else {
                config.public_url.host.to_string()
            },
            target: format!("{slash}{}", utf8_percent_encode(target, CONTROLS)),
        })
    }

    /// The request that a browser would send, read as the gateway reads one.
    pub(super) fn request(&self, method: &Method, (name, value): (&str, &str)) -> Result<Request, Refusal> {
        let (head, ()) = http::Request::builder()
            .method(method)
            .uri(self.target.as_str())
            .header(http::header::HOST, self.authority.as_str())
            .header(name, value)
            .body(())
            .map_err(|_unwritable| Refusal::Unwritable)?
            .into_parts();
        let id = RequestId::of(seal::random()?);
        Ok(Request::parse(
            &head,
            Provenance::as_published(([127, 0, 0, 1], 0).into()),
            id,
        )?)
    }
}

/// Why there is nothing to judge.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the address holds what no request can")]
    Unwritable,
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Refusal {
    /// With what it is answered: a method that nobody serves is told apart.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Request(RequestError::Method) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unwritable | Self::Request(_) => StatusCode::BAD_REQUEST,
            Self::Random(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
