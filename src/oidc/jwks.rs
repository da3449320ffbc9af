//! The keys with which a provider signs (RFC 7517): what we can use of them, and which one a token means.

use std::borrow::Cow;

use openidconnect::JsonWebKey;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::Value;

use crate::back_channel::answer::Answer;
use crate::back_channel::answer::AnswerError;
use crate::jose::strict_json;
use crate::jose::strict_json::StrictJsonError;
use crate::jose::verifying::CompactJws;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::provider_key::ProviderKey;
use crate::provider::profile::SigningAlg;

/// Why a key set was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// Not a 200 with JSON.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// Not one unambiguous object.
    #[error(transparent)]
    Json(#[from] StrictJsonError),
    /// No array of keys.
    #[error("`keys` is missing")]
    Missing,
    /// Not one key with which a signature could be verified.
    #[error("the set holds no key that can be used")]
    Empty,
}

/// Why no key, or no single key, fits a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No key of this name and this algorithm.
    #[error("no key of the provider fits the token")]
    Unknown,
    /// Several keys fit: two of one name, or a token that names none. None is tried.
    #[error("several keys of the provider fit the token")]
    Ambiguous,
}

/// Why a message did not verify.
pub(super) trait MayBeRotation {
    /// Whether newer keys of the provider may verify it: no key has its name, or the key of that name is another one by now.
    fn may_be_rotation(&self) -> bool;
}

/// Members of a key that nobody but its owner may know (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
const SECRET_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The keys of a set that can verify a signature. What else is in it (other kinds, keys for encryption, keys that are too
/// short, broken entries) is passed over; so is a key whose private half stands beside it, for anybody can sign with it.
#[derive(Clone, Debug)]
pub struct ProviderKeys {
    keys: Vec<ProviderKey>,
    exposed: usize,
}

impl ProviderKeys {
    /// Reads a key set.
    pub fn read(answer: &Answer) -> Result<Self, KeySetError> {
        let body = answer.document(&["application/jwk-set+json", "application/json"])?;
        let mut document = strict_json::object(body)?;
        let Some(Value::Array(entries)) = document.remove("keys") else {
            return Err(KeySetError::Missing);
        };
        let (exposed, entries): (Vec<Value>, Vec<Value>) = entries.into_iter().partition(is_exposed);
        let keys: Vec<ProviderKey> = entries
            .into_iter()
            .filter_map(|entry| ProviderKey::try_from(entry).ok())
            .collect();
        if keys.is_empty() {
            return Err(KeySetError::Empty);
        }
        Ok(Self {
            keys,
            exposed: exposed.len(),
        })
    }

    /// How many keys came with what nobody may know of them: private halves, and shared secrets.
    pub fn exposed(&self) -> usize {
        self.exposed
    }

    /// Whether there is a key for this algorithm. Never for HS256: a published secret is nobody's, and no key of the set.
    pub fn serve(&self, alg: SigningAlg) -> bool {
        let alg = library_alg(alg);
        self.keys.iter().any(|key| key.is_for(&alg))
    }

    /// The key with which a token of this client must be signed: one of the provider's, or what both of them know.
    pub(super) fn key_for<'k>(
        &'k self,
        jws: &CompactJws<'_>,
        settings: &ClientSettings,
    ) -> Result<Cow<'k, ProviderKey>, KeyError> {
        match settings.signing_alg {
            SigningAlg::Hs256 => {
                let secret = settings.credential.secret().ok_or(KeyError::Unknown)?;
                Ok(Cow::Owned(ProviderKey::new_symmetric(secret.expose().to_vec())))
            }
            alg => self.select(jws.kid(), alg).map(Cow::Borrowed),
        }
    }

    /// Whether there is what a token of this client needs.
    pub fn serve_client(&self, settings: &ClientSettings) -> bool {
        match settings.signing_alg {
            SigningAlg::Hs256 => settings.credential.secret().is_some(),
            alg => self.serve(alg),
        }
    }

    /// The one key for a token: by name if the token gives one, otherwise the only one that fits the algorithm.
    pub(super) fn select(&self, kid: Option<&str>, alg: SigningAlg) -> Result<&ProviderKey, KeyError> {
        let named = |key: &&ProviderKey| kid.is_none() || key.key_id().map(|id| id.as_str()) == kid;
        let alg = library_alg(alg);
        let mut fitting = self.keys.iter().filter(named).filter(|key| key.is_for(&alg));
        match (fitting.next(), fitting.next()) {
            (None, _) => Err(KeyError::Unknown),
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(KeyError::Ambiguous),
        }
    }
}

/// The library's word for an algorithm.
pub(super) fn library_alg(alg: SigningAlg) -> CoreJwsSigningAlgorithm {
    match alg {
        SigningAlg::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        SigningAlg::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        SigningAlg::Hs256 => CoreJwsSigningAlgorithm::HmacSha256,
    }
}

fn is_exposed(entry: &Value) -> bool {
    SECRET_MEMBERS.iter().any(|member| entry.get(member).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::test_keys::TestKey;
    use crate::oidc::test_support;
    use http::StatusCode;
    use serde_json::json;

    fn read(keys: &Value) -> Result<ProviderKeys, KeySetError> {
        let body = json!({ "keys": keys }).to_string();
        ProviderKeys::read(&test_support::answer(
            StatusCode::OK,
            "application/jwk-set+json; charset=utf-8",
            &body,
        ))
    }

    #[test]
    fn a_key_is_found_by_name_and_algorithm() {
        let (ec, rsa) = (TestKey::es256(), TestKey::rs256());
        let keys = read(&json!([ec.jwk("pkcs11:ES256:hsm"), rsa.jwk("r")])).unwrap();
        assert!(keys.select(Some("pkcs11:ES256:hsm"), SigningAlg::Es256).is_ok());
        assert!(keys.select(Some("r"), SigningAlg::Rs256).is_ok());
        for (kid, alg) in [
            ("r", SigningAlg::Es256),
            ("pkcs11:ES256:hsm", SigningAlg::Rs256),
            ("../../../../dev/null", SigningAlg::Es256),
            ("' OR 1=1--", SigningAlg::Es256),
            ("R", SigningAlg::Rs256),
            ("", SigningAlg::Rs256),
        ] {
            assert_eq!(
                keys.select(Some(kid), alg).unwrap_err(),
                KeyError::Unknown,
                "{kid}"
            );
        }
    }

    #[test]
    fn a_token_without_a_name_means_the_only_key_that_fits() {
        let (ec, rsa) = (TestKey::es256(), TestKey::rs256());
        let one = read(&json!([ec.jwk("a"), rsa.jwk("b")])).unwrap();
        assert!(one.select(None, SigningAlg::Es256).is_ok());
        let two = read(&json!([ec.jwk("a"), TestKey::es256().jwk("b")])).unwrap();
        assert_eq!(
            two.select(None, SigningAlg::Es256).unwrap_err(),
            KeyError::Ambiguous
        );
    }

    #[test]
    fn two_keys_of_one_name_are_none() {
        let keys = read(&json!([TestKey::es256().jwk("a"), TestKey::es256().jwk("a")])).unwrap();
        assert_eq!(
            keys.select(Some("a"), SigningAlg::Es256).unwrap_err(),
            KeyError::Ambiguous
        );
    }

    #[test]
    fn what_cannot_verify_is_passed_over() {
        let mut good = TestKey::es256().jwk("good");
        good["key_ops"] = json!(["verify"]);
        let mut for_encryption = TestKey::es256().jwk("enc");
        for_encryption["use"] = json!("enc");
        let mut for_agreement = TestKey::es256().jwk("ops");
        for_agreement["key_ops"] = json!(["deriveKey"]);
        let mut other_curve = TestKey::es256().jwk("k1");
        other_curve["crv"] = json!("secp256k1");
        let others = [
            for_encryption,
            for_agreement,
            other_curve,
            json!({"kty": "oct", "k": "AAAA", "kid": "oct", "alg": "HS256"}),
            json!({"kty": "OKP", "crv": "X25519", "x": "AAAA", "kid": "okp"}),
            json!({"kty": "AKP", "kid": "akp"}),
            json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short"}),
            json!({"kty": 5}),
            json!("key"),
        ];
        let mut all = others.to_vec();
        all.push(good);
        assert_eq!(read(&json!(all)).unwrap().keys.len(), 1);
        assert!(matches!(read(&json!(others)), Err(KeySetError::Empty)));
    }

    #[test]
    fn a_key_whose_private_half_is_published_is_nobody_s() {
        let mut published = TestKey::es256().jwk("a");
        published["d"] = json!("AAAA");
        let shared = json!({"kty": "oct", "k": "AAAA", "kid": "b"});
        let keys = read(&json!([published, shared, TestKey::es256().jwk("c")])).unwrap();
        assert_eq!((keys.keys.len(), keys.exposed()), (1, 2));
        assert!(keys.select(Some("a"), SigningAlg::Es256).is_err());
        assert!(matches!(read(&json!([published])), Err(KeySetError::Empty)));
    }

    #[test]
    fn what_is_no_key_set_is_refused() {
        let answer = |status, media, body| ProviderKeys::read(&test_support::answer(status, media, body));
        let json = "application/json";
        assert!(matches!(
            answer(StatusCode::OK, json, "{}"),
            Err(KeySetError::Missing)
        ));
        assert!(matches!(
            answer(StatusCode::OK, json, "[]"),
            Err(KeySetError::Json(_))
        ));
        assert!(matches!(
            answer(StatusCode::OK, json, r#"{"keys":[],"keys":[]}"#),
            Err(KeySetError::Json(_))
        ));
        assert!(matches!(
            answer(StatusCode::BAD_GATEWAY, json, r#"{"keys":[]}"#),
            Err(KeySetError::Answer(_))
        ));
    }
}
