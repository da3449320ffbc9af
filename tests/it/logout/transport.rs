//! How a logout token comes (OpenID Connect Back-Channel Logout 1.0, sections 2.5 and 2.8), how often, and what becomes of it
//! where something is away.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::json;

use super::stage;
use super::stage::PATH;
use super::stage::SID;
use super::stage::is_done;
use super::stage::is_refused;
use super::stage::posted;
use super::stage::sent;
use super::stage::token;
use super::stage::token_by_sub;
use super::stage::zoe_with;
use crate::cases;
use crate::support::provider::ZOE;
use crate::support::raw::RawClient;
use crate::support::raw::exchange;
use crate::support::redis::Durability;
use crate::support::redis::Options;
use crate::support::redis::Redis;
use crate::support::redis::gate::Gate;
use crate::support::scene::Scene;
use crate::support::steps::cookie_line;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::usual::with_limits;
use crate::support::wait::eventually;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// Every other method.
fn only_post(scene: &Scene, form: &str) {
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let (host, query) = (
            scene.host(),
            if method == "GET" {
                format!("?{form}")
            } else {
                String::new()
            },
        );
        let request = format!("{method} {PATH}{query} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
        let answer = RawClient::connect(scene.gateway.address())
            .send(request)
            .try_answer(method)
            .unwrap();
        assert_eq!(
            (answer.status, answer.field("allow")),
            (405, Some("POST")),
            "{method}"
        );
    }
}

fn only_a_form_with_one_token() {
    let scene = stage::start();
    let zoe = zoe_with(&scene, SID);
    let good = token(&scene, &json!({}));
    let form = format!("logout_token={good}");
    only_post(&scene, &form);
    let json = format!("{{\"logout_token\":\"{good}\"}}");
    for (fields, body, reason) in [
        ("Content-Type: application/json\r\n", json.as_str(), "media_type"),
        ("Content-Type: text/plain\r\n", &form, "media_type"),
        (
            "Content-Type: multipart/form-data; boundary=x\r\n",
            &form,
            "media_type",
        ),
        ("", &form, "media_type"),
        (
            &format!("{FORM}Content-Encoding: gzip\r\n"),
            &form,
            "content_coding",
        ),
        (
            &format!("{FORM}Content-Encoding: identity\r\n"),
            &form,
            "content_coding",
        ),
        (FORM, "", "token_missing"),
        (FORM, "token=x&LOGOUT_TOKEN=y", "token_missing"),
        (FORM, "logout_token=", "token_malformed"),
        (FORM, &format!("{form}&{form}"), "token_twice"),
        (FORM, &format!("{form}&logout_token="), "token_twice"),
    ] {
        scene.gateway.logs().forget();
        let answer = posted(&scene, fields, body.as_bytes());
        is_refused(&scene, &answer, (reason, 1));
    }
    let long = format!("{form}&more={}", "x".repeat(1 << 20));
    assert_eq!(posted(&scene, FORM, long.as_bytes()).status, 413);
    assert!(scene.is_signed_in(&zoe));
    // The conformance suite sends one more parameter, and a media type may have its own.
    let answer = posted(
        &scene,
        "Content-Type: Application/X-WWW-Form-Urlencoded; charset=utf-8\r\n",
        format!("foo=bar&{form}").as_bytes(),
    );
    is_done(&scene, &answer);
    assert!(!scene.is_signed_in(&zoe));
}

/// A browser that is made to send one sends its own cookies, which say nothing; the token says whose session ends.
fn a_request_without_a_browser() {
    let scene = stage::start();
    let (zoe, other) = (
        zoe_with(&scene, SID),
        stage::signed_in(&scene, 1, "session of another"),
    );
    let fields = format!(
        "{FORM}{}Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n",
        cookie_line(&other)
    );
    let body = format!("logout_token={}", token(&scene, &json!({})));
    is_done(&scene, &posted(&scene, &fields, body.as_bytes()));
    assert!(!scene.is_signed_in(&zoe));
    assert!(scene.is_signed_in(&other));
    assert_eq!(scene.redis().sessions(), 1);
}

/// The provider tries again; a token that could not be acted on is not used up.
fn a_store_that_is_away() {
    a_store_that_is_away_from_the_beginning();
    a_store_that_goes_away_in_the_middle();
}

/// Whatever was said to it before: a token is used up when nothing is left to do.
fn a_store_that_goes_away_in_the_middle() {
    /// More moments than there are: the test ends at the first one that does not come.
    const ENOUGH: usize = 30;
    let redis = Redis::start();
    let gate = Gate::before(&redis);
    let scene = stage::over(redis, |place, usual| {
        place.secret("redis_url", &gate.url());
        usual
    });
    let mut moments = 0;
    for pieces in 0..ENOUGH {
        let zoe = zoe_with(&scene, SID);
        let token = token(&scene, &json!({}));
        gate.closes_after(pieces);
        let first = sent(&scene, &token);
        let is_over = !gate.holds();
        gate.opens();
        if is_over {
            is_done(&scene, &first);
            break;
        }
        moments += 1;
        assert_eq!(first.status, 503, "{pieces}");
        let again = eventually(|| {
            let answer = sent(&scene, &token);
            (answer.status != 503).then_some(answer)
        });
        assert!(!scene.is_signed_in(&zoe), "{pieces}: {}", again.unwrap().text());
        scene.advance(&zoe, Duration::from_secs(2));
    }
    // Whether it came before, that it ends, which they are, their end, and that it came.
    assert!((5..ENOUGH).contains(&moments), "{moments}");
}

fn a_store_that_is_away_from_the_beginning() {
    let mut scene = stage::over(
        Redis::start_with(Options {
            durability: Durability::AppendOnlyEverySync,
            ..Options::default()
        }),
        |_, usual| usual,
    );
    let zoe = zoe_with(&scene, SID);
    let token = token(&scene, &json!({}));
    scene.redis().pause();
    assert_eq!(sent(&scene, &token).status, 503);
    scene.redis().unpause();
    scene.redis.as_mut().unwrap().kill();
    let away = sent(&scene, &token);
    assert_eq!(
        (away.status, away.field("cache-control")),
        (503, Some("no-store"))
    );
    let log = scene.gateway.logs().lines_with("code=\"P09\"");
    assert!(log.len() >= 2, "{log:?}");
    scene.redis.as_mut().unwrap().resume();
    let again = eventually(|| {
        let answer = sent(&scene, &token);
        (answer.status != 503).then_some(answer)
    });
    is_done(&scene, &again.unwrap());
    assert!(!scene.is_signed_in(&zoe));
    // Now it is used up.
    scene.advance(&zoe, Duration::from_secs(2));
    zoe_with(&scene, SID);
    is_refused(&scene, &sent(&scene, &token), ("token_replayed", 1));
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["T389"], sentence: "only a plain form with one token is read", plays: only_a_form_with_one_token },
        Play { ids: &["T392"], sentence: "without Redis no logout says that it succeeded, and its token works later", plays: a_store_that_is_away },
        Play { ids: &["T393"], sentence: "neither cookies nor the origin of a logout request mean anything", plays: a_request_without_a_browser },
    ]
}

#[test]
fn a_token_counts_once() {
    let scene = stage::start();
    let first = zoe_with(&scene, SID);
    let long =
        json!({ "payload": [{ "delete": "sid" }, { "set": "exp", "to": { "$": "now", "plus": 3600 } }] });
    let token = token(&scene, &long);
    is_done(&scene, &sent(&scene, &token));
    assert!(!scene.is_signed_in(&first));
    scene.advance(&first, Duration::from_secs(2));
    let second = zoe_with(&scene, SID);
    is_refused(&scene, &sent(&scene, &token), ("token_replayed", 1));
    assert!(scene.is_signed_in(&second));
    // What Redis holds about it tells nobody anything, and has an end.
    let known = scene.redis().dump().into_iter();
    let known: Vec<_> = known
        .filter(|stored| stored.key.starts_with(b"guichet:logout-token:"))
        .collect();
    assert_eq!(known.len(), 1);
    let left = known[0].left.unwrap();
    assert!(
        left > Duration::from_mins(4) && left <= Duration::from_mins(5),
        "{left:?}"
    );
    // When it is forgotten, it is too old.
    scene.advance(&second, Duration::from_mins(5));
    scene.gateway.logs().forget();
    scene.application.forget();
    is_refused(&scene, &sent(&scene, &token), ("token_too_old", 1));
}

#[test]
fn where_nobody_was_signed_in_a_logout_is_done() {
    let scene = stage::start();
    is_done(&scene, &sent(&scene, &token(&scene, &json!({}))));
    is_done(&scene, &sent(&scene, &token_by_sub(&scene, ZOE)));
    let events = scene.gateway.audited("backchannel_logout");
    let counts: Vec<_> = events
        .iter()
        .map(|event| (&event["labels"]["by"], &event["labels"]["count"]))
        .collect();
    assert_eq!(
        counts,
        [(&json!("sid"), &json!(0)), (&json!("subject"), &json!(0))]
    );
}

#[test]
fn without_the_keys_of_the_provider_nobody_says_that_a_token_is_wrong() {
    let mut scene = stage::start();
    let zoe = zoe_with(&scene, SID);
    let token = token(&scene, &json!({}));
    scene
        .provider
        .lie(&json!({ "target": "jwks", "times": 0, "status": 503, "body": "" }));
    scene.gateway.restart(str::to_owned);
    let answer = sent(&scene, &token);
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (503, Some("temporarily_unavailable"))
    );
    assert_eq!(scene.gateway.logs().lines_with("code=\"L31\"").len(), 1);
    assert!(scene.is_signed_in(&zoe));
    scene.provider.reset();
    let done = eventually(|| {
        let answer = sent(&scene, &token);
        (answer.status == 200).then_some(answer)
    });
    is_done(&scene, &done.unwrap());
}

/// Whatever they name, and however many they are.
#[test]
fn names_of_keys_that_nobody_knows_fetch_the_keys_once_a_minute() {
    let scene = stage::over(Redis::start(), |_, usual| {
        with_limits(&usual, "logins_per_client = 100000")
    });
    let zoe = zoe_with(&scene, SID);
    let fetched = || scene.provider.requests_to("/jwks").len();
    let before = fetched();
    let forged = |number: usize| {
        let named = json!({ "header": [{ "set": "kid", "to": format!("key {number}") }] });
        sent(&scene, &token(&scene, &named)).status
    };
    assert!((0..100).all(|number| forged(number) == 400));
    assert_eq!(fetched(), before + 1);
    scene.advance(&zoe, Duration::from_secs(61));
    assert!((0..20).all(|number| forged(number) == 400));
    assert_eq!(fetched(), before + 2);
    assert_eq!(scene.redis().sessions(), 1);
}

#[test]
fn an_address_that_sends_forged_tokens_has_to_wait_and_a_provider_has_not() {
    let scene = stage::over(Redis::start(), |_, usual| {
        with_limits(&usual, "logins_per_client = 3")
    });
    let statuses: Vec<u16> = (0..6).map(|_| sent(&scene, "forged").status).collect();
    assert_eq!(statuses, [400, 400, 400, 429, 429, 429]);
    let limited = "guichet_limit_refusals_total{limit=\"logins_per_client\"} 3\n";
    assert!(
        scene.gateway.metrics().contains(limited),
        "{}",
        scene.gateway.metrics()
    );
    // Another address, and as many as there are.
    let elsewhere = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    for _ in 0..10 {
        let form = format!("logout_token={}", token(&scene, &json!({})));
        let (host, length) = (scene.host(), form.len());
        let request =
            format!("POST {PATH} HTTP/1.1\r\nHost: {host}\r\n{FORM}Content-Length: {length}\r\n\r\n{form}");
        let mut provider = RawClient::connect_from(elsewhere, scene.gateway.address());
        assert_eq!(provider.send(request).answer().status, 200);
    }
}

#[test]
fn where_no_provider_sends_tokens_there_is_no_address_for_them() {
    let scene = Scene::start(
        crate::support::provider::Alg::Es256,
        crate::support::scene::Store::Memory,
    );
    let token = scene.provider.logout_token(&stage::sub(ZOE), &json!({}));
    assert_eq!(sent(&scene, &token).status, 404);
    let host = scene.host();
    let answer = exchange(
        scene.gateway.address(),
        format!("GET {PATH} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    );
    assert_eq!(answer.status, 404);
}

#[test]
fn the_address_to_register_is_told_where_tokens_are_sent() {
    let scene = stage::start();
    let mut config = guichet::config::load(&scene.gateway.place().file())
        .unwrap()
        .config;
    let entry = config.providers[0].entry.clone();
    assert_eq!(config.registration(&entry).backchannel_logout_uri, None);
    stage::sends_logout_tokens(&mut config);
    let told = config.registration(&entry).backchannel_logout_uri;
    assert_eq!(told, Some(scene.url(PATH)));
}
