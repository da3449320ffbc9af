//! The store of many processes: Redis, by the fixed list of commands in `docs/redis.md`.
//!
//! No command touches two keys, no script, no transaction: an access list can name each. What is sent in one go is done in
//! its order: it is one connection to one server. Every key has an end from the moment it is written.

mod answers;
pub mod examine;
pub mod link;
mod report;

use std::sync::Arc;
use std::time::Duration;

use redis::Value;

use crate::clock::Timestamp;
use crate::oidc::attempts::AttemptId;
use crate::oidc::attempts::Attempts;
use crate::oidc::attempts::AttemptsError;
use crate::oidc::attempts::Claim;
use crate::oidc::attempts::OUTCOME_LIFETIME;
use crate::oidc::attempts::Pending;
use crate::oidc::replay::Recalling;
use crate::oidc::replay::ReplayError;
use crate::oidc::replay::Replays;
use crate::oidc::replay::Seen;
use crate::oidc::replay::TokenId;
use crate::secret::Secret;
use crate::session::finding::Finding;
use crate::session::key::Locator;
use crate::session::redis::answers::locators;
use crate::session::redis::answers::okay;
use crate::session::redis::answers::page;
use crate::session::redis::answers::stored;
use crate::session::redis::answers::timestamp;
use crate::session::redis::link::Command;
use crate::session::redis::link::Link;
use crate::session::redis::link::RedisTls;
use crate::session::redis::link::RedisUrlError;
use crate::session::store::Beginning;
use crate::session::store::END_MARK_LIFETIME;
use crate::session::store::Index;
use crate::session::store::Page;
use crate::session::store::Reply;
use crate::session::store::SessionStore;
use crate::session::store::StoreError;
use crate::session::store::Stored;

/// How many keys one command looks at. Redis does nothing else meanwhile.
const LOOKED_AT: usize = 500;

/// Commands that put a session on a list.
const LISTING: usize = 4;

/// Sessions and attempts in Redis.
#[derive(Clone, Debug)]
pub struct RedisStore {
    link: Arc<Link>,
    prefix: String,
}

impl RedisStore {
    /// The store at `url` (`redis://`, `rediss://`, `unix://`), all keys beginning with `prefix`. Connects when first used.
    ///
    /// For `rediss://` the process must have a default crypto provider of rustls by then; the roots are the system's.
    pub fn new(url: &Secret, prefix: String) -> Result<Self, RedisUrlError> {
        Self::over_tls(url, &RedisTls::default(), prefix)
    }

    /// The same, with authorities or a client certificate of its own if `url` is `rediss://`.
    pub fn over_tls(url: &Secret, tls: &RedisTls, prefix: String) -> Result<Self, RedisUrlError> {
        Ok(Self {
            link: Arc::new(Link::new(url, tls)?),
            prefix,
        })
    }

    /// Waits until Redis can be reached, then logs what an operator should know about it. For a store of its own: the connection
    /// belongs to the runtime that runs this.
    pub async fn report(self) {
        report::report(&self.link, &self.prefix).await;
    }

    /// What an operator should know: reached or not, what the gateway may do there, how it keeps things. Changes nothing, and
    /// takes at most a second or two.
    pub async fn examine(&self) -> Vec<Finding> {
        examine::examine(&self.link, &self.prefix).await
    }

    fn session(&self, locator: &Locator) -> String {
        [&self.prefix, "session:", locator.as_str()].concat()
    }

    fn index(&self, index: &Index) -> String {
        format!("{}index:{}", self.prefix, index.name())
    }

    fn end_mark(&self, index: &Index) -> String {
        format!("{}ended:{}", self.prefix, index.name())
    }

    fn claimed(&self, id: &AttemptId) -> String {
        format!("{}attempt:{id}", self.prefix)
    }

    fn outcome(&self, id: &AttemptId) -> String {
        format!("{}outcome:{id}", self.prefix)
    }

    fn logout_token(&self, id: &TokenId) -> String {
        format!("{}logout-token:{id}", self.prefix)
    }

    /// What puts a new session on a list. Its end is moved on, never back: after the absolute timeout was shortened an older
    /// session outlives a new one. And first of all: a list that ends is not to end with the new session on it. One that was
    /// not there gets its end last.
    fn listing(&self, list: &Index, new: &Beginning<'_>) -> [Command; LISTING] {
        let (key, term) = (self.index(list), new.term);
        let expiry = || expiry(&key, term.ends_at.since(term.now));
        [
            expiry().arg("GT"),
            Command::new("ZREMRANGEBYSCORE", &key)
                .arg("-inf")
                .arg(term.now.as_unix()),
            Command::new("ZADD", &key)
                .arg(term.ends_at.as_unix())
                .arg(new.locator.as_str()),
            expiry().arg("NX"),
        ]
    }

    async fn one(&self, command: Command) -> Result<Value, StoreError> {
        let name = command.name();
        let mut values = self.link.run(vec![command]).await?;
        values.pop().ok_or(StoreError::Unexpected { command: name })
    }

    async fn claim_once(&self, id: &AttemptId, now: Timestamp, lives: Duration) -> Result<Claim, StoreError> {
        let key = self.claimed(id);
        let claim = Command::new("SET", &key)
            .arg(now.as_unix())
            .arg("NX")
            .arg("PX")
            .arg(milliseconds(lives));
        match self.one(claim).await? {
            Value::Okay => return Ok(Claim::Won),
            Value::Nil => {}
            _ => return Err(StoreError::Unexpected { command: "SET" }),
        }
        // Gone in between: the life of the attempt is over, so it was claimed as long ago as can be.
        let claimed = self.one(Command::new("GET", &key)).await?;
        let age = timestamp(&claimed)?.map_or(Duration::MAX, |at| now.since(at));
        Ok(Claim::Lost { age })
    }
}

impl SessionStore for RedisStore {
    fn prefix(&self) -> &str {
        &self.prefix
    }

    fn get<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, Vec<Option<Stored>>> {
        Box::pin(async move {
            let commands: Vec<Command> = locators
                .iter()
                .map(|locator| self.session(locator))
                .flat_map(|key| [Command::new("GET", &key), Command::new("PTTL", &key)])
                .collect();
            let values = self.link.run(commands).await?;
            let mut values = values.into_iter();
            std::iter::from_fn(|| Some((values.next()?, values.next()?)))
                .map(|(value, left)| stored(value, &left))
                .collect()
        })
    }

    fn begin<'a>(&'a self, new: Beginning<'a>) -> Reply<'a, Option<Timestamp>> {
        Box::pin(async move {
            let lists = new.lists.iter().flat_map(|list| self.listing(list, &new));
            let put = Command::new("SET", &self.session(new.locator))
                .arg(new.value)
                .arg("EX")
                .arg(seconds(new.lives));
            let marks = new.ended_under.iter().map(|index| self.end_mark(index));
            let ended = marks.map(|mark| Command::new("GET", &mark));
            let commands = lists.chain([put]).chain(ended).collect();
            let mut values = self.link.run(commands).await?.into_iter();
            let put = values.nth(LISTING * new.lists.len()).unwrap_or(Value::Nil);
            okay(&put)?;
            let ended: Result<Vec<_>, _> = values.map(|value| timestamp(&value)).collect();
            Ok(ended?.into_iter().flatten().max())
        })
    }

    fn touch(&self, locator: &Locator, lives: Duration) {
        let link = Arc::clone(&self.link);
        let touch = expiry(&self.session(locator), lives);
        tokio::spawn(async move {
            if let Err(error) = link.run(vec![touch]).await {
                tracing::debug!(%error, "a session was not prolonged, the next request tries again");
            }
        });
    }

    fn delete<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, usize> {
        Box::pin(async move {
            let commands: Vec<Command> = locators
                .iter()
                .map(|locator| Command::new("DEL", &self.session(locator)))
                .collect();
            let values = self.link.run(commands).await?;
            Ok(values.iter().filter(|value| **value == Value::Int(1)).count())
        })
    }

    fn listed<'a>(&'a self, indexes: &'a [Index]) -> Reply<'a, Vec<Locator>> {
        Box::pin(async move {
            let commands: Vec<Command> = indexes
                .iter()
                .map(|index| Command::new("ZRANGE", &self.index(index)).arg(0).arg(-1))
                .collect();
            let mut listed = Vec::new();
            for value in self.link.run(commands).await? {
                listed.extend(locators(&value)?);
            }
            Ok(listed)
        })
    }

    fn mark_ended<'a>(&'a self, indexes: &'a [Index], at: Timestamp) -> Reply<'a, ()> {
        Box::pin(async move {
            let mark = |index| {
                Command::new("SET", &self.end_mark(index))
                    .arg(at.as_unix())
                    .arg("EX")
                    .arg(seconds(END_MARK_LIFETIME))
            };
            let commands: Vec<Command> = indexes.iter().map(mark).collect();
            self.link.run(commands).await?.iter().try_for_each(okay)
        })
    }

    fn page(&self, from: Option<u64>) -> Reply<'_, Page> {
        Box::pin(async move {
            let begins = format!("{}session:", self.prefix);
            let scan = Command::new("SCAN", &from.unwrap_or(0).to_string())
                .arg("MATCH")
                .arg(format!("{}*", literally(&begins)))
                .arg("COUNT")
                .arg(LOOKED_AT);
            page(&self.one(scan).await?, &begins).ok_or(StoreError::Unexpected { command: "SCAN" })
        })
    }

    fn ping(&self) -> Reply<'_, ()> {
        Box::pin(examine::serves(&self.link, &self.prefix))
    }
}

impl Attempts for RedisStore {
    fn claim<'a>(&'a self, id: &'a AttemptId, now: Timestamp, lives_until: Timestamp) -> Pending<'a, Claim> {
        Box::pin(async move {
            self.claim_once(id, now, lives_until.since(now))
                .await
                .map_err(AttemptsError::new)
        })
    }

    fn finish<'a>(&'a self, id: &'a AttemptId, outcome: Vec<u8>) -> Pending<'a, ()> {
        Box::pin(async move {
            let finish = Command::new("SET", &self.outcome(id))
                .arg(outcome)
                .arg("PX")
                .arg(milliseconds(OUTCOME_LIFETIME));
            let finished = self.one(finish).await.and_then(|value| okay(&value));
            finished.map_err(AttemptsError::new)
        })
    }

    fn outcome<'a>(&'a self, id: &'a AttemptId) -> Pending<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let read = Command::new("GET", &self.outcome(id));
            match self.one(read).await.map_err(AttemptsError::new)? {
                Value::BulkString(outcome) => Ok(Some(outcome)),
                Value::Nil => Ok(None),
                _ => Err(AttemptsError::new(StoreError::Unexpected { command: "GET" })),
            }
        })
    }
}

impl Replays for RedisStore {
    fn recall<'a>(&'a self, id: &'a TokenId) -> Recalling<'a, Seen> {
        Box::pin(async move {
            let read = Command::new("GET", &self.logout_token(id));
            match self.one(read).await.map_err(ReplayError::new)? {
                Value::Nil => Ok(Seen::Never),
                Value::BulkString(_) => Ok(Seen::Before),
                _ => Err(ReplayError::new(StoreError::Unexpected { command: "GET" })),
            }
        })
    }

    fn remember<'a>(&'a self, id: &'a TokenId, lives: Duration) -> Recalling<'a, ()> {
        Box::pin(async move {
            let write = Command::new("SET", &self.logout_token(id))
                .arg(1)
                .arg("EX")
                .arg(seconds(lives));
            let written = self.one(write).await.and_then(|value| okay(&value));
            written.map_err(ReplayError::new)
        })
    }
}

fn expiry(key: &str, lives: Duration) -> Command {
    Command::new("EXPIRE", key).arg(seconds(lives))
}

/// A time to live in whole seconds, at least one: none at all would be an error, or for ever.
fn seconds(lives: Duration) -> u64 {
    lives.as_secs().max(1)
}

fn milliseconds(lives: Duration) -> u64 {
    seconds(lives).saturating_mul(1000)
}

/// A text as a pattern of Redis that fits nothing else.
fn literally(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '^' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_no_pattern() {
        assert_eq!(literally("guichet:session:"), "guichet:session:");
        assert_eq!(literally(r"a*b?[c]^\"), r"a\*b\?\[c\]\^\\");
    }
}
