//! The providers that come with the program, each a TOML file, read when it is asked for and tested at build.

use crate::provider::preset::Preset;

/// Name and text of every preset.
const PRESETS: &[(&str, &str)] = &[
    ("franceconnect", include_str!("franceconnect.toml")),
    ("franceconnect-plus", include_str!("franceconnect_plus.toml")),
    ("proconnect", include_str!("proconnect.toml")),
    ("login-gov", include_str!("login_gov.toml")),
    ("oidc", include_str!("oidc.toml")),
];

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
mod tests;
