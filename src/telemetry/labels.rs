//! What metrics are told apart by. Every value comes from the configuration or from a list in our code: never from a person
//! and never from a request as it was written.

use std::fmt::Write;
use std::sync::Arc;

use http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::EncodeLabelValue;
use prometheus_client::encoding::LabelValueEncoder;

use crate::wire::own_paths::OwnPath;
use crate::wire::own_paths::OwnPaths;

/// A request of a browser.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ServedLabels {
    /// One of the known ones, or `_OTHER`.
    pub http_request_method: MethodLabel,
    /// Empty: there was no answer, the browser had gone.
    pub http_response_status_code: StatusLabel,
    /// Which path of ours; empty for an application's.
    pub http_route: &'static str,
    /// Which application; empty for our own paths.
    pub app: Option<Arc<str>>,
}

/// A request of ours to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AskedLabels {
    /// Who was asked.
    pub peer: PeerLabel,
    /// Empty: there was no answer.
    pub http_response_status_code: StatusLabel,
    /// Why there was none; empty if there was.
    pub error_type: &'static str,
}

/// Whom we ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PeerLabel {
    /// `app urbanisme`.
    App(Arc<str>),
    /// Provider entry and endpoint: `fc token`.
    Provider(String),
}

impl EncodeLabelValue for PeerLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self {
            Self::App(app) => write!(encoder, "app {app}"),
            Self::Provider(endpoint) => encoder.write_str(endpoint),
        }
    }
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AppLabels {
    /// Its name; empty for our own paths.
    pub app: Arc<str>,
}

impl AppLabels {
    /// Those of an application.
    pub fn of(app: impl Into<Arc<str>>) -> Self {
        Self { app: app.into() }
    }
}

/// A server of an application.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct UpstreamLabels {
    /// The application's name.
    pub app: String,
    /// Its address, as in the configuration.
    pub upstream: String,
}

impl UpstreamLabels {
    /// Those of one server of an application.
    pub fn of(app: &str, upstream: &str) -> Self {
        Self {
            app: app.to_owned(),
            upstream: upstream.to_owned(),
        }
    }
}

/// A provider entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ProviderLabels {
    /// Its name.
    pub provider: String,
}

impl ProviderLabels {
    /// Those of an entry.
    pub fn of(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
        }
    }
}

/// How a login ended, in fewer words than there are causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoginResult {
    /// In a session.
    Success,
    /// The person turned back at the provider.
    Cancelled,
    /// The provider said an error.
    ProviderError,
    /// It did not answer.
    ProviderUnavailable,
    /// The answer belongs to no attempt of this browser.
    InvalidState,
    /// What it said about the person is not to be believed.
    InvalidToken,
    /// A level below the one that was asked for.
    AcrTooLow,
    /// It took too long.
    Expired,
    /// Something ended it from beside.
    Interrupted,
}

impl LoginResult {
    /// All that is no success.
    pub const FAILURES: [Self; 8] = [
        Self::Cancelled,
        Self::ProviderError,
        Self::ProviderUnavailable,
        Self::InvalidState,
        Self::InvalidToken,
        Self::AcrTooLow,
        Self::Expired,
        Self::Interrupted,
    ];
}

impl EncodeLabelValue for LoginResult {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.write_str(match self {
            Self::Success => "success",
            Self::Cancelled => "cancelled",
            Self::ProviderError => "provider_error",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::InvalidState => "invalid_state",
            Self::InvalidToken => "invalid_token",
            Self::AcrTooLow => "acr_too_low",
            Self::Expired => "expired",
            Self::Interrupted => "interrupted",
        })
    }
}

/// How a login ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LoginLabels {
    /// The entry; empty where no attempt is known.
    pub provider: String,
    /// The application; empty where it is not known.
    pub app: String,
    /// The level that was reached, if it is one that the preset or the configuration names, else `other`; empty if none was.
    pub acr: String,
    /// In one word.
    pub result: LoginResult,
}

/// How a logout ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LogoutLabels {
    /// Who wanted it: `person`, `operator`, `provider`.
    pub kind: &'static str,
    /// `complete`, or `partial`: here, but not at the provider.
    pub result: &'static str,
}

/// What was decided about a request for an application.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DecisionLabels {
    /// The application.
    pub app: Arc<str>,
    /// `signed_in`, `anonymous`, `unasked`, `login_needed`, `refused`, `failed`.
    pub decision: &'static str,
}

/// An operation of the session store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StoreLabels {
    /// `memory` or `redis`.
    pub store: &'static str,
}

/// An event of the audit stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ActionLabels {
    /// The event's action.
    pub action: &'static str,
}

/// A call of a probe.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ProbeLabels {
    /// `/livez`, `/readyz`, `/metrics`.
    pub endpoint: &'static str,
    /// What it was told.
    pub http_response_status_code: StatusLabel,
}

/// Why a line was left away.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LineLabels {
    /// `too_many` or `not_written`.
    pub reason: &'static str,
}

/// The program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct BuildLabels {
    /// Of the program.
    pub version: &'static str,
    /// The library of cryptography.
    pub rustls_provider: &'static str,
}

/// A method, one of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MethodLabel(&'static str);

impl MethodLabel {
    /// The label of a method.
    pub fn of(method: &Method) -> Self {
        const KNOWN: [&str; 9] = [
            "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE",
        ];
        let known = KNOWN.into_iter().find(|known| *known == method.as_str());
        Self(known.unwrap_or("_OTHER"))
    }
}

impl EncodeLabelValue for MethodLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.write_str(self.0)
    }
}

/// A status, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatusLabel(pub Option<u16>);

impl EncodeLabelValue for StatusLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self.0 {
            Some(status) => write!(encoder, "{status}"),
            None => Ok(()),
        }
    }
}

/// Which of our own paths it is; empty if it is none. The prefix is always called by its usual name, so that one dashboard
/// fits every site.
pub fn route(own_paths: &OwnPaths, path: &str) -> &'static str {
    if !own_paths.contain_path(path) {
        return "";
    }
    match own_paths.find(path) {
        Some(OwnPath::Chooser) => "/_guichet/login",
        Some(OwnPath::Login(_)) => "/_guichet/login/{provider}",
        Some(OwnPath::Callback) => "/_guichet/callback",
        Some(OwnPath::Logout) => "/_guichet/logout",
        Some(OwnPath::LoggedOut) => "/_guichet/logged-out",
        Some(OwnPath::BackchannelLogout) => "/_guichet/backchannel-logout",
        Some(OwnPath::Jwks) => "/_guichet/jwks.json",
        Some(OwnPath::RpJwks) => "/_guichet/rp-jwks.json",
        Some(OwnPath::SectorIdentifier) => "/_guichet/sector-identifier.json",
        Some(OwnPath::ClearCookies) => "/_guichet/clear-cookies",
        Some(OwnPath::ForwardAuth) => "/_guichet/auth",
        Some(OwnPath::Asset(_)) => "/_guichet/assets/{name}",
        None => "/_guichet/{other}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_ours_is_one_of_a_list_and_others_are_not_said() {
        for (path, expected) in [
            ("/_guichet/callback", "/_guichet/callback"),
            ("/_guichet/login/fc", "/_guichet/login/{provider}"),
            ("/_guichet/login/anything/else", "/_guichet/login/{provider}"),
            ("/_guichet/LOGIN", "/_guichet/{other}"),
            ("/dossier/LE-GOUT", ""),
        ] {
            assert_eq!(route(&OwnPaths::default(), path), expected);
        }
        let elsewhere = OwnPaths::parse("/connexion").unwrap();
        assert_eq!(route(&elsewhere, "/connexion/callback"), "/_guichet/callback");
        assert_eq!(route(&elsewhere, "/_guichet/callback"), "");
    }

    #[test]
    fn a_method_that_a_stranger_made_up_is_another_one() {
        assert_eq!(MethodLabel::of(&Method::GET), MethodLabel("GET"));
        let odd = Method::from_bytes(b"MKCOL").unwrap();
        assert_eq!(MethodLabel::of(&odd), MethodLabel("_OTHER"));
    }
}
