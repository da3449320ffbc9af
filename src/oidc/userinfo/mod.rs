//! The claims about the person (OpenID Connect Core 1.0, section 5.3), about the same subject as the ID token: as a signed
//! JWT of the same provider for the same client, or as JSON that is believed because of the connection that it came by.
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
use crate::jose::strict_json;
use crate::jose::strict_json::StrictJsonError;
use crate::jose::verifying::CompactJws;
use crate::jose::verifying::JwsError;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::id_token::VerifiedIdToken;
use crate::oidc::jwks::KeyError;
use crate::oidc::jwks::MayBeRotation;
use crate::oidc::jwks::ProviderKeys;
use crate::oidc::jwks::library_alg;
use crate::oidc::nested;
use crate::oidc::nested::NestedError;
use crate::oidc::validity;
use crate::oidc::validity::ClockError;
use crate::provider::acr::AcrValue;
use crate::provider::acr::Strength;
use crate::provider::profile::EncryptedMessage;
use crate::provider::profile::UserinfoClaim;
use crate::provider::profile::UserinfoFormat;
use crate::secret::Secret;
use crate::wire::untrusted::Untrusted;

/// Why the claims were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UserinfoError {
    /// Another status than 200, or plain JSON where a signed JWT is due.
    #[error("the userinfo endpoint {0}")]
    Answer(#[from] AnswerError),
    /// A signed JWT, or something else, where plain JSON is due.
    #[error("the userinfo endpoint answered with another media type than application/json")]
    NotJson,
    /// JSON that has several readings, or no object.
    #[error("the userinfo answer is {0}")]
    Json(#[from] StrictJsonError),
    /// Not encrypted as it should be, or not for us.
    #[error("userinfo: {0}")]
    Nested(#[from] NestedError),
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
    /// A level of the second kind that was asked for and not reached.
    #[error("second_level_too_low claim={claim} got={got} wanted={wanted}")]
    SecondLevel {
        /// The claim that says it.
        claim: String,
        /// What it says; empty where it is missing.
        got: Untrusted,
        /// What was asked for.
        wanted: AcrValue,
    },
}

impl MayBeRotation for UserinfoError {
    fn may_be_rotation(&self) -> bool {
        matches!(self, Self::Key(KeyError::Unknown) | Self::Signature)
    }
}

impl UserinfoError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Answer(AnswerError::MediaType) => "userinfo_not_signed",
            Self::Answer(_) => "userinfo_endpoint_failed",
            Self::Nested(error) => error.reason(),
            Self::Jws(error) => error.reason(),
            Self::NotJson => "userinfo_not_json",
            Self::Json(_) => "userinfo_malformed",
            Self::Malformed => "token_malformed",
            Self::Key(KeyError::Unknown) => "key_unknown",
            Self::Key(KeyError::Ambiguous) => "key_ambiguous",
            Self::Signature => "userinfo_signature_invalid",
            Self::Issuer => "userinfo_iss_mismatch",
            Self::Audience => "userinfo_aud_mismatch",
            Self::ExpiryMissing => "claim_missing",
            Self::Clock(error) => error.reason(),
            Self::Subject => "userinfo_sub_mismatch",
            Self::SecondLevel { .. } => "second_level_too_low",
        }
    }
}

/// What is asked for in `Accept`.
pub(super) fn accept(format: UserinfoFormat) -> &'static str {
    match format {
        UserinfoFormat::SignedJwt => "application/jwt",
        UserinfoFormat::Json => "application/json",
    }
}

/// Claims of the provider about the subject of the ID token.
pub struct VerifiedUserinfo {
    claims: Map<String, Value>,
}

impl VerifiedUserinfo {
    /// Verifies an answer of the userinfo endpoint.
    pub fn verify(
        answer: &Answer,
        keys: &ProviderKeys,
        id_token: &VerifiedIdToken,
        settings: &ClientSettings,
        now: Timestamp,
    ) -> Result<Self, UserinfoError> {
        let claims = match settings.userinfo {
            UserinfoFormat::SignedJwt => signed(answer, keys, settings, now)?,
            UserinfoFormat::Json => plain(answer, settings)?,
        };
        if claims.get("sub").and_then(Value::as_str) != Some(id_token.sub()) {
            return Err(UserinfoError::Subject);
        }
        judge_second_level(&claims, settings)?;
        Ok(Self { claims })
    }

    /// Every claim, as the provider wrote it; registered ones too.
    pub fn into_claims(self) -> Map<String, Value> {
        self.claims
    }
}

/// The claims of a JWT that the provider signed for this client, and that is of our time.
fn signed(
    answer: &Answer,
    keys: &ProviderKeys,
    settings: &ClientSettings,
    now: Timestamp,
) -> Result<Map<String, Value>, UserinfoError> {
    let body = answer.document(&["application/jwt"])?;
    let signed = nested::signed(EncryptedMessage::Userinfo, Secret::new(body), settings)?;
    let text = signed.expose_str().ok_or(UserinfoError::Malformed)?;
    let jws = CompactJws::parse(text, &[settings.signing_alg.as_str()])?;
    let key = keys.key_for(&jws, settings)?;
    let alg = library_alg(settings.signing_alg);
    key.verify_signature(&alg, jws.signing_input().as_bytes(), jws.signature())
        .map_err(|_invalid| UserinfoError::Signature)?;
    let claims = jws.claims();
    let is_due = |claim| settings.profile.rules.userinfo_claims.contains(&claim);
    match claims.iss.as_deref() {
        None if !is_due(UserinfoClaim::Iss) => {}
        iss if iss == Some(settings.profile.issuer.as_str()) => {}
        _ => return Err(UserinfoError::Issuer),
    }
    match claims.aud.as_slice() {
        [] if !is_due(UserinfoClaim::Aud) => {}
        [only] if *only == settings.client_id => {}
        _ => return Err(UserinfoError::Audience),
    }
    if claims.exp.is_none() && is_due(UserinfoClaim::Exp) {
        return Err(UserinfoError::ExpiryMissing);
    }
    validity::judge(claims, now)?;
    Ok(jws.payload().clone())
}

/// The claims of a JSON answer. One that says whose it is says so rightly.
fn plain(answer: &Answer, settings: &ClientSettings) -> Result<Map<String, Value>, UserinfoError> {
    let body = match answer.document(&["application/json"]) {
        Err(AnswerError::MediaType) => return Err(UserinfoError::NotJson),
        body => body?,
    };
    let claims = strict_json::object(body)?;
    match claims.get("iss") {
        Some(iss) if *iss != settings.profile.issuer.as_str() => Err(UserinfoError::Issuer),
        _ => Ok(claims),
    }
}

/// Whether the level of the second kind is at least the one that was asked for, if one was.
fn judge_second_level(claims: &Map<String, Value>, settings: &ClientSettings) -> Result<(), UserinfoError> {
    let (Some(wanted), Some(rule)) = (
        &settings.extras.second_level,
        &settings.profile.rules.second_level,
    ) else {
        return Ok(());
    };
    let got = claims
        .get(&rule.claim)
        .and_then(Value::as_str)
        .unwrap_or_default();
    match rule.values.value(got).map(|reached| reached.against(wanted)) {
        Some(Strength::Enough) => Ok(()),
        _ => Err(UserinfoError::SecondLevel {
            claim: rule.claim.clone(),
            got: Untrusted::new(got),
            wanted: wanted.clone(),
        }),
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
