//! The request with which a browser is sent to the provider (OpenID Connect Core 1.0, section 3.1.2.1): the parameters
//! that the profile lists, in its order, and nothing that anybody typed.

use form_urlencoded::Serializer;

use crate::oidc::client_settings::ClientSettings;
use crate::oidc::pending_authorization::PendingAuthorization;
use crate::provider::profile::AuthorizationParameter;
use crate::wire::provider_url::ProviderUrl;

/// Where the browser is sent, with everything in the query.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationUrl(String);

impl AuthorizationUrl {
    /// For a `Location`.
    pub fn as_str(&self) -> &str {
        &self.0
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
            match parameter {
                AuthorizationParameter::ClientId => query.append_pair("client_id", &settings.client_id),
                AuthorizationParameter::ResponseType => query.append_pair("response_type", "code"),
                AuthorizationParameter::RedirectUri => {
                    query.append_pair("redirect_uri", pending.redirect_uri())
                }
                AuthorizationParameter::Scope => query.append_pair("scope", &scope),
                AuthorizationParameter::State => query.append_pair("state", pending.state()),
                AuthorizationParameter::Nonce => query.append_pair("nonce", pending.nonce()),
                AuthorizationParameter::AcrValues => query.append_pair("acr_values", pending.acr()),
            };
        }
        Self(with_query(endpoint, &query.finish()))
    }
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
