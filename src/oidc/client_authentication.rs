//! How the client proves at the token endpoint that it is the one (OpenID Connect Core 1.0, section 9).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use form_urlencoded::Serializer;
use form_urlencoded::byte_serialize;
use http::HeaderValue;
use serde_json::json;
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::jose::client_key::ClientKey;
use crate::oidc::client_settings::ClientCredential;
use crate::oidc::client_settings::ClientSettings;
use crate::provider::profile::AssertionAudience;
use crate::seal;
use crate::secret::Secret;
use crate::wire::provider_url::ProviderUrl;

/// RFC 7523, section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion is valid, in seconds: one call, and two clocks that are a minute apart.
const ASSERTION_LIFETIME: i64 = 120;

/// Why the client cannot prove that it is the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientAuthenticationError {
    /// The secret in the configuration is not text, so it cannot be sent in a form.
    #[error("the client secret is not UTF-8")]
    Secret,
    /// The client's key did not sign, or there were no random bytes.
    #[error("the client's assertion could not be made")]
    Assertion,
}

impl ClientAuthenticationError {
    /// One stable word for logs and metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Secret => "client_secret_unusable",
            Self::Assertion => "client_assertion_failed",
        }
    }
}

/// Where an assertion is sent, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occasion<'a> {
    /// The token endpoint.
    pub(super) endpoint: &'a ProviderUrl,
    /// The time.
    pub(super) now: Timestamp,
}

/// Adds to the form what belongs there; returns what belongs in `Authorization`, if anything does.
pub(super) fn authenticate(
    settings: &ClientSettings,
    occasion: Occasion<'_>,
    form: &mut Serializer<'_, String>,
) -> Result<Option<HeaderValue>, ClientAuthenticationError> {
    match &settings.credential {
        ClientCredential::SecretPost(secret) => {
            form.append_pair("client_id", &settings.client_id).append_pair(
                "client_secret",
                secret.expose_str().ok_or(ClientAuthenticationError::Secret)?,
            );
            Ok(None)
        }
        ClientCredential::SecretBasic(secret) => basic(&settings.client_id, secret).map(Some),
        ClientCredential::PrivateKeyJwt(key, audience) => {
            let audience = match audience {
                AssertionAudience::Issuer => settings.profile.issuer.as_str(),
                AssertionAudience::TokenEndpoint => occasion.endpoint.as_str(),
            };
            let assertion = assertion((&settings.client_id, audience), key, occasion.now)?;
            form.append_pair("client_id", &settings.client_id)
                .append_pair("client_assertion_type", ASSERTION_TYPE)
                .append_pair("client_assertion", &assertion);
            Ok(None)
        }
    }
}

/// Both are encoded as in a form before they are joined (RFC 6749, section 2.3.1): either may hold a colon.
fn basic(client_id: &str, secret: &Secret) -> Result<HeaderValue, ClientAuthenticationError> {
    let encoded = |bytes: &[u8]| Zeroizing::new(byte_serialize(bytes).collect::<String>());
    let (id, secret) = (encoded(client_id.as_bytes()), encoded(secret.expose()));
    let joined = Zeroizing::new(format!("{}:{}", *id, *secret));
    let value = Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(joined.as_bytes())));
    let mut value = HeaderValue::from_str(&value).map_err(|_never| ClientAuthenticationError::Secret)?;
    value.set_sensitive(true);
    Ok(value)
}

/// For this provider alone, good once.
fn assertion(
    (client_id, audience): (&str, &str),
    key: &ClientKey,
    now: Timestamp,
) -> Result<String, ClientAuthenticationError> {
    let jti = seal::random::<16>().map_err(|_no_random| ClientAuthenticationError::Assertion)?;
    let now = now.as_unix();
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": seal::base64url(&jti),
        "iat": now,
        "exp": now.saturating_add(ASSERTION_LIFETIME),
    });
    key.sign(&claims)
        .map_err(|_cause| ClientAuthenticationError::Assertion)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::signing::SigningKey;
    use crate::oidc::test_support;
    use crate::oidc::test_support::ISSUER;
    use crate::oidc::test_support::NOW;
    use serde_json::Value;
    use std::sync::Arc;

    fn authenticated(credential: ClientCredential) -> (Vec<(String, String)>, Option<String>) {
        let settings = ClientSettings {
            credential,
            client_id: "urn:client 1".to_owned(),
            ..test_support::settings()
        };
        let endpoint = ProviderUrl::parse(&format!("{ISSUER}/token")).unwrap();
        let occasion = Occasion {
            endpoint: &endpoint,
            now: NOW,
        };
        let mut form = Serializer::new(String::new());
        let header = authenticate(&settings, occasion, &mut form).unwrap();
        let form = form.finish();
        let pairs = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        (pairs, header.map(|value| value.to_str().unwrap().to_owned()))
    }

    #[test]
    fn a_secret_is_in_the_body_or_in_the_head_and_never_in_both() {
        let secret = || Secret::new("s3cret & é:more");
        let (body, head) = authenticated(ClientCredential::SecretPost(secret()));
        assert_eq!(head, None);
        assert_eq!(
            body,
            [
                ("client_id".to_owned(), "urn:client 1".to_owned()),
                ("client_secret".to_owned(), "s3cret & é:more".to_owned())
            ]
        );
        let (body, head) = authenticated(ClientCredential::SecretBasic(secret()));
        assert_eq!(body, []);
        let encoded = BASE64_STANDARD.encode("urn%3Aclient+1:s3cret+%26+%C3%A9%3Amore");
        assert_eq!(head.unwrap(), format!("Basic {encoded}"));
    }

    #[test]
    fn an_assertion_is_for_this_provider_good_once_and_soon_over() {
        let key = |audience| {
            let pem = SigningKey::generate_pem().unwrap();
            ClientCredential::PrivateKeyJwt(Arc::new(ClientKey::from_pem(&pem).unwrap()), audience)
        };
        let claims = |body: &[(String, String)]| -> Value {
            let names: Vec<&str> = body.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["client_id", "client_assertion_type", "client_assertion"]);
            assert_eq!(body[1].1, ASSERTION_TYPE);
            let payload = body[2].1.split('.').nth(1).unwrap();
            serde_json::from_slice(&seal::from_base64url(payload).unwrap()).unwrap()
        };
        let (body, head) = authenticated(key(AssertionAudience::Issuer));
        assert_eq!(head, None);
        let first = claims(&body);
        assert_eq!(
            (&first["iss"], &first["sub"]),
            (&json!("urn:client 1"), &json!("urn:client 1"))
        );
        assert_eq!(first["aud"], ISSUER);
        assert_eq!(first["exp"], NOW.as_unix() + 120);
        let second = claims(&authenticated(key(AssertionAudience::TokenEndpoint)).0);
        assert_eq!(second["aud"], format!("{ISSUER}/token"));
        assert_ne!(first["jti"], second["jti"]);
    }
}
