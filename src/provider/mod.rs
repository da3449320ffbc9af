//! Providers are data: a profile says every way in which they differ, and no code asks which one it talks to.

pub mod acr;
pub mod authorization_parameter;
pub mod button;
pub mod entry_name;
pub mod needed_scopes;
pub mod preset;
pub mod presets;
pub mod profile;
