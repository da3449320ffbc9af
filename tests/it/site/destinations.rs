//! Where a login leads: to a page of this site, whatever is asked for (area K).

use openidconnect::url::Url;
use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::https::encoded;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::chromium;
use crate::support::provider::ZOE;
use crate::support::signed_in::SignedIn;
use crate::support::table::Proof;
use crate::support::table::on;
use crate::support::upstream::Reply;

/// Where a login to this destination leads somebody who is signed in, by both ways to a login.
fn leads_to(zoe: &SignedIn, asked: &str) -> String {
    let places = ["/_guichet/login/fc", "/_guichet/login"].map(|path| {
        let answer = zoe.ask_as_zoe(&format!("GET {path}?return_to={}", encoded(asked)));
        assert_eq!(answer.status, 303, "{asked:?}: {}", answer.text());
        let places = answer.fields("location");
        assert_eq!(places.len(), 1, "{asked:?}");
        places[0].to_owned()
    });
    assert_eq!(places[0], places[1], "{asked:?}");
    places[0].clone()
}

/// None of these is a destination: the start of the application is.
fn lead_to_the_start(zoe: &SignedIn, asked: &[&str]) {
    for asked in asked {
        assert_eq!(leads_to(zoe, asked), "/", "{asked:?}");
    }
}

fn another_site(zoe: &SignedIn) {
    lead_to_the_start(
        zoe,
        &["https://evil.example/", "http://evil.example", "ftp://evil"],
    );
    // The same for somebody who signs in on the way.
    let browser = Browser::new();
    let login = zoe
        .scene
        .url("/_guichet/login?return_to=https%3A%2F%2Fevil.example%2F");
    let chooser = browser.open(&login);
    assert!(!chooser.text().contains("evil.example/\""), "{}", chooser.text());
    let provider = browser.click(&chooser, "FranceConnect");
    let page = zoe.scene.provider.sign_in(&browser, &provider, ZOE);
    assert_eq!((page.status(), page.url), (200, zoe.scene.url("/")));
}

fn runs_of_slashes(zoe: &SignedIn) {
    lead_to_the_start(
        zoe,
        &[
            "//evil",
            "///evil",
            "////evil//",
            "/.//evil",
            "/..//evil",
            "/%2e%2e//evil",
            "/%2e//evil",
            "/x/..//evil",
        ],
    );
}

fn backslashes(zoe: &SignedIn) {
    lead_to_the_start(
        zoe,
        &[
            "/\\evil",
            "\\/evil",
            "/\\/evil",
            "\\\\evil",
            "http:\\\\evil",
            "/x\\..\\\\evil",
        ],
    );
}

fn encoded_slashes(zoe: &SignedIn) {
    lead_to_the_start(
        zoe,
        &["/%2f%2fevil", "/%5cevil", "%2f%2fevil", "/%2Fevil", "/a%5C"],
    );
}

fn user_names(zoe: &SignedIn) {
    let host = zoe.host();
    for asked in [
        format!("http://{host}@evil"),
        format!("http://{host}%40evil"),
        format!("//{host}@evil"),
        format!("http://evil:x@{host}/"),
    ] {
        lead_to_the_start(zoe, &[&asked]);
    }
}

fn names_that_begin_or_end_like_ours(zoe: &SignedIn) {
    let host = zoe.host();
    for asked in [
        format!("http://{host}.evil.com"),
        format!("http://evil{host}"),
        format!("http://{host}%00.evil"),
        format!("http://{host}。evil"),
    ] {
        lead_to_the_start(zoe, &[&asked]);
    }
}

fn schemes_without_slashes(zoe: &SignedIn) {
    lead_to_the_start(
        zoe,
        &[
            "https:evil.example",
            "http:/evil",
            "javascript:alert(1)",
            "data:text/html,x",
            "JaVaScRiPt:alert(1)",
            "\u{1}javascript:alert(1)",
            "java\tscript:alert(1)",
        ],
    );
}

fn another_port_or_scheme(zoe: &SignedIn) {
    let host = zoe.host();
    for asked in [
        "https://localhost:8443/".to_owned(),
        "http://localhost/".to_owned(),
        format!("https://{host}/"),
        // Not even ours, written whole: only a path is a destination.
        format!("http://{host}/dossier"),
    ] {
        lead_to_the_start(zoe, &[&asked]);
    }
}

fn fragments_and_queries(zoe: &SignedIn) {
    for asked in [
        "/#@evil",
        "/?//evil",
        "/path#//evil",
        "/a?b=https://evil#c",
        "/?@evil",
    ] {
        assert_eq!(leads_to(zoe, asked), asked);
    }
}

/// Whatever is asked for, what a browser makes of the answer is this site.
fn whatever_is_asked_for(zoe: &SignedIn) {
    let base = Url::parse(&zoe.scene.url("/_guichet/login/fc")).unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 256,
        failure_persistence: None,
        ..Config::default()
    });
    let pieces = prop_oneof![
        Just("/".to_owned()),
        Just("\\".to_owned()),
        Just("//".to_owned()),
        Just("..".to_owned()),
        Just("@".to_owned()),
        Just("evil.example".to_owned()),
        Just("https:".to_owned()),
        Just("%2f".to_owned()),
        Just("%5c".to_owned()),
        Just("\t".to_owned()),
        Just("\r\n".to_owned()),
        Just("#".to_owned()),
        Just("?".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    let destinations = prop::collection::vec(pieces, 0..9).prop_map(|pieces| format!("/{}", pieces.concat()));
    runner
        .run(&destinations, |asked| {
            let found = leads_to(zoe, &asked);
            prop_assert!(found.starts_with('/') && !found.starts_with("//"), "{found:?}");
            prop_assert!(found.bytes().all(|byte| byte.is_ascii_graphic()), "{found:?}");
            let arrived = base.join(&found).unwrap();
            prop_assert_eq!(arrived.origin(), base.origin(), "{}", found);
            Ok(())
        })
        .unwrap();
    in_a_real_browser(zoe);
}

fn in_a_real_browser(zoe: &SignedIn) {
    let page = "<!DOCTYPE html><html lang=fr><title>Ici</title><p>arrivée";
    let html = [("Content-Type", "text/html; charset=utf-8")];
    zoe.scene.application.otherwise(Reply::new(200, &html, page));
    let (name, value) = zoe.cookie.split_once('=').unwrap();
    let mut steps = vec![json!({ "cookie": { "name": name, "value": value, "url": zoe.scene.url("/") } })];
    for asked in [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https:evil.example",
        "/%09/evil.example",
        "/.//evil.example",
        "/#//evil.example",
        "/?//evil.example",
    ] {
        let login = zoe
            .scene
            .url(&format!("/_guichet/login/fc?return_to={}", encoded(asked)));
        steps.push(json!({ "open": login }));
        steps.push(json!({ "expect": { "url": zoe.scene.url("/"), "text": "arrivée", "status": 200 } }));
    }
    let folder = tempfile::tempdir().unwrap();
    let report = chromium::journey(folder.path(), &json!(steps));
    let asked_for = report["requests"].to_string();
    assert!(
        !asked_for.contains("GET http://evil") && !asked_for.contains("GET https://"),
        "{asked_for}"
    );
}

fn our_own_endpoints(zoe: &SignedIn) {
    lead_to_the_start(
        zoe,
        &[
            "/_guichet/logout",
            "/_guichet/callback?code=x&state=y",
            "/_guichet/login",
            "/_GUICHET/logout",
            "/%5fguichet/logout",
            "/x/../_guichet/logout",
            "/_guichet",
        ],
    );
    zoe.is_still_signed_in();
}

fn long_and_strange(zoe: &SignedIn) {
    let long = "x".repeat(600);
    assert_eq!(leads_to(zoe, &format!("/a?{long}")), "/a");
    assert_eq!(leads_to(zoe, &format!("/{long}")), "/");
    assert_eq!(leads_to(zoe, &format!("/{}", "x".repeat(20_000))), "/");
    // What a browser would escape is kept escaped, byte for byte; what it would not send is no destination.
    assert_eq!(leads_to(zoe, "/caf%C3%A9?q=%C3%A9"), "/caf%C3%A9?q=%C3%A9");
    lead_to_the_start(
        zoe,
        &["/café", "/%0d%0aSet-Cookie:x=1", "/a\r\nSet-Cookie: x=1", "/a\0b"],
    );
    let answer = zoe.ask_as_zoe("GET /_guichet/login/fc?return_to=/a%0d%0aSet-Cookie:%20x=1");
    assert_eq!(answer.fields("location"), ["/"]);
    assert!(answer.fields("set-cookie").is_empty());
}

cases! {
    Proof<SignedIn>,
    run = on(SignedIn::start()),
    rows = [
        Proof { ids: &["T294"], sentence: "another site is no destination", holds: another_site },
        Proof { ids: &["T295"], sentence: "neither is a run of slashes", holds: runs_of_slashes },
        Proof { ids: &["T296"], sentence: "a backslash is a slash to a browser", holds: backslashes },
        Proof { ids: &["T298"], sentence: "an escaped slash is refused, never decoded", holds: encoded_slashes },
        Proof { ids: &["T299"], sentence: "a user name is not our host", holds: user_names },
        Proof { ids: &["T300"], sentence: "nor is a name that begins or ends like ours", holds: names_that_begin_or_end_like_ours },
        Proof { ids: &["T301"], sentence: "a scheme without slashes is one", holds: schemes_without_slashes },
        Proof { ids: &["T302"], sentence: "another port or scheme is another site", holds: another_port_or_scheme },
        Proof { ids: &["T303"], sentence: "what follows ? and # is kept as it is", holds: fragments_and_queries },
        Proof { ids: &["T305"], sentence: "a browser reads the Location as we do", holds: whatever_is_asked_for },
        Proof { ids: &["T306"], sentence: "our own endpoints are no destination", holds: our_own_endpoints },
        Proof { ids: &["T307"], sentence: "a destination is short, printable and on one line", holds: long_and_strange },
    ]
}
