//! Claims that are taken are about the person of the ID token, and are those that the provider wrote.

use std::sync::OnceLock;

use guichet::back_channel::answer::Answer;
use guichet::clock::Timestamp;
use guichet::oidc::client_settings::ClientSettings;
use guichet::oidc::id_token::Expected;
use guichet::oidc::id_token::VerifiedIdToken;
use guichet::oidc::jwks::ProviderKeys;
use guichet::oidc::token_endpoint::TokenResponse;
use guichet::oidc::userinfo::VerifiedUserinfo;
use guichet::provider::profile::UserinfoFormat;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use serde_json::json;

use super::provider;
use super::provider::CLIENT;
use super::provider::ISSUER;
use super::provider::NOW;
use super::provider::Provider;
use super::reading::lines;
use super::reading::moment;
use super::reading::only_reading;

/// Whose ID token it is.
const SUBJECT: &str = "person-1";

/// Entries of both forms, and somebody who has an ID token.
struct Stage {
    signed: ClientSettings,
    plain: ClientSettings,
    provider: Provider,
    keys: ProviderKeys,
    id_token: VerifiedIdToken,
}

/// The first line is the media type of an answer, with a status before it and a blank between. The rest is its body, as it
/// stands there and once more as the lines of a token that the provider signs (see `provider.rs`).
pub fn userinfo(data: &[u8]) {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    let stage = STAGE.get_or_init(Stage::new);
    let [head, body] = lines::<2>(data).map(Option::unwrap_or_default);
    let [status, media_type] = {
        let mut parts = head.splitn(2, |byte| *byte == b' ');
        [(); 2].map(|()| parts.next().unwrap_or_default())
    };
    let (Ok(status), Ok(media_type)) = (
        StatusCode::from_bytes(status),
        HeaderValue::from_bytes(media_type),
    ) else {
        return;
    };
    let essence = media_type.to_str().unwrap_or_default().split(';').next();
    let essence = essence.unwrap_or_default().trim().to_lowercase();
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, media_type)]);
    let token = stage.provider.token(body);
    for body in [body, &token] {
        let answer = Answer::new(status, &headers, body.to_vec());
        if let Some(claims) = stage.claims(&answer, &stage.signed) {
            assert_eq!((status, &*essence), (StatusCode::OK, "application/jwt"));
            stage.is_signed(str::from_utf8(body).unwrap(), &claims);
        }
        if let Some(claims) = stage.claims(&answer, &stage.plain) {
            assert_eq!((status, &*essence), (StatusCode::OK, "application/json"));
            assert_eq!(claims, only_reading(body), "other claims than in the answer");
            assert_eq!(claims["sub"], SUBJECT, "somebody else");
            assert!(claims.get("iss").is_none_or(|iss| iss == ISSUER), "{claims}");
        }
    }
}

impl Stage {
    fn new() -> Self {
        let (provider, signed) = (Provider::new(), provider::client());
        let keys = provider.keys();
        Self {
            plain: ClientSettings {
                userinfo: UserinfoFormat::Json,
                ..signed.clone()
            },
            id_token: id_token(&provider, &keys, &signed),
            signed,
            provider,
            keys,
        }
    }

    fn claims(&self, answer: &Answer, entry: &ClientSettings) -> Option<Value> {
        let now = Timestamp::from_unix(NOW);
        let verified = VerifiedUserinfo::verify(answer, &self.keys, &self.id_token, entry, now);
        Some(Value::Object(verified.ok()?.into_claims()))
    }

    /// OpenID Connect Core 1.0, section 5.3.2, with what FranceConnect puts into each of them.
    fn is_signed(&self, token: &str, claims: &Value) {
        let (header, payload) = self.provider.signed_parts(token, "ES256");
        provider::is_no_other_kind(&only_reading(&header), "ES256", &["jwt", "application/jwt"]);
        assert_eq!(*claims, only_reading(&payload), "other claims than were signed");
        assert_eq!(claims["sub"], SUBJECT, "somebody else");
        assert_eq!(claims["iss"], ISSUER, "{claims}");
        assert!(
            [json!(CLIENT), json!([CLIENT])].contains(&claims["aud"]),
            "{claims}"
        );
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let now = NOW as f64;
        assert!(moment(claims, "exp").unwrap() > now - 60.0, "{claims}");
        for name in ["iat", "nbf"] {
            assert!(moment(claims, name).is_none_or(|at| at <= now + 60.0), "{claims}");
        }
    }
}

fn id_token(provider: &Provider, keys: &ProviderKeys, settings: &ClientSettings) -> VerifiedIdToken {
    let payload = json!({
        "sub": SUBJECT, "iss": ISSUER, "aud": CLIENT, "nonce": "n", "acr": "eidas1", "iat": NOW, "exp": NOW + 60,
    });
    let token = provider.token(format!("{}\n{payload}", json!({ "alg": "ES256" })).as_bytes());
    let tokens =
        json!({ "access_token": "a", "id_token": str::from_utf8(&token).unwrap(), "token_type": "Bearer" });
    let tokens = provider::answer("application/json", tokens.to_string().as_bytes());
    let tokens = TokenResponse::read(&tokens).unwrap();
    let expected = Expected {
        settings,
        nonce: "n",
        acr: "eidas1",
        max_age: None,
        access_token: &tokens.access_token,
        now: Timestamp::from_unix(NOW),
    };
    VerifiedIdToken::verify(&tokens.id_token, keys, &expected).unwrap()
}
