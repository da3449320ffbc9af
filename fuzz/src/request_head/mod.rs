//! Whatever is sent to the gateway, no protected name reaches the application but with the value that we wrote.
//!
//! The bytes go the whole way: a connection, hyper's parser, the pipeline with a person who is signed in, the head that we write,
//! and an application that reads it with a parser of its own.

mod application;
mod gateway;
mod received;

use gateway::SESSION;
use gateway::Stage;
use guichet::routing::path_prefix::PathPrefix;
use received::Received;

/// The only routes on which nobody is told, and on which a visitor need not be known.
const PUBLIC: &str = "/public";
const OPTIONAL: &str = "/optional";

thread_local! {
    static STAGE: Stage = Stage::new();
}

/// These bytes are what a client says on one connection; `{session}` in them is the cookie of somebody who is signed in.
pub fn request_head(data: &[u8]) {
    STAGE.with(|stage| {
        for received in stage.say(data) {
            let received =
                received.unwrap_or_else(|defect| panic!("the application cannot read it: {defect}"));
            let words = received.to_string();
            is_whole(&received, &words);
            goes_where_it_was_judged(&received, &words);
            names_nobody_but_us(&received, (stage, data), &words);
        }
    });
}

/// One reading of its end, and nothing that belongs to a connection but our own offer of a WebSocket.
fn is_whole(received: &Received, words: &str) {
    for name in [
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "te",
        "trailer",
        "http2-settings",
        "expect",
    ] {
        assert!(received.values(name).is_empty(), "{name} in\n{words}");
    }
    let offer = ["connection", "upgrade"].map(|name| received.values(name));
    let is_ours = offer == [vec!["Upgrade"], vec!["websocket"]];
    assert!(
        is_ours || offer.iter().all(Vec::is_empty),
        "{offer:?} in\n{words}"
    );
    let framing = ["content-length", "transfer-encoding"].map(|name| received.values(name).len());
    assert!(framing.iter().sum::<usize>() <= 1, "framed twice\n{words}");
    let odd = |name: &str| {
        !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    assert!(
        !received.fields.iter().any(|(name, _)| odd(name)),
        "an odd name in\n{words}"
    );
}

/// The path that was judged, and the origin that was asked for.
fn goes_where_it_was_judged(received: &Received, words: &str) {
    let target = received.target();
    super::request_target::request_target(received.raw_target.as_bytes());
    let target = target.unwrap_or_else(|error| panic!("{error}\n{words}"));
    let ours = PathPrefix::parse("/_guichet").unwrap();
    assert!(
        !ours.contains_in_any_spelling(target.path()),
        "a path of ours\n{words}"
    );
    let host = received.values("host");
    assert_eq!(host.len(), 1, "one Host\n{words}");
    assert!(host[0].eq_ignore_ascii_case(gateway::HOST), "{words}");
    for (name, value) in [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", host[0]),
        ("x-forwarded-port", gateway::PORT),
    ] {
        assert_eq!(received.values(name), [value], "{name} in\n{words}");
    }
}

/// Whom the application is told about.
fn names_nobody_but_us(received: &Received, (stage, data): (&Stage, &[u8]), words: &str) {
    let target = received.target().unwrap();
    let said = |name: &str| received.values(name);
    let is_below = |place| PathPrefix::parse(place).unwrap().contains(target.path());
    let status: &[&str] = if is_below(PUBLIC) {
        &[]
    } else if said("x-guichet-assertion").is_empty() && is_below(OPTIONAL) {
        &["anonymous"]
    } else {
        &["authenticated"]
    };
    assert_eq!(said("x-guichet-status"), status, "{words}");
    let is_signed_in = status == ["authenticated"];
    let known = |value: &'static str| if is_signed_in { vec![value] } else { Vec::new() };
    assert_eq!(said("x-guichet-sub"), known(gateway::SUB), "{words}");
    assert_eq!(said("x-guichet-family-name"), known(gateway::NAME), "{words}");
    let assertion: Vec<&str> = stage.assertion.iter().map(String::as_str).collect();
    let signed = if is_signed_in { assertion } else { Vec::new() };
    assert_eq!(said("x-guichet-assertion"), signed, "{words}");
    let has_the_cookie = data
        .windows(SESSION.len())
        .any(|window| window == SESSION.as_bytes());
    assert!(
        !is_signed_in || has_the_cookie,
        "somebody was signed in without a session\n{words}"
    );

    assert_eq!(said("x-request-id").len(), 1, "{words}");
    for (name, _) in &received.fields {
        let ours = [
            "x-guichet-status",
            "x-guichet-sub",
            "x-guichet-family-name",
            "x-guichet-assertion",
        ];
        assert!(
            ours.contains(&name.as_str()) || !received::is_protected(name),
            "{name} in\n{words}"
        );
    }
    for cookies in said("cookie") {
        super::cookies::none_is_ours(cookies.as_bytes());
    }
}
