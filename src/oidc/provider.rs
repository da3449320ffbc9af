//! What is known about a provider at this moment: its addresses and its keys, fetched when they are needed; and whether it is
//! there at all.

use std::sync::Arc;
use std::sync::Weak;
use std::time::Duration;

use http::HeaderValue;
use http::header::ACCEPT;

use crate::back_channel::BackChannel;
use crate::back_channel::BackChannelError;
use crate::back_channel::Bounds;
use crate::back_channel::answer::Answer;
use crate::causes;
use crate::clock::Clock;
use crate::oidc::cached::CacheBounds;
use crate::oidc::cached::Cached;
use crate::oidc::cached::Fetched;
use crate::oidc::cached::Kept;
use crate::oidc::cached::Met;
use crate::oidc::circuit::Circuit;
use crate::oidc::circuit::Opening;
use crate::oidc::circuit::Standing;
use crate::oidc::jwks::KeySetError;
use crate::oidc::jwks::MayBeRotation;
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

/// A provider that does not answer is asked again after so long, then after twice as long each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

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
    /// What somebody was told who asked a moment ago. It was not asked again.
    #[error(transparent)]
    Before(#[from] Arc<Self>),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] crate::seal::RandomError),
}

impl ProviderError {
    /// Whether the provider said nothing at all. An answer that cannot be used is an answer.
    fn is_silence(&self) -> bool {
        match self {
            Self::BackChannel(error) => error.is_silence(),
            Self::Before(error) => error.is_silence(),
            _ => false,
        }
    }

    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::BackChannel(_) => "provider_unreachable",
            Self::Before(error) => error.reason(),
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
    profile: ProviderProfile,
    back_channel: BackChannel,
    clock: Arc<dyn Clock>,
    metadata: Arc<Cached<ProviderMetadata, ProviderError>>,
    keys: Arc<Cached<ProviderKeys, ProviderError>>,
    circuit: Circuit<ProviderError>,
}

impl Provider {
    /// Nothing is known of it yet.
    pub(super) fn new(profile: ProviderProfile, back_channel: BackChannel, clock: Arc<dyn Clock>) -> Self {
        Self {
            profile,
            back_channel,
            clock,
            metadata: Arc::new(Cached::new(METADATA)),
            keys: Arc::new(Cached::new(KEYS)),
            circuit: Circuit::new(),
        }
    }

    /// Knows what `other` knows, now and later; asks by a way of its own, so whether it is reached is its own affair.
    #[must_use]
    pub(super) fn knowing(self, other: &Self) -> Self {
        Self {
            metadata: Arc::clone(&other.metadata),
            keys: Arc::clone(&other.keys),
            ..self
        }
    }

    /// Its addresses, for somebody who is about to be sent there. One that was not heard for a while is asked first; of one
    /// that is known to be away nothing is asked.
    pub(super) async fn reached(self: &Arc<Self>) -> Result<Arc<Kept<ProviderMetadata>>, ProviderError> {
        match self.circuit.standing() {
            Standing::Heard => self.metadata().await,
            Standing::Open(why) => Err(why.into()),
            Standing::Unknown => self.ask().await,
        }
    }

    /// Its addresses.
    pub(super) async fn metadata(&self) -> Result<Arc<Kept<ProviderMetadata>>, ProviderError> {
        let now = self.clock.now();
        if let Standing::Open(why) = self.circuit.standing() {
            return self.metadata.usable(now).ok_or_else(|| why.into());
        }
        let kept = self.metadata.get(now, || self.fetch_metadata()).await;
        kept.map_err(ProviderError::from)
    }

    /// Its keys.
    pub(super) async fn keys(
        &self,
        jwks_uri: &ProviderUrl,
    ) -> Result<Arc<Kept<ProviderKeys>>, ProviderError> {
        let now = self.clock.now();
        if let Standing::Open(why) = self.circuit.standing() {
            return self.keys.usable(now).ok_or_else(|| why.into());
        }
        let kept = self.keys.get(now, || self.fetch_keys(jwks_uri)).await;
        kept.map_err(ProviderError::from)
    }

    /// Verifies with these keys; once more with newer ones where the provider may have rotated them. Says which keys were the
    /// last.
    pub(super) async fn verified<T, E: MayBeRotation>(
        &self,
        keys: Arc<Kept<ProviderKeys>>,
        (jwks_uri, met): (&ProviderUrl, Met),
        verify: impl Fn(&ProviderKeys) -> Result<T, E>,
    ) -> Result<(T, Arc<Kept<ProviderKeys>>), E> {
        match verify(&keys.value) {
            Err(error) if error.may_be_rotation() => {
                let newer = self.newer_keys(keys, jwks_uri, met).await;
                Ok((verify(&newer.value)?, newer))
            }
            verified => Ok((verified?, keys)),
        }
    }

    /// Its newest keys, for a token that `seen` does not explain: a key that was rotated since.
    async fn newer_keys(
        &self,
        seen: Arc<Kept<ProviderKeys>>,
        jwks_uri: &ProviderUrl,
        met: Met,
    ) -> Arc<Kept<ProviderKeys>> {
        if let Standing::Open(_) = self.circuit.standing() {
            return seen;
        }
        let now = self.clock.now();
        self.keys
            .renew(seen, (now, met), || self.fetch_keys(jwks_uri))
            .await
    }

    /// Hears how a call to this provider went.
    pub(super) fn heard<T>(&self, call: Result<T, BackChannelError>) -> Result<T, BackChannelError> {
        match &call {
            Err(error) if error.is_silence() => self.circuit.silent(),
            Err(BackChannelError::Tls(_) | BackChannelError::Request(_)) => {}
            Ok(_) | Err(_) => {
                if self.circuit.answered() {
                    tracing::info!(issuer = %self.profile.issuer, "the provider answers again");
                }
            }
        }
        call
    }

    async fn ask(self: &Arc<Self>) -> Result<Arc<Kept<ProviderMetadata>>, ProviderError> {
        let now = self.clock.now();
        match self.metadata.refresh(now, || self.fetch_metadata()).await {
            Ok(kept) => Ok(kept),
            Err(error) if error.is_silence() => {
                self.open(&error);
                Err(error.into())
            }
            Err(error) => self.metadata.usable(now).ok_or_else(|| error.into()),
        }
    }

    fn open(self: &Arc<Self>, error: &Arc<ProviderError>) {
        let Some(opening) = self.circuit.open(Arc::clone(error)) else {
            return;
        };
        tracing::warn!(
            issuer = %self.profile.issuer,
            error = %causes::in_one_line(error.as_ref()),
            "the provider does not answer: new logins are told so at once, until it does"
        );
        tokio::spawn(until_it_answers(Arc::downgrade(self), opening));
    }

    async fn fetch_metadata(&self) -> Fetched<ProviderMetadata, ProviderError> {
        let fetched = self.read_metadata().await;
        // Of silence the circuit tells.
        if !matches!(&fetched, Err(error) if error.is_silence()) {
            self.say_kept("discovery document", &self.metadata, &fetched);
        }
        fetched
    }

    async fn read_metadata(&self) -> Fetched<ProviderMetadata, ProviderError> {
        let address = provider_metadata::address(&self.profile.issuer)?;
        let back_channel = self.back_channel.at("discovery");
        let answer = self.heard(document(&back_channel, &address, "application/json").await)?;
        Ok((ProviderMetadata::read(&answer, &self.profile)?, answer.max_age()))
    }

    async fn fetch_keys(&self, jwks_uri: &ProviderUrl) -> Fetched<ProviderKeys, ProviderError> {
        let fetched = self.read_keys(jwks_uri).await;
        self.say_kept("keys", &self.keys, &fetched);
        fetched
    }

    async fn read_keys(&self, jwks_uri: &ProviderUrl) -> Fetched<ProviderKeys, ProviderError> {
        let back_channel = self.back_channel.at("jwks");
        let answer = self.heard(document(&back_channel, jwks_uri, KEY_SET).await)?;
        let keys = ProviderKeys::read(&answer)?;
        if keys.exposed() > 0 {
            tracing::warn!(
                issuer = %self.profile.issuer,
                keys = keys.exposed(),
                "the provider publishes keys with which anybody can sign; they are not believed"
            );
        }
        if let Some(peer) = self.back_channel.peer() {
            peer.keys_fetched();
        }
        Ok((keys, answer.max_age()))
    }

    /// Whoever goes on with what is kept sees no error: the log has it.
    fn say_kept<T>(
        &self,
        what: &'static str,
        kept: &Cached<T, ProviderError>,
        fetched: &Fetched<T, ProviderError>,
    ) {
        if let Err(error) = fetched
            && kept.usable(self.clock.now()).is_some()
        {
            tracing::warn!(
                issuer = %self.profile.issuer,
                what,
                reason = error.reason(),
                error = %causes::in_one_line(error),
                "the provider's document cannot be used, the one before stays in use"
            );
        }
    }
}

/// Asks a provider that is away, for as long as somebody might be sent there.
async fn until_it_answers(provider: Weak<Provider>, opening: Opening) {
    let mut pause = FIRST_PAUSE;
    loop {
        tokio::time::sleep(pause).await;
        let Some(provider) = provider.upgrade() else {
            return;
        };
        if !provider.circuit.is_still(opening) {
            return;
        }
        let now = provider.clock.now();
        // Whether it answered, the circuit knows; what cannot be used is in the log.
        drop(provider.metadata.refresh(now, || provider.fetch_metadata()).await);
        pause = (pause * 2).min(LONGEST_PAUSE);
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
