//! The request that ends the provider's session (OpenID Connect RP-Initiated Logout 1.0, section 2): three parameters and
//! no other, by redirect of the browser.

use form_urlencoded::Serializer;

use crate::oidc::authorization_request::with_query;
use crate::provider::profile::EndSession;
use crate::secret::Secret;
use crate::wire::provider_url::ProviderUrl;

/// What a logout request consists of.
#[derive(Clone, Copy, Debug)]
pub struct LogoutRequest<'a> {
    /// The ID token of the session, byte for byte as it was received.
    pub id_token: &'a Secret,
    /// Where the browser comes back, byte for byte as it is registered.
    pub post_logout_redirect_uri: &'a str,
    /// What it brings back.
    pub state: &'a str,
}

impl LogoutRequest<'_> {
    /// The address for the browser. It holds the ID token: keep it out of every log.
    pub(super) fn url(&self, endpoint: &ProviderUrl, rules: EndSession) -> String {
        let EndSession::IdTokenHint = rules;
        let query = Serializer::new(String::new())
            .append_pair("id_token_hint", self.id_token.expose_str().unwrap_or_default())
            .append_pair("post_logout_redirect_uri", self.post_logout_redirect_uri)
            .append_pair("state", self.state)
            .finish();
        with_query(endpoint, &query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_has_its_three_parameters_byte_for_byte() {
        let request = LogoutRequest {
            id_token: &Secret::new("eyJ.a-_b.c"),
            post_logout_redirect_uri: "https://demarches.ville.example/_guichet/logged-out",
            state: "0123",
        };
        let endpoint = ProviderUrl::parse("https://fc.example/api/v2/session/end").unwrap();
        assert_eq!(
            request.url(&endpoint, EndSession::IdTokenHint),
            "https://fc.example/api/v2/session/end?id_token_hint=eyJ.a-_b.c\
             &post_logout_redirect_uri=https%3A%2F%2Fdemarches.ville.example%2F_guichet%2Flogged-out&state=0123"
        );
    }
}
