//! The canary: a whole journey at TRACE, then a search through everything that the gateway said for everything that it must
//! not say.

use std::fs;
use std::time::Duration;

use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::redis;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::SESSION_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::sign_out;
use crate::support::steps::to_the_callback;

/// See [`of_the_provider`].
const OF_A_LOGOUT: &str = "state of a logout";

/// What must not be said, and what it is.
type Planted = Vec<(String, String)>;

/// What was said, and where.
type Said = Vec<(String, String)>;

/// A journey and its search.
pub(super) fn finds_nothing() {
    let (scene, pages, planted) = journey();
    for kind in [
        "claim",
        "code",
        "state",
        "nonce",
        "access token",
        "ID token",
        "assertion",
        "cookie",
        "client secret",
        "session secret",
        "Redis password",
        "private key",
    ] {
        assert!(
            planted.iter().any(|(what, _)| what.starts_with(kind)),
            "no {kind} on the way"
        );
    }
    // The search can find: the application was told these.
    let told = vec![("application".to_owned(), received(&scene))];
    let found = leaks(&told, &planted);
    for kind in ["claim", "assertion"] {
        assert!(
            found.iter().any(|leak| leak.contains(kind)),
            "{kind} is not found where it is: {found:?}"
        );
    }
    let mut said = pages;
    said.push(("log".to_owned(), scene.gateway.logs().text()));
    said.push(("audit".to_owned(), scene.gateway.audit()));
    said.push(("metrics".to_owned(), scene.gateway.metrics()));
    assert!(said.iter().all(|(_, text)| !text.is_empty()));
    let found = leaks(&said, &planted);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn a_canary_finds_a_value_in_any_spelling_and_no_number_inside_another() {
    let planted = vec![
        ("claim email".to_owned(), "zoe.legout@example.org".to_owned()),
        ("claim birthplace".to_owned(), "75107".to_owned()),
    ];
    let says = |text: &str| leaks(&[("log".to_owned(), text.to_owned())], &planted).len();
    assert_eq!(says("email=zoe.legout@example.org"), 1);
    assert_eq!(says("?email=zoe%2Elegout%40example%2Eorg"), 1);
    assert_eq!(says("?email=zoe.legout%40example.org"), 1);
    assert_eq!(says("\"birthplace\":\"75107\""), 1);
    assert_eq!(says("duration=3751079"), 0);
}

/// Logins that end well and badly, refused answers, pages of errors, a logout, an application and a store that go away.
fn journey() -> (Scene, Said, Planted) {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let browser = Browser::new();
    let mut pages = Said::new();
    let mut planted = of_the_configuration(&scene);
    planted.extend(claims("claim", &people()[ZOE]));

    let callback = to_the_callback(&scene, &browser, "/dossier/12", ZOE);
    planted.extend(cookies(&browser));
    keep(&mut pages, &browser.open(&callback));
    planted.extend(cookies(&browser));
    keep(&mut pages, &browser.open(&callback));
    keep(&mut pages, &browser.open(&scene.url("/optional")));
    let stranger = Browser::new();
    keep(&mut pages, &stranger.open(&callback));
    for lie in [
        json!({ "target": "id_token", "payload": [{ "set": "nonce", "to": "another" }] }),
        json!({ "target": "id_token", "sign": "foreign" }),
        json!({ "target": "userinfo", "payload": [{ "set": "sub", "to": "another" }] }),
        json!({ "target": "token", "status": 400 }),
        json!({ "target": "userinfo", "status": 500 }),
        json!({ "target": "callback", "query": [{ "delete": "iss" }] }),
    ] {
        scene.provider.lie(&lie);
        let refused = Browser::new();
        let page = scene.sign_in(&refused, "/dossier");
        assert!(page.status() >= 400, "{lie}: {}", page.status());
        keep(&mut pages, &page);
    }
    scene.provider.reset();
    let again = Browser::new();
    scene.sign_in(&again, "/dossier");
    planted.extend(cookies(&again));
    planted.extend(of_the_provider(&scene));
    keep(&mut pages, &sign_out(&scene, &browser));
    planted.extend(of_the_provider(&scene));
    // What was told to the application, before it goes away.
    let assertions = scene.application.received();
    let assertions = assertions
        .iter()
        .flat_map(|received| received.values("x-guichet-assertion"));
    planted.extend(assertions.map(|assertion| ("assertion".to_owned(), assertion)));
    scene.application.stop();
    keep(&mut pages, &again.open(&scene.url("/dossier")));
    scene.redis().pause();
    keep(&mut pages, &again.open(&scene.url("/dossier")));
    scene.redis().unpause();
    scene.advance(&again, Duration::from_hours(9));
    keep(&mut pages, &again.open(&scene.url("/dossier")));
    (scene, pages, planted)
}

fn received(scene: &Scene) -> String {
    let received = scene.application.received();
    let heads = received
        .iter()
        .map(|one| String::from_utf8_lossy(&one.bytes()).into_owned());
    heads.collect()
}

/// Pages and redirects of ours on the way: what they show, and where they lead inside the site.
fn keep(pages: &mut Said, page: &Page) {
    for hop in &page.hops {
        if hop.url.contains("localhost") && (hop.url.contains("/_guichet/") || hop.answer.status >= 300) {
            pages.push((
                format!("page {} {}", hop.answer.status, pages.len()),
                hop.answer.text(),
            ));
        }
    }
    pages.retain(|(_, text)| !text.is_empty());
}

fn of_the_configuration(scene: &Scene) -> Planted {
    let mut planted: Planted = vec![
        ("client secret".to_owned(), CLIENT_SECRET.to_owned()),
        ("session secret".to_owned(), SESSION_SECRET.to_owned()),
        ("Redis password".to_owned(), redis::PASSWORD.to_owned()),
    ];
    let pem = fs::read_to_string(scene.gateway.place().folder().join("keys/current.pem")).unwrap();
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    planted.extend(lines.map(|line| ("private key".to_owned(), line.to_owned())));
    planted
}

fn cookies(browser: &Browser) -> Planted {
    let names = browser.cookie_names("localhost");
    let held = names.into_iter().filter_map(|name| {
        let value = browser.cookie("localhost", &name)?;
        Some((format!("cookie {name}"), value))
    });
    held.collect()
}

/// What travelled between us and the provider.
fn of_the_provider(scene: &Scene) -> Planted {
    let mut planted = Planted::new();
    for asked in scene.provider.requests() {
        for text in [&asked.query, &asked.body] {
            for (name, value) in form_urlencoded::parse(text.as_bytes()) {
                let what = match &*name {
                    "id_token_hint" => "ID token",
                    // It stands in the address of the page that it leads back to, so in that page's own links as well.
                    "state" if asked.path == "/session/end" => OF_A_LOGOUT,
                    "code" | "code_verifier" | "code_challenge" | "state" | "nonce" => &*name,
                    _ => continue,
                };
                planted.push((what.to_owned(), value.into_owned()));
            }
        }
        let token = asked.bearer().map(str::to_owned);
        planted.extend(token.map(|token| ("access token".to_owned(), token)));
    }
    // An ID token is a header, which is no secret, a body and a signature.
    let parts = planted.iter().filter(|(what, _)| what == "ID token");
    let parts: Vec<String> = parts
        .flat_map(|(_, token)| token.split('.').skip(1).map(str::to_owned))
        .collect();
    planted.extend(parts.into_iter().map(|part| ("ID token part".to_owned(), part)));
    planted
}

fn claims(name: &str, value: &Value) -> Planted {
    match value {
        Value::String(text) => vec![(name.to_owned(), text.clone())],
        Value::Array(values) => values.iter().flat_map(|value| claims(name, value)).collect(),
        Value::Object(members) => {
            let each = members.iter();
            each.flat_map(|(member, value)| claims(&format!("claim {member}"), value))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn leaks(said: &[(String, String)], planted: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (what, value) in planted {
        let escaped = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        let form: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        let searched = said
            .iter()
            .filter(|(place, _)| what != OF_A_LOGOUT || !place.starts_with("page"));
        for (place, text) in searched {
            let spelled = [value, &escaped, &form]
                .into_iter()
                .find(|spelling| holds(text, spelling));
            if let Some(spelling) = spelled {
                let line = text
                    .lines()
                    .find(|line| line.contains(spelling.as_str()))
                    .unwrap_or_default();
                found.push(format!("{what} in {place}: {line}"));
            }
        }
    }
    found
}

/// A short value is looked for as a word: five digits are part of many numbers.
fn holds(text: &str, value: &str) -> bool {
    let is_word = |at: usize| {
        let (before, after) = (text.split_at(at).0, text.split_at(at + value.len()).1);
        let joins = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
        !joins(before.chars().next_back()) && !joins(after.chars().next())
    };
    text.match_indices(value)
        .any(|(at, _)| value.len() >= 8 || is_word(at))
}
