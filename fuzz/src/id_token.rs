//! An ID token that is taken was signed, byte for byte, with the algorithm that is pinned, and answers our request.

use std::sync::OnceLock;
use std::time::Duration;

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
use super::reading::moment;
use super::reading::only_reading;

const NONCE: &str = "nonce-of-the-request";
const ACCESS_TOKEN: &str = "access-token-1";
/// Levels that satisfy a request for `eidas2`.
const ENOUGH: [&str; 2] = ["eidas2", "eidas3"];
const MAX_AGE: Duration = Duration::from_hours(1);

/// Entries that differ in the algorithm that is pinned, and the provider of them all.
struct Stage {
    entries: [ClientSettings; 3],
    provider: Provider,
    keys: ProviderKeys,
    tokens: TokenResponse,
}

/// The bytes are the header, the payload and the signature of a token (see `provider.rs`); the provider signs them, whatever
/// they are.
pub fn id_token(data: &[u8]) {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    let stage = STAGE.get_or_init(Stage::new);
    let token = stage.provider.token(data);
    for entry in &stage.entries {
        assert!(stage.verify(data, entry).is_none(), "nobody signed this");
        if let Some(verified) = stage.verify(&token, entry) {
            stage.judge(str::from_utf8(&token).unwrap(), entry, &verified);
        }
    }
}

impl Stage {
    fn new() -> Self {
        let provider = Provider::new();
        let tokens = json!({ "access_token": ACCESS_TOKEN, "id_token": "-", "token_type": "Bearer" });
        let answer = provider::answer("application/json", tokens.to_string().as_bytes());
        let entries =
            [SigningAlg::Es256, SigningAlg::Rs256, SigningAlg::Hs256].map(|signing_alg| ClientSettings {
                signing_alg,
                ..provider::client()
            });
        let stage = Self {
            entries,
            keys: provider.keys(),
            provider,
            tokens: TokenResponse::read(&answer).unwrap(),
        };
        for entry in &stage.entries {
            let header = json!({ "alg": entry.signing_alg.as_str() });
            let payload = json!({
                "sub": "person-1", "iss": ISSUER, "aud": CLIENT, "nonce": NONCE, "acr": ENOUGH[0], "auth_time": NOW,
                "iat": NOW, "exp": NOW + 60,
            });
            let token = stage.provider.token(format!("{header}\n{payload}").as_bytes());
            assert!(
                stage.verify(&token, entry).is_some(),
                "nothing is wrong with {header}"
            );
        }
        stage
    }

    fn verify(&self, token: &[u8], entry: &ClientSettings) -> Option<VerifiedIdToken> {
        let expected = Expected {
            settings: entry,
            nonce: NONCE,
            acr: ENOUGH[0],
            max_age: Some(MAX_AGE),
            access_token: &self.tokens.access_token,
            now: Timestamp::from_unix(NOW),
        };
        VerifiedIdToken::verify(&Secret::new(token), &self.keys, &expected).ok()
    }

    /// OpenID Connect Core 1.0, section 3.1.3.7, by a second reader.
    fn judge(&self, token: &str, entry: &ClientSettings, verified: &VerifiedIdToken) {
        let alg = entry.signing_alg.as_str();
        let (header, payload) = self.provider.signed_parts(token, alg);
        let (header, payload) = (only_reading(&header), only_reading(&payload));
        provider::is_no_other_kind(&header, alg, &["jwt", "application/jwt"]);
        assert_eq!(payload["iss"], ISSUER, "{payload}");
        assert!(
            [json!(CLIENT), json!([CLIENT])].contains(&payload["aud"]),
            "{payload}"
        );
        assert!(payload.get("azp").is_none_or(|azp| azp == CLIENT), "{payload}");
        assert_eq!(payload["nonce"], NONCE, "{payload}");
        assert!(ENOUGH.iter().any(|acr| payload["acr"] == *acr), "{payload}");
        let hash = seal::base64url(&seal::sha256(ACCESS_TOKEN.as_bytes())[..16]);
        assert!(
            payload.get("at_hash").is_none_or(|at_hash| *at_hash == *hash),
            "{payload}"
        );
        is_of_our_time(&payload);
        says_the_same(verified, &payload);
        assert_eq!(verified.raw().expose(), token.as_bytes());
    }
}

fn is_of_our_time(payload: &Value) {
    let at = |name: &str| moment(payload, name);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let now = NOW as f64;
    assert!(at("exp").unwrap() > now - 60.0, "{payload}");
    assert!(at("iat").unwrap() <= now + 60.0, "{payload}");
    assert!(at("nbf").is_none_or(|nbf| nbf <= now + 60.0), "{payload}");
    let oldest = now - MAX_AGE.as_secs_f64() - 60.0;
    assert!(at("auth_time").unwrap() >= oldest, "{payload}");
}

/// Who it is and how sure is what the token says, and nothing else.
fn says_the_same(verified: &VerifiedIdToken, payload: &Value) {
    assert_eq!(verified.issuer(), ISSUER);
    assert!((1..=255).contains(&verified.sub().len()), "{payload}");
    assert_eq!(payload["sub"], verified.sub());
    assert_eq!(payload["acr"], verified.acr().unwrap().to_string());
    let amr = payload.get("amr").cloned().unwrap_or_else(|| json!([]));
    assert_eq!(amr, json!(verified.amr()));
    let sid = payload.get("sid").and_then(Value::as_str);
    assert_eq!(sid.filter(|sid| !sid.is_empty()), verified.sid());
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let auth_time = verified.auth_time().map(|at| at.as_unix() as f64);
    assert_eq!(moment(payload, "auth_time"), auth_time);
}
