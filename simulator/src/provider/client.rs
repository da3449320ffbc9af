//! What the provider knows of a relying party: the record that a partners' portal keeps.

use std::io;

use jsonwebtoken::jwk::JwkSet;

use crate::provider::profile::Credentials;
use crate::provider::profile::Profile;
use crate::provider::profiles::FRANCECONNECT;
use crate::provider::signing_algorithm::SigningAlgorithm;

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: String,
    /// The keys with which the client signs its assertions. Such a client has no use for its secret.
    pub keys: Option<JwkSet>,
    /// What the provider's pages call the service.
    pub name: String,
    /// Compared with the request's, character by character once parsed.
    pub redirect_uris: Vec<String>,
    /// Compared character by character.
    pub post_logout_redirect_uris: Vec<String>,
    /// The algorithm of the ID token and of userinfo.
    pub signing: SigningAlgorithm,
    /// With what both are then encrypted for the client.
    pub encryption: Option<Encryption>,
    /// Scopes that this client was granted beside `openid`. A sandbox client has them all.
    pub scopes: Vec<String>,
    /// Whether `amr` may be asked for through `claims`.
    pub amr: AmrRight,
}

/// Tokens that are encrypted for a client, with A256GCM.
#[derive(Clone, Debug)]
pub struct Encryption {
    /// `id_token_encrypted_response_alg`, and that of userinfo: `ECDH-ES`, `RSA-OAEP` or `RSA-OAEP-256`.
    pub algorithm: String,
    /// Where the client publishes its keys; the first that fits is taken.
    pub jwks_uri: String,
}

/// A right that a client has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmrRight {
    /// `amr` is delivered when asked for.
    Granted,
    /// Asking for it is refused with Y100009.
    Refused,
}

impl Client {
    /// A client as FranceConnect's sandbox makes it: every scope, `amr`, ES256.
    pub fn sandbox(client_id: &str, client_secret: &str) -> Self {
        Self::of(&FRANCECONNECT, client_id, client_secret)
    }

    /// A client of this provider: every scope, `amr`, the usual algorithm.
    pub fn of(profile: &Profile, client_id: &str, client_secret: &str) -> Self {
        let scopes = profile.scopes.iter().map(|(scope, _claims)| (*scope).to_owned());
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            keys: None,
            name: "Urbanisme en ligne".to_owned(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            signing: profile.usual_signing(),
            encryption: None,
            scopes: scopes.filter(|scope| scope != "amr").collect(),
            amr: AmrRight::Granted,
        }
    }

    /// Whether this provider registers such a client.
    pub(crate) fn is_registrable_at(&self, profile: &Profile) -> io::Result<()> {
        let rules = &profile.clients;
        let credentials = match rules.credentials {
            Credentials::Secret => self.keys.is_none(),
            Credentials::Key => self.keys.is_some(),
            Credentials::Either => true,
        };
        let encrypts = |encryption: &Encryption| rules.encryption.contains(&encryption.algorithm.as_str());
        let refused = if !credentials {
            "clients that authenticate so"
        } else if !rules.signing.contains(&self.signing) {
            "that signing algorithm"
        } else if !self.encryption.iter().all(encrypts) {
            "that encryption"
        } else {
            return Ok(());
        };
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{} does not register {refused}", profile.title),
        ))
    }

    /// The same client with one more redirect URI.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// The same client with one more post-logout redirect URI.
    #[must_use]
    pub fn post_logout_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.post_logout_redirect_uris.push(uri.into());
        self
    }

    /// The same client with another signing algorithm.
    #[must_use]
    pub fn signing(mut self, algorithm: SigningAlgorithm) -> Self {
        self.signing = algorithm;
        self
    }

    /// The same client, authenticating by assertions that these keys sign.
    #[must_use]
    pub fn keys(mut self, keys: JwkSet) -> Self {
        self.keys = Some(keys);
        self
    }

    /// The same client, with its tokens encrypted.
    #[must_use]
    pub fn encryption(mut self, algorithm: &str, jwks_uri: impl Into<String>) -> Self {
        self.encryption = Some(Encryption {
            algorithm: algorithm.to_owned(),
            jwks_uri: jwks_uri.into(),
        });
        self
    }
}
