//! Whether a Redis is fit for sessions: found out at the start and by `doctor`, not by the first citizen.
//!
//! Every command of `docs/redis.md` is tried so that it changes nothing. How the server keeps things is asked with `INFO` and
//! `CONFIG GET`, which an access list need not allow: what cannot be verified is a doubt, never a failure.

use redis::Value;

use crate::session::finding::Finding;
use crate::session::finding::State;
use crate::session::redis::link::Command;
use crate::session::redis::link::Link;
use crate::session::store::StoreError;

/// How many keys are looked up to find a server that has only a part of them. One of three nodes has all sixteen once in
/// forty million times.
const SPREAD: usize = 16;
/// How many times a first connection may take longer than a request would wait.
const FIRST_CONNECTION: usize = 3;
/// The first version of Redis that answers as documented.
const OLDEST: (u32, u32) = (7, 0);

/// Whether each command may be used and all keys are here. A server that takes no writes for now is not refused: it serves the
/// sessions that it has.
pub(super) async fn serves(link: &Link, prefix: &str) -> Result<(), StoreError> {
    let answers = link.each(trials(prefix)).await?;
    answers.into_iter().try_for_each(|answer| match answer {
        Err(StoreError::Refused { code, .. }) if takes_no_writes(&code) => Ok(()),
        Err(StoreError::Refused { code, .. }) if is_of_a_cluster(&code) => Err(StoreError::Cluster),
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    })
}

/// Everything that was found, what matters most first.
pub(super) async fn examine(link: &Link, prefix: &str) -> Vec<Finding> {
    let mut tried = link.each(trials(prefix)).await;
    for _ in 0..FIRST_CONNECTION {
        // The connection is made meanwhile.
        if !matches!(tried, Err(StoreError::Timeout)) {
            break;
        }
        tried = link.each(trials(prefix)).await;
    }
    let answers = match tried {
        Ok(answers) => answers,
        Err(error) => return vec![unreachable(&error)],
    };
    let mut findings = commands(&answers);
    match Info::ask(link).await {
        Some(info) => findings.extend([info.version(), info.eviction(), info.persistence(link).await]),
        None => findings.push(Finding::new(
            State::Doubtful,
            "could not be verified, because Redis does not allow INFO: its eviction policy, its persistence, its version",
            "allow the user +info, or look yourself: docs/redis.md, Settings",
        )),
    }
    findings
}

/// Each command of the list that people need, which `SCAN` is not, so that it does nothing: on keys that nobody writes, and `XX` where it would write.
fn trials(prefix: &str) -> Vec<Command> {
    let key = format!("{prefix}examined:0");
    let on = |name| Command::new(name, &key);
    let mut trials = vec![
        Command::bare("PING"),
        on("GET"),
        on("SET").arg("x").arg("XX").arg("EX").arg(1),
        on("PTTL"),
        on("EXPIRE").arg(1).arg("NX"),
        on("EXPIRE").arg(1).arg("GT"),
        on("DEL"),
        on("ZADD").arg("XX").arg(0).arg("x"),
        on("ZRANGE").arg(0).arg(-1),
        on("ZREMRANGEBYSCORE").arg("-inf").arg(0),
    ];
    trials.extend((1..SPREAD).map(|number| Command::new("GET", &format!("{prefix}examined:{number}"))));
    trials
}

fn takes_no_writes(code: &str) -> bool {
    matches!(code, "OOM" | "READONLY" | "MISCONF" | "NOREPLICAS")
}

fn is_of_a_cluster(code: &str) -> bool {
    matches!(code, "MOVED" | "ASK" | "CLUSTERDOWN" | "CROSSSLOT")
}

fn unreachable(error: &StoreError) -> Finding {
    let mend = match error {
        StoreError::Credentials => "user and password in session.redis.url are not those that Redis knows",
        StoreError::Refused { .. } => "see docs/redis.md: user, password, database and the access list",
        _ => {
            "is Redis running, at the address in session.redis.url, with TLS if it is rediss://, and its certificate from an \
             authority that is trusted?"
        }
    };
    Finding::new(State::Bad, error.to_string(), mend)
}

/// What the trials say: one finding for each kind of refusal, or one that all is well.
fn commands(answers: &[Result<Value, StoreError>]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        let finding = match error {
            StoreError::Refused { code, .. } if is_of_a_cluster(code) => {
                let mend = "name a single server: session.redis.url reaches one node of this cluster";
                Finding::new(State::Bad, StoreError::Cluster.to_string(), mend)
            }
            StoreError::Refused { command, code } if code == "NOPERM" => {
                let mend = format!(
                    "allow the user +{} on this gateway's keys; docs/redis.md has the whole line",
                    command.to_lowercase()
                );
                Finding::new(State::Bad, error.to_string(), &mend)
            }
            StoreError::Refused { code, .. } if takes_no_writes(code) => {
                let mend = "nobody can sign in until it takes writes: is it full, a replica, or without room on its disk?";
                Finding::new(State::Bad, format!("Redis takes no writes ({code})"), mend)
            }
            error => unreachable(error),
        };
        if !findings.iter().any(|found| found.what == finding.what) {
            findings.push(finding);
        }
    }
    if findings.is_empty() {
        findings.push(Finding::good(
            "Redis answers, and allows every command that is needed",
        ));
    }
    findings
}

/// What `INFO` says, if it may be asked.
struct Info(String);

impl Info {
    async fn ask(link: &Link) -> Option<Self> {
        match link.run(vec![Command::bare("INFO")]).await.ok()?.pop()? {
            Value::BulkString(text) => String::from_utf8(text).ok().map(Self),
            _ => None,
        }
    }

    /// The value of a field.
    fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.0.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    }

    fn version(&self) -> Finding {
        // Valkey says here which Redis it answers like.
        let version = self.field("redis_version").unwrap_or("");
        let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(major), minor) if (major, minor.unwrap_or(0)) >= OLDEST => {
                Finding::good(format!("Redis {major}.{}", minor.unwrap_or(0)))
            }
            _ => Finding::new(
                State::Doubtful,
                "Redis is older than 7.0, with which nothing was tried",
                "install Redis 7.0 or later, or Valkey",
            ),
        }
    }

    /// Every key of ours has an end, so that every policy but one may choose it.
    fn eviction(&self) -> Finding {
        let policy = self.field("maxmemory_policy").unwrap_or("");
        if policy == "noeviction" {
            return Finding::good("Redis evicts nothing (maxmemory-policy noeviction)");
        }
        let known = KNOWN_POLICIES.iter().find(|known| **known == policy);
        let policy = known.copied().unwrap_or("one that is not known");
        let mend = "set maxmemory-policy noeviction";
        if self.field("maxmemory") == Some("0") {
            let what = format!(
                "the eviction policy is {policy}: with a limit to its memory, Redis would drop sessions"
            );
            Finding::new(State::Doubtful, what, mend)
        } else {
            let what =
                format!("the eviction policy is {policy}: Redis drops sessions when its memory is full");
            Finding::new(State::Bad, what, mend)
        }
    }

    async fn persistence(&self, link: &Link) -> Finding {
        if self.field("aof_enabled") == Some("1") {
            return Finding::good("Redis keeps a log of its writes (appendonly)");
        }
        let mend = "set appendonly yes";
        let snapshots = Command::bare("CONFIG").arg("GET").arg("save");
        let snapshots = link
            .run(vec![snapshots])
            .await
            .ok()
            .and_then(|mut values| values.pop());
        let what = match snapshots {
            Some(Value::Array(pair)) if matches!(pair.last(), Some(Value::BulkString(save)) if save.is_empty()) => {
                "Redis keeps nothing on disk: its restart logs everybody out"
            }
            _ => {
                "Redis keeps no log of its writes: its restart loses what is newer than its last snapshot, if it makes any"
            }
        };
        Finding::new(State::Doubtful, what, mend)
    }
}

/// The policies that are not `noeviction`; what is shown is a word of ours, whatever the server says.
const KNOWN_POLICIES: &[&str] = &[
    "allkeys-lfu",
    "allkeys-lru",
    "allkeys-lrm",
    "allkeys-random",
    "volatile-lfu",
    "volatile-lru",
    "volatile-lrm",
    "volatile-random",
    "volatile-ttl",
];
