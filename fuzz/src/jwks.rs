//! A key that signs for a provider is published by it, for signatures, under the name that the token says, and is the only one.

use std::sync::OnceLock;

use guichet::clock::Timestamp;
use guichet::oidc::client_settings::ClientSettings;
use guichet::oidc::id_token::Expected;
use guichet::oidc::id_token::VerifiedIdToken;
use guichet::oidc::jwks::ProviderKeys;
use guichet::oidc::token_endpoint::TokenResponse;
use guichet::provider::profile::SigningAlg;
use guichet::seal;
use guichet::secret::Secret;
use serde_json::Value;
use serde_json::json;

use super::provider;
use super::provider::CLIENT;
use super::provider::ISSUER;
use super::provider::NOW;
use super::provider::Provider;
use super::reading::filled;
use super::reading::only_reading;

/// A token, with the entry that takes such ones.
struct Signed {
    entry: ClientSettings,
    /// The name of the key in its header.
    kid: Option<&'static str>,
    /// The key that signed it.
    jwk: Value,
    token: Vec<u8>,
}

/// Tokens of a provider, each of which is good if the key is.
struct Stage {
    p256: Value,
    rsa: Value,
    signed: Vec<Signed>,
    tokens: TokenResponse,
}

/// The bytes are the set that a provider publishes, in which `{p256}` and `{rsa}` are the members of the keys that sign.
pub fn jwks(data: &[u8]) {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    let stage = STAGE.get_or_init(Stage::new);
    let published = filled(data, "{p256}", &inner(&stage.p256));
    let published = filled(&published, "{rsa}", &inner(&stage.rsa));
    let answer = provider::answer("application/json", &published);
    let Ok(keys) = ProviderKeys::read(&answer) else {
        return;
    };
    let set = only_reading(&published);
    let entries = set["keys"].as_array().unwrap();
    for signed in &stage.signed {
        let alg = signed.entry.signing_alg;
        let may_sign: Vec<&Value> = entries.iter().filter(|jwk| signs(jwk, alg)).collect();
        assert!(
            !keys.serve(alg) || !may_sign.is_empty(),
            "no key of {set} is one for {alg:?}"
        );
        let is_taken = stage.takes(signed, &keys);
        let mut named = may_sign
            .into_iter()
            .filter(|jwk| signed.kid.is_none_or(|kid| jwk["kid"] == kid));
        let is_the_one = |jwk: &Value| same_material(jwk, &signed.jwk);
        if is_taken {
            assert!(named.clone().any(is_the_one), "no key of {set} signed");
            let plain = named.filter(|jwk| is_plain(jwk)).count();
            assert!(plain <= 1, "one of several was chosen of {set}");
        } else if entries.iter().all(is_plain) {
            let only = named.next().filter(|_first| named.next().is_none());
            assert!(
                !only.is_some_and(is_the_one),
                "a good key of {set} was passed over"
            );
        }
    }
}

/// Whether a key may be one for signatures of this algorithm (RFC 7517, section 4; RFC 7518, sections 6.2 and 6.3).
fn signs(jwk: &Value, alg: SigningAlg) -> bool {
    let kind = match alg {
        SigningAlg::Es256 => jwk["kty"] == "EC" && jwk["crv"] == "P-256",
        _ => jwk["kty"] == "RSA",
    };
    let says_or_nothing =
        |name: &str, value: &str| jwk.get(name).is_none_or(|said| said == value || said.is_null());
    kind && says_or_nothing("use", "sig") && says_or_nothing("alg", alg.as_str())
}

/// Whether `one` is the key of `ours`, whatever else stands in it.
fn same_material(one: &Value, ours: &Value) -> bool {
    let bytes = |jwk: &Value, name: &str| seal::from_base64url(jwk[name].as_str().unwrap_or_default());
    let names = if ours["kty"] == "EC" {
        ["x", "y"]
    } else {
        ["n", "e"]
    };
    names.iter().all(|name| bytes(one, name) == bytes(ours, name))
}

/// Nothing but what every key has, in its usual form.
fn is_plain(jwk: &Value) -> bool {
    let members = ["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"];
    let Some(jwk) = jwk.as_object() else {
        return false;
    };
    let length = |name: &str| {
        let bytes = seal::from_base64url(jwk.get(name)?.as_str()?)?;
        (bytes.first() != Some(&0)).then_some(bytes.len())
    };
    let is_known = jwk
        .iter()
        .all(|(name, value)| members.contains(&name.as_str()) && value.is_string());
    let is_whole = (length("x"), length("y")) == (Some(32), Some(32))
        || (length("n") == Some(256) && jwk.get("e").is_some_and(|e| e == "AQAB"));
    is_known && is_whole
}

/// The members of an object, without its braces.
fn inner(jwk: &Value) -> String {
    let text = jwk.to_string();
    text.trim_matches(['{', '}']).to_owned()
}

impl Stage {
    fn new() -> Self {
        let provider = Provider::new();
        let tokens = json!({ "access_token": "a", "id_token": "-", "token_type": "Bearer" });
        let tokens = provider::answer("application/json", tokens.to_string().as_bytes());
        let mut signed = Vec::new();
        for (alg, jwk) in [
            (SigningAlg::Es256, provider.p256_jwk()),
            (SigningAlg::Rs256, provider.rsa_jwk()),
        ] {
            for kid in [None, Some("k")] {
                signed.push(Signed::by(&provider, alg, kid, jwk.clone()));
            }
        }
        let stage = Self {
            p256: provider.p256_jwk(),
            rsa: provider.rsa_jwk(),
            signed,
            tokens: TokenResponse::read(&tokens).unwrap(),
        };
        let keys = provider.keys();
        assert!(
            stage.takes(&stage.signed[0], &keys),
            "nothing is wrong with the tokens"
        );
        stage
    }

    fn takes(&self, signed: &Signed, keys: &ProviderKeys) -> bool {
        let expected = Expected {
            settings: &signed.entry,
            nonce: "n",
            acr: "eidas1",
            max_age: None,
            access_token: &self.tokens.access_token,
            now: Timestamp::from_unix(NOW),
        };
        VerifiedIdToken::verify(&Secret::new(&*signed.token), keys, &expected).is_ok()
    }
}

impl Signed {
    fn by(provider: &Provider, alg: SigningAlg, kid: Option<&'static str>, jwk: Value) -> Self {
        let mut header = json!({ "alg": alg.as_str() });
        if let Some(kid) = kid {
            header["kid"] = json!(kid);
        }
        let payload = json!({
            "sub": "person-1", "iss": ISSUER, "aud": CLIENT, "nonce": "n", "acr": "eidas1", "iat": NOW, "exp": NOW + 60,
        });
        Self {
            entry: ClientSettings {
                signing_alg: alg,
                ..provider::client()
            },
            kid,
            jwk,
            token: provider.token(format!("{header}\n{payload}").as_bytes()),
        }
    }
}
