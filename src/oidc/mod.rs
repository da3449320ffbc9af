//! The relying party: one file per protocol message, and the door to openidconnect.
//!
//! A login is a chain in which each step needs what only the step before it can make: `PendingAuthorization`,
//! `ClaimableCode`, `AcceptedCode`, `VerifiedIdToken`, `VerifiedUserinfo`.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::ACCEPT;
use http::header::AUTHORIZATION;

use crate::back_channel::BackChannel;
use crate::back_channel::BackChannelError;
use crate::back_channel::Bounds;
use crate::clock::Clock;
use crate::oidc::authorization_code::AcceptedCode;
use crate::oidc::authorization_request::AuthorizationUrl;
use crate::oidc::authorization_request::Wishes;
use crate::oidc::cached::Kept;
use crate::oidc::client_authentication::Occasion;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::end_session::LogoutRequest;
use crate::oidc::id_token::Expected;
use crate::oidc::id_token::VerifiedIdToken;
use crate::oidc::id_token::id_token_error::IdTokenError;
use crate::oidc::jwks::KeyError;
use crate::oidc::jwks::ProviderKeys;
use crate::oidc::login_error::LoginError;
use crate::oidc::logout_token::LogoutTokenError;
use crate::oidc::logout_token::VerifiedLogoutToken;
use crate::oidc::pending_authorization::Destination;
use crate::oidc::pending_authorization::PendingAuthorization;
use crate::oidc::provider::Provider;
use crate::oidc::provider::ProviderError;
use crate::oidc::provider_metadata::ProviderMetadata;
use crate::oidc::signed_in::SignedIn;
use crate::oidc::token_endpoint::AccessToken;
use crate::oidc::token_endpoint::TokenResponse;
use crate::oidc::userinfo::UserinfoError;
use crate::oidc::userinfo::VerifiedUserinfo;
use crate::provider::profile::EndpointPlace;
use crate::secret::Secret;

pub mod attempts;
pub mod authorization_code;
pub mod authorization_request;
pub mod authorization_response;
mod cached;
pub mod client_authentication;
pub mod client_keys;
pub mod client_settings;
mod end_session;
pub mod examination;
pub mod id_token;
pub mod jwks;
pub mod login_error;
pub mod logout_token;
pub mod nested;
pub mod pending_authorization;
pub mod provider;
pub mod provider_metadata;
pub mod replay;
mod sealed_fields;
pub mod signed_in;
#[cfg(test)]
pub(crate) mod test_support;
pub mod token_endpoint;
pub mod userinfo;
pub mod validity;

/// Token and userinfo together. FranceConnect gives 30 s from a click that we do not see.
const REDEEM_WITHIN: Duration = Duration::from_secs(15);
/// A token response or the claims of a person: some KiB.
const ANSWER: Bounds = Bounds {
    within: REDEEM_WITHIN,
    at_most: 64 * 1024,
};

/// A client at one provider.
#[derive(Debug)]
pub struct RelyingParty {
    settings: ClientSettings,
    provider: Provider,
    back_channel: BackChannel,
    clock: Arc<dyn Clock>,
}

impl RelyingParty {
    /// A relying party that knows nothing yet; the provider is asked when it is needed.
    pub fn new(settings: ClientSettings, back_channel: BackChannel, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            provider: Provider::new(back_channel.clone()),
            back_channel,
            clock,
        }
    }

    /// Takes over what `before` knows of the provider, if it is the same provider.
    #[must_use]
    pub fn taking_over(mut self, before: &Self) -> Self {
        if self.settings.profile == before.settings.profile {
            self.provider.take_over(&before.provider);
        }
        self
    }

    /// What the configuration says.
    pub fn settings(&self) -> &ClientSettings {
        &self.settings
    }

    /// Begins a login: the attempt to keep in the browser, and where to send it.
    pub async fn begin(
        &self,
        destination: Destination,
        wishes: &Wishes,
    ) -> Result<(PendingAuthorization, AuthorizationUrl), ProviderError> {
        let now = self.clock.now();
        let metadata = self.provider.metadata(&self.settings.profile, now).await?;
        Ok(authorization_request::begin(
            &self.settings,
            &metadata.value,
            (destination, wishes),
            now,
        )?)
    }

    /// Redeems a code: the token request, once, then the ID token, then userinfo, all within 15 s.
    pub async fn redeem(&self, code: AcceptedCode) -> Result<SignedIn, LoginError> {
        tokio::time::timeout(REDEEM_WITHIN, Box::pin(self.redeem_in_time(code)))
            .await
            .unwrap_or(Err(LoginError::TimedOut(REDEEM_WITHIN)))
    }

    /// The address that ends the provider's session of this ID token; `None` where the provider has no such place. It may
    /// hold the token: keep it out of every log.
    pub async fn end_session(
        &self,
        id_token: &Secret,
        post_logout_redirect_uri: &str,
        state: &str,
    ) -> Result<Option<String>, ProviderError> {
        let request = LogoutRequest {
            id_token,
            client_id: &self.settings.client_id,
            post_logout_redirect_uri,
            state,
        };
        let profile = &self.settings.profile;
        let metadata = self.provider.metadata(profile, self.clock.now()).await?;
        let endpoint = metadata.value.end_session_endpoint.as_ref();
        Ok(endpoint.map(|endpoint| request.url(endpoint, self.settings.end_session)))
    }

    /// Where a browser is sent to end a session: scheme, host and port. `None` where the provider has no such place. One that
    /// cannot be asked now has its own.
    pub async fn end_session_origin(&self) -> Option<String> {
        let profile = &self.settings.profile;
        if profile.rules.endpoints == EndpointPlace::IssuerOrigin {
            return Some(profile.issuer.origin());
        }
        match self.provider.metadata(profile, self.clock.now()).await {
            Ok(metadata) => Some(metadata.value.end_session_endpoint.as_ref()?.origin()),
            Err(_unknown) => Some(profile.issuer.origin()),
        }
    }

    /// Verifies a logout token; once more with newer keys where the provider may have rotated them.
    pub async fn logout_token(&self, token: &str) -> Result<VerifiedLogoutToken, LogoutTokenError> {
        let now = self.clock.now();
        let metadata = self.provider.metadata(&self.settings.profile, now).await?;
        let jwks_uri = &metadata.value.jwks_uri;
        let keys = self.provider.keys(jwks_uri, now).await?;
        let verify = |keys: &ProviderKeys| VerifiedLogoutToken::verify(token, keys, &self.settings, now);
        match verify(&keys.value) {
            Err(LogoutTokenError::Key(KeyError::Unknown) | LogoutTokenError::Signature) => {
                verify(&self.provider.newer_keys(keys, jwks_uri, now).await.value)
            }
            verified => verified,
        }
    }

    async fn redeem_in_time(&self, code: AcceptedCode) -> Result<SignedIn, LoginError> {
        // The attempt names its issuer: a code is never sent to another one, whatever the configuration says by now.
        if code.pending().issuer() != self.settings.profile.issuer.as_str() {
            return Err(LoginError::IssuerChanged);
        }
        let now = self.clock.now();
        let metadata = self.provider.metadata(&self.settings.profile, now).await?;
        let metadata = &metadata.value;
        // Keys before the code: without them the code would be spent in vain.
        let keys = self.provider.keys(&metadata.jwks_uri, now).await?;
        let occasion = Occasion {
            endpoint: &metadata.token_endpoint,
            now,
        };
        let form = token_endpoint::request(&self.settings, &code, occasion)?;
        let answer = self
            .back_channel
            .at("token")
            .post_form(&metadata.token_endpoint, form, ANSWER)
            .await?;
        let tokens = TokenResponse::read(&answer)?;
        let (id_token, keys) = self.verify(&tokens, &code, metadata, keys).await?;
        let userinfo = self
            .userinfo(&tokens.access_token, &id_token, metadata, keys)
            .await?;
        Ok(SignedIn { id_token, userinfo })
    }

    /// Verifies the ID token; once more with newer keys where the provider may have rotated them.
    async fn verify(
        &self,
        tokens: &TokenResponse,
        code: &AcceptedCode,
        metadata: &ProviderMetadata,
        keys: Arc<Kept<ProviderKeys>>,
    ) -> Result<(VerifiedIdToken, Arc<Kept<ProviderKeys>>), LoginError> {
        let expected = Expected {
            settings: &self.settings,
            nonce: code.pending().nonce(),
            acr: code.pending().acr(),
            max_age: code.pending().max_age(),
            access_token: &tokens.access_token,
            now: self.clock.now(),
        };
        match VerifiedIdToken::verify(&tokens.id_token, &keys.value, &expected) {
            Ok(token) => Ok((token, keys)),
            Err(IdTokenError::Key(KeyError::Unknown) | IdTokenError::Signature) => {
                let newer = self
                    .provider
                    .newer_keys(keys, &metadata.jwks_uri, expected.now)
                    .await;
                let token = VerifiedIdToken::verify(&tokens.id_token, &newer.value, &expected)?;
                Ok((token, newer))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn userinfo(
        &self,
        access_token: &AccessToken,
        id_token: &VerifiedIdToken,
        metadata: &ProviderMetadata,
        keys: Arc<Kept<ProviderKeys>>,
    ) -> Result<VerifiedUserinfo, LoginError> {
        let bearer = [b"Bearer ".as_slice(), access_token.secret().expose()].concat();
        let mut bearer = HeaderValue::from_bytes(&bearer)
            .map_err(|error| BackChannelError::Request(http::Error::from(error)))?;
        bearer.set_sensitive(true);
        let headers = [
            (
                ACCEPT,
                HeaderValue::from_static(userinfo::accept(self.settings.userinfo)),
            ),
            (AUTHORIZATION, bearer),
        ];
        let answer = self
            .back_channel
            .at("userinfo")
            .get(&metadata.userinfo_endpoint, &headers, ANSWER)
            .await?;
        let now = self.clock.now();
        let verify =
            |keys: &ProviderKeys| VerifiedUserinfo::verify(&answer, keys, id_token, &self.settings, now);
        match verify(&keys.value) {
            Err(UserinfoError::Key(KeyError::Unknown) | UserinfoError::Signature) => {
                let newer = self.provider.newer_keys(keys, &metadata.jwks_uri, now).await;
                Ok(verify(&newer.value)?)
            }
            verified => Ok(verified?),
        }
    }
}
