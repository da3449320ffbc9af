//! Answers of a provider that cost more than they say: tokens that unpack, keys that compute, JSON without an end. Each is
//! refused before it costs anything.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use crate::cases;
use crate::lies::lie::Ends;
use crate::lies::lie::header;
use crate::lies::lie::refused;
use crate::lies::lie::tells;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::to_the_callback;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T163"],
            sentence: "names of keys that nobody has make one request for keys in a minute, and none while Redis is away",
            plays: unknown_keys,
        },
        Play {
            ids: &["T165"],
            sentence: "a token that would unpack to a gigabyte is not unpacked",
            plays: || encrypted(&json!({ "alg": "RSA-OAEP-256", "enc": "A256GCM", "zip": "DEF" })),
        },
        Play {
            ids: &["T166"],
            sentence: "a key that two milliards of rounds would derive is not derived",
            plays: || encrypted(&json!({
                "alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2_147_483_647, "p2s": "c2FsdHNhbHQ",
            })),
        },
        Play {
            ids: &["T167"],
            sentence: "JSON without an end, in depth or in length, is refused and nothing overflows",
            plays: deep_and_huge_json,
        },
        Play {
            ids: &["T168"],
            sentence: "an RSA key that is too long to be one is none",
            plays: long_keys,
        },
        Play {
            ids: &["T169"],
            sentence: "of many keys that might fit none is tried",
            plays: many_keys,
        },
    ]
}

/// Far more than a refusal takes, far less than what is refused would.
const SOON: Duration = Duration::from_secs(20);

fn soon(scene: &Scene, lie: &Value, ends: Ends) {
    let began = Instant::now();
    tells(scene, lie, ends);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

fn unknown_keys() {
    let mut scene = Scene::start(Alg::Es256, Store::Redis);
    for number in 0..12 {
        let kid = format!("made-up-{number}");
        scene.provider.lie(&header(&json!([{ "set": "kid", "to": kid }])));
        let page = scene.sign_in(&Browser::new(), "/dossier");
        assert_eq!(page.status(), 502, "{}", page.text());
    }
    assert_eq!(scene.provider.requests_to("/token").len(), 12);
    let fetched = scene.provider.requests_to("/jwks").len();
    assert!(
        fetched <= 2,
        "{fetched}: once for the first login, once because a name was unknown"
    );

    let browser = Browser::new();
    let callback = to_the_callback(&scene, &browser, "/dossier", ZOE);
    scene.redis.as_mut().unwrap().kill();
    for _ in 0..20 {
        assert_eq!(browser.open_once(&callback).status(), 503);
    }
    assert_eq!(scene.provider.requests_to("/token").len(), 12, "no code is spent");
    assert_eq!(scene.provider.requests_to("/jwks").len(), fetched);
    assert_eq!(scene.application.byte_count(), 0);
}

/// Five parts, as JWE has (RFC 7516, section 3.1), as the ID token and as the userinfo.
fn encrypted(head: &Value) {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let token = [
        part(head.to_string().as_bytes()),
        part(&[1; 256]),
        part(&[2; 12]),
        part(&[0; 1024]),
        part(&[3; 16]),
    ]
    .join(".");
    for target in ["id_token", "userinfo"] {
        let lie = json!({ "target": target, "token": token });
        soon(&scene, &lie, refused("token_malformed"));
    }
}

fn deep_and_huge_json() {
    let (deep, huge) = ("[".repeat(200_000), "a".repeat(10 << 20));
    for target in ["discovery", "jwks", "token", "userinfo"] {
        // What it should be, and far too much beside it: nothing but its length is wrong.
        let edits = if target == "userinfo" { "payload" } else { "json" };
        for (member, said) in [
            ("body", json!(deep)),
            ("body", json!(format!("{{\"keys\":{deep}"))),
            (edits, json!([{ "set": "beside", "to": huge }])),
        ] {
            let scene = Scene::start(Alg::Es256, Store::Memory);
            let mut lie = json!({ "target": target, "times": 0 });
            lie[member] = said;
            scene.provider.lie(&lie);
            let browser = Browser::new();
            let page = browser.open(&scene.url("/_guichet/login/fc?return_to=/dossier"));
            let page = if page.url.starts_with(scene.provider.issuer()) {
                scene.provider.sign_in(&browser, &page, ZOE)
            } else {
                page
            };
            assert!(matches!(page.status(), 502 | 503), "{target}: {}", page.text());
            assert!(page.text().contains("FranceConnect"), "{target}: {}", page.text());
            assert_eq!(scene.application.byte_count(), 0, "{target}");
            assert_eq!(
                scene.ask("/public", "").status,
                200,
                "{target}: it is still there"
            );
        }
    }
}

/// An RSA key of so many bytes with this exponent.
fn rsa(bytes: usize, exponent: &[u8]) -> Value {
    let mut modulus = vec![0xff; bytes];
    modulus[0] = 0xc0;
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "bomb",
        "n": BASE64_URL_SAFE_NO_PAD.encode(modulus), "e": BASE64_URL_SAFE_NO_PAD.encode(exponent),
    })
}

fn long_keys() {
    for bomb in [
        rsa(65_536 / 8, &[1, 0, 1]),
        rsa(1025, &[1, 0, 1]),
        rsa(256, &[0xff; 8]),
        rsa(256, &[1, 0, 0, 0, 1]),
        rsa(256, &[2]),
        rsa(256, &[1]),
        rsa(255, &[1, 0, 1]),
    ] {
        let scene = Scene::start(Alg::Rs256, Store::Redis);
        let keys = json!({ "target": "jwks", "times": 0, "json": [{ "push": "keys", "to": bomb }] });
        let named = header(&json!([{ "set": "kid", "to": "bomb" }]));
        soon(&scene, &json!([keys, named]), refused("key_unknown"));
    }
}

fn many_keys() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let x = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
    let y = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";
    let key =
        |number: usize| json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": number.to_string() });
    let set = |count: usize| {
        let keys: Vec<Value> = (0..count).map(key).collect();
        json!({ "target": "jwks", "times": 0, "json": [{ "set": "keys", "to": keys }] })
    };
    let unnamed = header(&json!([{ "delete": "kid" }]));
    soon(&scene, &json!([set(1500), unnamed]), refused("key_ambiguous"));
    let scene = Scene::start(Alg::Es256, Store::Redis);
    scene.provider.lie(&set(10_000));
    let page = scene.sign_in(&Browser::new(), "/dossier");
    assert_eq!(page.status(), 503, "{}", page.text());
    assert!(
        scene.provider.requests_to("/token").is_empty(),
        "no code is spent on it"
    );
}
