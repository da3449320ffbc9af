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

/// In what somebody met a key that is not known. Each causes a fetch a minute at most, of its own: whoever forges logout tokens
/// takes none from those who sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// In what the provider answered to a login.
    Login,
    /// In a logout token, which anybody can send.
    LogoutToken,
}

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

#[derive(Debug)]
struct Attempts<E> {
    /// When the last fetch had failed, by the clock of waiting: a fetch takes time, and whoever waited for it in vain is
    /// one of those who come after it. And why: they are told the same.
    last_failure: Option<(Instant, Arc<E>)>,
    /// The last renewal for a login.
    for_login: Option<Timestamp>,
    /// The last renewal for a logout token.
    for_logout_token: Option<Timestamp>,
}

impl<E> Attempts<E> {
    fn failed(&mut self, error: E) -> Arc<E> {
        let error = Arc::new(error);
        self.last_failure = Some((Instant::now(), Arc::clone(&error)));
        error
    }

    /// Why the last fetch failed, if it did so after `moment`.
    fn failure_since(&self, moment: Instant) -> Option<Arc<E>> {
        let (at, error) = self.last_failure.as_ref()?;
        (*at >= moment).then(|| Arc::clone(error))
    }

    fn last_renewal(&mut self, met: Met) -> &mut Option<Timestamp> {
        match met {
            Met::Login => &mut self.for_login,
            Met::LogoutToken => &mut self.for_logout_token,
        }
    }
}

/// One document.
#[derive(Debug)]
pub(super) struct Cached<T, E> {
    kept: ArcSwapOption<Kept<T>>,
    fetching: Mutex<Attempts<E>>,
    bounds: CacheBounds,
}

impl<T, E> Cached<T, E> {
    /// Nothing is known yet.
    pub(super) fn new(bounds: CacheBounds) -> Self {
        Self {
            kept: ArcSwapOption::empty(),
            fetching: Mutex::new(Attempts {
                last_failure: None,
                for_login: None,
                for_logout_token: None,
            }),
            bounds,
        }
    }

    /// The document that is kept, if it may still be used. Nobody is asked.
    pub(super) fn usable(&self, now: Timestamp) -> Option<Arc<Kept<T>>> {
        self.kept.load_full().filter(|kept| now < kept.usable_until)
    }

    /// The document as it is now, however fresh the one is that is kept. Whoever waited for another's fetch has its outcome.
    pub(super) async fn refresh<F>(
        &self,
        now: Timestamp,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<Kept<T>>, Arc<E>>
    where
        F: Future<Output = Fetched<T, E>>,
    {
        let (began, before) = (Instant::now(), self.kept.load_full());
        let mut attempts = self.fetching.lock().await;
        if let Some(kept) = self.kept.load_full()
            && !before.is_some_and(|before| Arc::ptr_eq(&before, &kept))
        {
            return Ok(kept);
        }
        if let Some(error) = attempts.failure_since(began) {
            return Err(error);
        }
        match fetch().await {
            Ok(fetched) => Ok(self.keep(now, fetched)),
            Err(error) => Err(attempts.failed(error)),
        }
    }

    /// The document, fetched if need be.
    pub(super) async fn get<F>(
        &self,
        now: Timestamp,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<Kept<T>>, Arc<E>>
    where
        F: Future<Output = Fetched<T, E>>,
    {
        let usable = self.usable(now);
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
        let usable = self.usable(now);
        if let Some(kept) = &usable
            && now < kept.fresh_until
        {
            return Ok(Arc::clone(kept));
        }
        let just_now = attempts.last_failure.as_ref();
        let error = match just_now.filter(|(at, _)| at.elapsed() < RETRY_AFTER) {
            Some((_, error)) => Arc::clone(error),
            None => match fetch().await {
                Ok(fetched) => return Ok(self.keep(now, fetched)),
                Err(error) => attempts.failed(error),
            },
        };
        usable.ok_or(error)
    }

    /// A newer document than `seen`, for a token that `seen` does not explain: at most one fetch a minute for logins and one
    /// for logout tokens, one at a time; one that failed for a login is tried again soon. Gives `seen` back where there is none.
    pub(super) async fn renew<F>(
        &self,
        seen: Arc<Kept<T>>,
        (now, met): (Timestamp, Met),
        fetch: impl FnOnce() -> F,
    ) -> Arc<Kept<T>>
    where
        F: Future<Output = Fetched<T, E>>,
    {
        let began = Instant::now();
        let mut attempts = self.fetching.lock().await;
        if let Some(kept) = self.kept.load_full()
            && !Arc::ptr_eq(&kept, &seen)
        {
            return kept;
        }
        // Nobody asks within moments of a failure: neither who comes after it nor who waited for that fetch in vain.
        if attempts
            .failure_since(began.checked_sub(RETRY_AFTER).unwrap_or(began))
            .is_some()
        {
            return seen;
        }
        let last = attempts.last_renewal(met);
        if last.is_some_and(|last| is_within(RENEW_AFTER, last, now)) {
            return seen;
        }
        // Codes are spent until it succeeds, so it is not long before a login tries again, whether it failed or was cut off. A
        // logout token comes again by itself.
        *last = Some(match met {
            Met::Login => now.minus(RENEW_AFTER.saturating_sub(RETRY_AFTER)),
            Met::LogoutToken => now,
        });
        match fetch().await {
            Ok(fetched) => {
                *attempts.last_renewal(met) = Some(now);
                self.keep(now, fetched)
            }
            Err(error) => {
                attempts.failed(error);
                seen
            }
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
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        let silent = || async {
            provider.0.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(5)).await;
            Fetched::<usize, ()>::Err(())
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
        assert!(cached.get(at(7202), || provider.fail()).await.is_err());
        assert_eq!(provider.0.load(Ordering::SeqCst), 4);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(cached.get(at(7203), || provider.fail()).await.is_err());
        assert_eq!(
            provider.0.load(Ordering::SeqCst),
            4,
            "told what the one before was told"
        );
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(cached.get(at(7204), || provider.answer(None)).await.is_ok());
    }

    #[tokio::test]
    async fn a_renewal_happens_at_most_once_a_minute() {
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        let first = cached.get(at(0), || provider.answer(None)).await.unwrap();
        let second = cached
            .renew(first, (at(1), Met::Login), || provider.answer(None))
            .await;
        assert_eq!(second.value, 2);
        let same = cached
            .renew(Arc::clone(&second), (at(60), Met::Login), || {
                provider.answer(None)
            })
            .await;
        assert!(Arc::ptr_eq(&same, &second));
        let third = cached
            .renew(second, (at(61), Met::Login), || provider.answer(None))
            .await;
        assert_eq!(third.value, 3);
    }

    #[tokio::test]
    async fn whoever_saw_an_older_document_gets_the_newer_one_without_a_fetch() {
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        let first = cached.get(at(0), || provider.answer(None)).await.unwrap();
        let one = || async {
            cached
                .renew(Arc::clone(&first), (at(1), Met::Login), || provider.answer(None))
                .await
                .value
        };
        assert_eq!(tokio::join!(one(), one(), one()), (2, 2, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_failed_is_tried_again_soon_for_logins_alone() {
        for (met, again_at) in [(Met::Login, 4), (Met::LogoutToken, 61)] {
            let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
            let first = cached.get(at(0), || provider.answer(None)).await.unwrap();
            let same = cached.renew(first, (at(1), met), || provider.fail()).await;
            let mut before = 1;
            for (moment, expected) in [(again_at - 1, 1), (again_at, 3)] {
                tokio::time::advance(at(moment).since(at(before))).await;
                before = moment;
                let kept = cached
                    .renew(Arc::clone(&same), (at(moment), met), || provider.answer(None))
                    .await;
                assert_eq!(kept.value, expected, "{met:?} at {moment}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_second_renewal_that_fails() {
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        let first = cached.get(at(0), || provider.answer(None)).await.unwrap();
        let asked = AtomicUsize::new(0);
        let silent = || async {
            asked.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(5)).await;
            Fetched::<usize, ()>::Err(())
        };
        let (began, start) = (Instant::now(), at(1));
        let one = |after: u64| {
            let (cached, first) = (&cached, Arc::clone(&first));
            async move {
                tokio::time::sleep(Duration::from_secs(after)).await;
                let now = start.plus(began.elapsed());
                cached.renew(first, (now, Met::Login), silent).await;
                began.elapsed().as_secs() - after
            }
        };
        let waited = tokio::join!(one(0), one(1), one(2), one(3), one(4), one(9));
        assert_eq!(waited, (5, 4, 3, 2, 1, 5));
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_was_cut_off_holds_no_login_up() {
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        let first = cached.get(at(0), || provider.answer(None)).await.unwrap();
        let never = || std::future::pending::<Fetched<usize, ()>>();
        let renewal = cached.renew(Arc::clone(&first), (at(1), Met::Login), never);
        assert!(
            tokio::time::timeout(Duration::from_secs(4), renewal)
                .await
                .is_err()
        );
        let kept = cached
            .renew(first, (at(5), Met::Login), || provider.answer(None))
            .await;
        assert_eq!(kept.value, 2);
    }

    #[tokio::test]
    async fn logout_tokens_take_no_renewal_from_logins() {
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        let first = cached.get(at(0), || provider.answer(None)).await.unwrap();
        let forged = cached
            .renew(first, (at(1), Met::LogoutToken), || provider.answer(None))
            .await;
        assert_eq!(forged.value, 2);
        let again = cached
            .renew(Arc::clone(&forged), (at(2), Met::LogoutToken), || {
                provider.answer(None)
            })
            .await;
        assert_eq!(again.value, 2);
        let login = cached
            .renew(forged, (at(2), Met::Login), || provider.answer(None))
            .await;
        assert_eq!(login.value, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_asks_though_the_document_is_fresh_and_those_who_wait_have_its_outcome() {
        let (cached, provider) = (Cached::new(BOUNDS), Provider::default());
        assert!(cached.get(at(0), || provider.answer(None)).await.is_ok());
        let one = || async {
            let refreshed = cached.refresh(at(1), || provider.answer(None)).await;
            refreshed.unwrap().value
        };
        assert_eq!(tokio::join!(one(), one(), one()), (2, 2, 2));
        let silent = || async {
            provider.0.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(5)).await;
            Err(())
        };
        let one = || async { cached.refresh(at(2), silent).await.is_err() };
        assert_eq!(tokio::join!(one(), one(), one()), (true, true, true));
        assert_eq!(provider.0.load(Ordering::SeqCst), 3);
        assert_eq!(
            cached.usable(at(2)).unwrap().value,
            2,
            "what is kept stays in use"
        );
    }
}
