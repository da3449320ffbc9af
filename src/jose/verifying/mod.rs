//! A compact JWS taken apart, strictly, before any library sees it and before any key is looked up.
//!
//! Exactly three segments of base64url without padding or white space; a header with one reading; an algorithm of the
//! allow-list; nothing critical, nothing unencoded; a type that cannot be another kind of token (RFC 8725). Key material
//! in the header (`jku`, `jwk`, `x5u`, `x5c`) is not looked at.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Map;
use serde_json::Value;

use crate::jose::registered_claims::ClaimTypeError;
use crate::jose::registered_claims::RegisteredClaims;
use crate::jose::strict_json;
use crate::jose::strict_json::StrictJsonError;
use crate::wire::untrusted::Untrusted;

/// Why a token was refused before its signature was looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// Another serialisation than three segments: JSON, a JWE, something cut.
    #[error("not a compact JWS")]
    Shape,
    /// Padding, white space, another alphabet, trailing bits.
    #[error("a segment is not base64url")]
    Encoding,
    /// The header is not one unambiguous object.
    #[error("the header is refused: {0}")]
    Header(#[source] StrictJsonError),
    /// The payload is not one unambiguous object.
    #[error("the payload is refused: {0}")]
    Payload(#[source] StrictJsonError),
    /// Signed with another algorithm than this provider entry has pinned; `none` and HS256 among them.
    #[error(
        "signed with `{alg}`, this entry takes {allowed} only: compare `signing_alg` with the signature algorithm that the \
         provider's portal shows for this client"
    )]
    Algorithm {
        /// What the header says.
        alg: Untrusted,
        /// What is pinned.
        allowed: String,
    },
    /// An extension that must be understood (RFC 7515, section 4.1.11), or an unencoded payload (RFC 7797).
    #[error("the header demands an extension: `{0}`")]
    Extension(&'static str),
    /// Another kind of token: an access token, a logout token, an assertion of a gateway.
    #[error("a token of another kind: `{0}`")]
    Type(Untrusted),
    /// A header parameter that is not text.
    #[error("the header parameter `{0}` has the wrong type")]
    Parameter(&'static str),
    /// A registered claim of another type.
    #[error(transparent)]
    Claim(#[from] ClaimTypeError),
}

impl JwsError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Shape | Self::Encoding | Self::Header(_) | Self::Payload(_) | Self::Parameter(_) => {
                "token_malformed"
            }
            Self::Algorithm { .. } => "alg_refused",
            Self::Extension(_) => "extension_refused",
            Self::Type(_) => "typ_refused",
            Self::Claim(_) => "claim_malformed",
        }
    }
}

/// What a token is for, as its `typ` says (RFC 8725, section 3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An ID token or a userinfo answer. `FranceConnect` sends no `typ`; other providers send `JWT`. Everything else is a
    /// token for something else.
    OfAProvider,
    /// This `typ`, byte for byte, and no other.
    Typed(&'static str),
    /// This media type, with or without `application/` before it (RFC 7515, section 4.1.9), or none: for tokens from before
    /// there was a type of their own. `JWT` says no more than that it is a token (RFC 7519, section 5.1), so it is none.
    TypedIfAtAll(&'static str),
}

/// The type of a token of whatever kind.
const ANY_TOKEN: &str = "JWT";

/// A token in its parts. Nothing about it is proven yet.
pub struct CompactJws<'a> {
    text: &'a str,
    signing_input: &'a str,
    signature: Vec<u8>,
    kid: Option<String>,
    payload: Map<String, Value>,
    claims: RegisteredClaims,
}

impl<'a> CompactJws<'a> {
    /// Takes a token of a provider apart. `allowed` are the names of the algorithms that are taken, byte for byte.
    pub fn parse(text: &'a str, allowed: &[&str]) -> Result<Self, JwsError> {
        Self::parse_as(Kind::OfAProvider, text, allowed)
    }

    /// Takes a token of this kind apart. What is wrong is found in the order of [`JwsError`]'s cases: form, algorithm,
    /// extensions, kind, payload.
    pub fn parse_as(meant: Kind, text: &'a str, allowed: &[&str]) -> Result<Self, JwsError> {
        let segments: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = segments.as_slice() else {
            return Err(JwsError::Shape);
        };
        let header = strict_json::object(&decode(header)?).map_err(JwsError::Header)?;
        refuse_algorithm(&header, allowed)?;
        refuse_extensions(&header)?;
        refuse_other_kinds(meant, &header)?;
        let kid = parameter(&header, "kid")?.map(str::to_owned);
        let signing_input = text
            .rsplit_once('.')
            .map(|(input, _signature)| input)
            .ok_or(JwsError::Shape)?;
        let payload = strict_json::object(&decode(payload)?).map_err(JwsError::Payload)?;
        Ok(Self {
            text,
            signing_input,
            signature: decode(signature)?,
            kid,
            claims: RegisteredClaims::of(&payload)?,
            payload,
        })
    }

    /// The token as it came.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What was signed: header and payload, as they came (RFC 7515, section 5.2).
    pub fn signing_input(&self) -> &'a str {
        self.signing_input
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The identifier of the key: opaque, for an exact comparison and nothing else.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Registered claims, with their types.
    pub fn claims(&self) -> &RegisteredClaims {
        &self.claims
    }

    /// The whole payload.
    pub fn payload(&self) -> &Map<String, Value> {
        &self.payload
    }
}

/// What a token says of itself before anything about it is known: to choose by whose keys it has to be verified, and for
/// nothing else.
pub fn unproven_claims(text: &str) -> Result<RegisteredClaims, JwsError> {
    let segments: Vec<&str> = text.split('.').collect();
    let [_header, payload, _signature] = segments.as_slice() else {
        return Err(JwsError::Shape);
    };
    let payload = strict_json::object(&decode(payload)?).map_err(JwsError::Payload)?;
    Ok(RegisteredClaims::of(&payload)?)
}

impl std::fmt::Debug for CompactJws<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompactJws").finish_non_exhaustive()
    }
}

fn decode(segment: &str) -> Result<Vec<u8>, JwsError> {
    BASE64_URL_SAFE_NO_PAD
        .decode(segment)
        .map_err(|_not_base64url| JwsError::Encoding)
}

fn parameter<'h>(header: &'h Map<String, Value>, name: &'static str) -> Result<Option<&'h str>, JwsError> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwsError::Parameter(name)),
    }
}

fn refuse_algorithm(header: &Map<String, Value>, allowed: &[&str]) -> Result<(), JwsError> {
    let alg = parameter(header, "alg")?.unwrap_or_default();
    if allowed.contains(&alg) {
        return Ok(());
    }
    Err(JwsError::Algorithm {
        alg: Untrusted::new(alg),
        allowed: allowed.join(", "),
    })
}

fn refuse_extensions(header: &Map<String, Value>) -> Result<(), JwsError> {
    ["crit", "b64", "zip", "cty"]
        .into_iter()
        .find(|name| header.contains_key(*name))
        .map_or(Ok(()), |name| Err(JwsError::Extension(name)))
}

fn refuse_other_kinds(kind: Kind, header: &Map<String, Value>) -> Result<(), JwsError> {
    let typ = parameter(header, "typ")?;
    let is_meant = match (kind, typ) {
        (Kind::OfAProvider | Kind::TypedIfAtAll(_), None) => true,
        (Kind::OfAProvider, Some(typ)) => is_media_type(typ, ANY_TOKEN),
        (Kind::Typed(meant), typ) => typ == Some(meant),
        (Kind::TypedIfAtAll(meant), Some(typ)) => is_media_type(typ, meant) || is_media_type(typ, ANY_TOKEN),
    };
    if is_meant {
        return Ok(());
    }
    Err(JwsError::Type(Untrusted::new(typ.unwrap_or_default())))
}

/// Media types are compared without their case; `application/` may be left away.
fn is_media_type(typ: &str, meant: &str) -> bool {
    const APPLICATION: &str = "application/";
    let bare = match typ.split_at_checked(APPLICATION.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(APPLICATION) => rest,
        _ => typ,
    };
    bare.eq_ignore_ascii_case(meant)
}

#[cfg(test)]
mod tests;
