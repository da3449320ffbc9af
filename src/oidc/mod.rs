//! The relying party: one file per protocol message, and the door to openidconnect.
//!
//! A login is a chain in which each step needs what only the step before it can make: `PendingAuthorization`,
//! `ClaimableCode`, `AcceptedCode`, `VerifiedIdToken`, `VerifiedUserinfo`.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::ACCEPT;
use http::header::AUTHORIZATION;
use tokio::time::Instant;

use crate::back_channel::BackChannel;
use crate::back_channel::BackChannelError;
use crate::back_channel::Bounds;
use crate::back_channel::answer::Answer;
use crate::clock::Clock;
use crate::oidc::authorization_code::AcceptedCode;
use crate::oidc::authorization_request::AuthorizationUrl;
use crate::oidc::authorization_request::Wishes;
use crate::oidc::cached::Met;
use crate::oidc::client_authentication::Occasion;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::end_session::LogoutRequest;
use crate::oidc::id_token::Expected;
use crate::oidc::id_token::VerifiedIdToken;
use crate::oidc::jwks::ProviderKeys;
use crate::oidc::login_error::LoginError;
use crate::oidc::logout_token::LogoutTokenError;
use crate::oidc::logout_token::VerifiedLogoutToken;
use crate::oidc::pending_authorization::Destination;
use crate::oidc::pending_authorization::PendingAuthorization;
use crate::oidc::provider::Provider;
use crate::oidc::provider::ProviderError;
use crate::oidc::signed_in::SignedIn;
use crate::oidc::token_endpoint::AccessToken;
use crate::oidc::token_endpoint::TokenResponse;
use crate::oidc::userinfo::VerifiedUserinfo;
use crate::provider::profile::EndpointPlace;
use crate::secret::Secret;
use crate::wire::provider_url::ProviderUrl;

pub mod attempts;
pub mod authorization_code;
pub mod authorization_request;
pub mod authorization_response;
mod cached;
mod circuit;
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
mod provider_key;
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
const LONGEST_ANSWER: usize = 64 * 1024;

/// A client at one provider.
#[derive(Debug)]
pub struct RelyingParty {
    settings: ClientSettings,
    provider: Arc<Provider>,
    back_channel: BackChannel,
    clock: Arc<dyn Clock>,
}

impl RelyingParty {
    /// A relying party that knows nothing yet; the provider is asked when it is needed.
    pub fn new(settings: ClientSettings, back_channel: BackChannel, clock: Arc<dyn Clock>) -> Self {
        let provider = Provider::new(settings.profile.clone(), back_channel.clone(), Arc::clone(&clock));
        Self {
            settings,
            provider: Arc::new(provider),
            back_channel,
            clock,
        }
    }

    /// Takes over what `before` knows of the provider, if it is the same provider.
    #[must_use]
    pub fn taking_over(self, before: &Self) -> Self {
        if self.settings.profile != before.settings.profile {
            return self;
        }
        let (profile, back_channel) = (self.settings.profile.clone(), self.back_channel.clone());
        let provider = Provider::new(profile, back_channel, Arc::clone(&self.clock));
        Self {
            provider: Arc::new(provider.knowing(&before.provider)),
            ..self
        }
    }

    /// What the configuration says.
    pub fn settings(&self) -> &ClientSettings {
        &self.settings
    }

    /// Begins a login: the attempt to keep in the browser, and where to send it. Nobody is sent to a provider that does not
    /// answer: that is found out within 5 s, and from then on known.
    pub async fn begin(
        &self,
        destination: Destination,
        wishes: &Wishes,
    ) -> Result<(PendingAuthorization, AuthorizationUrl), ProviderError> {
        let metadata = self.provider.reached().await?;
        Ok(authorization_request::begin(
            &self.settings,
            &metadata.value,
            (destination, wishes),
            self.clock.now(),
        )?)
    }

    /// Redeems a code: the token request, once, then the ID token, then userinfo, all within 15 s.
    pub async fn redeem(&self, code: AcceptedCode) -> Result<SignedIn, LoginError> {
        let deadline = Instant::now() + REDEEM_WITHIN;
        tokio::time::timeout_at(deadline, Box::pin(self.redeem_by(deadline, code)))
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
        let metadata = self.provider.metadata().await?;
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
        match self.provider.metadata().await {
            Ok(metadata) => Some(metadata.value.end_session_endpoint.as_ref()?.origin()),
            Err(_unknown) => Some(profile.issuer.origin()),
        }
    }

    /// Verifies a logout token.
    pub async fn logout_token(&self, token: &str) -> Result<VerifiedLogoutToken, LogoutTokenError> {
        let now = self.clock.now();
        let metadata = self.provider.metadata().await?;
        let jwks_uri = &metadata.value.jwks_uri;
        let keys = self.provider.keys(jwks_uri).await?;
        let verify = |keys: &ProviderKeys| VerifiedLogoutToken::verify(token, keys, &self.settings, now);
        let (token, _) = self
            .provider
            .verified(keys, (jwks_uri, Met::LogoutToken), verify)
            .await?;
        Ok(token)
    }

    async fn redeem_by(&self, deadline: Instant, code: AcceptedCode) -> Result<SignedIn, LoginError> {
        // The attempt names its issuer: a code is never sent to another one, whatever the configuration says by now.
        if code.pending().issuer() != self.settings.profile.issuer.as_str() {
            return Err(LoginError::IssuerChanged);
        }
        let now = self.clock.now();
        let metadata = self.provider.metadata().await?;
        let metadata = &metadata.value;
        // Keys before the code: without them the code would be spent in vain.
        let keys = self.provider.keys(&metadata.jwks_uri).await?;
        let occasion = Occasion {
            endpoint: &metadata.token_endpoint,
            now,
        };
        let form = token_endpoint::request(&self.settings, &code, occasion)?;
        let answer = self
            .back_channel
            .at("token")
            .post_form(&metadata.token_endpoint, form, left_until(deadline))
            .await;
        let tokens = TokenResponse::read(&self.heard(answer)?)?;
        let expected = Expected {
            settings: &self.settings,
            nonce: code.pending().nonce(),
            acr: code.pending().acr(),
            max_age: code.pending().max_age(),
            access_token: &tokens.access_token,
            now: self.clock.now(),
        };
        let met = (&metadata.jwks_uri, Met::Login);
        let verify = |keys: &ProviderKeys| VerifiedIdToken::verify(&tokens.id_token, keys, &expected);
        let (id_token, keys) = self.provider.verified(keys, met, verify).await?;
        let endpoint = (&metadata.userinfo_endpoint, left_until(deadline));
        let answer = self.heard(self.ask_userinfo(endpoint, &tokens.access_token).await)?;
        let now = self.clock.now();
        let verify =
            |keys: &ProviderKeys| VerifiedUserinfo::verify(&answer, keys, &id_token, &self.settings, now);
        let (userinfo, _) = self.provider.verified(keys, met, verify).await?;
        Ok(SignedIn { id_token, userinfo })
    }

    /// What a call for a login brought; the provider's circuit hears how it went.
    fn heard(&self, call: Result<Answer, BackChannelError>) -> Result<Answer, LoginError> {
        match self.provider.heard(call) {
            Err(BackChannelError::Timeout(_)) => Err(LoginError::TimedOut(REDEEM_WITHIN)),
            call => Ok(call?),
        }
    }

    async fn ask_userinfo(
        &self,
        (endpoint, bounds): (&ProviderUrl, Bounds),
        access_token: &AccessToken,
    ) -> Result<Answer, BackChannelError> {
        let bearer = [b"Bearer ".as_slice(), access_token.secret().expose()].concat();
        let mut bearer = HeaderValue::from_bytes(&bearer)
            .map_err(|error| BackChannelError::Request(http::Error::from(error)))?;
        bearer.set_sensitive(true);
        let accept = HeaderValue::from_static(userinfo::accept(self.settings.userinfo));
        let headers = [(ACCEPT, accept), (AUTHORIZATION, bearer)];
        self.back_channel
            .at("userinfo")
            .get(endpoint, &headers, bounds)
            .await
    }
}

/// For a call that may take what is left.
fn left_until(deadline: Instant) -> Bounds {
    Bounds {
        within: deadline.saturating_duration_since(Instant::now()),
        at_most: LONGEST_ANSWER,
    }
}
