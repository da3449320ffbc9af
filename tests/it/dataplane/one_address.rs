//! One address, and everybody else: what it takes has an end below what there is, and nobody else notices.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::slow_and_long::refusals;
use crate::support::browser::Browser;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::memory;
use crate::support::provider::Alg;
use crate::support::raw::RawClient;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::upstream::Reply;
use crate::support::usual::with_limits;
use crate::support::wait::until;

/// Who takes what there is. The person is at 127.0.0.1.
const HOSTILE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

fn hostile(scene: &Scene) -> RawClient {
    RawClient::connect_from(HOSTILE, scene.gateway.address())
}

fn public(scene: &Scene, fields: &str) -> String {
    format!("GET /public HTTP/1.1\r\nHost: {}\r\n{fields}\r\n", scene.host())
}

#[test]
fn one_address_has_its_part_of_the_connections_and_another_one_is_served() {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        with_limits(&usual, "max_connections = 40\nconnections_per_client = 10")
    });
    let held: Vec<_> = (0..30).map(|_| hostile(&scene)).collect();
    let open = || held.iter().filter(|client| client.is_open()).count();
    until("those beyond its part are closed", || open() == 10);
    assert_eq!(refusals(&scene, "connections_per_client"), 20);
    let browser = Browser::new();
    assert_eq!(scene.sign_in(&browser, "/dossier").status(), 200);
    let log = scene
        .gateway
        .logs()
        .lines_with("limit=\"connections_per_client\"");
    assert!(log.iter().all(|line| line.contains("127.0.0.2")), "{log:?}");

    drop(held);
    until("what it gave back is there again", || {
        let mut again = hostile(&scene);
        again.send(public(&scene, "")).try_answer("GET").is_ok()
    });
}

#[test]
fn a_listener_that_is_full_takes_nobody_until_somebody_goes() {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        with_limits(&usual, "max_connections = 5\nconnections_per_client = 4")
    });
    let first: Vec<_> = (0..4).map(|_| hostile(&scene)).collect();
    let mut last = RawClient::connect(scene.gateway.address());
    assert_eq!(last.send(public(&scene, "")).answer().status, 200);
    let mut late = RawClient::connect(scene.gateway.address());
    assert!(late.send(public(&scene, "")).try_answer("GET").is_err());
    assert_eq!(refusals(&scene, "max_connections"), 1);
    drop(first);
    until("there is room again", || {
        let mut late = RawClient::connect(scene.gateway.address());
        late.send(public(&scene, "")).try_answer("GET").is_ok()
    });
}

#[test]
fn one_address_takes_its_part_of_an_applications_places_and_another_one_has_the_rest() {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        let usual = usual.replace("path = \"/\"\n", "path = \"/\"\nmax_connections = 6\n");
        with_limits(&usual, "requests_per_client = 4\nhttp2_streams = 4")
    });
    scene.application.at("/public", Reply::silence());
    let held: Vec<_> = (0..4)
        .map(|_| {
            let mut client = hostile(&scene);
            client.send(public(&scene, ""));
            client
        })
        .collect();
    until("they are with the application", || {
        scene.application.received().len() == 4
    });
    let mut fifth = hostile(&scene);
    let answer = fifth.send(public(&scene, "Accept-Language: en\r\n")).answer();
    assert_eq!((answer.status, answer.field("retry-after")), (429, Some("2")));
    assert!(
        answer.text().contains("Too many requests from your network"),
        "{}",
        answer.text()
    );
    let script = hostile(&scene)
        .send(public(&scene, "Sec-Fetch-Mode: cors\r\n"))
        .answer();
    assert_eq!(script.status, 429);
    assert_eq!(scene.application.received().len(), 4);
    assert_eq!(refusals(&scene, "requests_per_client"), 2);

    let browser = Browser::new();
    assert_eq!(scene.sign_in(&browser, "/dossier").status(), 200);
    scene.application.forget();
    assert!(scene.is_signed_in(&browser));
    drop(held);
    until("what it gave back is there again", || {
        hostile(&scene)
            .send(public(&scene, "").replace("/public", "/optional"))
            .answer()
            .status
            == 200
    });
}

#[test]
fn a_proxy_that_is_listed_has_no_part_and_whom_it_names_has_one() {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        let usual = usual.replace("[server]", "[server]\ntrusted_proxies = [\"127.0.0.2\"]");
        with_limits(
            &usual,
            "connections_per_client = 1\nrequests_per_client = 1\nhttp2_streams = 1",
        )
    });
    scene.application.at("/public", Reply::silence());
    let asks = |client: &str| {
        let mut proxy = hostile(&scene);
        proxy.send(public(&scene, &format!("X-Forwarded-For: {client}\r\n")));
        proxy
    };
    // A port that is named as well makes nobody another client, and all of them no single one.
    let held = [
        asks("203.0.113.1"),
        asks("203.0.113.2"),
        asks("2001:db8:1:2::3"),
        asks("203.0.113.5:40001"),
        asks("[2001:db8:1:9::3]:40002"),
    ];
    until("five clients are with the application", || {
        scene.application.received().len() == 5
    });
    for named in [
        "203.0.113.1",
        "::ffff:203.0.113.2",
        "2001:db8:1:2:ffff::4",
        "203.0.113.5:40003",
        "203.0.113.5",
        "[2001:db8:1:9::4]:1",
    ] {
        assert_eq!(asks(named).answer().status, 429, "{named}");
    }
    let other = asks("2001:db8:1:3::3");
    until("the neighbour is another client", || {
        scene.application.received().len() == 6
    });
    assert!(held.iter().all(RawClient::is_open) && other.is_open());
    assert_eq!(refusals(&scene, "connections_per_client"), 0);
}

#[test]
fn a_reload_changes_the_limits_of_new_connections() {
    let mut scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        with_limits(&usual, "max_fields = 20")
    });
    let many: Vec<String> = (0..30).map(|number| format!("X-{number}: 1\r\n")).collect();
    let many = many.concat();
    let mut kept = RawClient::connect(scene.gateway.address());
    assert_eq!(kept.send(public(&scene, "")).answer().status, 200);
    scene
        .gateway
        .reload(|text| text.replace("max_fields = 20", "max_fields = 50"))
        .unwrap();
    assert_eq!(scene.ask("/public", &many).status, 200);
    assert_eq!(kept.send(public(&scene, &many)).answer().status, 431);
}

/// Slow heads, slow bodies, answers that nobody reads, and floods: all from one address, as many as it can make.
fn everything_at_once(gateway: &Executable, is_over: &AtomicBool) -> (usize, usize) {
    let host = gateway.place().host();
    let head = format!("GET /public HTTP/1.1\r\nHost: {host}\r\n");
    let kinds = [
        format!("{head}X-Slow: a"),
        format!("POST /public HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n\r\na"),
        format!("{}\r\n", head.replace("/public", "/public/large")),
        format!("{head}X-Long: {}", "a".repeat(30_000)),
        format!("GET /_guichet/login/fc HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        "\r\n\r\n\r\n".to_owned(),
    ];
    let (mut made, mut ended) = (0, 0);
    let mut clients: Vec<RawClient> = Vec::new();
    while !is_over.load(Ordering::SeqCst) {
        for kind in &kinds {
            let mut client = RawClient::connect_from(HOSTILE, gateway.address());
            client.send(kind);
            clients.push(client);
            made += 1;
        }
        let before = clients.len();
        clients.retain(RawClient::is_open);
        ended += before - clients.len();
    }
    (made, ended)
}

#[test]
fn a_person_signs_in_and_works_while_one_address_does_everything_at_once() {
    let limits = "connections_per_client = 200\nrequests_per_client = 64\nhttp2_streams = 60\nhead_timeout = \"1s\"\n\
                  body_grace = \"1s\"\nwrite_timeout = \"1s\"";
    let gateway = Executable::start(&Start {
        provider: true,
        edit: &|_, usual| with_limits(usual, limits),
        ..Start::default()
    });
    gateway
        .application
        .at("/public/large", Reply::new(200, &[], &"a".repeat(4 << 20)));
    let browser = Browser::new();
    gateway.sign_in(&browser, "/before");
    let before = memory::resident(gateway.id());
    let is_over = AtomicBool::new(false);
    let (made, ended) = thread::scope(|scope| {
        let hostile = scope.spawn(|| everything_at_once(&gateway, &is_over));
        thread::sleep(Duration::from_millis(1500));
        let newcomer = Browser::new();
        let page = gateway.sign_in(&newcomer, "/dossier");
        assert_eq!((page.status(), page.url), (200, gateway.url("/dossier")));
        for _ in 0..50 {
            let page = newcomer.open(&gateway.url("/dossier"));
            assert_eq!(page.status(), 200, "{}", page.text());
            let page = browser.open(&gateway.url("/before"));
            assert_eq!(page.status(), 200, "{}", page.text());
        }
        is_over.store(true, Ordering::SeqCst);
        hostile.join().unwrap()
    });
    assert!(
        made > 300 && ended > made / 2,
        "{made} connections, {ended} ended"
    );
    let grown = memory::peak(gateway.id()).saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes for {made} connections");
    gateway.until("nothing of it is left at the application", || {
        gateway.application.open_connections() <= 4
    });
}
