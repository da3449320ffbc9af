//! What the configuration says about one provider entry, with everything resolved.

use std::sync::Arc;
use std::time::Duration;

use crate::jose::client_key::ClientKey;
use crate::jose::jwk_set::PublicJwk;
use crate::oidc::client_keys::ClientKeys;
use crate::provider::acr::AcrValue;
use crate::provider::entry_name::EntryName;
use crate::provider::profile::AssertionAudience;
use crate::provider::profile::ClientAuthentication;
use crate::provider::profile::EndSession;
use crate::provider::profile::Pkce;
use crate::provider::profile::ProviderProfile;
use crate::provider::profile::SigningAlg;
use crate::provider::profile::UserinfoFormat;
use crate::secret::Secret;

/// A client at a provider.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// The name of the entry.
    pub entry: EntryName,
    /// The provider's rules and its issuer.
    pub profile: ProviderProfile,
    /// `client_id`, as the provider's portal shows it.
    pub client_id: String,
    /// What the client proves with that it is the one.
    pub credential: ClientCredential,
    /// The scopes that are asked for, `openid` among them.
    pub scopes: Vec<String>,
    /// The `acr` that is asked for, and the lowest that is taken. `None`: nothing is asked for, and whatever the provider
    /// knows is taken.
    pub acr: Option<AcrValue>,
    /// The algorithm with which this provider signs for this client, as the portal shows it. Never read from a token.
    ///
    /// Key: `signing_alg`, `"ES256"` or `"RS256"`. Absent: the default of the preset.
    pub signing_alg: SigningAlg,
    /// Our own keys at this provider.
    pub keys: ClientKeys,
    /// Key `pkce`: whether codes are bound to their attempts.
    pub pkce: Pkce,
    /// Key `userinfo`: the form of the answer.
    pub userinfo: UserinfoFormat,
    /// Key `end_session`: what the logout request consists of.
    pub end_session: EndSession,
    /// What else is asked for.
    pub extras: Extras,
}

impl ClientSettings {
    /// The public halves of our keys at this provider: the one that signs the client's assertions, then those for which it
    /// encrypts, in the order in which it shall prefer them.
    pub fn published_keys(&self) -> impl Iterator<Item = &PublicJwk> {
        let authentication = match &self.credential {
            ClientCredential::PrivateKeyJwt(key, _audience) => Some(key.public()),
            ClientCredential::SecretPost(_) | ClientCredential::SecretBasic(_) => None,
        };
        authentication.into_iter().chain(self.keys.published())
    }
}

/// What is asked for beyond what every request asks for. Empty where a preset has no word for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// Key `second_level`: a level of the second kind; the lowest that is taken.
    pub second_level: Option<AcrValue>,
    /// Key `id_token_claims`: claims of the ID token, by the parameter `claims`.
    pub id_token_claims: Vec<String>,
    /// Key `prompt`.
    pub prompt: Option<String>,
    /// Key `max_age`: how long ago the person may have proved who they are.
    pub max_age: Option<Duration>,
}

/// What a client proves with that it is the one (OpenID Connect Core 1.0, section 9).
#[derive(Clone, Debug)]
pub enum ClientCredential {
    /// `client_secret`, in the body of the token request.
    SecretPost(Secret),
    /// `client_secret`, in `Authorization: Basic`.
    SecretBasic(Secret),
    /// `client_key`: it signs an assertion for each token request.
    PrivateKeyJwt(Arc<ClientKey>, AssertionAudience),
}

impl ClientCredential {
    /// The way of authentication.
    pub fn way(&self) -> ClientAuthentication {
        match self {
            Self::SecretPost(_) => ClientAuthentication::ClientSecretPost,
            Self::SecretBasic(_) => ClientAuthentication::ClientSecretBasic,
            Self::PrivateKeyJwt(..) => ClientAuthentication::PrivateKeyJwt,
        }
    }

    /// What client and provider both know, if there is such a thing.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::SecretPost(secret) | Self::SecretBasic(secret) => Some(secret),
            Self::PrivateKeyJwt(..) => None,
        }
    }
}
