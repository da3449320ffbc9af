//! An end and a login, or an end and a touch, at the same time: whatever the order in which their steps reach the store,
//! nobody is signed in afterwards.
//!
//! Two instances interleave in as many ways as their steps can be shuffled. There are few, so each is played. A step is what
//! one operation of the store does; where those are several commands, as in Redis, its own tests shuffle these.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a suite for tests: a panic is its way to fail"
)]

use crate::clock::Timestamp;
use crate::session::conformance::bench::Bench;
use crate::session::conformance::bench::HOUR;
use crate::session::conformance::bench::eventually_left;
use crate::session::conformance::bench::locator;
use crate::session::conformance::bench::put;
use crate::session::conformance::bench::tag;
use crate::session::conformance::bench::term;
use crate::session::conformance::bench::value_of;
use crate::session::key::Locator;
use crate::session::store::Beginning;
use crate::session::store::Index;
use crate::session::store::SessionStore;

/// What a login does at the store, in its order (`SessionStore::begin`, `Sessions::establish`).
const LOGIN: [Step; 2] = [Step::Begin, Step::Undo];
/// What an end does, in its order (`Sessions::end_by_subject`, `Sessions::end_by_sid`).
const END: [Step; 3] = [Step::Mark, Step::Find, Step::Delete];

/// By what name the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Subject,
    Sid,
}

/// Who took the session away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Undone {
    ByItsLogin,
    ByTheEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Begin,
    Undo,
    Mark,
    Find,
    Delete,
    Touch,
}

/// By subject and by `sid`, in every order: the login sees the mark and undoes itself, or the end finds its session.
pub async fn an_end_and_a_login_at_once(bench: &impl Bench) {
    for by in [By::Subject, By::Sid] {
        for order in shuffles(&LOGIN, &END) {
            let mut play = Play::begin(bench, by);
            for step in &order {
                play.take(*step).await;
            }
            let left = value_of(bench, &play.session).await;
            assert_eq!(left, None, "{by:?}, {order:?}");
            assert!(!play.undone.is_empty(), "{by:?}, {order:?}");
        }
    }
}

/// A request that was under way prolongs nothing that ended, whenever its touch comes.
pub async fn a_touch_at_any_moment_of_an_end(bench: &impl Bench) {
    for order in shuffles(&END, &[Step::Touch]) {
        let mut play = Play::begin(bench, By::Subject);
        for step in LOGIN {
            play.take(step).await;
        }
        for step in &order {
            play.take(*step).await;
        }
        let left = value_of(bench, &play.session).await;
        assert_eq!(left, None, "{order:?}");
    }
}

/// One login and one end, under way.
struct Play<'b, B: Bench> {
    bench: &'b B,
    session: Locator,
    subject: Index,
    sid: Index,
    ended: Index,
    heard: Option<Timestamp>,
    found: Vec<Locator>,
    undone: Vec<Undone>,
}

impl<'b, B: Bench> Play<'b, B> {
    fn begin(bench: &'b B, by: By) -> Self {
        let (subject, sid) = (Index::Subject(tag()), Index::ProviderSid(tag()));
        Self {
            bench,
            session: locator(),
            ended: match by {
                By::Subject => subject.clone(),
                By::Sid => sid.clone(),
            },
            subject,
            sid,
            heard: None,
            found: Vec::new(),
            undone: Vec::new(),
        }
    }

    async fn take(&mut self, step: Step) {
        let (store, session) = (self.bench.store(), &self.session);
        let ended = std::slice::from_ref(&self.ended);
        match step {
            Step::Begin => {
                let both = [self.subject.clone(), self.sid.clone()];
                let new = Beginning {
                    locator: session,
                    value: b"x",
                    lives: HOUR,
                    term: term(self.bench, HOUR),
                    lists: &both,
                    ended_under: &both,
                };
                self.heard = store.begin(new).await.unwrap();
            }
            Step::Undo => {
                if self.heard.is_some() {
                    self.undone.push(Undone::ByItsLogin);
                    store.delete(std::slice::from_ref(session)).await.unwrap();
                }
            }
            Step::Mark => store.mark_ended(ended, self.bench.now()).await.unwrap(),
            Step::Find => self.found = store.listed(ended).await.unwrap(),
            Step::Delete => {
                if self.found.contains(session) {
                    self.undone.push(Undone::ByTheEnd);
                }
                store.delete(&self.found).await.unwrap();
            }
            Step::Touch => {
                let witness = locator();
                put(store, &witness, b"x", HOUR).await.unwrap();
                store.touch(session, HOUR * 2);
                // A touch is not waited for. Once a later one is done, so is this one.
                store.touch(&witness, HOUR * 2);
                eventually_left(self.bench, &witness, HOUR * 2).await;
            }
        }
    }
}

/// Every way to shuffle two sequences that keeps each in its own order.
fn shuffles(one: &[Step], other: &[Step]) -> Vec<Vec<Step>> {
    let (Some((first, rest)), Some((begin, remain))) = (one.split_first(), other.split_first()) else {
        return vec![[one, other].concat()];
    };
    let after = |step: &Step, following: Vec<Vec<Step>>| {
        let ways = following.into_iter();
        ways.map(|way| [&[*step], way.as_slice()].concat())
            .collect::<Vec<_>>()
    };
    let mut all = after(first, shuffles(rest, other));
    all.extend(after(begin, shuffles(one, remain)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_played() {
        let orders = shuffles(&LOGIN, &END);
        assert_eq!(orders.len(), 10);
        for order in orders {
            let of = |steps: &[Step]| {
                order
                    .iter()
                    .filter(|step| steps.contains(step))
                    .copied()
                    .collect::<Vec<_>>()
            };
            assert_eq!((of(&LOGIN), of(&END)), (LOGIN.to_vec(), END.to_vec()));
        }
    }
}
