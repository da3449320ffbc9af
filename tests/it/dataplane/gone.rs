//! Browsers that are gone before their answer: each is noticed, whatever it had sent ahead, and the application is told. What it
//! works on all the same goes on to count, for its places and for the client.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

use crate::listener::stage::Secure;
use crate::support::frames::Frames;
use crate::support::frames::reset;
use crate::support::provider::Alg;
use crate::support::raw::RawClient;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::tunnel::Tunnel;
use crate::support::upstream::Reply;
use crate::support::usual::with_limits;
use crate::support::wait::until;

/// Who goes away. Everybody else is at 127.0.0.1.
const GONE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// One place at the application, which may take longer than any test waits.
fn one_place(usual: &str) -> String {
    let application = "path = \"/\"\nmax_connections = 1\nresponse_timeout = \"10m\"\n";
    let usual = usual.replace("path = \"/\"\n", application);
    with_limits(&usual, "requests_per_client = 1\nhttp2_streams = 1")
}

fn scene() -> Scene {
    Scene::start_with(Alg::Es256, Store::Memory, |_, usual| one_place(&usual))
}

fn request(host: &str, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
}

/// What was sent behind a request before its sender went away: no more than the system takes unread, or it would not even hear
/// of the end.
fn ahead(host: &str) -> [String; 4] {
    let next = request(host, "/public");
    ["", "G", &next, &format!("{next}{}", "x".repeat(20_000))].map(str::to_owned)
}

#[test]
fn whoever_sent_more_and_hung_up_is_noticed() {
    let scene = scene();
    let application = &scene.application;
    application.at("/public", Reply::silence());
    let is_free = || scene.ask("/optional", "").status == 200;
    for ahead in ahead(&scene.host()) {
        application.forget();
        let mut client = RawClient::connect_from(GONE, scene.gateway.address());
        client.send(request(&scene.host(), "/public") + &ahead);
        until("it is with the application", || application.received().len() == 1);
        assert!(!is_free(), "{ahead:.40}");
        drop(client);
        until("its place is free", is_free);
    }
    until("the application is let go", || {
        application.open_connections() <= 1
    });
}

#[test]
fn so_is_whoever_did_it_over_tls() {
    let secure = Secure::start_with(one_place);
    let application = &secure.scene.application;
    application.at("/public", Reply::silence());
    let is_free = || secure.raw("GET /optional HTTP/1.1\r\nHost: {host}").status == 200;
    for ahead in ahead(&secure.host()) {
        application.forget();
        let mut client = RawClient::connect(secure.tunnel.address());
        client.send(request(&secure.host(), "/public") + &ahead);
        until("it is with the application", || application.received().len() == 1);
        drop(client);
        until("its place is free", is_free);
    }
}

/// An application that looks at its connection only when it is done.
fn is_at_work(for_how_long: Duration) -> Reply {
    Reply::new(200, &[], "late").after(for_how_long)
}

#[test]
fn what_an_application_does_for_somebody_who_left_holds_its_place_and_theirs() {
    let scene = scene();
    let application = &scene.application;
    application.at("/public", is_at_work(Duration::from_secs(4)));
    let of_the_gone = |path: &str| {
        let mut client = RawClient::connect_from(GONE, scene.gateway.address());
        client.send(request(&scene.host(), path));
        client
    };
    let left = of_the_gone("/public");
    until("it is with the application", || application.received().len() == 1);
    drop(left);
    // Longer than it takes to notice.
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(scene.ask("/optional", "").status, 503, "the place is taken");
    assert_eq!(of_the_gone("/optional").answer().status, 429, "and so is theirs");
    assert_eq!(application.received().len(), 1);
    until("it is done", || scene.ask("/optional", "").status == 200);
    assert_eq!(of_the_gone("/optional").answer().status, 200);
    let told = scene.gateway.logs().lines_with("reason=\"broken_off\"");
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn so_does_what_was_taken_back_over_http2() {
    let secure = Secure::start_with(one_place);
    let application = &secure.scene.application;
    application.at("/public", is_at_work(Duration::from_secs(4)));
    let client = secure.authority.client("h2");
    let tunnel = Tunnel::into_tls(secure.scene.gateway.address(), client, "localhost");
    let mut browser = Frames::connect(tunnel.address());
    assert!(browser.get(1, (&secure.host(), "/public"), &[]));
    until("it is with the application", || application.received().len() == 1);
    assert!(browser.send(&reset(1)) && browser.is_answered());
    thread::sleep(Duration::from_millis(500));
    let other = || secure.raw("GET /optional HTTP/1.1\r\nHost: {host}").status;
    assert_eq!(other(), 429, "it is a request of this client");
    until("it is done", || other() == 200);
}
