//! A client that authenticates by an assertion, which it signs with a key of its own (RFC 7523, section 2.2).

use jsonwebtoken::DecodingKey;
use jsonwebtoken::Validation;
use serde::Deserialize;

use crate::provider::client::Client;
use crate::provider::engine::Engine;
use crate::provider::oauth_error::OAuthError;
use crate::provider::profile::AssertionAudience;
use crate::site;

/// `client_assertion_type`.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    /// One string: an assertion that is for several could be used at another one.
    #[serde(rename = "aud")]
    _aud: String,
    jti: String,
}

impl Engine {
    /// The client whose assertion this form carries: signed with a registered key and a taken algorithm, for us, not expired,
    /// never seen before.
    pub(crate) fn by_assertion(
        &self,
        form: &[(String, String)],
        assertion: &str,
    ) -> Result<&Client, OAuthError> {
        let refused = |detail| OAuthError::client(detail, "Y0434A7B");
        if site::value(form, "client_assertion_type") != Some(JWT_BEARER) {
            return Err(refused("unsupported client_assertion_type"));
        }
        let client_id = site::value(form, "client_id");
        let client_id = client_id.ok_or_else(|| refused("client_id must be provided in the body"))?;
        let client = self
            .client(client_id)
            .ok_or_else(|| refused("client not found"))?;
        let keys = client
            .keys
            .as_ref()
            .ok_or_else(|| refused("no key is registered"))?;
        let header = jsonwebtoken::decode_header(assertion)
            .map_err(|_malformed| refused("client_assertion cannot be decoded"))?;
        let taken = self.profile.clients.assertion_signing.iter();
        if !taken.copied().any(|taken| taken == format!("{:?}", header.alg)) {
            return Err(refused("client_assertion is signed with another algorithm"));
        }
        let named = header
            .kid
            .as_deref()
            .map_or_else(|| keys.keys.first(), |kid| keys.find(kid));
        let key = named.and_then(|jwk| DecodingKey::from_jwk(jwk).ok());
        let key = key.ok_or_else(|| refused("client_assertion is signed with another key"))?;
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&self.own_names());
        validation.set_issuer(&[client_id]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(assertion, &key, &validation)
            .map_err(|_refused| refused("client_assertion is not valid"))?
            .claims;
        if claims.iss != claims.sub {
            return Err(refused("client_assertion is about somebody else"));
        }
        if !self.memory().assertions.insert(claims.jti) {
            return Err(refused("client_assertion was used before"));
        }
        Ok(client)
    }

    /// What an assertion may call us.
    fn own_names(&self) -> Vec<String> {
        let names = self.profile.clients.assertion_audiences.iter();
        names
            .map(|audience| match audience {
                AssertionAudience::Issuer => self.issuer.clone(),
                AssertionAudience::TokenEndpoint => format!("{}/token", self.issuer),
            })
            .collect()
    }
}
