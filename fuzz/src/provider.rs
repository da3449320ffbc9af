//! A provider that signs whatever it is told to, and a client of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use aws_lc_rs::signature::RsaKeyPair;
use aws_lc_rs::signature::UnparsedPublicKey;
use guichet::back_channel::answer::Answer;
use guichet::config;
use guichet::oidc::client_settings::ClientSettings;
use guichet::oidc::jwks::ProviderKeys;
use guichet::seal;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use super::reading::filled;
use super::reading::lines;
use super::reading::segment;

pub(crate) const ISSUER: &str = "http://localhost:9/none";
pub(crate) const CLIENT: &str = "tests";
/// When everything happens.
pub(crate) const NOW: i64 = 1_767_225_600;
const CLIENT_SECRET: &str = "a-secret-that-nobody-asks-for-0123456789";

/// What a provider signs with.
pub(crate) struct Provider {
    p256: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

impl Provider {
    pub(crate) fn new() -> Self {
        Self {
            p256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
        }
    }

    /// The public key on P-256, without a name.
    pub(crate) fn p256_jwk(&self) -> Value {
        let (x, y) = self.p256.public_key().as_ref()[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "x": seal::base64url(x), "y": seal::base64url(y) })
    }

    /// The public RSA key, without a name.
    pub(crate) fn rsa_jwk(&self) -> Value {
        let public = self.rsa.public_key();
        let modulus = seal::base64url(public.modulus().big_endian_without_leading_zero());
        let exponent = seal::base64url(public.exponent().big_endian_without_leading_zero());
        json!({ "kty": "RSA", "n": modulus, "e": exponent })
    }

    /// Both keys, by the names `k` and `r`.
    pub(crate) fn keys(&self) -> ProviderKeys {
        let (mut p256, mut rsa) = (self.p256_jwk(), self.rsa_jwk());
        p256["kid"] = json!("k");
        rsa["kid"] = json!("r");
        let set = json!({ "keys": [p256, rsa] }).to_string();
        ProviderKeys::read(&answer("application/json", set.as_bytes())).unwrap()
    }

    /// The token of three lines: its header, its payload, and its signature, in which `{}` is the one that the provider
    /// makes, with the key for the algorithm of the header. A missing third line is the whole signature.
    pub(crate) fn token(&self, data: &[u8]) -> Vec<u8> {
        let [header, payload, signature] = lines::<3>(data);
        let [header, payload] = [header, payload].map(Option::unwrap_or_default);
        let input = format!("{}.{}", seal::base64url(header), seal::base64url(payload));
        let made = seal::base64url(&self.sign(header, input.as_bytes()));
        let signature = filled(signature.unwrap_or(b"{}"), "{}", &made);
        [input.as_bytes(), b".", &signature].concat()
    }

    fn sign(&self, header: &[u8], input: &[u8]) -> Vec<u8> {
        let header: Value = serde_json::from_slice(header).unwrap_or_default();
        match header.get("alg").and_then(Value::as_str) {
            Some("RS256") => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                let random = SystemRandom::new();
                self.rsa
                    .sign(&RSA_PKCS1_SHA256, &random, input, &mut signature)
                    .unwrap();
                signature
            }
            Some("HS256") => hmac::sign(&shared_key(), input).as_ref().to_vec(),
            _ => {
                let signature = self.p256.sign(&SystemRandom::new(), input).unwrap();
                signature.as_ref().to_vec()
            }
        }
    }

    /// Header and payload of a token that was taken. Panics unless the provider signed exactly these bytes in this way.
    pub(crate) fn signed_parts(&self, token: &str, alg: &str) -> (Vec<u8>, Vec<u8>) {
        let segments: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = segments[..] else {
            panic!("not three segments: {token}")
        };
        let (input, signature) = (format!("{header}.{payload}"), segment(signature));
        let verified = match alg {
            "ES256" => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.p256.public_key().as_ref())
                .verify(input.as_bytes(), &signature),
            "RS256" => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.rsa.public_key().as_ref())
                .verify(input.as_bytes(), &signature),
            _ => hmac::verify(&shared_key(), input.as_bytes(), &signature),
        };
        assert!(verified.is_ok(), "nobody signed {token} by {alg}");
        (segment(header), segment(payload))
    }
}

fn shared_key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes())
}

/// A 200 with this body.
pub(crate) fn answer(media_type: &'static str, body: &[u8]) -> Answer {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]);
    Answer::new(StatusCode::OK, &headers, body.to_vec())
}

/// A client of a configuration, whose tokens are signed with ES256.
pub(crate) fn client() -> ClientSettings {
    let folder = TempDir::new().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, CLIENT_SECRET).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let text = format!(
        r#"public_url = "http://localhost:8100"

[organisation]
name = "Ville d'Exemple"
contact_url = "https://ville.example/contact"

[server]
listen = "127.0.0.1:8100"

[session]
store = "memory"

[providers.fc]
preset = "franceconnect"
environment = "simulated"
issuer = "{ISSUER}"
client_id = "{CLIENT}"
client_secret = {{ file = "{}" }}
scopes = ["openid", "identite_pivot"]
signing_alg = "ES256"

[[apps]]
name = "urbanisme"
title = "Urbanisme"
path = "/"
providers = ["fc"]
upstreams = ["http://127.0.0.1:9"]
claims = ["sub"]
"#,
        secret.display()
    );
    let file = folder.path().join("guichet.toml");
    fs::write(&file, text).unwrap();
    let loaded = config::load(&file).unwrap_or_else(|errors| panic!("{errors}"));
    loaded.config.providers.into_iter().next().unwrap()
}

/// What a header must not say, and what it must, for a token that was taken as one of this algorithm and these types.
pub(crate) fn is_no_other_kind(header: &Value, alg: &str, types: &[&str]) {
    assert_eq!(header["alg"], alg, "{header}");
    let typ = header.get("typ").map(|typ| typ.as_str().unwrap().to_lowercase());
    assert!(typ.is_none_or(|typ| types.contains(&typ.as_str())), "{header}");
    let named = ["crit", "b64", "zip", "cty"];
    assert!(named.iter().all(|name| header.get(name).is_none()), "{header}");
}
