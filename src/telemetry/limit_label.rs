//! Which limit was reached, in the words of the configuration: one number for each, so that an operator sees which to change.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::EncodeLabelValue;
use prometheus_client::encoding::LabelValueEncoder;

/// A limit of `[limits]`; the login limit among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitLabel {
    /// `max_connections`
    Connections,
    /// `connections_per_client`
    ConnectionsPerClient,
    /// `requests_per_client`
    RequestsPerClient,
    /// `logins_per_client`
    LoginsPerClient,
    /// `head_timeout`, of a head that had begun.
    HeadTimeout,
    /// `write_timeout`
    WriteTimeout,
    /// `max_head` or `max_fields`, as far as we answer it ourselves.
    MaxHead,
    /// `max_body`
    MaxBody,
    /// `body_grace` and `body_rate`
    BodyRate,
    /// `max_form`
    MaxForm,
    /// `http2_resets`
    Http2Resets,
}

/// What a refusal is counted under.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LimitLabels {
    /// Which one.
    pub limit: LimitLabel,
}

impl LimitLabel {
    /// Every one.
    pub const ALL: [Self; 11] = [
        Self::Connections,
        Self::ConnectionsPerClient,
        Self::RequestsPerClient,
        Self::LoginsPerClient,
        Self::HeadTimeout,
        Self::WriteTimeout,
        Self::MaxHead,
        Self::MaxBody,
        Self::BodyRate,
        Self::MaxForm,
        Self::Http2Resets,
    ];

    /// The key of the configuration.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Connections => "max_connections",
            Self::ConnectionsPerClient => "connections_per_client",
            Self::RequestsPerClient => "requests_per_client",
            Self::LoginsPerClient => "logins_per_client",
            Self::HeadTimeout => "head_timeout",
            Self::WriteTimeout => "write_timeout",
            Self::MaxHead => "max_head",
            Self::MaxBody => "max_body",
            Self::BodyRate => "body_rate",
            Self::MaxForm => "max_form",
            Self::Http2Resets => "http2_resets",
        }
    }
}

impl EncodeLabelValue for LimitLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.key(), encoder)
    }
}
