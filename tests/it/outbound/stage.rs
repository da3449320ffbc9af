//! What the rows of this folder prove.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use crate::lies::lie::header;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::scene::Scene;
use crate::support::scene::Store;

/// Within which a login that is about to begin knows that the provider is away, and some time for this machine.
pub(super) const SOON: Duration = Duration::from_secs(7);
/// Within which one that comes back knows, and some time for this machine.
pub(super) const IN_THE_END: Duration = Duration::from_secs(18);

/// A scene at which these lies wait, each until the end.
pub(super) fn lying(lies: &[Value]) -> Scene {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    lie_on(&scene, lies);
    scene
}

/// From now on it tells these lies.
pub(super) fn lie_on(scene: &Scene, lies: &[Value]) {
    for lie in lies {
        let mut lie = lie.clone();
        lie["times"] = json!(0);
        scene.provider.lie(&lie);
    }
}

/// A provider that signs with another key, under this name, and publishes it alone.
pub(super) fn rotated(scene: &Scene, kid: &str) -> Vec<Value> {
    let mut key = scene.provider.keys()["foreign"]["ES256"].clone();
    key["kid"] = json!(kid);
    let mut lies = vec![json!({ "target": "jwks", "json": [{ "set": "keys", "to": [key] }] })];
    lies.extend(["id_token", "userinfo"].map(|target| signed_by_another(target, kid)));
    lies
}

/// A token that is signed with the key that is not the provider's first, under this name.
pub(super) fn signed_by_another(target: &str, kid: &str) -> Value {
    let mut lie = header(&json!([{ "set": "kid", "to": kid }]));
    lie["target"] = json!(target);
    lie["sign"] = json!("foreign");
    lie
}

/// How often its keys were asked for.
pub(super) fn key_fetches(scene: &Scene) -> usize {
    scene.provider.requests_to("/jwks").len()
}

/// Zoé signs in, in a browser of her own, and reaches the application.
pub(super) fn arrives(scene: &Scene) -> Browser {
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    let log = scene.gateway.logs().text();
    assert_eq!(
        (page.status(), page.url.as_str()),
        (200, scene.url("/dossier").as_str()),
        "{}\n{log}",
        page.text()
    );
    browser
}

/// Somebody wants to sign in and gets no further than our page: its status, and this reason in the log under its number; no
/// authorization request, no attempt, no session, no byte at the application. How long that took.
pub(super) fn begins_no_login(scene: &Scene, status: u16, reason: &str) -> Duration {
    scene.application.forget();
    let (browser, before) = (Browser::new(), sessions(scene));
    let began = Instant::now();
    let page = scene.to_the_provider(&browser, "/dossier");
    let took = began.elapsed();
    is_refused(scene, (&page, &browser), (status, "L10", reason));
    assert_eq!(sessions(scene), before);
    took
}

/// Somebody signs in at the provider and comes back to our page instead of the application. How long coming back took.
pub(super) fn ends_in_no_login(scene: &Scene, refused: (u16, &str, &str)) -> Duration {
    scene.application.forget();
    let (browser, before) = (Browser::new(), sessions(scene));
    scene.provider.is_reached_by(&browser);
    let page = scene.to_the_provider(&browser, "/dossier");
    let began = Instant::now();
    let page = scene.provider.sign_in(&browser, &page, ZOE);
    let took = began.elapsed();
    is_refused(scene, (&page, &browser), refused);
    assert_eq!(sessions(scene), before);
    took
}

fn sessions(scene: &Scene) -> usize {
    scene.redis().sessions()
}

fn is_refused(scene: &Scene, (page, browser): (&Page, &Browser), (status, code, reason): (u16, &str, &str)) {
    let (text, log) = (page.text(), scene.gateway.logs().text());
    assert_eq!(page.status(), status, "{}\n{text}\n{log}", page.url);
    assert!(page.url.starts_with(&scene.url("/_guichet/")), "{}", page.url);
    let title = match code {
        "L10" => "ne répond pas",
        _ => "La connexion n’a pas pu être vérifiée",
    };
    assert!(text.contains(&format!("{title}</h1>")), "{text}");
    let (_, rest) = text.split_once(&format!("{code} · ")).unwrap();
    let number = rest.get(..16).unwrap();
    let lines = scene.gateway.logs().lines_with(number).join("\n");
    assert!(lines.contains(&format!("reason=\"{reason}\"")), "{lines}\n{log}");
    let mut held = browser.cookie_names("localhost").into_iter();
    assert!(
        held.all(|name| !name.contains("guichet")),
        "neither an attempt nor a session"
    );
    assert_eq!(scene.application.byte_count(), 0);
}
