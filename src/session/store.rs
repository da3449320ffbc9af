//! Where sessions are kept: the operations that a store needs, and the ways in which it may fail.
//!
//! A store sees locators, sealed bytes and times; it can tell nobody who is logged in. "There is none" and "I do not know"
//! are different answers: only the first sends a person to the login. Each operation touches keys one by one, so that a
//! cluster serves it as well, and each has a time bound.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::seal::Tag;
use crate::session::key::Locator;

/// How long the end of a subject's sessions is remembered, against logins that were under way.
pub const END_MARK_LIFETIME: Duration = Duration::from_mins(5);

/// Why a store gave no answer. Never means that something is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No connection, or it broke. The text is the system's, without addresses or credentials.
    #[error("the session store cannot be reached: {0}")]
    Unavailable(String),
    /// No answer within the time that a request may wait.
    #[error("the session store did not answer in time")]
    Timeout,
    /// The store refused the login of the gateway itself.
    #[error("the session store refused the gateway's credentials")]
    Credentials,
    /// The store answered a command with an error: it is loading, read-only, full, or lacks a permission.
    #[error("the session store refused {command}: {code}")]
    Refused {
        /// The command.
        command: &'static str,
        /// The first word of the answer, such as `READONLY`.
        code: String,
    },
    /// The store answered something that the command cannot mean.
    #[error("the session store answered {command} with something else")]
    Unexpected {
        /// The command.
        command: &'static str,
    },
    /// The store keeps a part of the keys only: it is a node of a cluster.
    #[error(
        "the session store answers for a part of the keys only: this is a cluster, use a list \
         (this version knows single servers: name one)"
    )]
    Cluster,
    /// The store of one process holds as much as it may.
    #[error("the session store is full")]
    Full,
}

impl StoreError {
    /// One stable word, for readiness and its line.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unreachable",
            Self::Timeout => "timeout",
            Self::Credentials => "credentials",
            Self::Refused { code, .. } => match code.as_str() {
                // Redis' own words: it wants a password and got none; its access list lacks the command or the keys.
                "NOAUTH" => "credentials",
                "NOPERM" => "permission",
                _ => "refused",
            },
            Self::Unexpected { .. } => "unexpected",
            Self::Cluster => "cluster",
            Self::Full => "full",
        }
    }
}

/// An answer of a store, under way.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A value, and how long its key has to live.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// The sealed bytes.
    pub value: Vec<u8>,
    /// Time to live. Nothing if the key lost its end, which gets it one at the next touch.
    pub left: Duration,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stored({} bytes, {:?} left)", self.value.len(), self.left)
    }
}

/// Sessions that can be ended together, under a name that tells nobody which. Only those of a subject and of a `sid` are
/// kept as a list; the others are found by looking at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Index {
    /// Sessions of a subject at an entry.
    Subject(Tag),
    /// Sessions of a provider's `sid` at an entry.
    ProviderSid(Tag),
    /// Sessions at an entry.
    Entry(Tag),
    /// Every session.
    Everybody(Tag),
}

impl Index {
    /// The name, without the store's prefix.
    pub fn name(&self) -> String {
        match self {
            Self::Subject(tag) => format!("subject:{}", tag.as_str()),
            Self::ProviderSid(tag) => format!("sid:{}", tag.as_str()),
            Self::Entry(tag) => format!("entry:{}", tag.as_str()),
            Self::Everybody(tag) => format!("everybody:{}", tag.as_str()),
        }
    }
}

/// From now until a session's absolute end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifespan {
    /// The present moment.
    pub now: Timestamp,
    /// The absolute end.
    pub ends_at: Timestamp,
}

/// A session that begins.
#[derive(Clone, Copy)]
pub struct Beginning<'a> {
    /// Its name.
    pub locator: &'a Locator,
    /// What is kept.
    pub value: &'a [u8],
    /// How long it lives if nobody comes.
    pub lives: Duration,
    /// How long it lives at most.
    pub term: Lifespan,
    /// The lists that it is put on.
    pub lists: &'a [Index],
    /// Under what it may have been ended before it began.
    pub ended_under: &'a [Index],
}

impl fmt::Debug for Beginning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Beginning({} bytes, {:?})", self.value.len(), self.lives)
    }
}

/// Some of the sessions that exist. One may come on two pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Their names.
    pub locators: Vec<Locator>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<u64>,
}

/// Keeps sessions. `memory` and `redis` pass the same suite, [`crate::session::conformance`].
pub trait SessionStore: fmt::Debug + Send + Sync {
    /// What all keys of this gateway begin with. Records are bound to it.
    fn prefix(&self) -> &str;

    /// The values at the locators, in their order, all in one round trip.
    fn get<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, Vec<Option<Stored>>>;

    /// Puts a new session on its lists, which lose what is past and live as long as the longest session on them; then writes
    /// its value, once; then says when its like was ended last, if that is remembered. In this order, on one connection, and
    /// in one round trip: whoever ends sessions writes the mark first and reads the lists after it, so one of the two sees
    /// the other.
    fn begin<'a>(&'a self, new: Beginning<'a>) -> Reply<'a, Option<Timestamp>>;

    /// Gives the key a new time to live, if it still exists. Not waited for, and its failure is nobody's: the next request
    /// tries again.
    fn touch(&self, locator: &Locator, lives: Duration);

    /// Deletes the sessions; says how many there were.
    fn delete<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, usize>;

    /// The sessions on the lists. Some may have ended.
    fn listed<'a>(&'a self, indexes: &'a [Index]) -> Reply<'a, Vec<Locator>>;

    /// Remembers for [`END_MARK_LIFETIME`] that the sessions on the lists were ended at this moment.
    fn mark_ended<'a>(&'a self, indexes: &'a [Index], at: Timestamp) -> Reply<'a, ()>;

    /// A page of all sessions: from the start, or from where the page before says. What is there all the time is on one of
    /// them.
    fn page(&self, from: Option<u64>) -> Reply<'_, Page>;

    /// Whether the store does what is asked of it; writes nothing. One that takes no writes for now still serves the sessions
    /// that there are.
    fn ping(&self) -> Reply<'_, ()>;
}
