//! What the configuration says about one provider entry, with everything resolved.

use crate::provider::acr::AcrValue;
use crate::provider::entry_name::EntryName;
use crate::provider::profile::ProviderProfile;
use crate::provider::profile::SigningAlg;
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
    /// `client_secret`.
    pub client_secret: Secret,
    /// The scopes that are asked for, `openid` among them.
    pub scopes: Vec<String>,
    /// The lowest `acr` that is asked for where no route asks for more.
    pub acr: AcrValue,
    /// The algorithm with which this provider signs for this client, as the portal shows it. Never read from a token.
    ///
    /// Key: `signing_alg`, `"ES256"` or `"RS256"`. Absent: the default of the preset.
    pub signing_alg: SigningAlg,
}
