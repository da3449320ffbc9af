//! What the provider knows of a relying party: the record that the partners' portal keeps.

/// The algorithm of a client's ID tokens and userinfo, chosen at registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA with P-256 and SHA-256, which FranceConnect recommends.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl SigningAlgorithm {
    /// The `alg` value of RFC 7518.
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: String,
    /// What the provider's pages call the service.
    pub name: String,
    /// Compared with the request's, character by character once parsed.
    pub redirect_uris: Vec<String>,
    /// Compared character by character.
    pub post_logout_redirect_uris: Vec<String>,
    /// The algorithm of the ID token and of userinfo.
    pub signing: SigningAlgorithm,
    /// Scopes that this client was granted beside `openid`. A sandbox client has them all.
    pub scopes: Vec<String>,
    /// Whether `amr` may be asked for through `claims`.
    pub amr: AmrRight,
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
    /// A client as the sandbox makes it: every scope, `amr`, ES256.
    pub fn sandbox(client_id: &str, client_secret: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            name: "Urbanisme en ligne".to_owned(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            signing: SigningAlgorithm::Es256,
            scopes: super::scopes::SCOPES
                .iter()
                .map(|(scope, _claims)| (*scope).to_owned())
                .filter(|scope| scope != "amr")
                .collect(),
            amr: AmrRight::Granted,
        }
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
}
