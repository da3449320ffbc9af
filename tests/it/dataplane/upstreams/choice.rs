//! Several servers of one application: a visitor stays at one, and a request goes elsewhere only if nothing was sent.

use std::collections::BTreeSet;

use super::stage::Stage;
use super::stage::asked;
use super::stage::edited;
use super::stage::gateway;
use crate::support::browser::Browser;
use crate::support::message;
use crate::support::provider::Alg;
use crate::support::raw::RawClient;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::upstream::Reply;
use crate::support::upstream::Upstream;

#[test]
fn a_visitor_stays_at_one_server_and_a_server_that_goes_takes_nobody_elses() {
    let stage = Stage::of(3, "");
    let visitors = 0..24;
    let before: Vec<usize> = visitors.clone().map(|visitor| stage.server_of(visitor)).collect();
    let used: BTreeSet<usize> = before.iter().copied().collect();
    assert_eq!(used.len(), 3, "{before:?}");
    let again: Vec<usize> = visitors.clone().map(|visitor| stage.server_of(visitor)).collect();
    assert_eq!(before, again);

    // A cookie counts more than the address, also where nobody looks it up.
    let key = |number: usize| format!("Cookie: {SESSION}={number:0>42}A\r\n");
    for number in 0..8 {
        stage.forget();
        for visitor in 0..4 {
            assert_eq!(stage.ask(visitor, "GET", &key(number), "").status, 200);
        }
        let served: BTreeSet<usize> = stage.received().into_iter().map(|(server, _)| server).collect();
        assert_eq!(served.len(), 1, "{number}");
    }

    let gone = format!("\"{}\", ", stage.servers[0].url());
    stage.gateway.rewrite(|text| text.replace(&gone, ""));
    stage.gateway.signal("HUP");
    stage
        .gateway
        .until("the number of the server is gone", || stage.is_up(0).is_none());
    for (visitor, before) in visitors.zip(before) {
        let now = stage.server_of(visitor);
        assert!(
            now == before || before == 0,
            "{visitor} moved from {before} to {now}"
        );
    }
}

/// On every route, whatever is asked of a visitor there.
#[test]
fn whoever_is_signed_in_stays_at_one_server() {
    let others = [Upstream::start(), Upstream::start()];
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        let more = format!("upstreams = [\"{}\", \"{}\", ", others[0].url(), others[1].url());
        usual.replace("upstreams = [", &more)
    });
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    let all = || [&scene.application, &others[0], &others[1]];
    all().into_iter().for_each(Upstream::forget);
    for path in ["/dossier", "/public", "/optional", "/dossier/2"] {
        assert_eq!(browser.open_once(&scene.url(path)).status(), 200);
    }
    let served: Vec<usize> = all()
        .map(|server| server.received().len())
        .into_iter()
        .filter(|count| *count > 0)
        .collect();
    assert_eq!(served.len(), 1, "{served:?}");
}

#[test]
fn where_nobody_listens_nothing_was_sent_and_another_server_is_asked_once_whatever_the_request() {
    let stage = Stage::of(2, "");
    let (there, gone) = (stage.visitor_of(0), stage.visitor_of(1));
    stage.servers[1].stop();
    stage.forget();
    for (number, (method, fields, body)) in [
        ("GET", "", ""),
        ("POST", "Content-Length: 5\r\n", "a=b&c"),
        ("POST", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
        ("DELETE", "", ""),
        ("LOCK", "", ""),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(stage.ask(gone, method, fields, body).status, 200, "{method}");
        let received = stage.received();
        assert_eq!(received.len(), number + 1, "{method}");
        let (server, last) = received.last().unwrap();
        assert_eq!(*server, 0);
        assert!(last.request_line().starts_with(method), "{last:?}");
        assert!(body.is_empty() || last.contains(body), "{last:?}");
    }
    assert_eq!(stage.server_of(there), 0, "nobody else moved");
    stage.gateway.until("it is said", || {
        stage.gateway.said("a server of an application is away") == 1
    });
    assert_eq!((stage.is_up(0), stage.is_up(1)), (Some(true), Some(false)));
    // It stays at one line, however many come.
    assert_eq!(stage.ask(gone, "GET", "", "").status, 200);
    assert_eq!(stage.gateway.said("a server of an application is away"), 1);
}

/// A name of each server is written where the application is to hear it.
#[test]
fn the_next_server_hears_its_own_name() {
    let stage = Stage::of(2, "host_header = \"upstream\"");
    let visitor = stage.visitor_of(1);
    stage.servers[1].stop();
    stage.forget();
    assert_eq!(stage.ask(visitor, "GET", "", "").status, 200);
    let received = stage.servers[0].only();
    assert_eq!(received.values("host"), [stage.servers[0].address().to_string()]);
}

/// Connected, and then nothing, or half a head: it may have been done.
#[test]
fn of_what_may_have_been_sent_nothing_is_sent_to_another_server() {
    let stage = Stage::of(2, "response_timeout = \"200ms\"");
    let visitor = stage.visitor_of(1);
    for (reply, status) in [
        (Reply::hang_up(), 502),
        (Reply::bytes("HTTP/1.1 200").then_close(), 502),
        (Reply::silence(), 504),
    ] {
        for (method, fields) in [("GET", ""), ("POST", "Content-Length: 0\r\n")] {
            stage.forget();
            stage.servers[1].otherwise(reply.clone());
            assert_eq!(
                stage.ask(visitor, method, fields, "").status,
                status,
                "{method} {reply:?}"
            );
            let received = stage.received();
            assert!(received.iter().all(|(server, _)| *server == 1), "{received:?}");
        }
    }
    let with_whom = format!("\"guichet.upstream\":\"{}\"", stage.servers[1].url());
    stage.gateway.until("the log names the server", || {
        let log = stage.gateway.log();
        let mut lines = log
            .lines()
            .filter(|line| line.contains("the request was with this server"));
        lines.all(|line| line.contains(&with_whom))
            && stage.gateway.said("the request was with this server") == 6
    });
    assert_eq!(
        stage.is_up(1),
        Some(true),
        "an answer that fails is not a server that is away"
    );
}

#[test]
fn a_server_without_a_place_is_not_away_and_its_number_counts_for_it_alone() {
    let stage = Stage::of(2, "max_connections = 1");
    let (first, second) = (stage.visitor_of(0), stage.visitor_of(1));
    stage.forget();
    stage.servers[1].next(Reply::silence());
    let mut waiting = RawClient::connect(stage.gateway.address());
    let host = stage.gateway.place().host();
    waiting.send(format!(
        "GET /public/slow HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 192.0.2.{second}\r\n\r\n"
    ));
    stage
        .gateway
        .until("the request arrived", || !stage.servers[1].received().is_empty());
    assert_eq!(stage.ask(second, "GET", "", "").status, 503);
    assert!(stage.servers[0].received().is_empty());
    assert_eq!(stage.ask(first, "GET", "", "").status, 200);
    assert_eq!(stage.is_up(1), Some(true));
}

#[test]
fn where_all_are_away_they_are_tried_all_the_same() {
    let (one, other) = (Upstream::start(), Upstream::start());
    let (at, urls) = (one.address(), [one.url(), other.url()]);
    let gateway = gateway(&urls, "");
    drop((one, other));
    assert_eq!(asked(&gateway, 1, "GET", "", "").status, 502);
    gateway.until("both are away", || {
        gateway.said("a server of an application is away") == 2
    });
    let _back = Upstream::start_at(at);
    assert_eq!(asked(&gateway, 1, "GET", "", "").status, 200);
    gateway.until("it is back", || {
        gateway.said("a server of an application is back") == 1
    });
}

/// Where an application leads to any of its servers, the browser is led to the public address.
#[test]
fn the_address_of_each_server_becomes_the_public_one() {
    let stage = Stage::of(2, "");
    let visitor = stage.visitor_of(0);
    let public_url = stage.gateway.place().public_url();
    for server in &stage.servers {
        let location = format!("{}/next", server.url());
        stage.servers[0].next(Reply::new(302, &[("Location", &location)], ""));
        let answer = stage.ask(visitor, "GET", "", "");
        let location = message::values(&answer.fields, "location");
        assert_eq!(location, [format!("{public_url}/next")]);
    }
}

#[test]
fn explain_names_the_servers_and_doctor_asks_each() {
    let stage = Stage::of(2, "health = { path = \"/healthz\" }");
    let explained = stage.gateway.command(&["explain", "/public"]);
    let both = format!("{} or {}", stage.servers[0].url(), stage.servers[1].url());
    assert!(explained.out.contains(&both), "{}", explained.out);
    stage.servers[1].at("/healthz", Reply::new(503, &[], ""));
    let doctor = stage.gateway.command(&["doctor"]);
    assert!(doctor.out.contains("✔ health"), "{}", doctor.out);
    let seen = "✘ health: it answers GET /healthz with 503";
    assert!(
        doctor.out.contains("✘ health") && doctor.out.contains("503"),
        "{seen}\n{}",
        doctor.out
    );
    for server in &stage.servers {
        assert!(
            doctor.out.contains(&format!("apps.urbanisme: {}", server.url())),
            "{}",
            doctor.out
        );
    }
}

/// As `SIGHUP` does it: what did not change keeps its connections.
#[test]
fn a_reload_that_adds_a_server_keeps_the_connections_of_the_others() {
    let (one, more) = (Upstream::start(), Upstream::start());
    let mut scene = Scene::start_with(Alg::Es256, Store::Memory, |place, usual| {
        edited(
            place,
            &usual,
            &format!("upstreams = [\"{}\"]\nkeep_alive = \"1m\"\n", one.url()),
        )
    });
    let ask = |scene: &Scene| scene.ask("/public", "X-Forwarded-For: 192.0.2.1\r\n").status;
    assert_eq!(ask(&scene), 200);
    let both = format!("\"{}\", \"{}\"]", one.url(), more.url());
    let (alone, before) = (format!("\"{}\"]", one.url()), one.connection_count());
    scene.gateway.reload(|text| text.replace(&alone, &both)).unwrap();
    for _ in 0..4 {
        assert_eq!(ask(&scene), 200);
    }
    assert!(one.connection_count() <= before, "{}", one.connection_count());
    assert_eq!(one.received().len() + more.received().len(), 5);
}
