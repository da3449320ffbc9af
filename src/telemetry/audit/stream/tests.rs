//! The audit stream, event by event.

use std::sync::Mutex;

use super::*;
use crate::seal::Keyring;
use crate::seal::Tag;
use crate::seal::purpose::Purpose;
use crate::secret::Secret;
use crate::telemetry::audit::event::SignedOut;

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn events(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn of_a_request() -> Source<'static> {
    Source::Request {
        id: "0123456789abcdef",
        client: "[::ffff:203.0.113.7]:51788".parse().unwrap(),
        host: Some("demarches.ville.example"),
    }
}

fn tag() -> Tag {
    let keyring = Keyring::new(&[Secret::new(*b"0123456789abcdef0123456789abcdeX")]).unwrap();
    keyring
        .tag(Purpose::AuditTag, &[b"fc", b"issuer", b"b6048e95bb134ec5"])
        .unwrap()
}

#[test]
fn a_login_says_when_where_from_where_to_how_sure_and_who_without_saying_who() {
    let page = Page::default();
    let audit = Audit::to(page.clone()).unwrap();
    let tag = tag();
    let written = audit.write(
        &of_a_request(),
        &AuditEvent::Login {
            app: "urbanisme",
            provider: "fc",
            acr: "eidas1",
            claims: &["given_name", "birthdate"],
            subject: Some(&tag),
            session: "a-reference",
        },
    );
    assert_eq!(written, Pushed::Queued);
    audit.end();
    let event = page.events().remove(0);
    assert_eq!(event["event.dataset"], "guichet.audit");
    assert_eq!(event["event.action"], "login");
    assert_eq!(event["event.type"], json!(["start"]));
    assert_eq!(event["event.outcome"], "success");
    assert_eq!(event["event.sequence"], 1);
    assert_eq!(event["http.request.id"], "0123456789abcdef");
    assert_eq!(event["source.ip"], "203.0.113.7");
    assert_eq!(event["source.port"], 51788);
    assert_eq!(event["url.domain"], "demarches.ville.example");
    assert_eq!(
        event["labels"],
        json!({
            "app": "urbanisme", "provider": "fc", "acr": "eidas1", "claims": "given_name,birthdate"
        })
    );
    assert_eq!(event["user.hash"], format!("hmac-sha256:{}", tag.as_str()));
    assert_eq!(event["guichet.session"], "a-reference");
    let time = event["@timestamp"].as_str().unwrap();
    assert!(time.ends_with('Z') && time.contains('.'), "{time}");
}

#[test]
fn every_action_has_words_of_the_schemas_lists() {
    let page = Page::default();
    let audit = Audit::to(page.clone()).unwrap();
    let events = [
        AuditEvent::LoginFailed {
            app: None,
            provider: "",
            code: "L06",
            reason: "state_unknown",
        },
        AuditEvent::LoginCancelled {
            app: "a",
            provider: "fc",
        },
        AuditEvent::Logout {
            provider: "fc",
            acr: "eidas1",
            subject: None,
            session: "r",
            at_provider: SignedOut::HereOnly,
        },
        AuditEvent::SessionOver {
            app: "a",
            provider: "fc",
            session: "r",
        },
        AuditEvent::Refused {
            app: Some("a"),
            code: "P08",
            reason: "over_budget",
        },
        AuditEvent::Revoked {
            by: "all",
            provider: None,
            session: None,
            subject: None,
            count: Some(3),
        },
        AuditEvent::Reloaded,
        AuditEvent::ReloadRefused,
        AuditEvent::KeysRotated { kid: "k" },
    ];
    for event in &events {
        assert_eq!(audit.write(&Source::Operator, event), Pushed::Queued);
    }
    audit.end();
    let written = page.events();
    assert_eq!(written.len(), events.len());
    for (number, (event, said)) in events.iter().zip(&written).enumerate() {
        assert_eq!(said["event.action"], event.action().as_str());
        assert_eq!(said["event.sequence"], number + 1);
        let outcome = said["event.outcome"].as_str().unwrap();
        assert!(["success", "failure", "unknown"].contains(&outcome));
    }
    assert_eq!(written[0]["event.reason"], "state_unknown");
    assert_eq!(written[0]["labels"], json!({ "provider": "" }));
    assert_eq!(written[5]["labels"], json!({ "by": "all", "count": 3 }));
}

#[test]
fn what_strangers_cause_is_bounded_and_counted_and_a_login_is_always_written() {
    let page = Page::default();
    let audit = Audit::to(page.clone()).unwrap();
    let failed = AuditEvent::LoginFailed {
        app: None,
        provider: "",
        code: "L06",
        reason: "state_unknown",
    };
    let dropped = (0..200)
        .filter(|_| audit.write(&of_a_request(), &failed) == Pushed::Dropped)
        .count();
    // A second may begin meanwhile.
    assert!((140..=180).contains(&dropped), "{dropped}");
    for _ in 0..100 {
        let login = AuditEvent::Login {
            app: "a",
            provider: "fc",
            acr: "eidas1",
            claims: &[],
            subject: None,
            session: "r",
        };
        assert_eq!(audit.write(&of_a_request(), &login), Pushed::Queued);
    }
    audit.end();
    let last = page.events().pop().unwrap();
    assert_eq!(last["event.action"], "events_suppressed");
    assert_eq!(
        last["labels"],
        json!({ "action": "login_failed", "count": dropped })
    );
}
