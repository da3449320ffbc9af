//! Every way in which one provider differs from another, as data. No code asks which provider it is talking to.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::provider::acr::AcrOrder;
use crate::provider::acr::AcrValue;
use crate::wire::provider_url::ProviderUrl;
use crate::wire::provider_url::ProviderUrlError;

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
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderRules {
    /// What the authorization request consists of, in this order, and of nothing else.
    pub authorization_parameters: Vec<AuthorizationParameter>,
    /// Every parameter that this provider takes. One that it does not take is not ignored: it answers with an error page.
    pub accepted_parameters: Vec<String>,
    /// What its error pages say, word by word, and what is the cause.
    pub refusals: BTreeMap<String, Refusal>,
    /// Form of `state` and `nonce`.
    pub opaque_values: OpaqueValues,
    /// Proof Key for Code Exchange (RFC 7636).
    pub pkce: Pkce,
    /// Whether the authorization response must name its issuer (RFC 9207).
    pub response_issuer: ResponseIssuer,
    /// How the client authenticates at the token endpoint (OpenID Connect Core 1.0, section 9).
    pub client_authentication: ClientAuthentication,
    /// Algorithms with which this provider may sign. One of them is pinned for each entry.
    pub signing_algs: Vec<SigningAlg>,
    /// The algorithm that is pinned where the configuration names none.
    pub default_signing_alg: SigningAlg,
    /// The form of the userinfo answer.
    pub userinfo: UserinfoFormat,
    /// Where the endpoints of the discovery document may lie.
    pub endpoints: EndpointPlace,
    /// The values of `acr`, the lowest first.
    pub acr_values: AcrOrder,
    /// Those of them that this platform serves; it answers a request for another one with an error.
    pub served_acr_values: Vec<String>,
    /// The value that is asked for where the configuration names none.
    pub default_acr: String,
    /// What the logout request consists of.
    pub end_session: EndSession,
    /// Whether the provider tells us when a session of its own has ended.
    pub backchannel_logout: BackchannelLogout,
    /// The scopes that lead to claims, and the claims that each leads to.
    pub scopes: BTreeMap<String, Vec<String>>,
    /// The words that the provider prescribes for its button.
    pub button: Button,
}

/// A parameter of the authorization request (OpenID Connect Core 1.0, section 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationParameter {
    /// `client_id`.
    ClientId,
    /// `response_type`: always `code`.
    ResponseType,
    /// `redirect_uri`.
    RedirectUri,
    /// `scope`.
    Scope,
    /// `state`.
    State,
    /// `nonce`.
    Nonce,
    /// `acr_values`.
    AcrValues,
}

impl AuthorizationParameter {
    /// Its name in the request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientId => "client_id",
            Self::ResponseType => "response_type",
            Self::RedirectUri => "redirect_uri",
            Self::Scope => "scope",
            Self::State => "state",
            Self::Nonce => "nonce",
            Self::AcrValues => "acr_values",
        }
    }
}

/// Why a provider answers an authorization request with a page of its own, and the browser does not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// It has no client of this identifier.
    UnknownClient,
    /// The client has not registered this redirection URI.
    RedirectUri,
    /// A parameter is missing, or is one too many.
    Parameters,
    /// The redirection URIs are on several hosts, and the document that lists them is not what it has to be.
    SectorIdentifier,
}

/// Form of `state` and `nonce`: 256 bits from the random generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpaqueValues {
    /// 64 hexadecimal characters.
    Hex64,
}

/// What a provider thinks of Proof Key for Code Exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pkce {
    /// An authorization request with a `code_challenge` is refused.
    Forbidden,
}

/// Whether the authorization response names its issuer (RFC 9207).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponseIssuer {
    /// A response without `iss` is refused.
    Required,
}

/// How the client authenticates at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// Identifier and secret in the body of the request.
    ClientSecretPost,
}

/// An algorithm with which a provider signs (RFC 7518, section 3.1). A symmetric one is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum SigningAlg {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
}

impl SigningAlg {
    /// Reads the name of RFC 7518; `None` for every algorithm that we do not take.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Es256, Self::Rs256]
            .into_iter()
            .find(|alg| alg.as_str() == text)
    }

    /// The name of RFC 7518.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// The form of the userinfo answer (OpenID Connect Core 1.0, section 5.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserinfoFormat {
    /// `application/jwt`, signed with the algorithm of the ID token. Plain JSON is refused.
    SignedJwt,
}

/// Where the endpoints of the discovery document may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointPlace {
    /// On the issuer's own scheme, host and port. A document that leads elsewhere is refused.
    IssuerOrigin,
}

/// What the logout request consists of (OpenID Connect RP-Initiated Logout 1.0, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndSession {
    /// `id_token_hint`, `post_logout_redirect_uri` and `state`, all three.
    IdTokenHint,
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

/// The words that a provider prescribes; they may be translated, never altered.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// The provider's name, as people read it.
    pub name: String,
    /// The classes of its official button in the State's design system; absent, it has none.
    pub class: Option<String>,
    /// Where "What is ..?" leads.
    pub about_url: String,
    /// The words in French and in English.
    pub label: Words,
    /// The words of the link below the button.
    pub about: Words,
}

/// One text in the languages of our pages.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// French.
    pub fr: String,
    /// English.
    pub en: String,
}

/// An environment of a preset, as its file says it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// What people stand in front of.
    pub reality: Reality,
    /// The issuer; absent where the configuration must give it.
    pub issuer: Option<String>,
    /// What its issuer gives as a `client_id`; absent where that is not known.
    pub client_ids: Option<ClientIds>,
    /// Other issuers of the same kind, each with clients that this one does not know.
    #[serde(default)]
    pub siblings: Vec<Sibling>,
}

/// The form of a `client_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientIds {
    /// 64 hexadecimal characters.
    Hex64,
}

impl ClientIds {
    /// Whether this may be one.
    pub fn fits(self, client_id: &str) -> bool {
        match self {
            Self::Hex64 => client_id.len() == 64 && client_id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        }
    }

    /// The form in words.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Hex64 => "64 hexadecimal digits",
        }
    }
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

/// A provider that we know: its environments and its rules.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Name of the preset.
    pub name: String,
    /// Environments by name.
    pub environments: BTreeMap<String, Environment>,
    /// What holds in all of them.
    pub rules: ProviderRules,
}

/// Why a preset did not become a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The preset has no such environment.
    #[error("`{preset}` has no environment of that name; it has {known}")]
    Environment {
        /// The preset.
        preset: String,
        /// The environments that it has, in words.
        known: String,
    },
    /// This environment has no issuer of its own and none was given.
    #[error("this environment needs an issuer")]
    IssuerMissing,
    /// The issuer is not an address at which a provider may be called.
    #[error("the issuer cannot be used: {0}")]
    Issuer(#[source] ProviderUrlError),
    /// An issuer has neither query nor fragment (OpenID Connect Core 1.0, section 1.2).
    #[error("the issuer has a query")]
    IssuerQuery,
    /// A simulation that is not on this machine.
    #[error("a simulated provider must be on loopback")]
    SimulationElsewhere,
}

impl Preset {
    /// The profile of `environment`. An `issuer` of the configuration changes the address and nothing else.
    pub fn resolve(&self, environment: &str, issuer: Option<&str>) -> Result<ProviderProfile, ProfileError> {
        let found = self
            .environments
            .get(environment)
            .ok_or_else(|| self.no_environment())?;
        let issuer = issuer
            .or(found.issuer.as_deref())
            .ok_or(ProfileError::IssuerMissing)?;
        let issuer = ProviderUrl::parse(issuer).map_err(ProfileError::Issuer)?;
        if issuer.as_str().contains('?') {
            return Err(ProfileError::IssuerQuery);
        }
        if found.reality == Reality::Simulated && !issuer.host().is_loopback() {
            return Err(ProfileError::SimulationElsewhere);
        }
        let siblings = found
            .siblings
            .iter()
            .filter(|other| other.issuer != issuer.as_str());
        Ok(ProviderProfile {
            preset: self.name.clone(),
            siblings: siblings.cloned().collect(),
            issuer,
            reality: found.reality,
            rules: self.rules.clone(),
        })
    }

    fn no_environment(&self) -> ProfileError {
        let known: Vec<&str> = self.environments.keys().map(String::as_str).collect();
        ProfileError::Environment {
            preset: self.name.clone(),
            known: known.join(", "),
        }
    }
}

impl ProviderRules {
    /// The `acr` value that is asked for where the configuration names none; presets without it are not built.
    pub fn default_acr(&self) -> Option<AcrValue> {
        self.acr_values.value(&self.default_acr)
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
    use crate::provider::presets;

    #[test]
    fn an_issuer_of_the_configuration_changes_the_address_and_nothing_else() {
        let preset = presets::preset("franceconnect").unwrap().unwrap();
        let own = preset.resolve("sandbox", None).unwrap();
        let moved = preset
            .resolve(
                "sandbox",
                Some("https://fcp-low.integ01.dev-franceconnect.fr/api/v2"),
            )
            .unwrap();
        assert_eq!(
            moved.issuer.as_str(),
            "https://fcp-low.integ01.dev-franceconnect.fr/api/v2"
        );
        assert_eq!(format!("{:?}", moved.rules), format!("{:?}", own.rules));
        assert_eq!(moved.reality, Reality::Sandbox);
    }

    #[test]
    fn an_issuer_that_cannot_be_one_is_refused() {
        let preset = presets::preset("franceconnect").unwrap().unwrap();
        let refused = |environment, issuer| preset.resolve(environment, issuer).unwrap_err();
        assert_eq!(refused("simulated", None), ProfileError::IssuerMissing);
        assert_eq!(
            refused("simulated", Some("https://provider.example")),
            ProfileError::SimulationElsewhere
        );
        assert_eq!(
            refused("production", Some("http://provider.example")),
            ProfileError::Issuer(ProviderUrlError::Scheme)
        );
        assert_eq!(
            refused("production", Some("https://provider.example/?x")),
            ProfileError::IssuerQuery
        );
        assert_eq!(
            refused("integration", None).to_string(),
            "`franceconnect` has no environment of that name; it has production, sandbox, simulated"
        );
    }

    #[test]
    fn a_symmetric_algorithm_is_none_of_ours() {
        assert_eq!(SigningAlg::parse("ES256"), Some(SigningAlg::Es256));
        for text in ["HS256", "none", "es256", "ES384", "PS256", ""] {
            assert_eq!(SigningAlg::parse(text), None, "{text}");
        }
    }
}
