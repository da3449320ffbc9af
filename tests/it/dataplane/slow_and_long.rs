//! Heads and bodies that are too slow or too long: each is ended, and costs the application nothing or one connection.

use std::thread;
use std::time::Duration;

use crate::cases;
use crate::listener::stage::Secure;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::redis::Redis;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::usual;
use crate::support::usual::with_limits;
use crate::support::wait::until;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T154"],
            sentence: "a head has a time in all, however it trickles, and another one to begin",
            plays: slow_heads,
        },
        Play {
            ids: &["T155"],
            sentence: "a form of ours has a time in all and a length",
            plays: slow_and_long_forms,
        },
        Play {
            ids: &["T156"],
            sentence: "a head that is too long is 431 before any session is looked up",
            plays: long_heads,
        },
    ]
}

/// Between two bytes of whoever is slow.
const TRICKLE: Duration = Duration::from_millis(40);

/// A scene with these lines in `[limits]`.
pub(super) fn limited(store: Store, limits: &str) -> Scene {
    Scene::start_with(Alg::Es256, store, |_, usual| with_limits(&usual, limits))
}

/// How often a limit was reached.
pub(super) fn refusals(scene: &Scene, limit: &str) -> u64 {
    let begins = format!("guichet_limit_refusals_total{{limit=\"{limit}\"}} ");
    let metrics = scene.gateway.metrics();
    let line = metrics.lines().find_map(|line| line.strip_prefix(&begins));
    line.unwrap_or_else(|| panic!("no {begins} in\n{metrics}"))
        .parse()
        .unwrap()
}

/// Sends a byte now and then until the other side ends it; how many it took.
fn trickle(client: &mut RawClient, most: usize) -> usize {
    (0..most)
        .take_while(|_| {
            client.send("a");
            thread::sleep(TRICKLE);
            client.is_open()
        })
        .count()
}

fn slow_heads() {
    let scene = limited(Store::Memory, "head_timeout = \"500ms\"\nkeep_alive = \"30s\"");
    let begun = format!("GET /public HTTP/1.1\r\nHost: {}\r\nX-Slow: ", scene.host());
    let mut first = RawClient::connect(scene.gateway.address());
    assert!(trickle(first.send(&begun), 200) < 100);
    assert_eq!(refusals(&scene, "head_timeout"), 1);

    // Silence before the first head ends as well, and is nothing to count: browsers open connections in advance.
    let silent = RawClient::connect(scene.gateway.address());
    until("the silent one is closed", || !silent.is_open());
    assert_eq!(refusals(&scene, "head_timeout"), 1);
    assert_eq!(scene.application.byte_count(), 0);

    let mut kept = RawClient::connect(scene.gateway.address());
    let whole = format!("GET /public HTTP/1.1\r\nHost: {}\r\n\r\n", scene.host());
    assert_eq!(kept.send(&whole).answer().status, 200);
    thread::sleep(Duration::from_millis(800));
    assert_eq!(
        kept.send(&whole).answer().status,
        200,
        "kept for longer than a head may take"
    );
    assert!(trickle(kept.send(&begun), 200) < 100);
    assert_eq!(refusals(&scene, "head_timeout"), 2);
    assert_eq!(scene.application.received().len(), 2);

    let log = scene
        .gateway
        .logs()
        .lines_with("a connection was ended: it reached a limit");
    assert!(
        log.iter().all(|line| line.contains("limit=\"head_timeout\"")),
        "{log:?}"
    );
    assert_eq!(log.len(), 2);
}

#[test]
fn a_connection_that_asks_nothing_more_is_closed_after_its_time() {
    let scene = limited(Store::Memory, "keep_alive = \"300ms\"");
    let mut kept = RawClient::connect(scene.gateway.address());
    let whole = format!("GET /public HTTP/1.1\r\nHost: {}\r\n\r\n", scene.host());
    assert_eq!(kept.send(whole).answer().status, 200);
    until("the idle one is closed", || !kept.is_open());
    assert_eq!(refusals(&scene, "head_timeout"), 0);
}

fn slow_and_long_forms() {
    let scene = limited(Store::Memory, "body_grace = \"500ms\"");
    let head = |length: usize| {
        format!(
            "POST /_guichet/logout HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {length}\r\n\r\n",
            scene.host()
        )
    };
    let mut slow = RawClient::connect(scene.gateway.address());
    slow.send(head(1000));
    assert!(trickle(&mut slow, 200) < 100);
    let answer = slow.answer();
    assert_eq!(answer.status, 408);
    assert!(
        answer.text().contains("Votre connexion est trop lente"),
        "{}",
        answer.text()
    );
    assert_eq!(slow.afterwards(), Connection::Closed);
    assert_eq!(refusals(&scene, "body_rate"), 1);

    let mut long = RawClient::connect(scene.gateway.address());
    let answer = long.send(head(1024 * 1024)).answer();
    assert_eq!(answer.status, 413, "not a byte of it was sent");
    assert!(answer.text().contains("P21 · "), "{}", answer.text());

    let chunks = format!("1000\r\n{}\r\n", "a".repeat(0x1000)).repeat(5);
    let chunked = head(0).replace("Content-Length: 0", "Transfer-Encoding: chunked");
    let mut long = RawClient::connect(scene.gateway.address());
    assert_eq!(
        long.send(format!("{chunked}{chunks}0\r\n\r\n")).answer().status,
        413
    );
    assert_eq!(refusals(&scene, "max_form"), 2);
    let refused = scene.gateway.audited("request_refused");
    let reasons: Vec<_> = refused
        .iter()
        .map(|event| event["event.reason"].clone())
        .collect();
    assert_eq!(reasons, ["body_too_slow", "form_too_long", "form_too_long"]);
}

fn long_heads() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let cookie = browser.cookie("localhost", "guichet-session-fc").unwrap();
    scene.application.forget();
    let looked_up = lookups(scene.redis());
    let host = scene.host();
    let begins = format!("GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: guichet-session-fc={cookie}\r\n");
    let field = |number: usize, length: usize| format!("X-{number}: {}\r\n", "a".repeat(length));
    let many: String = (0..300).map(|number| field(number, 10)).collect();
    let large: String = (0..64).map(|number| field(number, 16 * 1024)).collect();
    let a_target = format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n", "a".repeat(40_000));
    for head in [
        format!("{begins}{}", field(1, 70_000)),
        format!("{begins}{many}"),
        format!("{begins}{large}"),
        a_target,
    ] {
        let mut client = RawClient::connect(scene.gateway.address());
        let answer = client.send(format!("{head}\r\n")).answer();
        assert_eq!(answer.status, 431);
        let said = answer.text();
        assert!(said.contains("P20 · "), "{said}");
        let place_of = |words: &str| said.find(words).unwrap_or_else(|| panic!("no {words}: {said}"));
        // What is easily mended comes first.
        let order = ["raccourcissez-la", "nombre de cookies", "/_guichet/clear-cookies"];
        assert!(order.map(place_of).is_sorted(), "{said}");
        assert_eq!(client.afterwards(), Connection::Closed);
    }
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(lookups(scene.redis()), looked_up, "nobody was looked up");
    assert_eq!(refusals(&scene, "max_head"), 4);
    assert!(scene.is_signed_in(&browser));
}

/// How many values Redis was asked for: since somebody signed in, some.
fn lookups(redis: &Redis) -> String {
    let stats = redis.say(&["INFO", "commandstats"]).text();
    let (_, counted) = stats.split_once("cmdstat_get:calls=").unwrap();
    counted.split(',').next().unwrap().to_owned()
}

#[test]
fn a_head_that_is_too_long_has_a_page_over_http2_as_well() {
    let secure = Secure::start();
    let h2 = secure.h2();
    let bomb = "a".repeat(4000);
    let mut fields: Vec<(&str, &str)> = vec![("accept-language", "en")];
    fields.extend((0..100).map(|_| ("cookie", bomb.as_str())));
    let answer = h2.get(&secure.url("/dossier"), &fields);
    assert_eq!(answer.status, 431);
    assert!(
        answer.text().contains("Your request is too long"),
        "{}",
        answer.text()
    );
    assert_eq!(secure.scene.application.byte_count(), 0);
    let cookie = ("cookie", secure.cookie.as_str());
    assert_eq!(
        h2.get(&secure.url("/dossier"), &[cookie]).status,
        200,
        "the connection goes on"
    );
}

/// Before an application that takes bodies of 100 bytes, and at `/large` of 10 000.
fn short_bodies() -> Scene {
    Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        let upstreams = usual::upstreams(&usual);
        let other = format!(
            "\n[[apps]]\nname = \"large\"\npath = \"/large\"\nproviders = [\"fc\"]\n{upstreams}\nmax_body = \"10000B\"\n\
             [[apps.routes]]\npath = \"/\"\naccess = \"public\"\n"
        );
        with_limits(&usual, "max_body = \"100B\"") + &other
    })
}

#[test]
fn a_body_that_says_that_it_is_too_long_is_refused_before_a_byte_goes_on() {
    let scene = short_bodies();
    for (length, path, fields, status) in [
        (101, "/public", "", 413),
        (1_000_000_000, "/public", "Expect: 100-continue\r\n", 413),
        (100, "/public", "", 200),
        (10_000, "/large", "", 200),
        (10_001, "/large", "", 413),
    ] {
        scene.application.forget();
        let mut client = RawClient::connect(scene.gateway.address());
        client.send(format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nAccept-Language: en\r\nContent-Length: {length}\r\n{fields}\r\n",
            scene.host()
        ));
        if status == 200 {
            client.send("a".repeat(length));
        }
        let answer = client.answer();
        assert_eq!(
            (answer.status, answer.interim.len()),
            (status, 0),
            "{path} {length}"
        );
        if status == 413 {
            assert!(
                answer.text().contains("What you sent is too large"),
                "{}",
                answer.text()
            );
            assert_eq!(answer.field("connection"), Some("close"));
        }
        let received = scene.application.received();
        assert_eq!(received.len(), usize::from(status == 200), "{path} {length}");
    }
    assert_eq!(refusals(&scene, "max_body"), 3);
}

#[test]
fn a_chunked_body_is_cut_where_it_becomes_too_long_and_nobody_follows_on_its_connection() {
    let scene = short_bodies();
    let head = format!(
        "POST /public HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        scene.host()
    );
    let mut client = RawClient::connect(scene.gateway.address());
    client
        .send(&head)
        .send("40\r\n")
        .send("a".repeat(64))
        .send("\r\n");
    until("the beginning is at the application", || {
        scene.application.byte_count() > 64
    });
    client.send("40\r\n").send("b".repeat(64)).send("\r\n0\r\n\r\n");
    let answer = client.answer();
    assert_eq!(answer.status, 413);
    assert_eq!(client.afterwards(), Connection::Closed);
    until("its connection is closed", || {
        scene.application.open_connections() == 0
    });
    let received = scene.application.only();
    let content = String::from_utf8_lossy(&received.wire_body).into_owned();
    assert!(
        !content.contains("bbbb") && !content.contains("0\r\n\r\n"),
        "{content:?}"
    );

    scene.application.forget();
    assert_eq!(scene.ask("/public", "").status, 200);
    assert_eq!(scene.application.connection_count(), 2);
}

#[test]
fn a_body_that_trickles_gives_its_place_back() {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        let usual = usual.replace("path = \"/\"\n", "path = \"/\"\nmax_connections = 1\n");
        with_limits(
            &usual,
            "body_grace = \"600ms\"\nbody_rate = \"100KiB\"\nrequests_per_client = 9",
        )
    });
    let mut slow = RawClient::connect(scene.gateway.address());
    slow.send(format!(
        "POST /public HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000\r\n\r\n",
        scene.host()
    ));
    until("it has the place", || scene.application.byte_count() > 0);
    assert_eq!(scene.ask("/public", "").status, 503, "the one place is taken");
    assert!(trickle(&mut slow, 200) < 100);
    assert_eq!(slow.answer().status, 408);
    assert_eq!(scene.ask("/public", "").status, 200);
    assert_eq!(refusals(&scene, "body_rate"), 1);
}
