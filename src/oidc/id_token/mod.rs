//! The ID token and its checks (OpenID Connect Core 1.0, section 3.1.3.7).
//!
//! First our own reading of the token, then the key, then the library's verification of signature, issuer, audience,
//! times and nonce, then what the library leaves to its caller: `azp`, `acr`, `at_hash`, `nbf`, the subject.

pub mod id_token_error;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::DateTime;
use openidconnect::AccessTokenHash;
use openidconnect::ClaimsVerificationError;
use openidconnect::ClientId;
use openidconnect::ClientSecret;
use openidconnect::IdTokenVerifier;
use openidconnect::IssuerUrl;
use openidconnect::JsonWebKeySet;
use openidconnect::Nonce;
use openidconnect::core::CoreIdToken;

use crate::clock::Timestamp;
use crate::jose::registered_claims::RegisteredClaims;
use crate::jose::verifying::CompactJws;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::id_token::id_token_error::IdTokenError;
use crate::oidc::jwks::ProviderKeys;
use crate::oidc::jwks::library_alg;
use crate::oidc::nested;
use crate::oidc::provider_key::ProviderKey;
use crate::oidc::token_endpoint::AccessToken;
use crate::oidc::validity;
use crate::provider::acr::AcrValue;
use crate::provider::acr::Strength;
use crate::provider::profile::EncryptedMessage;
use crate::provider::profile::SigningAlg;
use crate::secret::Secret;
use crate::wire::untrusted::Untrusted;

/// OpenID Connect Core 1.0, section 2.
pub(super) const LONGEST_SUBJECT: usize = 255;

/// What an ID token is held against.
#[derive(Debug)]
pub struct Expected<'a> {
    /// Issuer, client and algorithm.
    pub settings: &'a ClientSettings,
    /// `nonce` of the request.
    pub nonce: &'a str,
    /// `acr` of the request; empty where none was asked for.
    pub acr: &'a str,
    /// `max_age` of the page that was asked for, if it had one.
    pub max_age: Option<Duration>,
    /// What came with the token.
    pub access_token: &'a AccessToken,
    /// The time.
    pub now: Timestamp,
}

impl Expected<'_> {
    /// How old the authentication may be: the shorter of what the entry and the page asked for.
    fn oldest(&self) -> Option<Duration> {
        let ages = [self.settings.extras.max_age, self.max_age];
        ages.into_iter().flatten().min()
    }
}

/// An ID token that passed every check of OpenID Connect Core 1.0, section 3.1.3.7.
///
/// Nothing that was not verified can be made into one:
///
/// ```compile_fail
/// use guichet::oidc::id_token::VerifiedIdToken;
///
/// fn person(token: VerifiedIdToken) -> VerifiedIdToken {
///     VerifiedIdToken { ..token }
/// }
/// ```
///
/// What was verified is passed on:
///
/// ```
/// use guichet::oidc::id_token::VerifiedIdToken;
///
/// fn person(token: VerifiedIdToken) -> VerifiedIdToken {
///     token
/// }
/// ```
pub struct VerifiedIdToken {
    issuer: String,
    sub: String,
    acr: Option<AcrValue>,
    amr: Vec<String>,
    auth_time: Option<Timestamp>,
    sid: Option<String>,
    raw: Secret,
}

impl VerifiedIdToken {
    /// Verifies a token. The signed token is kept as it came: where it was encrypted, what was in it.
    pub fn verify(
        received: &Secret,
        keys: &ProviderKeys,
        expected: &Expected<'_>,
    ) -> Result<Self, IdTokenError> {
        let settings = expected.settings;
        let raw = nested::signed(EncryptedMessage::IdToken, received.clone(), settings)?;
        let text = raw.expose_str().ok_or(IdTokenError::Malformed)?;
        let jws = CompactJws::parse(text, &[settings.signing_alg.as_str()])?;
        let claims = jws.claims();
        require(claims, expected)?;
        let key = &*keys.key_for(&jws, settings)?;
        verify_by_library(text, key, claims, expected)?;
        validity::judge(claims, expected.now)?;
        if claims.azp.as_ref().is_some_and(|azp| *azp != settings.client_id) {
            return Err(IdTokenError::AuthorizedParty);
        }
        if claims.aud != [settings.client_id.as_str()] {
            return Err(IdTokenError::Audience);
        }
        verify_access_token_hash(key, claims, expected)?;
        judge_age(claims, expected)?;
        let sub = claims.sub.clone().unwrap_or_default();
        if sub.is_empty() || sub.len() > LONGEST_SUBJECT {
            return Err(IdTokenError::Subject);
        }
        Ok(Self {
            issuer: settings.profile.issuer.as_str().to_owned(),
            sub,
            acr: verified_acr(claims, expected)?,
            amr: claims.amr.clone(),
            auth_time: claims.auth_time,
            sid: jws
                .payload()
                .get("sid")
                .and_then(|sid| sid.as_str())
                .filter(|sid| !sid.is_empty())
                .map(str::to_owned),
            raw: raw.clone(),
        })
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The subject, byte for byte.
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The level that was reached: at least the one that was asked for. Absent where none was and the provider does not say.
    pub fn acr(&self) -> Option<&AcrValue> {
        self.acr.as_ref()
    }

    /// The methods; empty where the provider does not say.
    pub fn amr(&self) -> &[String] {
        &self.amr
    }

    /// When the person proved who they are.
    pub fn auth_time(&self) -> Option<Timestamp> {
        self.auth_time
    }

    /// The provider's own session, where it says so.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// The signed token as it came: the hint of the logout.
    pub fn raw(&self) -> &Secret {
        &self.raw
    }
}

impl fmt::Debug for VerifiedIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedIdToken")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

fn require(claims: &RegisteredClaims, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let may_lack_auth_time = expected.oldest().is_none();
    let present = [
        ("iss", claims.iss.is_some()),
        ("sub", claims.sub.is_some()),
        ("aud", !claims.aud.is_empty()),
        ("exp", claims.exp.is_some()),
        ("iat", claims.iat.is_some()),
        ("nonce", claims.nonce.is_some()),
        ("acr", claims.acr.is_some() || expected.acr.is_empty()),
        ("auth_time", claims.auth_time.is_some() || may_lack_auth_time),
    ];
    present
        .into_iter()
        .find(|(_, is_present)| !is_present)
        .map_or(Ok(()), |(name, _)| Err(IdTokenError::Missing(name)))
}

/// Signature, issuer, audience, expiry and nonce. The library sees the one key that was chosen and the one algorithm that
/// is pinned. Its messages repeat claims, so they are not passed on.
fn verify_by_library(
    text: &str,
    key: &ProviderKey,
    claims: &RegisteredClaims,
    expected: &Expected<'_>,
) -> Result<(), IdTokenError> {
    let settings = expected.settings;
    let issuer = IssuerUrl::new(settings.profile.issuer.as_str().to_owned())
        .map_err(|_not_a_url| IdTokenError::Issuer)?;
    let allowed_moment = expected.now.minus(validity::LEEWAY).as_unix();
    let moment = DateTime::from_timestamp(allowed_moment, 0).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC);
    let client = ClientId::new(settings.client_id.clone());
    let keys = JsonWebKeySet::new(vec![key.clone()]);
    let secret = settings.credential.secret().and_then(Secret::expose_str);
    let verifier = match (settings.signing_alg, secret) {
        (SigningAlg::Hs256, Some(secret)) => {
            let secret = ClientSecret::new(secret.to_owned());
            IdTokenVerifier::new_confidential_client(client, secret, issuer, keys)
        }
        _ => IdTokenVerifier::new_public_client(client, issuer, keys),
    };
    let verifier = verifier
        .set_allowed_algs([library_alg(settings.signing_alg)])
        .set_time_fn(move || moment);
    let token = CoreIdToken::from_str(text).map_err(|_not_an_id_token| IdTokenError::Malformed)?;
    let nonce = Nonce::new(expected.nonce.to_owned());
    token
        .claims(&verifier, &nonce)
        .map(|_claims| ())
        .map_err(|error| match error {
            ClaimsVerificationError::SignatureVerification(_) => IdTokenError::Signature,
            ClaimsVerificationError::InvalidIssuer(_) => IdTokenError::Issuer,
            ClaimsVerificationError::InvalidAudience(_) => IdTokenError::Audience,
            ClaimsVerificationError::InvalidNonce(_) => IdTokenError::NonceMismatch,
            ClaimsVerificationError::Expired(_) => validity::judge(claims, expected.now)
                .err()
                .map_or(IdTokenError::Malformed, IdTokenError::Clock),
            _ => IdTokenError::Malformed,
        })
}

fn verify_access_token_hash(
    key: &ProviderKey,
    claims: &RegisteredClaims,
    expected: &Expected<'_>,
) -> Result<(), IdTokenError> {
    let Some(at_hash) = &claims.at_hash else {
        return Ok(());
    };
    let secret = expected.access_token.secret().expose_str().unwrap_or_default();
    let access_token = openidconnect::AccessToken::new(secret.to_owned());
    let alg = library_alg(expected.settings.signing_alg);
    match AccessTokenHash::from_token(&access_token, &alg, key) {
        Ok(hash) if hash.as_str() == at_hash => Ok(()),
        _ => Err(IdTokenError::AccessTokenHash),
    }
}

/// OpenID Connect Core 1.0, section 3.1.2.1: a provider that was told `max_age` says when it was.
fn judge_age(claims: &RegisteredClaims, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let (Some(max_age), Some(auth_time)) = (expected.oldest(), claims.auth_time) else {
        return Ok(());
    };
    validity::judge_authentication(auth_time, expected.now)?;
    let ago = expected.now.since(auth_time);
    if ago <= max_age.saturating_add(validity::LEEWAY) {
        return Ok(());
    }
    Err(IdTokenError::TooLongAgo {
        ago: ago.as_secs(),
        max_age: max_age.as_secs(),
    })
}

fn verified_acr(
    claims: &RegisteredClaims,
    expected: &Expected<'_>,
) -> Result<Option<AcrValue>, IdTokenError> {
    let order = &expected.settings.profile.rules.acr_values;
    let wanted = match expected.acr {
        "" => None,
        asked => Some(order.value(asked).ok_or(IdTokenError::AcrWanted)?),
    };
    let text = match claims.acr.as_deref() {
        None | Some("") if wanted.is_none() => return Ok(None),
        text => text.unwrap_or_default(),
    };
    let Some(got) = order.value(text) else {
        return Err(IdTokenError::AcrUnknown {
            got: Untrusted::new(text),
            wanted: wanted.map_or_else(|| "-".to_owned(), |wanted| wanted.to_string()),
        });
    };
    match wanted {
        Some(wanted) if got.against(&wanted) == Strength::TooLow => {
            Err(IdTokenError::AcrTooLow { got, wanted })
        }
        _ => Ok(Some(got)),
    }
}

#[cfg(test)]
mod tests;
