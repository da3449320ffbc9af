//! A logout token that is taken says what the specification wants, and names whose sessions end.

use std::sync::OnceLock;

use guichet::clock::Timestamp;
use guichet::oidc::client_settings::ClientSettings;
use guichet::oidc::jwks::ProviderKeys;
use guichet::oidc::logout_token::Addressee;
use guichet::oidc::logout_token::VerifiedLogoutToken;
use guichet::oidc::logout_token::Whose;
use serde_json::Value;
use serde_json::json;

use super::provider;
use super::provider::CLIENT;
use super::provider::ISSUER;
use super::provider::NOW;
use super::provider::Provider;
use super::reading::moment;
use super::reading::only_reading;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a logout token may call itself, if it does at all.
const TYPES: [&str; 4] = ["logout+jwt", "application/logout+jwt", "jwt", "application/jwt"];

/// A client, its provider, and what is published of the provider's keys.
struct Stage {
    client: ClientSettings,
    provider: Provider,
    keys: ProviderKeys,
}

/// The bytes are the header, the payload and the signature of a token (see `provider.rs`); the provider signs them, whatever
/// they are.
pub fn logout_token(data: &[u8]) {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    let stage = STAGE.get_or_init(Stage::new);
    assert!(stage.verify(data).is_none(), "nobody signed this");
    let token = stage.provider.token(data);
    let Some(verified) = stage.verify(&token) else {
        return;
    };
    let token = str::from_utf8(&token).unwrap();
    let (header, payload) = stage.provider.signed_parts(token, "ES256");
    let (header, payload) = (only_reading(&header), only_reading(&payload));
    provider::is_no_other_kind(&header, "ES256", &TYPES);
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
    let addressee = Addressee::named_by(token).unwrap();
    assert!(addressee.names_the_issuer_of(&stage.client) && addressee.names(&stage.client));
}

/// Neither ahead of our clock by more than a minute, nor five minutes old, nor over.
fn is_of_our_time(payload: &Value) {
    let at = |name: &str| moment(payload, name).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let now = NOW as f64;
    assert!(at("iat") <= now + 60.0 && at("iat") > now - 300.0, "{payload}");
    assert!(at("exp") > now - 60.0, "{payload}");
}

impl Stage {
    fn new() -> Self {
        let provider = Provider::new();
        Self {
            client: provider::client(),
            keys: provider.keys(),
            provider,
        }
    }

    fn verify(&self, token: &[u8]) -> Option<VerifiedLogoutToken> {
        let (token, now) = (str::from_utf8(token).ok()?, Timestamp::from_unix(NOW));
        VerifiedLogoutToken::verify(token, &self.keys, &self.client, now).ok()
    }
}
