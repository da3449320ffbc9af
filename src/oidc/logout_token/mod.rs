//! The logout token (OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6): a provider says, signed, that a session
//! of its own has ended, or every session of somebody.
//!
//! The signature is verified by the library's key; the library has no logout tokens. An ID token is none, whoever signed it:
//! it has a `nonce` and no `events`.

use std::fmt;
use std::time::Duration;

use openidconnect::JsonWebKey;
use serde_json::Map;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::jose::registered_claims::ClaimTypeError;
use crate::jose::registered_claims::RegisteredClaims;
use crate::jose::verifying;
use crate::jose::verifying::CompactJws;
use crate::jose::verifying::JwsError;
use crate::jose::verifying::Kind;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::id_token::LONGEST_SUBJECT;
use crate::oidc::jwks::KeyError;
use crate::oidc::jwks::MayBeRotation;
use crate::oidc::jwks::ProviderKeys;
use crate::oidc::jwks::library_alg;
use crate::oidc::provider::ProviderError;
use crate::oidc::replay::TokenId;
use crate::oidc::validity;
use crate::oidc::validity::ClockError;

/// Section 2.4: recommended, so tokens from before it have none, or that of any token.
const TYPE: Kind = Kind::TypedIfAtAll("logout+jwt");
/// The one event that a logout token is about.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old a token may be. The specification recommends that it lives for two minutes at most; a provider that could not
/// reach us tries again with the same one.
pub const OLDEST: Duration = Duration::from_mins(5);
/// RFC 7516, section 3.1.
const SEGMENTS_OF_JWE: usize = 5;

/// Why a logout token was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogoutTokenError {
    /// Not a token that may be looked at: its form, its algorithm, its kind, a claim of another type.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// Encrypted for us (section 2.4: as the client's ID tokens are).
    #[error(
        "the token is encrypted, and logout tokens are taken signed only: register this client without \
         id_token_encrypted_response_alg, or without a backchannel_logout_uri"
    )]
    Encrypted,
    /// No key, or no single key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signature is not that of the provider's key.
    #[error("the signature does not verify")]
    Signature,
    /// Of no provider entry that sends logout tokens, by one character.
    #[error("iss is no issuer from which logout tokens are taken")]
    Issuer,
    /// Not for us, or not for us alone.
    #[error("aud is not this client, or not this client alone")]
    Audience,
    /// A claim that every logout token has.
    #[error("the claim `{0}` is missing")]
    Missing(&'static str),
    /// Not of our time.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// Made so long ago that nobody remembers whether it came before.
    #[error("the token was made at {iat}, more than five minutes ago")]
    TooOld {
        /// When.
        iat: Timestamp,
    },
    /// It names neither a session nor a person.
    #[error("neither sid nor sub")]
    Nobody,
    /// A name that is empty, or longer than a subject may be.
    #[error("`{0}` is empty or too long")]
    Name(&'static str),
    /// It is about something else, or about nothing.
    #[error("events does not have the event of a logout token as an object")]
    Event,
    /// What has a `nonce` may be an ID token (section 2.6).
    #[error("a nonce, which no logout token has")]
    Nonce,
    /// The keys of the provider cannot be had, so nothing is known about the token.
    #[error("the keys of the provider cannot be had")]
    Provider(#[from] ProviderError),
}

impl MayBeRotation for LogoutTokenError {
    fn may_be_rotation(&self) -> bool {
        matches!(self, Self::Key(KeyError::Unknown) | Self::Signature)
    }
}

impl LogoutTokenError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Jws(error) => error.reason(),
            Self::Encrypted => "token_encrypted",
            Self::Key(KeyError::Unknown) => "key_unknown",
            Self::Key(KeyError::Ambiguous) => "key_ambiguous",
            Self::Signature => "signature_invalid",
            Self::Issuer => "iss_mismatch",
            Self::Audience => "aud_mismatch",
            Self::Missing(_) => "claim_missing",
            Self::Clock(error) => error.reason(),
            Self::TooOld { .. } => "token_too_old",
            Self::Nobody => "names_nobody",
            Self::Name(_) => "name_invalid",
            Self::Event => "event_missing",
            Self::Nonce => "nonce_present",
            Self::Provider(error) => error.reason(),
        }
    }
}

impl From<ClaimTypeError> for LogoutTokenError {
    fn from(error: ClaimTypeError) -> Self {
        Self::Jws(error.into())
    }
}

/// From whom a token says that it is, and for whom. Nothing of it is proven: it chooses by whose keys the token is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    issuer: String,
    audience: Vec<String>,
}

impl Addressee {
    /// Reads it.
    pub fn named_by(token: &str) -> Result<Self, LogoutTokenError> {
        if token.split('.').count() == SEGMENTS_OF_JWE {
            return Err(LogoutTokenError::Encrypted);
        }
        let claims = verifying::unproven_claims(token)?;
        Ok(Self {
            issuer: claims.iss.ok_or(LogoutTokenError::Missing("iss"))?,
            audience: claims.aud,
        })
    }

    /// Whether the token says to be of this client's provider.
    pub fn names_the_issuer_of(&self, client: &ClientSettings) -> bool {
        self.issuer == client.profile.issuer.as_str()
    }

    /// Whether it says to be for this client, and for it alone.
    pub fn names(&self, client: &ClientSettings) -> bool {
        self.audience == [client.client_id.as_str()]
    }
}

/// Whose sessions end.
#[derive(Clone, PartialEq, Eq)]
pub enum Whose {
    /// Those of one session at the provider.
    Sid(String),
    /// All of one person.
    Subject(String),
}

impl Whose {
    /// By what they are named, in one word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Sid(_) => "sid",
            Self::Subject(_) => "subject",
        }
    }
}

/// By what, not whom.
impl fmt::Debug for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A logout token that passed every check of Back-Channel Logout 1.0, section 2.6, but the one whether it came before.
pub struct VerifiedLogoutToken {
    issuer: String,
    whose: Whose,
    id: TokenId,
    believed_until: Timestamp,
}

impl VerifiedLogoutToken {
    /// Verifies a token.
    pub fn verify(
        token: &str,
        keys: &ProviderKeys,
        settings: &ClientSettings,
        now: Timestamp,
    ) -> Result<Self, LogoutTokenError> {
        let jws = CompactJws::parse_as(TYPE, token, &[settings.signing_alg.as_str()])?;
        let key = keys.key_for(&jws, settings)?;
        key.verify_signature(
            &library_alg(settings.signing_alg),
            jws.signing_input().as_bytes(),
            jws.signature(),
        )
        .map_err(|_invalid| LogoutTokenError::Signature)?;
        let claims = jws.claims();
        let issuer = settings.profile.issuer.as_str();
        if claims.iss.as_deref() != Some(issuer) {
            return Err(LogoutTokenError::Issuer);
        }
        if claims.aud != [settings.client_id.as_str()] {
            return Err(LogoutTokenError::Audience);
        }
        let iat = of_our_time(claims, now)?;
        let payload = jws.payload();
        let jti = text(payload, "jti")?.ok_or(LogoutTokenError::Missing("jti"))?;
        let whose = whose(payload, claims)?;
        has_the_event(payload)?;
        if payload.contains_key("nonce") {
            return Err(LogoutTokenError::Nonce);
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            whose,
            id: TokenId::of(issuer, &settings.client_id, jti),
            believed_until: iat.plus(OLDEST),
        })
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whose sessions end.
    pub fn whose(&self) -> &Whose {
        &self.whose
    }

    /// Names the token: it counts once.
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// When it will be too old to be believed.
    pub fn believed_until(&self) -> Timestamp {
        self.believed_until
    }
}

impl fmt::Debug for VerifiedLogoutToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedLogoutToken")
            .field("issuer", &self.issuer)
            .field("whose", &self.whose)
            .finish_non_exhaustive()
    }
}

/// When it was made, if that is neither ahead nor too long ago, and its end has not come.
fn of_our_time(claims: &RegisteredClaims, now: Timestamp) -> Result<Timestamp, LogoutTokenError> {
    let iat = claims.iat.ok_or(LogoutTokenError::Missing("iat"))?;
    if claims.exp.is_none() {
        return Err(LogoutTokenError::Missing("exp"));
    }
    validity::judge(claims, now)?;
    if iat.plus(OLDEST) <= now {
        return Err(LogoutTokenError::TooOld { iat });
    }
    Ok(iat)
}

/// A `sid` is one of the subject's sessions: where both are there, that one is meant.
fn whose(payload: &Map<String, Value>, claims: &RegisteredClaims) -> Result<Whose, LogoutTokenError> {
    let sid = text(payload, "sid")?;
    let named = |name: &'static str, value: &str| {
        let is_name = !value.is_empty() && value.len() <= LONGEST_SUBJECT;
        is_name
            .then(|| value.to_owned())
            .ok_or(LogoutTokenError::Name(name))
    };
    let sub = claims.sub.as_deref().map(|sub| named("sub", sub)).transpose()?;
    let sid = sid.map(|sid| named("sid", sid)).transpose()?;
    match (sid, sub) {
        (Some(sid), _) => Ok(Whose::Sid(sid)),
        (None, Some(sub)) => Ok(Whose::Subject(sub)),
        (None, None) => Err(LogoutTokenError::Nobody),
    }
}

/// Section 2.4: an object with this member, whose value is an object.
fn has_the_event(payload: &Map<String, Value>) -> Result<(), LogoutTokenError> {
    payload
        .get("events")
        .and_then(Value::as_object)
        .and_then(|events| events.get(EVENT))
        .and_then(Value::as_object)
        .map(|_details| ())
        .ok_or(LogoutTokenError::Event)
}

fn text<'p>(payload: &'p Map<String, Value>, name: &'static str) -> Result<Option<&'p str>, ClaimTypeError> {
    match payload.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ClaimTypeError(name)),
    }
}

#[cfg(test)]
mod tests;
