//! Providers are data: a profile says every way in which they differ, and no code asks which one it talks to.

pub mod acr;
pub mod entry_name;
pub mod presets;
pub mod profile;
