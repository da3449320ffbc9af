//! The providers that come with the program, each a TOML file, read when it is asked for and tested at build.

use crate::provider::profile::Preset;

/// Name and text of every preset.
const PRESETS: &[(&str, &str)] = &[("franceconnect", include_str!("presets/franceconnect.toml"))];

/// A preset whose file is wrong. A test keeps this from ever being seen.
#[derive(Debug, thiserror::Error)]
#[error("the preset cannot be read")]
pub struct PresetError(#[source] toml::de::Error);

/// The names of all presets.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

/// The preset `name`; `None` if there is none of that name.
pub fn preset(name: &str) -> Result<Option<Preset>, PresetError> {
    let Some((_, text)) = PRESETS.iter().find(|(known, _)| *known == name) else {
        return Ok(None);
    };
    toml::from_str(text).map(Some).map_err(PresetError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::profile::AuthorizationParameter;
    use crate::provider::profile::SigningAlg;

    #[test]
    fn every_preset_is_read_and_consistent() {
        for name in names() {
            let preset = preset(name).unwrap().unwrap();
            assert_eq!(preset.name, name);
            let rules = &preset.rules;
            assert!(rules.default_acr().is_some(), "{name}");
            assert!(rules.served_acr_values.contains(&rules.default_acr), "{name}");
            for served in &rules.served_acr_values {
                assert!(rules.acr_values.value(served).is_some(), "{name}: {served}");
            }
            assert!(rules.signing_algs.contains(&rules.default_signing_alg), "{name}");
            assert!(rules.scopes.contains_key("openid"), "{name}");
            for parameter in &rules.authorization_parameters {
                assert!(
                    rules
                        .accepted_parameters
                        .iter()
                        .any(|name| name == parameter.as_str()),
                    "{name}: {parameter:?}"
                );
            }
            for (environment, described) in &preset.environments {
                let issuer = described
                    .issuer
                    .is_none()
                    .then_some("http://127.0.0.1:4000/api/v2");
                assert!(
                    preset.resolve(environment, issuer).is_ok(),
                    "{name} {environment}"
                );
            }
        }
        assert!(preset("facebook").unwrap().is_none());
    }

    #[test]
    fn a_sandbox_knows_the_other_one_and_not_itself() {
        let siblings = |issuer| {
            let profile = preset("franceconnect")
                .unwrap()
                .unwrap()
                .resolve("sandbox", issuer);
            let siblings = profile.unwrap().siblings;
            siblings
                .iter()
                .map(|sibling| sibling.issuer.clone())
                .collect::<Vec<_>>()
        };
        let (new, old) = (
            "https://fcp-low.sbx.dev-franceconnect.fr/api/v2",
            "https://fcp-low.integ01.dev-franceconnect.fr/api/v2",
        );
        assert_eq!(siblings(None), [old]);
        assert_eq!(siblings(Some(old)), [new]);
        assert_eq!(siblings(Some("http://127.0.0.1:4000/api/v2")), [new, old]);
    }

    #[test]
    fn franceconnect_is_asked_with_its_closed_list() {
        let rules = preset("franceconnect").unwrap().unwrap().rules;
        assert_eq!(
            rules.authorization_parameters,
            [
                AuthorizationParameter::ClientId,
                AuthorizationParameter::ResponseType,
                AuthorizationParameter::RedirectUri,
                AuthorizationParameter::Scope,
                AuthorizationParameter::State,
                AuthorizationParameter::Nonce,
                AuthorizationParameter::AcrValues,
            ]
        );
        assert_eq!(rules.signing_algs, [SigningAlg::Es256, SigningAlg::Rs256]);
        assert_eq!(rules.default_acr().unwrap().as_str(), "eidas1");
        let scopes = [
            "openid".to_owned(),
            "identite_pivot".to_owned(),
            "email".to_owned(),
        ];
        let claims: Vec<&str> = rules.claims_of(&scopes).collect();
        assert_eq!(
            claims,
            [
                "sub",
                "given_name",
                "given_name_array",
                "family_name",
                "birthdate",
                "gender",
                "birthplace",
                "birthcountry",
                "email"
            ]
        );
    }
}
