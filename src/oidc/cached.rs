//! A document of the provider, kept for a bounded time and fetched by one request at a time.
//!
//! While it is fresh nobody asks. When it is old, one request fetches it and the others use what is kept. When the
//! provider is down the old one is used for a bounded time, then nothing: a gateway that knows no keys lets nobody in.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::clock::Timestamp;

/// The bounds that hold whatever the provider's `Cache-Control` says.
#[derive(Clone, Copy, Debug)]
pub(super) struct CacheBounds {
    /// Not asked again before this.
    pub shortest: Duration,
    /// Asked again after this, though the provider allows more.
    pub longest: Duration,
    /// Where the provider says nothing.
    pub usual: Duration,
    /// Not used any more after this, counted from the fetch.
    pub last_resort: Duration,
}

/// After a failure nobody asks for so long: whoever comes meanwhile gets an answer at once instead of a place in a queue.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// The least time between two fetches that a token asked for, by naming a key that is not known.
const RENEW_AFTER: Duration = Duration::from_mins(1);

/// A document with the time at which it came.
#[derive(Debug)]
pub(super) struct Kept<T> {
    /// The document.
    pub value: T,
    fresh_until: Timestamp,
    usable_until: Timestamp,
}

/// What a fetch brings: the document, and how long the provider says that it stays good.
pub(super) type Fetched<T, E> = Result<(T, Option<Duration>), E>;

/// Why there is no document.
#[derive(Debug)]
pub(super) enum CacheError<E> {
    /// It was fetched for this caller, in vain.
    Fetch(E),
    /// Another caller fetched it in vain a moment ago.
    JustFailed,
}

#[derive(Debug, Default)]
struct Attempts {
    /// When the last fetch had failed, by the clock of waiting: a fetch takes time, and whoever waited for it in vain is
    /// one of those who come after it.
    last_failure: Option<Instant>,
    last_renewal: Option<Timestamp>,
}

/// One document.
#[derive(Debug)]
pub(super) struct Cached<T> {
    kept: ArcSwapOption<Kept<T>>,
    fetching: Mutex<Attempts>,
    bounds: CacheBounds,
}

impl<T> Cached<T> {
    /// Nothing is known yet.
    pub(super) fn new(bounds: CacheBounds) -> Self {
        Self {
            kept: ArcSwapOption::empty(),
            fetching: Mutex::default(),
            bounds,
        }
    }

    /// The document, fetched if need be.
    pub(super) async fn get<E, F>(
        &self,
        now: Timestamp,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<Kept<T>>, CacheError<E>>
    where
        F: Future<Output = Fetched<T, E>>,
    {
        let usable = self.kept.load_full().filter(|kept| now < kept.usable_until);
        if let Some(kept) = &usable
            && now < kept.fresh_until
        {
            return Ok(Arc::clone(kept));
        }
        let mut attempts = match (self.fetching.try_lock(), usable) {
            (Ok(attempts), _) => attempts,
            (Err(_another_fetches), Some(kept)) => return Ok(kept),
            (Err(_another_fetches), None) => self.fetching.lock().await,
        };
        // Whoever fetched while we waited may have brought it.
        let usable = self.kept.load_full().filter(|kept| now < kept.usable_until);
        if let Some(kept) = &usable
            && now < kept.fresh_until
        {
            return Ok(Arc::clone(kept));
        }
        let failed_just_now = attempts
            .last_failure
            .is_some_and(|failure| failure.elapsed() < RETRY_AFTER);
        let error = if failed_just_now {
            CacheError::JustFailed
        } else {
            match fetch().await {
                Ok(fetched) => return Ok(self.keep(now, fetched)),
                Err(error) => {
                    attempts.last_failure = Some(Instant::now());
                    CacheError::Fetch(error)
                }
            }
        };
        usable.ok_or(error)
    }

    /// A newer document than `seen`, for a token that `seen` does not explain: at most one fetch a minute, one at a time.
    /// Gives `seen` back where there is none.
    pub(super) async fn renew<E, F>(
        &self,
        seen: Arc<Kept<T>>,
        now: Timestamp,
        fetch: impl FnOnce() -> F,
    ) -> Arc<Kept<T>>
    where
        F: Future<Output = Fetched<T, E>>,
    {
        let mut attempts = self.fetching.lock().await;
        if let Some(kept) = self.kept.load_full()
            && !Arc::ptr_eq(&kept, &seen)
        {
            return kept;
        }
        if attempts
            .last_renewal
            .is_some_and(|last| is_within(RENEW_AFTER, last, now))
        {
            return seen;
        }
        attempts.last_renewal = Some(now);
        match fetch().await {
            Ok(fetched) => self.keep(now, fetched),
            Err(_down) => seen,
        }
    }

    fn keep(&self, now: Timestamp, (value, max_age): (T, Option<Duration>)) -> Arc<Kept<T>> {
        let fresh_for = max_age
            .unwrap_or(self.bounds.usual)
            .clamp(self.bounds.shortest, self.bounds.longest);
        let kept = Arc::new(Kept {
            value,
            fresh_until: now.plus(fresh_for),
            usable_until: now.plus(self.bounds.last_resort),
        });
        self.kept.store(Some(Arc::clone(&kept)));
        kept
    }
}

/// Whether `earlier` is less than `bound` ago. What happened while the clock was ahead holds nobody up until it catches up.
fn is_within(bound: Duration, earlier: Timestamp, now: Timestamp) -> bool {
    earlier <= now && now.since(earlier) < bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    const BOUNDS: CacheBounds = CacheBounds {
        shortest: Duration::from_mins(1),
        longest: Duration::from_hours(1),
        usual: Duration::from_mins(10),
        last_resort: Duration::from_hours(2),
    };

    /// A provider that counts its answers; each says how long it stays good.
    #[derive(Default)]
    struct Provider(AtomicUsize);

    impl Provider {
        async fn answer(&self, max_age: Option<u64>) -> Fetched<usize, ()> {
            tokio::task::yield_now().await;
            let count = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            Ok((count, max_age.map(Duration::from_secs)))
        }

        fn fail(&self) -> std::future::Ready<Fetched<usize, ()>> {
            self.0.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Err(()))
        }
    }

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    #[tokio::test]
    async fn a_document_is_used_as_long_as_the_provider_says_within_bounds() {
        for (max_age, fresh_for) in [
            (None, 600),
            (Some(700), 700),
            (Some(0), 60),
            (Some(31_536_000), 3600),
        ] {
            let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
            for (moment, expected) in [(0, 1), (fresh_for - 1, 1), (fresh_for, 2)] {
                let kept = cached.get(at(moment), || provider.answer(max_age)).await.unwrap();
                assert_eq!(kept.value, expected, "{max_age:?} {moment}");
            }
        }
    }

    #[tokio::test]
    async fn many_at_once_cause_one_fetch() {
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        let one = || async { cached.get(at(0), || provider.answer(None)).await.unwrap().value };
        let all = tokio::join!(one(), one(), one(), one(), one());
        assert_eq!(all, (1, 1, 1, 1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waited_for_a_fetch_in_vain_does_not_wait_for_another() {
        let (cached, provider) = (Cached::<usize>::new(BOUNDS), Provider::default());
        let silent = || async {
            provider.0.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(5)).await;
            Err(())
        };
        let one = || async { cached.get(at(0), silent).await.is_err() };
        let all = tokio::join!(one(), one(), one(), one());
        assert_eq!(all, (true, true, true, true));
        assert_eq!(provider.0.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_document_serves_while_the_provider_is_down_but_not_for_ever() {
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        assert!(cached.get(at(0), || provider.answer(None)).await.is_ok());
        for (pause, moment) in [(600, 600), (1, 601), (6598, 7199)] {
            tokio::time::advance(Duration::from_secs(pause)).await;
            assert_eq!(cached.get(at(moment), || provider.fail()).await.unwrap().value, 1);
        }
        assert_eq!(
            provider.0.load(Ordering::SeqCst),
            3,
            "not asked again within two seconds"
        );
        tokio::time::advance(Duration::from_secs(3)).await;
        let end = cached.get(at(7202), || provider.fail()).await;
        assert!(matches!(end, Err(CacheError::Fetch(()))));
        tokio::time::advance(Duration::from_secs(1)).await;
        let next = cached.get(at(7203), || provider.fail()).await;
        assert!(matches!(next, Err(CacheError::JustFailed)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(cached.get(at(7204), || provider.answer(None)).await.is_ok());
    }

    #[tokio::test]
    async fn a_renewal_happens_at_most_once_a_minute() {
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        let first = cached.get(at(0), || provider.answer(None)).await.unwrap();
        let second = cached.renew(first, at(1), || provider.answer(None)).await;
        assert_eq!(second.value, 2);
        let same = cached
            .renew(Arc::clone(&second), at(60), || provider.answer(None))
            .await;
        assert!(Arc::ptr_eq(&same, &second));
        let third = cached.renew(second, at(61), || provider.answer(None)).await;
        assert_eq!(third.value, 3);
    }

    #[tokio::test]
    async fn whoever_saw_an_older_document_gets_the_newer_one_without_a_fetch() {
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        let first = cached.get(at(0), || provider.answer(None)).await.unwrap();
        let one = || async {
            cached
                .renew(Arc::clone(&first), at(1), || provider.answer(None))
                .await
                .value
        };
        assert_eq!(tokio::join!(one(), one(), one()), (2, 2, 2));
    }
}
