//! A provider changes its keys (OpenID Connect Core 1.0, section 10.1.1): between logins, during one, and while somebody makes
//! noise.

use serde_json::json;

use super::stage::arrives;
use super::stage::key_fetches;
use super::stage::lie_on;
use super::stage::lying;
use super::stage::rotated;
use super::stage::signed_by_another;
use crate::cases;
use crate::logout;
use crate::support::browser::Browser;
use crate::support::provider::ZOE;
use crate::support::redis::Redis;
use crate::support::scene::Scene;
use crate::support::steps::to_the_callback;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::usual::with_limits;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T282"],
            sentence: "keys that were changed before the first login, between two, or while somebody was at the provider cost one request, and no login",
            plays: keys_change,
        },
        Play {
            ids: &[],
            sentence: "keys that are changed between the ID token and the userinfo cost one request, and no login",
            plays: between_two_tokens,
        },
        Play {
            ids: &[],
            sentence: "forged logout tokens cause one request for keys a minute, and take none from those who sign in",
            plays: a_flood_of_forged_logout_tokens,
        },
    ]
}

/// What the provider calls its key.
fn own_name(scene: &Scene) -> String {
    let keys = scene.provider.keys();
    keys["own"]["ES256"]["kid"].as_str().unwrap().to_owned()
}

fn keys_change() {
    // Before the first login: nobody has seen the old ones.
    let scene = lying(&[]);
    lie_on(&scene, &rotated(&scene, "second"));
    arrives(&scene);
    assert_eq!(key_fetches(&scene), 1);

    // During it: what was published a moment before the token was signed is not its key.
    let scene = lying(&[]);
    let another = json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "before",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    });
    scene
        .provider
        .lie(&json!({ "target": "jwks", "json": [{ "set": "keys", "to": [another] }] }));
    arrives(&scene);
    assert_eq!(key_fetches(&scene), 2);

    // Between two logins.
    let scene = lying(&[]);
    arrives(&scene);
    lie_on(&scene, &rotated(&scene, "second"));
    arrives(&scene);
    arrives(&scene);
    assert_eq!(key_fetches(&scene), 2);

    // Under the name that the old ones had: the signature alone tells.
    let scene = lying(&[]);
    arrives(&scene);
    lie_on(&scene, &rotated(&scene, &own_name(&scene)));
    arrives(&scene);
    assert_eq!(key_fetches(&scene), 2);

    // Just before it signs: the person is there already, and the gateway knows the old ones.
    let scene = lying(&[]);
    arrives(&scene);
    let browser = Browser::new();
    let callback = to_the_callback(&scene, &browser, "/dossier", ZOE);
    lie_on(&scene, &rotated(&scene, "second"));
    let page = browser.open(&callback);
    assert_eq!(page.url, scene.url("/dossier"), "{}", page.text());
    assert_eq!(key_fetches(&scene), 2);
}

fn between_two_tokens() {
    let scene = lying(&[]);
    arrives(&scene);
    let mut both = scene.provider.keys()["foreign"]["ES256"].clone();
    both["kid"] = json!("second");
    lie_on(
        &scene,
        &[
            json!({ "target": "jwks", "json": [{ "push": "keys", "to": both }] }),
            signed_by_another("userinfo", "second"),
        ],
    );
    arrives(&scene);
    assert_eq!(key_fetches(&scene), 2);

    // Under the name that the old ones had.
    let scene = lying(&[]);
    arrives(&scene);
    let name = own_name(&scene);
    let mut lies = rotated(&scene, &name);
    lies.retain(|lie| lie["target"] != "id_token");
    lie_on(&scene, &lies);
    arrives(&scene);
    assert_eq!(key_fetches(&scene), 2);
}

fn a_flood_of_forged_logout_tokens() {
    let scene = logout::stage::over(Redis::start(), |_, usual| {
        with_limits(&usual, "logins_per_client = 100000")
    });
    arrives(&scene);
    assert_eq!(key_fetches(&scene), 1);
    let forged = |kid: &str| {
        let edits = json!({ "sign": "foreign", "header": [{ "set": "kid", "to": kid }] });
        logout::stage::token(&scene, &edits)
    };
    forged_tokens_are_refused(
        &scene,
        &(0..30)
            .map(|number| forged(&format!("{number}")))
            .collect::<Vec<_>>(),
    );
    assert_eq!(key_fetches(&scene), 2, "more than one request in a minute");

    // Now the provider changes its keys, and the next who signs in is no victim of the noise.
    lie_on(&scene, &rotated(&scene, "second"));
    arrives(&scene);
    assert_eq!(key_fetches(&scene), 3);
    forged_tokens_are_refused(&scene, &[forged("31")]);
    assert_eq!(key_fetches(&scene), 3);
}

fn forged_tokens_are_refused(scene: &Scene, tokens: &[String]) {
    for token in tokens {
        assert_eq!(logout::stage::sent(scene, token).status, 400);
    }
}
