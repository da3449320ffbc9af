//! One provider entry, with everything that belongs to it.

use crate::back_channel::BackChannel;
use crate::config::settings::Config;
use crate::config::settings::Registration;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::examination::Examination;

/// Whom the doctor looks at.
pub(super) struct Patient<'a> {
    /// What the configuration says about the entry.
    pub(super) settings: &'a ClientSettings,
    /// What is registered at the provider.
    pub(super) registration: Registration,
    /// Everything else that it says.
    pub(super) config: &'a Config,
    /// How the provider is reached.
    pub(super) back_channel: &'a BackChannel,
    /// How everything else is reached.
    pub(super) straight: &'a BackChannel,
}

impl<'a> Patient<'a> {
    /// The client, about to ask.
    pub(super) fn examination(&self) -> Examination<'a> {
        Examination {
            settings: self.settings,
            back_channel: self.back_channel,
        }
    }
}
