//! The claims whose meaning is registered (RFC 7519, section 4.1, OpenID Connect Core 1.0, section 2), with strict types:
//! a date that is text, or an audience that is a number, is a lie or a mistake, never something to be guessed.

use serde_json::Map;
use serde_json::Value;

use crate::clock::Timestamp;

/// 9999-12-31T23:59:59Z: the last moment that every program writes in the same way.
const LAST_MOMENT: f64 = 253_402_300_799.0;

/// A claim has another type than its registration says. The value is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claim `{0}` has the wrong type")]
pub struct ClaimTypeError(pub &'static str);

/// What a token says about itself. An absent claim is `None`; a claim that is `null` is refused.
#[derive(Clone, PartialEq, Eq)]
pub struct RegisteredClaims {
    /// Issuer.
    pub iss: Option<String>,
    /// Subject.
    pub sub: Option<String>,
    /// Audience, one or several; empty where the claim is absent or an empty array.
    pub aud: Vec<String>,
    /// Authorized party.
    pub azp: Option<String>,
    /// End of validity; parts of a second are dropped.
    pub exp: Option<Timestamp>,
    /// Time of issue.
    pub iat: Option<Timestamp>,
    /// Beginning of validity.
    pub nbf: Option<Timestamp>,
    /// Time of the authentication.
    pub auth_time: Option<Timestamp>,
    /// The value of the authentication request.
    pub nonce: Option<String>,
    /// Authentication context class.
    pub acr: Option<String>,
    /// Authentication methods.
    pub amr: Vec<String>,
    /// Hash of the access token.
    pub at_hash: Option<String>,
}

impl RegisteredClaims {
    /// Reads the claims of a payload.
    pub fn of(payload: &Map<String, Value>) -> Result<Self, ClaimTypeError> {
        let claims = Claims(payload);
        Ok(Self {
            iss: claims.text("iss")?,
            sub: claims.text("sub")?,
            aud: claims.audience()?,
            azp: claims.text("azp")?,
            exp: claims.moment("exp")?,
            iat: claims.moment("iat")?,
            nbf: claims.moment("nbf")?,
            auth_time: claims.moment("auth_time")?,
            nonce: claims.text("nonce")?,
            acr: claims.text("acr")?,
            amr: claims.texts("amr")?,
            at_hash: claims.text("at_hash")?,
        })
    }
}

/// Nothing of a person: the issuer only.
impl std::fmt::Debug for RegisteredClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisteredClaims")
            .field("iss", &self.iss)
            .finish_non_exhaustive()
    }
}

struct Claims<'a>(&'a Map<String, Value>);

impl Claims<'_> {
    fn text(&self, name: &'static str) -> Result<Option<String>, ClaimTypeError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(ClaimTypeError(name)),
        }
    }

    fn texts(&self, name: &'static str) -> Result<Vec<String>, ClaimTypeError> {
        let Some(value) = self.0.get(name) else {
            return Ok(Vec::new());
        };
        let elements = value.as_array().ok_or(ClaimTypeError(name))?;
        let texts = elements.iter().map(|element| element.as_str().map(str::to_owned));
        texts.collect::<Option<_>>().ok_or(ClaimTypeError(name))
    }

    fn audience(&self) -> Result<Vec<String>, ClaimTypeError> {
        match self.0.get("aud") {
            Some(Value::String(one)) => Ok(vec![one.clone()]),
            _ => self.texts("aud"),
        }
    }

    fn moment(&self, name: &'static str) -> Result<Option<Timestamp>, ClaimTypeError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let seconds = value
            .as_f64()
            .filter(|seconds| (0.0..=LAST_MOMENT).contains(seconds))
            .ok_or(ClaimTypeError(name))?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the range was just looked at; parts of a second go"
        )]
        Ok(Some(Timestamp::from_unix(seconds as i64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(payload: &Value) -> Result<RegisteredClaims, ClaimTypeError> {
        RegisteredClaims::of(payload.as_object().unwrap())
    }

    #[test]
    fn claims_are_read_with_their_types() {
        let claims = read(&json!({
            "iss": "https://a", "sub": "s", "aud": "c", "exp": 1_767_225_660.75, "iat": 1_767_225_600, "amr": ["fc", "pwd"],
        }))
        .unwrap();
        assert_eq!(claims.aud, ["c"]);
        assert_eq!(claims.exp, Some(Timestamp::from_unix(1_767_225_660)));
        assert_eq!(claims.nbf, None);
        assert_eq!(claims.amr, ["fc", "pwd"]);
    }

    #[test]
    fn a_claim_of_another_type_is_refused() {
        for (name, value) in [
            ("exp", json!("9999999999")),
            ("exp", json!(1e300)),
            ("exp", json!(-1)),
            ("exp", json!(9_223_372_036_854_775_808_u64)),
            ("exp", json!(null)),
            ("nbf", json!("99999999999")),
            ("iat", json!(true)),
            ("aud", json!(5)),
            ("aud", json!(["a", 5])),
            ("aud", json!(null)),
            ("nonce", json!(["a"])),
            ("sub", json!(null)),
            ("sub", json!(17)),
            ("iss", json!({})),
            ("acr", json!(["eidas1"])),
            ("amr", json!("pwd")),
        ] {
            assert_eq!(
                read(&json!({ name: value })),
                Err(ClaimTypeError(name)),
                "{name} {value}"
            );
        }
    }
}
