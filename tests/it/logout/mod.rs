//! Signing out: by the person, here and then at the provider; and by the provider, whose logout tokens need no browser.

pub(crate) mod ending;
pub(crate) mod person;
pub(crate) mod provider;
pub(crate) mod stage;
pub(crate) mod tokens;
pub(crate) mod transport;
mod whole;
