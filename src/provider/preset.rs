//! A provider that comes with the program, in one of its environments: from the preset's file to a profile.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::provider::profile::ProviderProfile;
use crate::provider::profile::ProviderRules;
use crate::provider::profile::Reality;
use crate::provider::profile::Sibling;
use crate::wire::provider_url::ProviderUrl;
use crate::wire::provider_url::ProviderUrlError;

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
}
