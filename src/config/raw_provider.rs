//! An entry of `[providers]` as written, without meaning: see `raw`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::secret_source::SecretSource;

/// A provider of identities.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What kind of provider it is.
    #[schemars(required)]
    pub preset: Option<String>,
    /// Which of the provider's environments.
    #[schemars(required)]
    pub environment: Option<String>,
    /// The provider's address, where it is not that of its environment; changes addresses and nothing else.
    pub issuer: Option<String>,
    /// The client id that the provider gave you: here, or in `GUICHET__PROVIDERS__NAME__CLIENT_ID`.
    pub client_id: Option<String>,
    /// The client secret that the provider gave you. Needed unless `client_authentication` is `private_key_jwt`.
    pub client_secret: Option<SecretSource>,
    /// How the client proves at the token endpoint that it is the one. Absent: the usual way of the provider.
    #[schemars(extend("enum" = ["client_secret_basic", "client_secret_post", "private_key_jwt"]))]
    pub client_authentication: Option<String>,
    /// With `private_key_jwt`: the private key that signs the client's assertions, in PEM, on P-256 or RSA; for this user only.
    pub client_key: Option<SecretSource>,
    /// With `private_key_jwt`: whom the assertions are for, as their `aud` says. Absent: the usual of the provider.
    #[schemars(extend("enum" = ["issuer", "token_endpoint"]))]
    pub client_assertion_audience: Option<String>,
    /// What is asked about a person; `openid` is always among them.
    pub scopes: Option<Vec<String>>,
    /// Scopes that the preset does not know, each with the claims that it leads to. With `preset = "oidc"` only.
    pub scope_claims: Option<BTreeMap<String, Vec<String>>>,
    /// The level of assurance that is asked for. Absent: the usual one of the provider.
    pub acr: Option<String>,
    /// The levels of assurance that the provider knows, the lowest first. With `preset = "oidc"` only.
    pub acr_values: Option<Vec<String>>,
    /// The level of the provider's second kind that is asked for beside `acr`. Absent: none.
    pub second_level: Option<String>,
    /// Claims of the ID token that are asked for by the parameter `claims`.
    pub id_token_claims: Option<Vec<String>>,
    /// What the provider is told to ask the person, whatever it knows. Absent: the usual of the provider.
    pub prompt: Option<String>,
    /// How long ago the person may have proved at the provider who they are. Absent: any time.
    pub max_age: Option<String>,
    /// Whether codes are bound to their attempts (PKCE). Absent: the usual of the provider.
    #[schemars(extend("enum" = ["S256", "none"]))]
    pub pkce: Option<String>,
    /// The form of the provider's userinfo answer. Absent: the usual one of the provider.
    #[schemars(extend("enum" = ["json", "signed-jwt"]))]
    pub userinfo: Option<String>,
    /// By what the provider knows at a sign-out whose session is to end. Absent: the usual of the provider.
    #[schemars(extend("enum" = ["client_id", "id_token_hint"]))]
    pub end_session: Option<String>,
    /// The algorithm that the provider signs with for this client, as it was registered there. Absent: the usual one of the
    /// provider.
    #[schemars(extend("enum" = ["ES256", "RS256", "HS256"]))]
    pub signing_alg: Option<String>,
    /// How the provider encrypts tokens for this client, as it was registered there. Absent: the usual way of the provider;
    /// most encrypt nothing.
    #[schemars(extend("enum" = ["ECDH-ES", "RSA-OAEP", "RSA-OAEP-256"]))]
    pub encryption_alg: Option<String>,
    /// The folder of our own keys at this provider, shared by all instances; relative to the folder of this file. Needed where
    /// the provider encrypts for us.
    pub keys_dir: Option<String>,
    /// With `signing_alg = "HS256"`: whoever can read the client secret can sign in as anybody, and that is accepted.
    pub accept_hs256: Option<bool>,
    /// What people read on our pages. With `preset = "oidc"` only; the other providers prescribe their names.
    pub title: Option<String>,
}
