//! Whether this process should get requests: it is not about to end, and its session store answers. A provider that is down
//! is no reason to take the gateway away: those who are signed in go on.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long an answer of the store counts, so that probes are no load.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// What readiness depends on.
pub trait Watched: fmt::Debug + Send + Sync + 'static {
    /// Whether the process was told to end.
    fn is_leaving(&self) -> bool;
    /// Whether the session store answers.
    fn store_answers(&self) -> impl Future<Output = Store> + Send;
}

/// One thing that has to be well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// It is.
    Ok,
    /// It is not.
    Failed,
}

/// What the session store says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// It does what is needed.
    Answers,
    /// It does not, or cannot be asked.
    Fails {
        /// One stable word for the cause.
        reason: &'static str,
        /// The command that it refuses, if it refuses one: an access list without it is mended by its name.
        refused: Option<&'static str>,
    },
}

/// All of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Send requests.
    Ready,
    /// Send none.
    NotReady,
    /// Send none: it ends.
    Leaving,
}

/// What a probe is told: words of ours, never an address or a text of somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// All of it.
    pub status: Status,
    /// One by one.
    pub checks: Checks,
}

/// What no process runs without, so that it is well wherever somebody answers. A reload that is refused changes nothing
/// here: what was read before stays in force, and `guichet_config_last_reload_successful` says that it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InForce {
    /// It is there.
    Ok,
}

/// What has to be well, one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Checks {
    /// A configuration without an error.
    pub configuration: InForce,
    /// A key that signs assertions. It is in memory, and does not expire.
    pub keys: InForce,
    /// The session store answers.
    pub store: Check,
    /// Why the session store fails, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The command that the session store refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_command: Option<&'static str>,
}

/// Asks what is watched, and remembers for a moment what the store said.
#[derive(Debug)]
pub struct Probe<W> {
    watched: W,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    store: Option<(Instant, Store)>,
    /// What the log says: all of it, and why the store fails.
    said: Option<(Status, Option<&'static str>)>,
}

impl<W: Watched> Probe<W> {
    /// Nothing was asked yet.
    pub fn new(watched: W) -> Self {
        Self {
            watched,
            memory: Mutex::default(),
        }
    }

    /// The answer of this moment. One that differs from the one before is a line in the log.
    pub async fn readiness(&self) -> Readiness {
        // One question at a time: many probes are one question.
        let mut memory = self.memory.lock().await;
        let store = match memory.store {
            Some((at, said)) if at.elapsed() < GOOD_FOR => said,
            _ => {
                let said = self.watched.store_answers().await;
                memory.store = Some((Instant::now(), said));
                said
            }
        };
        let (check, reason, refused) = match store {
            Store::Answers => (Check::Ok, None, None),
            Store::Fails { reason, refused } => (Check::Failed, Some(reason), refused),
        };
        let status = match check {
            _ if self.watched.is_leaving() => Status::Leaving,
            Check::Ok => Status::Ready,
            Check::Failed => Status::NotReady,
        };
        let news = (status, reason.filter(|_| status == Status::NotReady));
        if memory.said.replace(news) != Some(news) {
            match status {
                Status::Ready => tracing::info!("ready"),
                Status::Leaving => tracing::info!("not ready: the process ends"),
                Status::NotReady => {
                    tracing::warn!(reason, command = refused, "not ready: the session store fails");
                }
            }
        }
        Readiness {
            status,
            checks: Checks {
                configuration: InForce::Ok,
                keys: InForce::Ok,
                store: check,
                reason,
                refused_command: refused,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    #[derive(Debug, Default)]
    struct Process {
        leaves: AtomicBool,
        store_is_down: AtomicBool,
        password_is_wrong: AtomicBool,
        asked: AtomicUsize,
    }

    impl Watched for Arc<Process> {
        fn is_leaving(&self) -> bool {
            self.leaves.load(Ordering::SeqCst)
        }

        async fn store_answers(&self) -> Store {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let reason = if self.password_is_wrong.load(Ordering::SeqCst) {
                "credentials"
            } else if self.store_is_down.load(Ordering::SeqCst) {
                "unreachable"
            } else {
                return Store::Answers;
            };
            Store::Fails {
                reason,
                refused: None,
            }
        }
    }

    impl<W> Probe<W> {
        /// A second went by.
        async fn forget(&self) {
            self.memory.lock().await.store = None;
        }
    }

    #[tokio::test]
    async fn a_store_that_is_away_and_a_process_that_ends_are_not_ready() {
        let process = Arc::new(Process::default());
        let probe = Probe::new(Arc::clone(&process));
        assert_eq!(probe.readiness().await.status, Status::Ready);
        process.store_is_down.store(true, Ordering::SeqCst);
        probe.forget().await;
        let told = serde_json::to_value(probe.readiness().await).unwrap();
        let expected = serde_json::json!({
            "status": "not-ready",
            "checks": { "configuration": "ok", "keys": "ok", "store": "failed", "reason": "unreachable" }
        });
        assert_eq!(told, expected);
        process.leaves.store(true, Ordering::SeqCst);
        assert_eq!(probe.readiness().await.status, Status::Leaving);
    }

    #[tokio::test]
    async fn another_reason_is_another_line_and_the_same_one_is_none() {
        let process = Arc::new(Process::default());
        let probe = Probe::new(Arc::clone(&process));
        process.store_is_down.store(true, Ordering::SeqCst);
        let news = async || {
            probe.forget().await;
            let before = probe.memory.lock().await.said;
            let told = probe.readiness().await;
            (probe.memory.lock().await.said != before, told.checks.reason)
        };
        assert_eq!(news().await, (true, Some("unreachable")));
        assert_eq!(news().await, (false, Some("unreachable")));
        process.password_is_wrong.store(true, Ordering::SeqCst);
        assert_eq!(news().await, (true, Some("credentials")));
        process.leaves.store(true, Ordering::SeqCst);
        assert_eq!(news().await, (true, Some("credentials")));
        process.password_is_wrong.store(false, Ordering::SeqCst);
        assert_eq!(news().await, (false, Some("unreachable")), "whoever ends, ends");
    }

    #[tokio::test]
    async fn many_probes_are_one_question_a_second() {
        let process = Arc::new(Process::default());
        let probe = Probe::new(Arc::clone(&process));
        for _ in 0..1000 {
            assert_eq!(probe.readiness().await.status, Status::Ready);
        }
        assert_eq!(process.asked.load(Ordering::SeqCst), 1);
    }
}
