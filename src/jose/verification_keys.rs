//! The public keys of a JWK Set (RFC 7517), read back: which one a token names, and whether it signed it. ES256 only.

use serde_json::Value;

use crate::jose::signature_key::SignatureKey;
use crate::jose::strict_json;
use crate::jose::strict_json::StrictJsonError;
use crate::jose::verifying::CompactJws;

/// Why a document is no set of keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationKeysError {
    /// Not one unambiguous object.
    #[error(transparent)]
    Json(#[from] StrictJsonError),
    /// No array of keys.
    #[error("`keys` is missing")]
    Missing,
    /// Not one key on P-256 with a name.
    #[error("the set holds no key on P-256 with a `kid`")]
    Empty,
}

/// Why no key was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyChoiceError {
    /// The token names no key.
    #[error("the token names no key")]
    Unnamed,
    /// The set has none of this name.
    #[error("the set has no key of this name")]
    Unknown,
    /// Two keys of one name: none is tried.
    #[error("the set has several keys of this name")]
    Ambiguous,
}

/// The keys of a set with which ES256 can be verified; what else is in it is passed over.
#[derive(Clone, Debug)]
pub struct VerificationKeys(Vec<VerificationKey>);

/// One public key.
#[derive(Clone, Debug)]
pub struct VerificationKey {
    kid: String,
    key: SignatureKey,
}

impl VerificationKeys {
    /// Reads a key set.
    pub fn read(document: &[u8]) -> Result<Self, VerificationKeysError> {
        let mut document = strict_json::object(document)?;
        let Some(Value::Array(entries)) = document.remove("keys") else {
            return Err(VerificationKeysError::Missing);
        };
        let keys: Vec<VerificationKey> = entries.iter().filter_map(VerificationKey::of).collect();
        if keys.is_empty() {
            return Err(VerificationKeysError::Empty);
        }
        Ok(Self(keys))
    }

    /// The names of the keys.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.kid.as_str())
    }

    /// The key that a token names.
    pub fn named_by(&self, jws: &CompactJws<'_>) -> Result<&VerificationKey, KeyChoiceError> {
        let kid = jws.kid().ok_or(KeyChoiceError::Unnamed)?;
        let mut named = self.0.iter().filter(|key| key.kid == kid);
        match (named.next(), named.next()) {
            (None, _) => Err(KeyChoiceError::Unknown),
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(KeyChoiceError::Ambiguous),
        }
    }
}

impl VerificationKey {
    /// Whether this key signed the token.
    pub fn signed(&self, jws: &CompactJws<'_>) -> bool {
        self.key.signed(jws.signing_input().as_bytes(), jws.signature())
    }

    fn of(entry: &Value) -> Option<Self> {
        let member = |name: &str| entry.get(name).and_then(Value::as_str);
        let is_for_signing = member("use").is_none_or(|purpose| purpose == "sig")
            && member("alg").is_none_or(|alg| alg == "ES256");
        let key = SignatureKey::of_jwk(entry).filter(|key| matches!(key, SignatureKey::P256(_)))?;
        is_for_signing.then_some(Self {
            kid: member("kid")?.to_owned(),
            key,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::signing::SigningKey;
    use crate::jose::verifying::Kind;
    use serde_json::json;

    const TYPE: &str = "test+jwt";

    fn key() -> SigningKey {
        SigningKey::from_pem(&SigningKey::generate_pem().unwrap()).unwrap()
    }

    fn set(keys: &[&SigningKey]) -> VerificationKeys {
        let keys: Vec<Value> = keys
            .iter()
            .map(|key| serde_json::to_value(key.public()).unwrap())
            .collect();
        VerificationKeys::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    fn parsed(token: &str) -> CompactJws<'_> {
        CompactJws::parse_as(Kind::Typed(TYPE), token, &["ES256"]).unwrap()
    }

    #[test]
    fn a_key_verifies_what_it_signed_and_nothing_else() {
        let (ours, other) = (key(), key());
        let keys = set(&[&ours, &other]);
        let token = ours.sign(TYPE, &json!({"sub": "1"})).unwrap();
        assert!(keys.named_by(&parsed(&token)).unwrap().signed(&parsed(&token)));
        let (input, _) = token.rsplit_once('.').unwrap();
        let elsewhere = other.sign(TYPE, &json!({"sub": "1"})).unwrap();
        let (_, signature) = elsewhere.rsplit_once('.').unwrap();
        let forged = format!("{input}.{signature}");
        assert!(!keys.named_by(&parsed(&forged)).unwrap().signed(&parsed(&forged)));
    }

    #[test]
    fn a_key_is_found_by_its_exact_name_or_not_at_all() {
        let (ours, other) = (key(), key());
        let token = ours.sign(TYPE, &json!({})).unwrap();
        let choice = |keys: &VerificationKeys| keys.named_by(&parsed(&token)).map(|_key| ()).unwrap_err();
        assert_eq!(choice(&set(&[&other])), KeyChoiceError::Unknown);
        assert_eq!(choice(&set(&[&ours, &ours])), KeyChoiceError::Ambiguous);
        assert_eq!(set(&[&ours]).kids().collect::<Vec<_>>(), [ours.kid()]);
    }

    #[test]
    fn what_is_no_key_set_is_refused() {
        let read = |text: &str| VerificationKeys::read(text.as_bytes()).unwrap_err();
        assert!(matches!(read("{}"), VerificationKeysError::Missing));
        assert!(matches!(read("-"), VerificationKeysError::Json(_)));
        let mut public = serde_json::to_value(key().public()).unwrap();
        public["crv"] = json!("P-384");
        for entry in [public, json!({"kty": "oct", "k": "AA", "kid": "a"}), json!(1)] {
            let text = json!({ "keys": [entry] }).to_string();
            assert!(matches!(read(&text), VerificationKeysError::Empty), "{text}");
        }
    }
}
