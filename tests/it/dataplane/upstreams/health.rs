//! Health checks: who is asked what, what its answer changes, and what it never changes.

use std::process::Command;

use super::stage::Stage;
use super::stage::asked;
use super::stage::edited;
use super::stage::monitored;
use crate::support::command::GUICHET;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::upstream::Reply;
use crate::support::upstream::Upstream;

const HEALTH: &str = "health = { path = \"/healthz\", interval = \"100ms\" }";

fn ill() -> Reply {
    Reply::new(503, &[], "ill")
}

#[test]
fn visitors_of_a_server_that_is_not_well_go_elsewhere_until_it_is() {
    let stage = Stage::of(2, HEALTH);
    let (first, second) = (stage.visitor_of(0), stage.visitor_of(1));
    stage.servers[1].at("/healthz", ill());
    stage
        .gateway
        .until("it is away", || stage.is_up(1) == Some(false));
    assert_eq!((stage.server_of(first), stage.server_of(second)), (0, 0));
    assert_eq!(
        monitored(&stage.gateway, "/readyz").status,
        200,
        "an application is not the gateway"
    );
    let log = stage.gateway.log();
    assert!(log.contains("its health check answered 503"), "{log}");

    stage.servers[1].at("/healthz", Reply::new(204, &[], ""));
    stage.gateway.until("it is back", || stage.is_up(1) == Some(true));
    assert_eq!((stage.server_of(first), stage.server_of(second)), (0, 1));
    assert_eq!(stage.gateway.said("a server of an application is away"), 1);
    assert_eq!(stage.gateway.said("a server of an application is back"), 1);
}

#[test]
fn a_server_that_does_not_answer_its_check_in_time_is_away() {
    let stage = Stage::of(2, HEALTH);
    stage.servers[1].at("/healthz", Reply::silence());
    stage
        .gateway
        .until("it is away", || stage.is_up(1) == Some(false));
    let log = stage.gateway.log();
    assert!(log.contains("its health check was not answered in time"), "{log}");
}

/// Open to the servers, never to an identity.
#[test]
fn where_no_server_is_well_requests_go_there_and_nobody_is_let_in_for_it() {
    let stage = Stage::of(2, HEALTH);
    for server in &stage.servers {
        server.at("/healthz", ill());
    }
    stage.gateway.until("both are away", || {
        (stage.is_up(0), stage.is_up(1)) == (Some(false), Some(false))
    });
    for visitor in 0..8 {
        assert_eq!(stage.ask(visitor, "GET", "", "").status, 200);
    }
    let login = stage.gateway.status("/dossier");
    assert_eq!(login, 303);
    assert!(
        stage
            .received()
            .iter()
            .all(|(_, received)| !received.request_line().contains("dossier"))
    );
}

/// No proxy of the environment, no redirect, nobody's identity, the name that the application knows.
#[test]
fn a_health_check_is_one_question_that_says_nothing_about_anybody() {
    let (server, elsewhere) = (Upstream::start(), Upstream::start());
    let target = format!("{}/elsewhere", elsewhere.url());
    server.at("/healthz", Reply::new(302, &[("Location", &target)], ""));
    let upstreams = format!("upstreams = [\"{}\"]\n{HEALTH}\n", server.url());
    let proxy = elsewhere.url();
    let gateway = Executable::start(&Start {
        edit: &|place, usual| edited(place, usual, &upstreams),
        command: &|_| {
            let mut command = Command::new(GUICHET);
            for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
                command.env(name, &proxy);
            }
            command
        },
        ..Start::default()
    });
    gateway.until("it was asked three times", || server.received().len() >= 3);
    assert_eq!(
        asked(&gateway, 1, "GET", "", "").status,
        200,
        "a redirect is an answer"
    );
    assert_eq!(elsewhere.byte_count(), 0);
    let host = gateway.place().host();
    let question = server.received().remove(0);
    assert_eq!(
        String::from_utf8_lossy(&question.bytes()),
        format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\nuser-agent: guichet\r\nconnection: close\r\n\r\n")
    );
    assert_eq!(gateway.said("is away"), 0);
}

/// The checks follow the configuration: what is gone is not asked, what is new is.
#[test]
fn a_reload_changes_who_is_asked() {
    let stage = Stage::of(1, HEALTH);
    let next = Upstream::start();
    let old = &stage.servers[0];
    stage.gateway.until("it is asked", || !old.received().is_empty());
    stage
        .gateway
        .rewrite(|text| text.replace(&old.url(), &next.url()));
    stage.gateway.signal("HUP");
    stage
        .gateway
        .until("the other one is asked", || next.received().len() > 1);
    old.forget();
    let asked = next.received().len();
    stage
        .gateway
        .until("it is asked again", || next.received().len() > asked + 2);
    assert!(old.received().is_empty());
    assert_eq!(stage.is_up(0), None, "its number is gone");
}
