//! Two clocks may be a minute apart, and not a second more.

use std::time::Duration;

use guichet::clock::Clock;
use guichet::clock::SystemClock;
use serde_json::json;

use crate::cases;
use crate::lies::lie::Ends::SignedIn;
use crate::lies::lie::refused;
use crate::lies::lie::tells;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T459"],
            sentence: "a provider whose clock is nearly a minute ahead or behind signs people in, and one beyond is named",
            plays: the_clock_of_the_provider,
        },
        Play {
            ids: &["T460"],
            sentence: "an ID token, and userinfo, is believed for a minute before it begins and for less than one after its end",
            plays: to_the_second,
        },
    ]
}

/// Everything that the provider says is signed by its own clock. The seconds that the test takes are its own margin.
fn the_clock_of_the_provider() {
    const TOKEN_LIVES: u64 = 60;
    let scene = Scene::start(Alg::Es256, Store::Redis);
    for (ahead, behind, reason) in [
        (0, 0, None),
        (50, 0, None),
        (75, 0, Some("clock")),
        (0, 55, None),
        (0, TOKEN_LIVES + 50, None),
        (0, TOKEN_LIVES + 65, Some("clock_expired")),
    ] {
        scene.provider.reset();
        scene.application.forget();
        scene.gateway.logs().forget();
        scene
            .gateway
            .clock()
            .set(SystemClock.now().plus(Duration::from_secs(behind)));
        scene.provider.clock_ahead(Duration::from_secs(ahead));
        let browser = Browser::new();
        let page = scene.sign_in(&browser, "/dossier");
        let log = scene.gateway.logs().text();
        let Some(reason) = reason else {
            assert_eq!(page.url, scene.url("/dossier"), "{ahead} {behind}\n{log}");
            assert_eq!(scene.application.received().len(), 1);
            continue;
        };
        assert_eq!(page.status(), 502, "{ahead} {behind}\n{log}");
        let told = scene.gateway.logs().lines_with("L11").join("\n");
        for word in [
            format!("reason=\"{reason}\""),
            "it is ".to_owned(),
            "60 s".to_owned(),
        ] {
            assert!(told.contains(&word), "{word}: {told}");
        }
        assert_eq!(scene.application.byte_count(), 0);
        assert_eq!(browser.open_once(&scene.url("/dossier")).status(), 303);
    }
}

fn to_the_second() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let now = scene.gateway.clock().now().as_unix();
    for (claim, offset, ends) in [
        ("iat", 59, SignedIn),
        ("iat", 60, SignedIn),
        ("iat", 61, refused("clock")),
        ("nbf", 59, SignedIn),
        ("nbf", 60, SignedIn),
        ("nbf", 61, refused("clock")),
        ("exp", -58, SignedIn),
        ("exp", -59, SignedIn),
        ("exp", -60, refused("clock_expired")),
        ("exp", -61, refused("clock_expired")),
    ] {
        for target in ["id_token", "userinfo"] {
            let edits = json!([{ "set": claim, "to": now + offset }]);
            tells(&scene, &json!({ "target": target, "payload": edits }), ends);
        }
    }
}
