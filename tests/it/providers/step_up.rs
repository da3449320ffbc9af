//! A page that asks for more than the session is: the person is asked again at the provider, and comes back to the page.

use std::time::Duration;

use serde_json::json;

use super::stage::Setup;
use super::stage::last;
use super::stage::told_about;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::decryption;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::scene::ASSERTION;
use crate::support::scene::Scene;

const ZOE: &str = "1c0ff2d75bf08aa5f3fc92e53429606bc87afdc5c328dca085194375f2b17b4dv1";
const AGENT: &str = "6fd0c8a7-2b51-4f4e-9a6c-8d0c4b1f7e21";
const ADA: &str = "u-0001";
const PAGE: &str = "/coffre/12?page=2";

/// The scene with one more route, at `/coffre`.
fn requiring(setup: &Setup<'_>, require: &str) -> Scene {
    let mut scene = setup.start();
    let route = format!("\n  [[apps.routes]]\n  path = \"/coffre\"\n  require = {{ {require} }}\n");
    scene.gateway.restart(|text| format!("{text}{route}"));
    scene
}

/// 403 with this code, no byte at the application; the provider's page, to which the way on leads.
fn is_asked_again(scene: &Scene, browser: &Browser, code: &str) -> Page {
    scene.application.forget();
    let refusal = browser.open(&scene.url(PAGE));
    assert_eq!(refusal.status(), 403, "{}", refusal.text());
    assert!(
        refusal.text().contains(&format!("{code} · ")),
        "{}",
        refusal.text()
    );
    assert_eq!(scene.application.byte_count(), 0);
    let way = if code == "L23" {
        "Confirmer mon identité"
    } else {
        "Se connecter autrement"
    };
    let chooser = browser.click(&refusal, way);
    let links = chooser.links();
    let login = links
        .iter()
        .find(|link| link.href.contains("/_guichet/login/fc?"));
    browser.go(&chooser, &login.unwrap().href)
}

/// The person is back at the page, and what its application was told.
fn arrives(scene: &Scene, page: &Page) -> serde_json::Value {
    let log = scene.gateway.logs().text();
    assert_eq!(
        (page.url.as_str(), page.status()),
        (scene.url(PAGE).as_str(), 200),
        "{}\n{log}",
        page.text()
    );
    claims(&scene.application.only().values(ASSERTION)[0])
}

/// The session of before is still there for what it is enough for, and not for the page.
fn stays_as_it_was(scene: &Scene, browser: &Browser) {
    assert!(scene.is_signed_in(browser));
    scene.application.forget();
    assert_eq!(browser.open_once(&scene.url(PAGE)).status(), 403);
    assert_eq!(scene.application.byte_count(), 0);
}

#[test]
fn a_higher_level_is_asked_for_and_leads_back_to_the_page_and_a_lower_answer_does_not() {
    let entry = "client_secret = {secret}\nkeys_dir = {keys}\nscopes = [\"openid\"]\nacr = \"eidas2\"";
    let setup = Setup {
        alg: Alg::Es256,
        ..Setup::of("franceconnect-plus", entry)
    };
    let scene = requiring(&setup, "acr = [\"eidas3\"]");
    let browser = Browser::new();
    assert_eq!(told_about(&scene, &browser, ZOE)["acr"], "eidas2");

    let page = is_asked_again(&scene, &browser, "L22");
    assert_eq!(
        last(&scene, "/authorize").parameter("acr_values").unwrap(),
        "eidas3"
    );
    // The provider says that only the old level was reached.
    let edits = json!([{ "set": "acr", "to": "eidas2" }]);
    let ours = decryption::private_key(&scene);
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": edits, "ours": ours }));
    let refused = scene.provider.sign_in_as(&browser, &page, ZOE);
    assert_eq!(refused.status(), 502);
    assert!(
        scene
            .gateway
            .logs()
            .text()
            .contains("acr_too_low got=eidas2 wanted=eidas3")
    );
    stays_as_it_was(&scene, &browser);

    let page = is_asked_again(&scene, &browser, "L22");
    let told = arrives(&scene, &scene.provider.sign_in_as(&browser, &page, ZOE));
    assert_eq!((&told["acr"], &told["sub"]), (&json!("eidas3"), &json!(ZOE)));
    assert!(scene.is_signed_in(&browser), "and everything else");
}

#[test]
fn where_levels_go_by_the_parameter_claims_every_level_that_is_enough_is_named() {
    let setup = Setup::of("proconnect", "client_secret = {secret}\nscopes = [\"openid\"]");
    let scene = requiring(&setup, "acr = [\"eidas1-mfa\"]");
    let browser = Browser::new();
    // Nothing was asked for, and nothing is said of a level: it is none that is enough.
    assert_eq!(told_about(&scene, &browser, AGENT).get("acr"), None);
    let page = is_asked_again(&scene, &browser, "L22");
    assert_eq!(
        last(&scene, "/authorize").parameter("claims").unwrap(),
        r#"{"id_token":{"acr":{"essential":true,"values":["eidas1-mfa","eidas2","eidas3"]}}}"#
    );
    let told = arrives(&scene, &scene.provider.sign_in_as(&browser, &page, AGENT));
    assert_eq!(told["acr"], "eidas1-mfa");
}

#[test]
fn a_person_is_asked_again_after_a_while_and_comes_back_and_an_old_authentication_does_not_count() {
    let scene = requiring(
        &Setup::of("oidc", "client_secret = {secret}"),
        "auth_age = \"5m\"",
    );
    let browser = Browser::new();
    told_about(&scene, &browser, ADA);
    assert_eq!(
        last(&scene, "/authorize").parameter("max_age"),
        None,
        "no page of before asked for it"
    );
    // A provider that was not asked may keep to itself when it was; then it is asked.
    let page = is_asked_again(&scene, &browser, "L23");
    assert_eq!(last(&scene, "/authorize").parameter("max_age").unwrap(), "300");
    let first = arrives(&scene, &in_again(&scene, &browser, page));

    let six_minutes = Duration::from_mins(6);
    scene.advance(&browser, six_minutes);
    scene.provider.clock_ahead(six_minutes);
    let page = is_asked_again(&scene, &browser, "L23");
    assert!(
        page.url.starts_with(scene.provider.issuer()),
        "the provider asks: {}",
        page.url
    );
    let old = json!([{ "set": "auth_time", "to": { "$": "now", "plus": -400 } }]);
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": old }));
    let refused = scene.provider.sign_in_as(&browser, &page, ADA);
    assert_eq!(refused.status(), 502);
    assert!(scene.gateway.logs().text().contains("auth_time_too_old"));
    stays_as_it_was(&scene, &browser);

    let page = is_asked_again(&scene, &browser, "L23");
    let told = arrives(&scene, &in_again(&scene, &browser, page));
    let since = told["auth_time"].as_i64().unwrap() - first["auth_time"].as_i64().unwrap();
    assert!(since >= 360, "{since}");
}

/// A provider that has just asked does not ask again.
fn in_again(scene: &Scene, browser: &Browser, page: Page) -> Page {
    if page.url.starts_with(scene.provider.issuer()) {
        scene.provider.sign_in_as(browser, &page, ADA)
    } else {
        page
    }
}
