//! A store that fails on the way, as the audit stream tells it.

use std::sync::Arc;
use std::sync::Mutex;

use super::*;
use crate::admin::control::Reloading;
use crate::clock::SystemClock;
use crate::clock::Timestamp;
use crate::seal::Keyring;
use crate::secret::Secret;
use crate::session::Sessions;
use crate::session::roster::Roster;
use crate::session::store::Beginning;
use crate::session::store::Index;
use crate::session::store::Page;
use crate::session::store::Reply;
use crate::session::store::SessionStore;
use crate::session::store::StoreError;
use crate::session::store::Stored;
use crate::telemetry::audit::stream::Audit;
use crate::telemetry::telemetry::Telemetry;

/// One session on the first page; then no answer any more.
#[derive(Debug, Default)]
struct AwayHalfway {
    deleted: Mutex<usize>,
}

fn says<T: Send + 'static>(answer: Result<T, StoreError>) -> Reply<'static, T> {
    Box::pin(std::future::ready(answer))
}

impl SessionStore for AwayHalfway {
    fn prefix(&self) -> &'static str {
        ""
    }

    fn get<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, Vec<Option<Stored>>> {
        let stored = Stored {
            value: Vec::new(),
            left: Duration::from_mins(1),
        };
        says(Ok(vec![Some(stored); locators.len()]))
    }

    fn begin<'a>(&'a self, _: Beginning<'a>) -> Reply<'a, Option<Timestamp>> {
        says(Err(StoreError::Timeout))
    }

    fn touch(&self, _: &Locator, _: Duration) {}

    fn delete<'a>(&'a self, locators: &'a [Locator]) -> Reply<'a, usize> {
        *self.deleted.lock().unwrap() += locators.len();
        says(Ok(locators.len()))
    }

    fn listed<'a>(&'a self, _: &'a [Index]) -> Reply<'a, Vec<Locator>> {
        says(Err(StoreError::Timeout))
    }

    fn mark_ended<'a>(&'a self, _: &'a [Index], _: Timestamp) -> Reply<'a, ()> {
        says(Ok(()))
    }

    fn page(&self, from: Option<u64>) -> Reply<'_, Page> {
        says(match from {
            None => Ok(Page {
                locators: vec![Locator::parse(&"A".repeat(43)).unwrap()],
                next: Some(1),
            }),
            Some(_) => Err(StoreError::Timeout),
        })
    }

    fn ping(&self) -> Reply<'_, ()> {
        says(Ok(()))
    }
}

struct Desk {
    telemetry: Telemetry,
    store: Arc<AwayHalfway>,
}

impl Control for Desk {
    fn serves(&self, _: &str) -> bool {
        false
    }

    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    fn roster(&self) -> Arc<Roster> {
        let secret = Secret::new(b"the-session-secret-of-the-tests-0123456789abcdef".to_vec());
        let keyring = Keyring::new(&[secret]).unwrap();
        let store = Arc::clone(&self.store);
        Arc::new(Roster::new(store, keyring, Arc::new(SystemClock)))
    }

    fn sessions(&self) -> Arc<Sessions> {
        panic!("nobody is named")
    }

    fn issuer_of(&self, _: &EntryName) -> Option<String> {
        None
    }

    fn reload(&self) -> Reloading<'_> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

#[tokio::test]
async fn sessions_that_ended_before_the_store_failed_are_in_the_audit_stream() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.log");
    let desk = Desk {
        telemetry: Telemetry::new(Audit::to_file(file.clone()).unwrap(), None),
        store: Arc::default(),
    };
    assert!(end(&desk, &Revocation::All {}).await.is_err());
    assert_eq!(*desk.store.deleted.lock().unwrap(), 1);
    let unknown = Revocation::Provider {
        entry: "FC!".to_owned(),
    };
    assert!(end(&desk, &unknown).await.is_err());
    desk.telemetry.end();
    let written = std::fs::read_to_string(file).unwrap();
    assert_eq!(written.lines().count(), 1, "{written}");
    let event: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(event["event.action"], "sessions_revoked");
    assert_eq!(event["event.outcome"], "failure");
    assert_eq!(event["labels"], serde_json::json!({ "by": "all" }));
}
