//! The script that asks, in Lua, before a Guichet that hangs, breaks off or says too much: somebody is told in time, and
//! nobody passes.

use std::time::Duration;

use tokio::time::Instant;

use super::front::Front;
use super::front::Proxy;
use crate::support::ports::free_port;
use crate::support::raw::Answer;
use crate::support::raw::RawClient;
use crate::support::upstream::Reply;
use crate::support::upstream::Upstream;

/// The proxy between a Guichet that answers from a script, and an application.
struct Stage {
    front: Front,
    host: String,
    guichet: Upstream,
    application: Upstream,
}

impl Stage {
    fn start() -> Self {
        Self::of(Proxy::Haproxy)
    }

    fn of(proxy: Proxy) -> Self {
        let (port, guichet, application) = (free_port(), Upstream::start(), Upstream::start());
        Self {
            front: Front::start(proxy, port, [guichet.address(), application.address()]),
            host: format!("localhost:{port}"),
            guichet,
            application,
        }
    }

    fn ask(&self) -> Answer {
        let words = format!(
            "GET /dossier HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.host
        );
        RawClient::connect(self.front.tunnel.address())
            .send(words)
            .answer()
    }
}

#[test]
fn where_guichet_hangs_the_browser_knows_after_seconds() {
    let stage = Stage::start();
    stage.guichet.otherwise(Reply::silence());
    let began = Instant::now();
    let answer = stage.ask();
    let waited = began.elapsed();
    // 504 is the proxy's own.
    assert!(matches!(answer.status, 503 | 504), "{}", answer.status);
    assert!(waited < Duration::from_secs(8), "{waited:?}");
    assert!(!stage.guichet.received().is_empty());
    assert_eq!(stage.application.byte_count(), 0);
}

#[test]
fn a_page_of_guichet_that_does_not_fit_keeps_its_status_and_its_fields() {
    let stage = Stage::start();
    let fields = [
        ("Content-Type", "text/html"),
        ("Location", "https://localhost/login"),
        ("Cache-Control", "no-store"),
    ];
    for (status, length) in [
        (401, 20_000),
        (401, 28_000),
        (401, 31_000),
        (503, 200_000),
        (303, 40_000),
    ] {
        stage
            .guichet
            .next(Reply::new(status, &fields, &"x".repeat(length)));
        let answer = stage.ask();
        assert_eq!(answer.status, status, "{length}");
        assert_eq!(
            answer.field("location"),
            Some("https://localhost/login"),
            "{length}"
        );
        assert_eq!(answer.field("cache-control"), Some("no-store"), "{length}");
        let (kind, whole) = (answer.field("content-type"), answer.body.len() == length);
        let expected = if length < 30_000 {
            ("text/html", true)
        } else {
            ("text/plain", false)
        };
        assert_eq!((kind, whole), (Some(expected.0), expected.1), "{length}");
    }
    assert_eq!(stage.application.byte_count(), 0);
}

#[test]
fn only_the_one_answer_that_lets_pass_is_a_pass() {
    let stage = Stage::start();
    for status in [201, 202, 204, 206, 226, 299, 301, 400, 500] {
        stage
            .guichet
            .next(Reply::new(status, &[("X-Guichet-Status", "authenticated")], ""));
        let answer = stage.ask();
        assert!(answer.status >= 300, "{status}: {}", answer.status);
        assert_eq!(stage.application.byte_count(), 0, "{status}");
    }
    stage.guichet.otherwise(Reply::hang_up());
    assert!(matches!(stage.ask().status, 502 | 503));
    assert_eq!(stage.application.byte_count(), 0);
}

#[test]
fn a_script_that_breaks_off_lets_nobody_pass() {
    let stage = Stage::of(Proxy::BrokenHaproxy);
    assert_eq!(stage.ask().status, 503);
    assert!(stage.guichet.received().is_empty());
    assert_eq!(stage.application.byte_count(), 0);
}

#[test]
fn nobody_changes_to_http2_on_the_way() {
    let stage = Stage::start();
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let answer = RawClient::connect(stage.front.tunnel.address())
        .send(preface)
        .answer();
    assert_eq!(answer.status, 400);
}
