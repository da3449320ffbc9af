//! The claims about the person (OpenID Connect Core 1.0, section 5.3), as a signed JWT of the same provider, for the same
//! client, about the same subject as the ID token.
//!
//! The signature is verified by the library's key. The library's own verifier of userinfo takes RS256 only and forces the
//! claims into types of its own; ours are kept as the provider wrote them.

use std::fmt;

use openidconnect::JsonWebKey;
use serde_json::Map;
use serde_json::Value;

use crate::back_channel::answer::Answer;
use crate::back_channel::answer::AnswerError;
use crate::clock::Timestamp;
use crate::jose::verifying::CompactJws;
use crate::jose::verifying::JwsError;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::id_token::VerifiedIdToken;
use crate::oidc::jwks::KeyError;
use crate::oidc::jwks::ProviderKeys;
use crate::oidc::jwks::library_alg;
use crate::oidc::validity;
use crate::oidc::validity::ClockError;
use crate::provider::profile::UserinfoFormat;

/// Why the claims were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UserinfoError {
    /// Another status than 200, or plain JSON where a signed JWT is due.
    #[error("the userinfo endpoint {0}")]
    Answer(#[from] AnswerError),
    /// Not a token that may be looked at.
    #[error("userinfo: {0}")]
    Jws(#[from] JwsError),
    /// Not UTF-8.
    #[error("the userinfo answer is not UTF-8")]
    Malformed,
    /// No key, or no single key.
    #[error("userinfo: {0}")]
    Key(#[from] KeyError),
    /// The signature is not that of the provider's key.
    #[error("the signature of the userinfo does not verify")]
    Signature,
    /// Another issuer, or none.
    #[error("iss of the userinfo is not the issuer of this provider entry")]
    Issuer,
    /// Not for us alone, or for nobody.
    #[error("aud of the userinfo is not this client")]
    Audience,
    /// It does not say how long it holds.
    #[error("exp of the userinfo is missing")]
    ExpiryMissing,
    /// Not of our time.
    #[error("userinfo: {0}")]
    Clock(#[from] ClockError),
    /// About somebody else.
    #[error("sub of the userinfo is not that of the ID token")]
    Subject,
}

impl UserinfoError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Answer(AnswerError::MediaType) => "userinfo_not_signed",
            Self::Answer(_) => "userinfo_endpoint_failed",
            Self::Jws(error) => error.reason(),
            Self::Malformed => "token_malformed",
            Self::Key(KeyError::Unknown) => "key_unknown",
            Self::Key(KeyError::Ambiguous) => "key_ambiguous",
            Self::Signature => "userinfo_signature_invalid",
            Self::Issuer => "userinfo_iss_mismatch",
            Self::Audience => "userinfo_aud_mismatch",
            Self::ExpiryMissing => "claim_missing",
            Self::Clock(error) => error.reason(),
            Self::Subject => "userinfo_sub_mismatch",
        }
    }
}

/// Claims that the provider signed for this client, about the subject of the ID token.
pub struct VerifiedUserinfo {
    claims: Map<String, Value>,
}

impl VerifiedUserinfo {
    /// Verifies an answer of the userinfo endpoint.
    pub(super) fn verify(
        answer: &Answer,
        keys: &ProviderKeys,
        id_token: &VerifiedIdToken,
        settings: &ClientSettings,
        now: Timestamp,
    ) -> Result<Self, UserinfoError> {
        let UserinfoFormat::SignedJwt = settings.profile.rules.userinfo;
        let body = answer.document(&["application/jwt"])?;
        let text = std::str::from_utf8(body).map_err(|_not_utf8| UserinfoError::Malformed)?;
        let jws = CompactJws::parse(text, &[settings.signing_alg.as_str()])?;
        let key = keys.select(jws.kid(), settings.signing_alg)?;
        let alg = library_alg(settings.signing_alg);
        key.verify_signature(&alg, jws.signing_input().as_bytes(), jws.signature())
            .map_err(|_invalid| UserinfoError::Signature)?;
        let claims = jws.claims();
        if claims.iss.as_deref() != Some(id_token.issuer()) {
            return Err(UserinfoError::Issuer);
        }
        if claims.aud != [settings.client_id.as_str()] {
            return Err(UserinfoError::Audience);
        }
        if claims.exp.is_none() {
            return Err(UserinfoError::ExpiryMissing);
        }
        validity::judge(claims, now)?;
        if claims.sub.as_deref() != Some(id_token.sub()) {
            return Err(UserinfoError::Subject);
        }
        Ok(Self {
            claims: jws.payload().clone(),
        })
    }

    /// Every claim, as the provider wrote it; registered ones too.
    pub fn into_claims(self) -> Map<String, Value> {
        self.claims
    }
}

/// Names of claims, never a value.
impl fmt::Debug for VerifiedUserinfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifiedUserinfo")
            .field(&self.claims.keys().collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests;
