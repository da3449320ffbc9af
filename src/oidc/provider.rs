//! What is known about a provider at this moment: its addresses and its keys, fetched when they are needed.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::ACCEPT;

use crate::back_channel::BackChannel;
use crate::back_channel::BackChannelError;
use crate::back_channel::Bounds;
use crate::back_channel::answer::Answer;
use crate::clock::Timestamp;
use crate::oidc::cached::CacheBounds;
use crate::oidc::cached::CacheError;
use crate::oidc::cached::Cached;
use crate::oidc::cached::Fetched;
use crate::oidc::cached::Kept;
use crate::oidc::jwks::KeySetError;
use crate::oidc::jwks::ProviderKeys;
use crate::oidc::provider_metadata;
use crate::oidc::provider_metadata::MetadataError;
use crate::oidc::provider_metadata::ProviderMetadata;
use crate::provider::profile::ProviderProfile;
use crate::wire::provider_url::ProviderUrl;
use crate::wire::provider_url::ProviderUrlError;

/// FranceConnect allows ten minutes for both.
const USUAL: Duration = Duration::from_mins(10);
const METADATA: CacheBounds = CacheBounds {
    shortest: Duration::from_mins(1),
    longest: Duration::from_hours(24),
    usual: USUAL,
    last_resort: Duration::from_hours(48),
};
/// A key that the provider took back must not be believed for long.
const KEYS: CacheBounds = CacheBounds {
    shortest: Duration::from_mins(1),
    longest: Duration::from_hours(1),
    usual: USUAL,
    last_resort: Duration::from_hours(2),
};
/// Discovery document and key set: a few KiB at every provider that we know.
const DOCUMENT: Bounds = Bounds {
    within: Duration::from_secs(5),
    at_most: 256 * 1024,
};

/// What a key set may call itself.
pub(super) const KEY_SET: &str = "application/jwk-set+json, application/json";

/// Why the provider cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// It does not answer.
    #[error(transparent)]
    BackChannel(#[from] BackChannelError),
    /// The issuer has no discovery document that could be asked for.
    #[error("the issuer cannot be used: {0}")]
    Issuer(#[from] ProviderUrlError),
    /// Its discovery document was refused.
    #[error("discovery: {0}")]
    Metadata(#[from] MetadataError),
    /// Its key set was refused.
    #[error("key set: {0}")]
    Keys(#[from] KeySetError),
    /// It did not answer a moment ago.
    #[error("the provider could not be reached a moment ago")]
    JustFailed,
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] crate::seal::RandomError),
}

impl ProviderError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::BackChannel(_) | Self::JustFailed => "provider_unreachable",
            Self::Issuer(_) => "issuer_unusable",
            Self::Metadata(MetadataError::Issuer { .. }) => "discovery_issuer_mismatch",
            Self::Metadata(_) => "discovery_refused",
            Self::Keys(_) => "jwks_refused",
            Self::Random(_) => "random_failed",
        }
    }
}

/// One provider.
#[derive(Debug)]
pub(super) struct Provider {
    back_channel: BackChannel,
    metadata: Arc<Cached<ProviderMetadata>>,
    keys: Arc<Cached<ProviderKeys>>,
}

impl Provider {
    pub(super) fn new(back_channel: BackChannel) -> Self {
        Self {
            back_channel,
            metadata: Arc::new(Cached::new(METADATA)),
            keys: Arc::new(Cached::new(KEYS)),
        }
    }

    /// Knows what `other` knows, now and later; asks by a way of its own.
    pub(super) fn take_over(&mut self, other: &Self) {
        self.metadata = Arc::clone(&other.metadata);
        self.keys = Arc::clone(&other.keys);
    }

    /// Its addresses.
    pub(super) async fn metadata(
        &self,
        profile: &ProviderProfile,
        now: Timestamp,
    ) -> Result<Arc<Kept<ProviderMetadata>>, ProviderError> {
        let kept = self.metadata.get(now, || self.fetch_metadata(profile)).await;
        kept.map_err(ProviderError::from)
    }

    /// Its keys.
    pub(super) async fn keys(
        &self,
        jwks_uri: &ProviderUrl,
        now: Timestamp,
    ) -> Result<Arc<Kept<ProviderKeys>>, ProviderError> {
        let kept = self.keys.get(now, || self.fetch_keys(jwks_uri)).await;
        kept.map_err(ProviderError::from)
    }

    /// Its newest keys, for a token that `seen` does not explain: a key that was rotated since.
    pub(super) async fn newer_keys(
        &self,
        seen: Arc<Kept<ProviderKeys>>,
        jwks_uri: &ProviderUrl,
        now: Timestamp,
    ) -> Arc<Kept<ProviderKeys>> {
        self.keys.renew(seen, now, || self.fetch_keys(jwks_uri)).await
    }

    async fn fetch_metadata(&self, profile: &ProviderProfile) -> Fetched<ProviderMetadata, ProviderError> {
        let address = provider_metadata::address(&profile.issuer)?;
        let answer = document(&self.back_channel.at("discovery"), &address, "application/json").await?;
        Ok((ProviderMetadata::read(&answer, profile)?, answer.max_age()))
    }

    async fn fetch_keys(&self, jwks_uri: &ProviderUrl) -> Fetched<ProviderKeys, ProviderError> {
        let answer = document(&self.back_channel.at("jwks"), jwks_uri, KEY_SET).await?;
        let keys = ProviderKeys::read(&answer)?;
        if let Some(peer) = self.back_channel.peer() {
            peer.keys_fetched();
        }
        Ok((keys, answer.max_age()))
    }
}

/// A document of a provider.
pub(super) async fn document(
    back_channel: &BackChannel,
    address: &ProviderUrl,
    accept: &'static str,
) -> Result<Answer, BackChannelError> {
    let headers = [(ACCEPT, HeaderValue::from_static(accept))];
    back_channel.get(address, &headers, DOCUMENT).await
}

impl From<CacheError<Self>> for ProviderError {
    fn from(error: CacheError<Self>) -> Self {
        match error {
            CacheError::Fetch(error) => error,
            CacheError::JustFailed => Self::JustFailed,
        }
    }
}
