//! The request with which a browser is sent to the provider (OpenID Connect Core 1.0, section 3.1.2.1): the parameters
//! that the profile lists, in its order, and nothing that anybody typed.

use form_urlencoded::Serializer;

use crate::clock::Timestamp;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::pending_authorization::Asked;
use crate::oidc::pending_authorization::Destination;
use crate::oidc::pending_authorization::PendingAuthorization;
use crate::provider::profile::AuthorizationParameter;
use crate::seal::RandomError;
use crate::wire::provider_url::ProviderUrl;

/// Where the browser is sent, with everything in the query.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationUrl(String);

impl AuthorizationUrl {
    /// For a `Location`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names of the parameters, in their order.
    pub fn parameters(&self) -> Vec<String> {
        let query = self.0.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes())
            .map(|(name, _)| name.into_owned())
            .collect()
    }

    /// The request of this attempt.
    pub(super) fn of(
        endpoint: &ProviderUrl,
        settings: &ClientSettings,
        pending: &PendingAuthorization,
    ) -> Self {
        let scope = settings.scopes.join(" ");
        let mut query = Serializer::new(String::new());
        for parameter in &settings.profile.rules.authorization_parameters {
            let value = match parameter {
                AuthorizationParameter::ClientId => &settings.client_id,
                AuthorizationParameter::ResponseType => "code",
                AuthorizationParameter::RedirectUri => pending.redirect_uri(),
                AuthorizationParameter::Scope => &scope,
                AuthorizationParameter::State => pending.state(),
                AuthorizationParameter::Nonce => pending.nonce(),
                AuthorizationParameter::AcrValues => pending.acr(),
            };
            query.append_pair(parameter.as_str(), value);
        }
        Self(with_query(endpoint, &query.finish()))
    }
}

/// A new attempt at a provider, and the request that begins it.
pub(super) fn begin(
    settings: &ClientSettings,
    endpoint: &ProviderUrl,
    destination: Destination,
    now: Timestamp,
) -> Result<(PendingAuthorization, AuthorizationUrl), RandomError> {
    let asked = Asked {
        entry: settings.entry.clone(),
        issuer: settings.profile.issuer.as_str().to_owned(),
        acr: settings.acr.as_str().to_owned(),
    };
    let pending = PendingAuthorization::begin(asked, destination, now)?;
    let url = AuthorizationUrl::of(endpoint, settings, &pending);
    Ok((pending, url))
}

/// State and nonce stay out of a log.
impl std::fmt::Debug for AuthorizationUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let endpoint = self.0.split('?').next().unwrap_or_default();
        f.debug_tuple("AuthorizationUrl").field(&endpoint).finish()
    }
}

/// The endpoint with a query of ours after its own (RFC 6749, section 3.1).
pub(super) fn with_query(endpoint: &ProviderUrl, query: &str) -> String {
    let separator = if endpoint.as_str().contains('?') { '&' } else { '?' };
    format!("{endpoint}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::test_support;
    use crate::oidc::test_support::ISSUER;

    #[test]
    fn the_request_is_the_closed_list_and_nothing_else() {
        let settings = test_support::settings();
        let pending = test_support::pending();
        let endpoint = ProviderUrl::parse(&format!("{ISSUER}/authorize")).unwrap();
        let url = AuthorizationUrl::of(&endpoint, &settings, &pending);
        let (address, query) = url.as_str().split_once('?').unwrap();
        assert_eq!(address, endpoint.as_str());
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            pairs,
            [
                pair("client_id", "client-1"),
                pair("response_type", "code"),
                pair(
                    "redirect_uri",
                    "https://demarches.ville.example/_guichet/callback"
                ),
                pair("scope", "openid identite_pivot email"),
                pair("state", pending.state()),
                pair("nonce", pending.nonce()),
                pair("acr_values", "eidas1"),
            ]
        );
    }

    #[test]
    fn an_endpoint_with_a_query_keeps_it() {
        let endpoint = ProviderUrl::parse("https://a.example/authorize?tenant=1").unwrap();
        assert_eq!(
            with_query(&endpoint, "a=b"),
            "https://a.example/authorize?tenant=1&a=b"
        );
    }
}
