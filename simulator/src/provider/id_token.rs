//! What an ID token says, and how it and a userinfo answer are signed, then perhaps encrypted.

use std::io;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;

use crate::browser::Browser;
use crate::provider::client::Client;
use crate::provider::encryption;
use crate::provider::encryption::Unencrypted;
use crate::provider::engine::Code;
use crate::provider::engine::Engine;
use crate::provider::oauth_error::OAuthError;
use crate::provider::profile::TokenClaim;
use crate::random;
use crate::site::Answer;

/// Why a token was not made.
#[derive(Debug)]
pub(crate) enum NotMade {
    /// The provider itself failed.
    Broken(io::Error),
    /// There is no key of the client to encrypt for.
    Unencrypted(Unencrypted),
}

impl NotMade {
    /// What whoever asked for the token gets.
    pub(crate) fn answer(self) -> io::Result<Answer> {
        match self {
            Self::Broken(error) => Err(error),
            Self::Unencrypted(Unencrypted::Unreachable) => {
                Ok(OAuthError::metadata("client JSON Web Key Set cannot be fetched", "Y044D511").answer())
            }
            Self::Unencrypted(Unencrypted::NoKey) => {
                Ok(OAuthError::metadata("no suitable encryption key found", "Y046B607").answer())
            }
        }
    }
}

impl From<io::Error> for NotMade {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl Engine {
    /// The claims of the ID token. FranceConnect's has eight, nine with `amr`.
    pub(crate) fn id_token(
        &self,
        client: &Client,
        (id, code): (&str, &Code),
        access_token: &str,
    ) -> io::Result<Value> {
        let now = self.clock.now().as_secs();
        let mut claims = json!({
            "sub": code.person.text("sub"),
            "nonce": code.request.nonce,
            "aud": client.client_id,
            "exp": now + 60,
            "iat": now,
            "iss": self.issuer,
        });
        let mut say = |name: &str, value: Value| {
            if let Some(claims) = claims.as_object_mut() {
                claims.insert(name.to_owned(), value);
            }
        };
        if let Some(level) = code.request.level {
            say("acr", level.into());
        }
        if code.request.claims.amr {
            say("amr", json!(self.profile.amr));
        }
        for claim in self.profile.answers.id_token {
            match claim {
                TokenClaim::AuthTime => say("auth_time", code.clicked.as_secs().into()),
                TokenClaim::AtHash => say("at_hash", half_of_its_hash(access_token).into()),
                TokenClaim::CHash => say("c_hash", half_of_its_hash(id).into()),
                TokenClaim::NotBefore => say("nbf", now.into()),
                TokenClaim::Id => say("jti", random::opaque()?.into()),
            }
        }
        Ok(claims)
    }

    /// Signed for this client, and encrypted if it is registered so.
    pub(crate) async fn signed(&self, client: &Client, claims: &Value) -> Result<String, NotMade> {
        let signed = self.keys.sign(client.signing, claims)?;
        let Some(wanted) = &client.encryption else {
            return Ok(signed);
        };
        let unreachable = NotMade::Unencrypted(Unencrypted::Unreachable);
        let Ok(page) = Browser::new().ask(&wanted.jwks_uri).await else {
            return Err(unreachable);
        };
        let Ok(keys) = serde_json::from_slice::<Value>(&page.body) else {
            return Err(unreachable);
        };
        let header = json!({ "iss": self.issuer, "aud": client.client_id });
        encryption::encrypt(&wanted.algorithm, &keys, header, signed).map_err(NotMade::Unencrypted)
    }
}

/// `at_hash` and `c_hash` (OpenID Connect Core 1.0, section 3.1.3.6), with the SHA-256 of both signing algorithms.
fn half_of_its_hash(value: &str) -> String {
    let hash = digest::digest(&digest::SHA256, value.as_bytes());
    let half = hash.as_ref().get(..16).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(half)
}
