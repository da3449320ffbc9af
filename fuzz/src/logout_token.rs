//! A logout token that is taken says what the specification wants, and names whose sessions end.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::KeyPair;
use guichet::back_channel::answer::Answer;
use guichet::clock::Timestamp;
use guichet::config;
use guichet::oidc::client_settings::ClientSettings;
use guichet::oidc::jwks::ProviderKeys;
use guichet::oidc::logout_token::Addressee;
use guichet::oidc::logout_token::VerifiedLogoutToken;
use guichet::oidc::logout_token::Whose;
use guichet::seal;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

const ISSUER: &str = "http://localhost:9/none";
const CLIENT: &str = "tests";
const KEY: &str = "k";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// When everything happens.
const NOW: i64 = 1_767_225_600;

/// A client, its provider's key, and what is published of that.
struct Stage {
    client: ClientSettings,
    pair: EcdsaKeyPair,
    keys: ProviderKeys,
}

/// The bytes are the header and the payload of a token, on a line each; the provider signs them, whatever they are.
pub fn logout_token(data: &[u8]) {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    let stage = STAGE.get_or_init(Stage::new);
    if let Ok(text) = str::from_utf8(data) {
        assert!(stage.verify(text).is_none(), "nobody signed {text:?}");
    }
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, payload) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let token = stage.sign(header, payload);
    let Some(verified) = stage.verify(&token) else {
        return;
    };
    is_no_other_kind(header);
    let payload: Value = serde_json::from_slice(payload).unwrap();
    is_of_our_time(&payload);
    assert_eq!(payload["iss"], ISSUER);
    assert!(
        [json!(CLIENT), json!([CLIENT])].contains(&payload["aud"]),
        "{payload}"
    );
    assert!(
        payload["jti"].is_string() && payload.get("nonce").is_none(),
        "{payload}"
    );
    assert!(payload["events"][EVENT].is_object(), "{payload}");
    let named = match verified.whose() {
        Whose::Sid(sid) => ("sid", sid),
        Whose::Subject(sub) => {
            assert!(payload.get("sid").is_none(), "{payload}");
            ("sub", sub)
        }
    };
    assert!(
        !named.1.is_empty() && payload[named.0] == named.1.as_str(),
        "{payload}"
    );
    let addressee = Addressee::named_by(&token).unwrap();
    assert!(addressee.names_the_issuer_of(&stage.client) && addressee.names(&stage.client));
}

fn is_no_other_kind(header: &[u8]) {
    let header: Value = serde_json::from_slice(header).unwrap();
    assert_eq!(header["alg"], "ES256");
    let typ = header.get("typ").map(|typ| typ.as_str().unwrap().to_lowercase());
    let taken = [
        None,
        Some("logout+jwt"),
        Some("application/logout+jwt"),
        Some("jwt"),
        Some("application/jwt"),
    ];
    assert!(taken.contains(&typ.as_deref()), "{header}");
    assert!(
        ["crit", "b64", "zip", "cty"]
            .iter()
            .all(|name| header.get(name).is_none()),
        "{header}"
    );
}

/// Neither ahead of our clock by more than a minute, nor five minutes old, nor over.
fn is_of_our_time(payload: &Value) {
    let at = |name: &str| payload[name].as_f64().unwrap().floor();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let now = NOW as f64;
    assert!(at("iat") <= now + 60.0 && at("iat") > now - 300.0, "{payload}");
    assert!(at("exp") > now - 60.0, "{payload}");
}

impl Stage {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (seal::base64url(x), seal::base64url(y));
        let set = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": KEY, "x": x, "y": y }] });
        let json = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let answer = Answer::new(StatusCode::OK, &json, set.to_string().into_bytes());
        Self {
            client: client(),
            pair,
            keys: ProviderKeys::read(&answer).unwrap(),
        }
    }

    fn sign(&self, header: &[u8], payload: &[u8]) -> String {
        let input = format!("{}.{}", seal::base64url(header), seal::base64url(payload));
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", seal::base64url(signature.as_ref()))
    }

    fn verify(&self, token: &str) -> Option<VerifiedLogoutToken> {
        let now = Timestamp::from_unix(NOW);
        VerifiedLogoutToken::verify(token, &self.keys, &self.client, now).ok()
    }
}

/// One of a configuration.
fn client() -> ClientSettings {
    let folder = TempDir::new().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "a-secret-that-nobody-asks-for-0123456789").unwrap();
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
