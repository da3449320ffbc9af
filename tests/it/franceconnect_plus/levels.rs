//! A level is the one that was reached, not the one that was asked for.

use serde_json::Value;
use serde_json::json;

use super::stage;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::decryption;
use crate::support::jws;
use crate::support::provider::ZOE;
use crate::support::scene::ASSERTION;
use crate::support::scene::Scene;
use crate::support::steps::get;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T483"],
            sentence: "a lower level than a page asks for does not open it, though a higher one was asked for; the same browser may try again",
            plays: a_downgrade,
        },
    ]
}

/// A page for which the level of an ordinary login is not enough.
const HIGH: &str = "/haut";

/// Zoé goes to the provider for that page, which reaches this level; the page where she arrives, and the level that was asked for.
fn steps_up(scene: &Scene, browser: &Browser, reached: &str) -> (Page, Value) {
    let ours = decryption::private_key(scene);
    scene.provider.lie(&json!({
        "target": "id_token", "ours": ours, "payload": [{ "set": "acr", "to": reached }],
    }));
    let refusal = browser.open(&scene.url(HIGH));
    assert_eq!(refusal.status(), 403, "{}", refusal.text());
    assert!(refusal.text().contains("L22 · "), "{}", refusal.text());
    let links = refusal.links();
    let way = links.iter().find(|link| link.href.contains("/_guichet/login"));
    let mut page = browser.go(&refusal, &way.unwrap().href);
    if let Some(entry) = page
        .links()
        .iter()
        .find(|link| link.href.contains("/_guichet/login/fc"))
    {
        page = browser.go(&page, &entry.href);
    }
    let asked = scene.provider.requests_to("/authorize").pop().unwrap();
    scene.application.forget();
    let page = scene.provider.sign_in(browser, &page, ZOE);
    (page, json!(asked.parameter("acr_values")))
}

fn a_downgrade() {
    let mut scene = stage::start("ECDH-ES");
    scene.gateway.restart(|text| {
        format!("{text}\n  [[apps.routes]]\n  path = \"{HIGH}\"\n  require = {{ acr = [\"eidas3\"] }}\n")
    });
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    assert_eq!(page.url, scene.url("/dossier"), "{}", page.text());

    let (page, asked) = steps_up(&scene, &browser, "eidas2");
    assert_eq!(asked, "eidas3");
    assert_eq!(page.status(), 502, "{}", page.text());
    let log = scene.gateway.logs().text();
    assert!(
        log.contains("reason=\"acr_too_low\"") && log.contains("acr_too_low got=eidas2 wanted=eidas3"),
        "{log}"
    );
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(scene.redis().sessions(), 1, "the one from before");
    assert_eq!(get(&scene, &browser, HIGH).status, 403);
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(get(&scene, &browser, "/dossier").status, 200);

    let (page, asked) = steps_up(&scene, &browser, "eidas3");
    assert_eq!(asked, "eidas3");
    assert_eq!((page.status(), page.url), (200, scene.url(HIGH)));
    let told = jws::claims(&scene.application.only().values(ASSERTION).remove(0));
    assert_eq!(told["acr"], "eidas3");
}
