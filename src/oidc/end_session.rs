//! The request that ends the provider's session (OpenID Connect RP-Initiated Logout 1.0, section 2): three parameters and
//! no other, by redirect of the browser. Who the client is, an ID token of the session says, or its identifier.

use form_urlencoded::Serializer;

use crate::oidc::authorization_request::with_query;
use crate::provider::profile::EndSession;
use crate::secret::Secret;
use crate::wire::provider_url::ProviderUrl;

/// What a logout request consists of.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogoutRequest<'a> {
    /// The ID token of the session, byte for byte as it was received.
    pub(super) id_token: &'a Secret,
    /// `client_id`.
    pub(super) client_id: &'a str,
    /// Where the browser comes back, byte for byte as it is registered.
    pub(super) post_logout_redirect_uri: &'a str,
    /// What it brings back.
    pub(super) state: &'a str,
}

impl LogoutRequest<'_> {
    /// The address for the browser. It may hold the ID token: keep it out of every log.
    pub(super) fn url(&self, endpoint: &ProviderUrl, rules: EndSession) -> String {
        let (name, value) = match rules {
            EndSession::IdTokenHint => ("id_token_hint", self.id_token.expose_str().unwrap_or_default()),
            EndSession::ClientId => ("client_id", self.client_id),
        };
        let query = Serializer::new(String::new())
            .append_pair(name, value)
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
            client_id: "urn:gov:gsa:1",
            post_logout_redirect_uri: "https://demarches.ville.example/_guichet/logged-out",
            state: "0123",
        };
        let endpoint = ProviderUrl::parse("https://fc.example/api/v2/session/end").unwrap();
        let back = "post_logout_redirect_uri=https%3A%2F%2Fdemarches.ville.example%2F_guichet%2Flogged-out";
        assert_eq!(
            request.url(&endpoint, EndSession::IdTokenHint),
            format!("https://fc.example/api/v2/session/end?id_token_hint=eyJ.a-_b.c&{back}&state=0123")
        );
        assert_eq!(
            request.url(&endpoint, EndSession::ClientId),
            format!("https://fc.example/api/v2/session/end?client_id=urn%3Agov%3Agsa%3A1&{back}&state=0123")
        );
    }
}
