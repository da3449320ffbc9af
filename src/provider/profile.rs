//! Every way in which one provider differs from another, as data. No code asks which provider it is talking to.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::provider::acr::AcrOrder;
use crate::provider::acr::AcrValue;
use crate::provider::authorization_parameter::AuthorizationParameter;
use crate::provider::authorization_parameter::Refusal;
use crate::provider::button::Button;
use crate::wire::jwa::ContentAlg;
use crate::wire::jwa::KeyManagementAlg;
use crate::wire::provider_url::ProviderUrl;

/// A preset in one of its environments: what the relying party asks when it has to decide.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderProfile {
    /// The name of the preset, `franceconnect`.
    pub preset: String,
    /// The issuer identifier, byte for byte as the provider writes it.
    pub issuer: ProviderUrl,
    /// Whether people meet the provider itself or a simulation of it.
    pub reality: Reality,
    /// Where clients are known that this issuer does not know.
    pub siblings: Vec<Sibling>,
    /// The rules that hold in every environment.
    pub rules: ProviderRules,
}

/// What a person stands in front of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reality {
    /// Real people.
    Production,
    /// The provider's own machines with invented people.
    Sandbox,
    /// A simulation on this machine; every page and button says so.
    Simulated,
}

/// The rules of a provider, whatever its address.
///
/// Where a rule lists several ways, the first is taken unless the configuration names another one of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderRules {
    /// What the authorization request may consist of, in this order; nothing else is sent, and nothing without a value.
    pub authorization_parameters: Vec<AuthorizationParameter>,
    /// Every parameter that this provider takes, if it answers one that it does not take with an error page. Absent: it
    /// ignores what it does not know (RFC 6749, section 3.1).
    pub accepted_parameters: Option<Vec<String>>,
    /// What its error pages say, word by word, and what is the cause.
    #[serde(default)]
    pub refusals: BTreeMap<String, Refusal>,
    /// Proof Key for Code Exchange (RFC 7636).
    pub pkce: Vec<Pkce>,
    /// Whether the authorization response must name its issuer (RFC 9207).
    pub response_issuer: ResponseIssuer,
    /// How the client authenticates at the token endpoint (OpenID Connect Core 1.0, section 9).
    pub client_authentication: Vec<ClientAuthentication>,
    /// Whom the client's own assertion is for, where it authenticates by one.
    #[serde(default)]
    pub client_assertion_audience: Vec<AssertionAudience>,
    /// Algorithms with which this provider may sign. One of them is pinned for each entry.
    pub signing_algs: Vec<SigningAlg>,
    /// The algorithm that is pinned where the configuration names none.
    pub default_signing_alg: SigningAlg,
    /// The form of the userinfo answer.
    pub userinfo: Vec<UserinfoFormat>,
    /// Without which claims, `sub` aside, a signed userinfo answer is refused.
    pub userinfo_claims: Vec<UserinfoClaim>,
    /// What this provider encrypts for its clients. Absent: nothing, and an encrypted token is refused.
    pub encryption: Option<EncryptionRules>,
    /// Where the endpoints of the discovery document may lie.
    pub endpoints: EndpointPlace,
    /// The values of `acr`.
    pub acr_values: AcrOrder,
    /// Those of them that this platform serves; it answers a request for another one with an error.
    pub served_acr_values: Vec<String>,
    /// The value that is asked for where the configuration names none. Absent: nothing is asked for, and whatever the
    /// provider knows is taken.
    pub default_acr: Option<String>,
    /// How an `acr` value is asked for.
    pub acr_request: AcrRequest,
    /// Levels of a second kind, asked for beside `acr`. Absent: it has none.
    pub second_level: Option<SecondLevel>,
    /// Claims of the ID token that can be asked for by the parameter `claims`.
    #[serde(default)]
    pub id_token_claims: Vec<String>,
    /// Words of `prompt` that may be configured.
    #[serde(default)]
    pub prompts: Vec<String>,
    /// The `prompt` that is sent where the configuration names none. Absent: none.
    pub default_prompt: Option<String>,
    /// What the logout request consists of.
    pub end_session: Vec<EndSession>,
    /// Whether there always is an address for it.
    pub end_session_endpoint: EndSessionEndpoint,
    /// Whether the provider tells us when a session of its own has ended.
    pub backchannel_logout: BackchannelLogout,
    /// The scopes that lead to claims, and the claims that each leads to.
    pub scopes: BTreeMap<String, Vec<String>>,
    /// Whether the configuration may name more scopes.
    pub more_scopes: MoreScopes,
    /// What people read about the provider.
    pub button: Button,
}

/// Proof Key for Code Exchange: whether the code is bound to this attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Pkce {
    /// By a challenge that is a hash (RFC 7636, section 4.2).
    S256,
    /// It is not. Some providers refuse a request with a `code_challenge`.
    #[serde(rename = "none")]
    None,
}

impl Pkce {
    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::None => "none",
        }
    }
}

/// Whether the authorization response names its issuer (RFC 9207). One that names another is refused in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponseIssuer {
    /// A response without `iss` is refused.
    Required,
    /// The discovery document says whether it is (`authorization_response_iss_parameter_supported`).
    AsAnnounced,
}

/// How the client authenticates at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// Identifier and secret in the body of the request.
    ClientSecretPost,
    /// Identifier and secret in `Authorization: Basic` (RFC 6749, section 2.3.1).
    ClientSecretBasic,
    /// A JWT that the client signs with a key of its own (RFC 7523, section 2.2).
    PrivateKeyJwt,
}

impl ClientAuthentication {
    /// The name of OpenID Connect Core 1.0, section 9.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

/// Whom a client's assertion is for: its `aud`, one string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The issuer: nothing that a provider says about its endpoints can make it another one's (CVE-2025-27370,
    /// draft-ietf-oauth-rfc7523bis).
    Issuer,
    /// The token endpoint, as older texts have it (OpenID Connect Core 1.0, section 9).
    TokenEndpoint,
}

impl AssertionAudience {
    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::TokenEndpoint => "token_endpoint",
        }
    }
}

/// An algorithm with which a provider signs (RFC 7518, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum SigningAlg {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// HMAC with SHA-256 and the client secret: whoever can verify can forge. Never a default.
    #[serde(rename = "HS256")]
    Hs256,
}

impl SigningAlg {
    /// Reads the name of RFC 7518; `None` for every algorithm that we do not take.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Es256, Self::Rs256, Self::Hs256]
            .into_iter()
            .find(|alg| alg.as_str() == text)
    }

    /// The name of RFC 7518.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }
}

/// The form of the userinfo answer (OpenID Connect Core 1.0, section 5.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserinfoFormat {
    /// `application/jwt`, signed with the algorithm of the ID token. Plain JSON is refused.
    SignedJwt,
    /// `application/json`: believed because of the connection that it came by. A signed JWT is refused.
    Json,
}

impl UserinfoFormat {
    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedJwt => "signed-jwt",
            Self::Json => "json",
        }
    }
}

/// A claim of a signed userinfo answer that is about the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserinfoClaim {
    /// `iss`: whose answer it is.
    Iss,
    /// `aud`: for whom.
    Aud,
    /// `exp`: until when.
    Exp,
}

/// Tokens that are signed, then encrypted for the client (OpenID Connect Core 1.0, section 10.2). No other combination than
/// these is taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptionRules {
    /// The messages that come encrypted to a client that has an algorithm. One that does not is refused.
    pub messages: Vec<EncryptedMessage>,
    /// The algorithms of key management. One of them is pinned for each entry.
    pub key_management_algs: Vec<KeyManagementAlg>,
    /// The one that is pinned where the configuration names none. Absent: then nothing comes encrypted.
    pub default_key_management_alg: Option<KeyManagementAlg>,
    /// The algorithms of content.
    pub content_algs: Vec<ContentAlg>,
}

/// A message that can come encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncryptedMessage {
    /// The ID token.
    IdToken,
    /// The userinfo answer.
    Userinfo,
}

/// Where the endpoints of the discovery document may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointPlace {
    /// On the issuer's own scheme, host and port. A document that leads elsewhere is refused.
    IssuerOrigin,
    /// Wherever the document says, by https, or on loopback where the issuer is.
    Anywhere,
}

/// How an `acr` value is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcrRequest {
    /// By `acr_values`: the value alone.
    AcrValues,
    /// By `claims`, as an essential claim: the value and every other one that is enough.
    ClaimsParameter,
}

/// Levels of a second kind, such as how somebody authenticated beside how well they are known.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondLevel {
    /// The values, in an order of their own. One is asked for in `acr_values`, after that of `acr`.
    pub values: AcrOrder,
    /// The claim of the userinfo answer that says which one was reached.
    pub claim: String,
}

/// What the logout request consists of (OpenID Connect RP-Initiated Logout 1.0, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndSession {
    /// `id_token_hint`, `post_logout_redirect_uri` and `state`, all three.
    IdTokenHint,
    /// `client_id`, `post_logout_redirect_uri` and `state`, all three.
    ClientId,
}

impl EndSession {
    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdTokenHint => "id_token_hint",
            Self::ClientId => "client_id",
        }
    }
}

/// Whether a provider sends logout tokens (OpenID Connect Back-Channel Logout 1.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackchannelLogout {
    /// It sends none. One that comes in its name is refused.
    Never,
    /// It does, where the client has registered an address for them.
    LogoutTokens,
}

/// Whether there always is an address for the logout request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndSessionEndpoint {
    /// A discovery document without one is refused.
    Required,
    /// Without one a session ends here alone.
    Optional,
}

/// Whether the configuration may name scopes that the preset does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MoreScopes {
    /// They are all known.
    Refused,
    /// With the claims that they lead to: key `scope_claims`.
    Configured,
}

/// A sister of an environment's issuer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sibling {
    /// Its issuer.
    pub issuer: String,
    /// Whose clients it knows.
    pub knows: String,
}

impl ProviderRules {
    /// The `acr` value that is asked for where the configuration names none.
    pub fn default_acr(&self) -> Option<AcrValue> {
        self.acr_values.value(self.default_acr.as_deref()?)
    }

    /// Whether a request to this provider may have this parameter.
    pub fn may_send(&self, parameter: AuthorizationParameter) -> bool {
        self.authorization_parameters.contains(&parameter)
    }

    /// The claims to which these scopes can lead.
    pub fn claims_of<'a>(&'a self, scopes: &'a [String]) -> impl Iterator<Item = &'a str> {
        scopes
            .iter()
            .filter_map(|scope| self.scopes.get(scope))
            .flatten()
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_has_one_name_and_what_is_not_listed_is_none() {
        for alg in [SigningAlg::Es256, SigningAlg::Rs256, SigningAlg::Hs256] {
            assert_eq!(SigningAlg::parse(alg.as_str()), Some(alg));
        }
        for text in ["HS384", "none", "es256", "ES384", "PS256", ""] {
            assert_eq!(SigningAlg::parse(text), None, "{text}");
        }
    }
}
