//! How an answer comes: from somewhere else, without an end, a byte at a time, packed, broken off, as something else.

use std::io::Write;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use serde_json::json;

use super::stage::IN_THE_END;
use super::stage::SOON;
use super::stage::begins_no_login;
use super::stage::ends_in_no_login;
use super::stage::lie_on;
use super::stage::lying;
use crate::cases;
use crate::support::scene::Scene;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Upstream;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T278"],
            sentence: "a redirect is not followed, wherever it leads",
            plays: redirects,
        },
        Play {
            ids: &["T281"],
            sentence: "an answer without an end, a byte at a time or packed ends in time, and costs no memory",
            plays: too_much_and_too_slow,
        },
        Play {
            ids: &[],
            sentence: "an answer that breaks off, or whose other side falls silent in the middle, is none, at once",
            plays: half_of_it,
        },
        Play {
            ids: &[],
            sentence: "an answer of another kind than was asked for is none",
            plays: of_another_kind,
        },
        Play {
            ids: &["T293"],
            sentence: "an access token that is none is not put into a header",
            plays: no_access_token,
        },
    ]
}

/// How a login ends: the status, the code on the page, the word in the log.
type Refused = (u16, &'static str, &'static str);

/// What is asked for, one after the other, and how a login ends in which that one answer cannot be used: a bad answer, no
/// answer, one that did not come in time.
const ASKED: [(&str, [Refused; 3]); 4] = [
    ("discovery", [(502, "L10", "discovery_refused"), SILENT, SILENT]),
    ("jwks", [(502, "L10", "jwks_refused"), SILENT, SILENT]),
    (
        "token",
        [
            (502, "L10", "token_endpoint_failed"),
            SILENT,
            (503, "L10", "provider_timeout"),
        ],
    ),
    (
        "userinfo",
        [
            (502, "L10", "userinfo_endpoint_failed"),
            SILENT,
            (503, "L10", "provider_timeout"),
        ],
    ),
];
const SILENT: Refused = (503, "L10", "provider_unreachable");

/// The login of a scene in which one answer cannot be used. How long it took.
fn is_refused(scene: &Scene, target: &str, refused: Refused) -> Duration {
    if target == "discovery" {
        begins_no_login(scene, refused.0, refused.2)
    } else {
        ends_in_no_login(scene, refused)
    }
}

/// In which time a login is refused whose answer from there does not come.
fn deadline(target: &str) -> Duration {
    match target {
        "discovery" | "jwks" => SOON,
        _ => IN_THE_END,
    }
}

/// Each of the four at the same time, in a scene of its own.
fn at_each(plays: impl Fn(&str, [Refused; 3]) + Sync) {
    let plays = &plays;
    thread::scope(|threads| {
        for (target, ends) in ASKED {
            threads.spawn(move || plays(target, ends));
        }
    });
}

fn redirects() {
    let elsewhere = Upstream::start();
    at_each(|target, [bad, ..]| {
        for (status, location) in [
            (301, "{issuer}/bait"),
            (302, "{elsewhere}/bait"),
            (303, "/api/v2/bait"),
            (307, "{issuer}/bait"),
            (308, "{elsewhere}/bait"),
        ] {
            let scene = lying(&[]);
            let location = location
                .replace("{issuer}", scene.provider.issuer())
                .replace("{elsewhere}", &elsewhere.url());
            lie_on(
                &scene,
                &[json!({ "target": target, "status": status, "headers": { "location": location } })],
            );
            is_refused(&scene, target, bad);
            assert!(
                scene.provider.requests_to("/bait").is_empty(),
                "{target} {status}"
            );
        }
    });
    assert_eq!(elsewhere.connection_count(), 0, "somebody was led away");
}

/// 32 MiB of blanks, in a thousandth of that.
fn packed_blanks() -> String {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&vec![b' '; 32 << 20]).unwrap();
    BASE64_STANDARD.encode(packed.finish().unwrap())
}

fn too_much_and_too_slow() {
    /// More than any answer may have, with all that stands in the buffers between two programs.
    const MOST: usize = 16 << 20;
    at_each(|target, [_, silent, late]| {
        let scene = lying(&[json!({ "target": target, "flow": "endless" })]);
        let took = is_refused(&scene, target, silent);
        assert!(took < SOON, "{target}: {took:?}");
        let poured: Vec<usize> = scene.provider.requests().iter().map(|asked| asked.sent).collect();
        assert!(poured.iter().all(|sent| *sent < MOST), "{target}: {poured:?}");

        let scene = lying(&[json!({ "target": target, "flow": "drip" })]);
        let took = is_refused(&scene, target, late);
        assert!(took < deadline(target), "{target}: {took:?}");
        nobody_else_waits(&scene, target);
    });
    let blanks = packed_blanks();
    at_each(|target, [bad, ..]| {
        let head = json!({ "content-encoding": "gzip" });
        // It is short enough to be read, and nothing unpacks it: the truth is not found in it either.
        let refused = match target {
            "token" => (502, "L11", "token_response_malformed"),
            "userinfo" => (502, "L11", "token_malformed"),
            _ => bad,
        };
        for lie in [
            json!({ "target": target, "headers": head, "body_base64": blanks }),
            json!({ "target": target, "headers": head, "pack": "gzip" }),
        ] {
            let scene = lying(&[lie]);
            is_refused(&scene, target, refused);
            let mut headers = scene
                .provider
                .requests()
                .into_iter()
                .flat_map(|asked| asked.headers);
            assert!(
                headers.all(|(name, _)| name != "accept-encoding"),
                "{target}: somebody asks for it"
            );
        }
    });
}

/// Whoever is signed in, or only passes by, has not noticed.
fn nobody_else_waits(scene: &Scene, target: &str) {
    assert_eq!(scene.ask("/public", "").status, 200, "{target}");
}

fn half_of_it() {
    at_each(|target, [_, silent, _]| {
        for drop in [json!(true), json!("half"), json!("end")] {
            let scene = lying(&[json!({ "target": target, "drop": drop })]);
            let took = is_refused(&scene, target, silent);
            assert!(took < Duration::from_secs(4), "{target} {drop}: {took:?}");
        }
    });
}

fn of_another_kind() {
    let kind = |value: Value| json!({ "content-type": value });
    at_each(|target, [bad, ..]| {
        for media_type in [
            json!("text/html"),
            json!("application/xml"),
            json!("application/jsonp"),
            json!(null),
        ] {
            let scene = lying(&[json!({ "target": target, "headers": kind(media_type.clone()) })]);
            // Userinfo is judged like a token: as what it says that it is.
            let refused = match target {
                "userinfo" => (502, "L11", "userinfo_not_signed"),
                _ => bad,
            };
            is_refused(&scene, target, refused);
        }
        for status in [204, 404, 503] {
            let scene = lying(&[json!({ "target": target, "status": status, "body": "" })]);
            is_refused(&scene, target, bad);
        }
    });
}

fn no_access_token() {
    for token in [
        "a\r\nX-Forwarded-For: 127.0.0.1",
        "a\nb",
        "a b",
        "a\u{0}",
        "é",
        "",
        "=",
        "a=b",
        "a\"b",
        "a,b",
    ] {
        let lie = json!({ "target": "token", "json": [{ "set": "access_token", "to": token }] });
        let scene = lying(&[lie]);
        ends_in_no_login(&scene, (502, "L11", "token_response_malformed"));
        assert!(scene.provider.requests_to("/userinfo").is_empty(), "{token:?}");
    }
}
