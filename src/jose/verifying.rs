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
}

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
        (Kind::OfAProvider, None) => true,
        (Kind::OfAProvider, Some(typ)) => {
            typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("application/jwt")
        }
        (Kind::Typed(meant), typ) => typ == Some(meant),
    };
    if is_meant {
        return Ok(());
    }
    Err(JwsError::Type(Untrusted::new(typ.unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ES256: &[&str] = &["ES256"];

    fn token(header: &str, payload: &str) -> String {
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", encode(header), encode(payload), encode("signature"))
    }

    fn reason(text: &str) -> &'static str {
        CompactJws::parse(text, ES256).map_or_else(|error| error.reason(), |_parsed| "none")
    }

    #[test]
    fn a_token_is_taken_apart_and_kept_byte_for_byte() {
        let text = token(
            r#"{"alg":"ES256","kid":"pkcs11:ES256:hsm"}"#,
            r#"{"sub":"s","x":"é"}"#,
        );
        let jws = CompactJws::parse(&text, ES256).unwrap();
        assert_eq!(jws.kid(), Some("pkcs11:ES256:hsm"));
        assert_eq!(jws.text(), text);
        assert_eq!(format!("{}.c2lnbmF0dXJl", jws.signing_input()), text);
        assert_eq!(jws.signature(), b"signature");
        assert_eq!(jws.claims().sub.as_deref(), Some("s"));
        assert_eq!(jws.payload().len(), 2);
    }

    #[test]
    fn another_serialisation_is_refused() {
        let good = token(r#"{"alg":"ES256"}"#, "{}");
        let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
            panic!()
        };
        for text in [
            format!("{header}.{payload}"),
            format!("{good}.{signature}"),
            format!("{good}.a.b"),
            format!("{good}\n"),
            format!(" {good}"),
            format!("\u{feff}{good}"),
            format!("{good}="),
            format!("{header}.{payload}.+/+/"),
            format!("{header}. {payload}.{signature}"),
            format!("{header}..{signature}"),
            r#"{"payload":"e30","signatures":[]}"#.to_owned(),
            String::new(),
        ] {
            assert_eq!(reason(&text), "token_malformed", "{text:?}");
        }
        assert_eq!(reason(&good), "none");
    }

    #[test]
    fn another_algorithm_is_refused_before_a_key_is_looked_up() {
        for alg in [
            "none", "None", "nOnE", "", "HS256", "RS256", "es256", "ES256 ", "ES256K", "XX999", "PS256",
        ] {
            let text = token(&format!(r#"{{"alg":"{alg}"}}"#), "{}");
            assert_eq!(reason(&text), "alg_refused", "{alg}");
        }
        assert_eq!(reason(&token("{}", "{}")), "alg_refused");
        assert_eq!(reason(&token(r#"{"alg":["ES256"]}"#, "{}")), "token_malformed");
        assert_eq!(
            reason(&token(r#"{"alg":"ES256","alg":"none"}"#, "{}")),
            "token_malformed"
        );
        assert!(
            CompactJws::parse(&token(r#"{"alg":"HS256"}"#, "{}"), &["ES256"])
                .unwrap_err()
                .to_string()
                .contains("signing_alg")
        );
    }

    #[test]
    fn an_extension_of_the_header_is_refused() {
        for extension in [
            r#""crit":["exp"]"#,
            r#""crit":["http://x"]"#,
            r#""crit":[]"#,
            r#""b64":false"#,
            r#""zip":"DEF""#,
            r#""cty":"JWT""#,
        ] {
            let text = token(&format!(r#"{{"alg":"ES256",{extension}}}"#), "{}");
            assert_eq!(reason(&text), "extension_refused", "{extension}");
        }
    }

    #[test]
    fn a_token_of_another_kind_is_refused() {
        for typ in [
            "at+jwt",
            "application/at+jwt",
            "logout+jwt",
            "guichet+jwt",
            "secevent+jwt",
            "",
        ] {
            let text = token(&format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#), "{}");
            assert_eq!(reason(&text), "typ_refused", "{typ}");
        }
        assert_eq!(reason(&token(r#"{"alg":"ES256","typ":"JWT"}"#, "{}")), "none");
        assert_eq!(
            reason(&token(r#"{"alg":"ES256","typ":5}"#, "{}")),
            "token_malformed"
        );
    }

    #[test]
    fn a_token_that_must_have_a_type_has_that_one() {
        let reason = |typ: &str| {
            let text = token(&format!(r#"{{"alg":"ES256"{typ}}}"#), "{}");
            CompactJws::parse_as(Kind::Typed("guichet+jwt"), &text, ES256)
                .map_or_else(|error| error.reason(), |_parsed| "none")
        };
        assert_eq!(reason(r#","typ":"guichet+jwt""#), "none");
        for typ in [
            "",
            r#","typ":"JWT""#,
            r#","typ":"Guichet+jwt""#,
            r#","typ":"application/guichet+jwt""#,
        ] {
            assert_eq!(reason(typ), "typ_refused", "{typ}");
        }
    }

    #[test]
    fn a_key_in_the_header_changes_nothing() {
        let text = token(
            r#"{"alg":"ES256","jwk":{"kty":"EC"},"jku":"https://evil","x5u":"https://evil","x5c":["AA"],"x5t":"AA"}"#,
            "{}",
        );
        assert_eq!(CompactJws::parse(&text, ES256).unwrap().kid(), None);
    }

    #[test]
    fn an_ambiguous_payload_is_refused() {
        assert_eq!(
            reason(&token(r#"{"alg":"ES256"}"#, r#"{"sub":"a","sub":"b"}"#)),
            "token_malformed"
        );
        assert_eq!(
            reason(&token(r#"{"alg":"ES256"}"#, r#"{"sub":"\ud800"}"#)),
            "token_malformed"
        );
        assert_eq!(
            reason(&token(r#"{"alg":"ES256"}"#, r#"[{"sub":"a"}]"#)),
            "token_malformed"
        );
        assert_eq!(
            reason(&token(r#"{"alg":"ES256"}"#, r#"{"exp":"1"}"#)),
            "claim_malformed"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_a_panic_and_what_is_taken_comes_back(text in "[A-Za-z0-9_=.-]{0,60}", payload in ".{0,40}") {
            proptest::prop_assert!(CompactJws::parse(&text, ES256).is_err());
            let text = token(r#"{"alg":"ES256"}"#, &payload);
            if let Ok(jws) = CompactJws::parse(&text, ES256) {
                proptest::prop_assert_eq!(jws.text(), text.as_str());
            }
        }
    }
}
