//! A session begins with several commands in one go, and between any two of them Redis may do what somebody else asks: whoever
//! ends sessions then is heard by the login, or finds its session.

use guichet::clock::Timestamp;
use guichet::session::conformance::bench::tag;
use guichet::session::key::Locator;
use guichet::session::redis::RedisStore;
use guichet::session::store::Beginning;
use guichet::session::store::Index;
use guichet::session::store::Lifespan;
use guichet::session::store::SessionStore;

use super::bench::HOUR;
use super::bench::locator;
use super::bench::store;
use super::wire::Turnstile;
use crate::support::redis::Redis;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
/// What puts a session on a list.
const OF_A_LIST: usize = 4;
/// Of a session that is put on two lists and asks for two marks.
const COMMANDS: usize = 2 * OF_A_LIST + 1 + 2;

fn beginning<'a>(locator: &'a Locator, lists: &'a [Index]) -> Beginning<'a> {
    Beginning {
        locator,
        value: b"x",
        lives: HOUR,
        term: Lifespan {
            now: NOW,
            ends_at: NOW.plus(HOUR * 2),
        },
        lists,
        ended_under: lists,
    }
}

/// Before how many commands of the login an end marks, looks and deletes, in every way.
fn places() -> Vec<[usize; 3]> {
    let up_to_the_end = |from: usize| from..=COMMANDS;
    let two = up_to_the_end(0).flat_map(|mark| up_to_the_end(mark).map(move |look| (mark, look)));
    two.flat_map(|(mark, look)| up_to_the_end(look).map(move |delete| [mark, look, delete]))
        .collect()
}

/// An end under way, at the store itself.
struct End<'a> {
    store: &'a RedisStore,
    of: &'a [Index],
    found: Vec<Locator>,
}

impl End<'_> {
    async fn step(&mut self, number: usize) {
        match number {
            0 => self.store.mark_ended(self.of, NOW).await.unwrap(),
            1 => self.found = self.store.listed(self.of).await.unwrap(),
            _ => {
                self.store.delete(&self.found).await.unwrap();
            }
        }
    }
}

/// Whether the login heard of the end, when the end's steps came at these places; the session is over.
async fn is_heard(
    direct: &RedisStore,
    gated: (&RedisStore, &Turnstile),
    by: usize,
    places: [usize; 3],
) -> bool {
    let (gateway, turnstile) = gated;
    let session = locator();
    let both = [Index::Subject(tag()), Index::ProviderSid(tag())];
    let mut end = End {
        store: direct,
        of: &both[by..=by],
        found: Vec::new(),
    };
    let ending = async {
        for passed in 0..=COMMANDS {
            for (number, _) in places.iter().enumerate().filter(|(_, place)| **place == passed) {
                end.step(number).await;
            }
            if passed < COMMANDS {
                turnstile.let_one_through().await;
            }
        }
    };
    let (heard, ()) = tokio::join!(gateway.begin(beginning(&session, &both)), ending);
    let is_heard = heard.unwrap().is_some();
    if is_heard {
        direct.delete(std::slice::from_ref(&session)).await.unwrap();
    }
    let left = direct.get(&[session]).await.unwrap();
    assert_eq!(left, [None], "{by}, {places:?}");
    is_heard
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_between_two_commands_of_a_login_is_heard_or_finds_its_session() {
    let redis = Redis::start();
    let direct = store(&redis.url());
    let turnstile = Turnstile::before(redis.port()).await;
    let gateway = store(&turnstile.url());
    let all = places();
    assert_eq!(all.len(), 364);
    for by in [0, 1] {
        let mut heard = 0;
        for places in &all {
            heard += usize::from(is_heard(&direct, (&gateway, &turnstile), by, *places).await);
        }
        // Both ways are played: some ends were heard, and of the others the session was found.
        assert!((1..all.len()).contains(&heard), "{by}: {heard}");
    }
}

/// Its last session ends in this moment, as one does an absolute timeout after it began.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_ends_between_two_commands_does_not_end_with_the_new_session_on_it() {
    let redis = Redis::start();
    let direct = store(&redis.url());
    let turnstile = Turnstile::before(redis.port()).await;
    let gateway = store(&turnstile.url());
    // Those of one list, the session, and one mark.
    for place in 0..OF_A_LIST + 2 {
        let (old, session) = (locator(), locator());
        let list = [Index::Subject(tag())];
        direct.begin(beginning(&old, &list)).await.unwrap();
        redis.advance(HOUR);
        let slowly = async {
            for passed in 0..OF_A_LIST + 2 {
                if passed == place {
                    redis.advance(HOUR);
                }
                turnstile.let_one_through().await;
            }
        };
        let (heard, ()) = tokio::join!(gateway.begin(beginning(&session, &list)), slowly);
        heard.unwrap();
        let listed = direct.listed(&list).await.unwrap();
        assert!(listed.contains(&session), "{place}: {listed:?}");
    }
}
