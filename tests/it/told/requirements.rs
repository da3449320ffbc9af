//! `require`: whoever has a session that is not enough is told what is needed, is offered what can give it, and comes back.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::command::guichet;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::get;
use crate::support::steps::raw;

/// One application at two entries of one provider, `fc` and `agents`, with a route for each kind of requirement.
fn scene() -> Scene {
    let scene = Scene::start_with(Alg::Es256, Store::Redis, |_, usual| {
        let (head, app) = usual.split_once("[[apps]]").unwrap();
        let entry = head.split_once("[providers.fc]").unwrap().1;
        let agents = entry
            .replace("client_id = \"tests\"", "client_id = \"agents\"")
            .replace("\"identite_pivot\", ", "");
        let app = app.replace("providers = [\"fc\"]", "providers = [\"fc\", \"agents\"]");
        let routes = [
            ("/majeurs", "age_over = 18"),
            ("/agents", "idp = [\"agents\"]"),
            ("/corse", "claims = { birth_department = \"2A\" }"),
            ("/femmes", "claims = { gender = \"female\" }"),
        ];
        let routes = routes.map(|(path, require)| {
            format!("\n  [[apps.routes]]\n  path = \"{path}\"\n  require = {{ {require} }}\n")
        });
        format!("{head}[providers.agents]{agents}[[apps]]{app}{}", routes.concat())
    });
    scene
        .provider
        .register_at(&scene.url(""), ("agents", CLIENT_SECRET));
    scene
}

/// Zoé, of whom the provider says this, signs in at an entry on the way to a page; returns where she arrives.
fn signs_in_at(scene: &Scene, browser: &Browser, (entry, path): (&str, &str), edits: &Value) -> Page {
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": edits }));
    let page = browser.open(&scene.url(&format!("/_guichet/login/{entry}?return_to={path}")));
    scene.provider.sign_in(browser, &page, ZOE)
}

/// The entries that the chooser offers on the way to a page.
fn offered(scene: &Scene, browser: &Browser, path: &str) -> Vec<String> {
    let page = browser.open(&scene.url(&format!("/_guichet/login?return_to={path}")));
    assert_eq!(page.status(), 200, "{}", page.text());
    let links = page.links().into_iter();
    let entries = links.filter_map(|link| Some(link.href.split_once("/_guichet/login/")?.1.to_owned()));
    entries
        .map(|rest| rest.split('?').next().unwrap().to_owned())
        .collect()
}

/// The page says this and shows this code, the event has this reason and nothing of the person, and the application got nothing.
fn is_refused(scene: &Scene, page: &Page, (code, reason): (&str, &str), title: &str) {
    let text = page.text();
    assert_eq!(page.status(), 403, "{text}");
    assert!(
        text.contains(&format!("<h1>{title}</h1>")) && text.contains(&format!("{code} · ")),
        "{text}"
    );
    let events = scene.gateway.audited("request_refused");
    let event = events.last().unwrap();
    assert_eq!(
        (&event["event.code"], &event["event.reason"]),
        (&json!(code), &json!(reason)),
        "{event}"
    );
    let said = format!("{text}{event}{}", scene.gateway.logs().text());
    for personal in [
        "1979-02-28",
        "2020-03-01",
        "NŒUV",
        "Zoé",
        "zoe.legout",
        "2A004",
        "af28d70a48",
    ] {
        assert!(!said.contains(personal), "{personal}");
    }
    assert_eq!(scene.application.byte_count(), 0);
}

#[test]
fn too_young_is_a_page_with_its_reason_and_no_login_that_would_not_help() {
    let scene = scene();
    let browser = Browser::new();
    let child =
        json!([{ "set": "birthdate", "to": "2020-03-01" }, { "set": "idp_birthdate", "to": "2020-03-01" }]);
    let page = signs_in_at(&scene, &browser, ("fc", "/majeurs"), &child);
    assert_eq!(page.url, scene.url("/majeurs"));
    is_refused(
        &scene,
        &page,
        ("L24", "too_young"),
        "Cette page est réservée aux personnes de 18 ans et plus",
    );
    assert!(!page.text().contains("Se connecter autrement"), "{}", page.text());
    // The rest of the application is theirs, and an adult passes.
    assert_eq!(get(&scene, &browser, "/dossier").status, 200);
    let adult = Browser::new();
    let arrived = signs_in_at(&scene, &adult, ("fc", "/majeurs"), &json!([]));
    assert_eq!((arrived.status(), arrived.url), (200, scene.url("/majeurs")));
}

#[test]
fn what_nobody_said_refuses_and_is_named_and_another_entry_is_offered_only_if_it_can_say_it() {
    let scene = scene();
    let browser = Browser::new();
    let silent = json!([{ "delete": "birthdate" }, { "delete": "idp_birthdate" }]);
    let page = signs_in_at(&scene, &browser, ("fc", "/majeurs"), &silent);
    is_refused(
        &scene,
        &page,
        ("L25", "fact_unknown"),
        "Il manque une information",
    );
    assert!(page.text().contains("birthdate"), "{}", page.text());
    // Only `fc` is asked for the birth date.
    assert!(!page.text().contains("Se connecter autrement"), "{}", page.text());
    scene.gateway.logs().forget();
    let page = signs_in_at(
        &scene,
        &Browser::new(),
        ("fc", "/femmes"),
        &json!([{ "set": "gender", "to": "" }]),
    );
    is_refused(
        &scene,
        &page,
        ("L25", "fact_unknown"),
        "Il manque une information",
    );
}

#[test]
fn another_claim_than_the_one_that_is_wanted_refuses_and_is_not_told() {
    let scene = scene();
    let browser = Browser::new();
    let page = signs_in_at(
        &scene,
        &browser,
        ("fc", "/corse"),
        &json!([{ "set": "birthplace", "to": "75107" }]),
    );
    is_refused(&scene, &page, ("L26", "claim_differs"), "Accès non autorisé");
    assert!(
        !page.text().contains("75107") && !page.text().contains("birth"),
        "{}",
        page.text()
    );
    let page = signs_in_at(&scene, &Browser::new(), ("fc", "/corse"), &json!([]));
    assert_eq!((page.status(), page.url), (200, scene.url("/corse")));
}

#[test]
fn another_provider_is_offered_and_leads_back_to_the_page() {
    let scene = scene();
    let browser = Browser::new();
    signs_in_at(&scene, &browser, ("fc", "/dossier"), &json!([]));
    scene.application.forget();
    let page = browser.open(&scene.url("/agents/liste?page=2"));
    is_refused(
        &scene,
        &page,
        ("L21", "other_provider_needed"),
        "Cette page demande une autre connexion",
    );
    let chooser = browser.click(&page, "Se connecter autrement");
    assert_eq!(
        chooser.url,
        scene.url("/_guichet/login?return_to=/agents/liste%3Fpage%3D2")
    );
    assert!(
        chooser.text().contains("Votre session est déjà ouverte"),
        "{}",
        chooser.text()
    );
    assert!(
        !chooser.text().contains("Votre session a pris fin"),
        "{}",
        chooser.text()
    );
    // Times have whole seconds, and the clock of the tests stands still.
    scene.gateway.clock().advance(Duration::from_secs(1));
    let provider = browser.click(&chooser, "FranceConnect");
    let arrived = scene.provider.sign_in(&browser, &provider, ZOE);
    assert_eq!(
        (arrived.status(), arrived.url),
        (200, scene.url("/agents/liste?page=2"))
    );
    // Both sessions live, and each route gets the one that satisfies it; of two, the most recent login.
    for (path, entry) in [("/agents", "agents"), ("/femmes", "fc"), ("/dossier", "agents")] {
        scene.application.forget();
        assert_eq!(get(&scene, &browser, path).status, 200, "{path}");
        let token = scene.application.only().values("x-guichet-assertion").remove(0);
        assert_eq!(crate::support::jws::claims(&token)["idp"], entry, "{path}");
    }
}

#[test]
fn exactly_the_entries_are_offered_that_can_satisfy_the_page() {
    let scene = scene();
    for (path, entries) in [
        ("/dossier", &["fc", "agents"][..]),
        ("/agents/x", &["agents"]),
        ("/majeurs", &["fc"]),
        ("/corse", &["fc"]),
        ("/MAJEURS", &["fc"]),
    ] {
        assert_eq!(offered(&scene, &Browser::new(), path), entries, "{path}");
    }
    // An entry that cannot open the page is not gone to; the others are shown.
    let browser = Browser::new();
    let page = browser.open(&scene.url("/_guichet/login/fc?return_to=/agents/x"));
    assert_eq!(page.url, scene.url("/_guichet/login?return_to=/agents/x"));
    assert!(scene.provider.requests_to("/authorize").is_empty());
}

#[test]
fn a_script_and_a_form_are_told_so_without_a_redirect() {
    let scene = scene();
    let browser = Browser::new();
    signs_in_at(&scene, &browser, ("fc", "/dossier"), &json!([]));
    scene.application.forget();
    let script = raw(
        &scene,
        &browser,
        ("GET", "/agents/liste"),
        "Sec-Fetch-Mode: cors\r\n",
    );
    assert_eq!(script.status, 403, "{}", script.text());
    let problem = script.json();
    assert_eq!(problem["type"], "urn:guichet:problem:other-provider-needed");
    assert_eq!(problem["login"], "/_guichet/login?return_to=/agents/liste");
    assert_eq!(problem["code"], "L21");
    let form = raw(
        &scene,
        &browser,
        ("POST", "/agents/liste"),
        "Sec-Fetch-Mode: navigate\r\nContent-Length: 0\r\n",
    );
    assert_eq!(form.status, 403);
    assert!(
        form.text().contains("n’ont pas été enregistrées"),
        "{}",
        form.text()
    );
    assert_eq!(scene.application.byte_count(), 0);
}

#[test]
fn check_and_explain_say_what_is_required_and_what_somebody_lacks() {
    let scene = scene();
    let explain = |path: &str, who: &str, entry: &str| {
        let arguments = ["explain", path, "--as", who, "--provider", entry];
        guichet(&scene, &arguments).well()
    };
    let adult = explain("/majeurs", "zoe", "fc");
    assert!(
        adult.contains("require = { age_over = 18 }") && adult.contains("forwarded"),
        "{adult}"
    );
    let silent = explain("/majeurs", "zoe", "agents");
    assert!(
        silent.contains("403: fact_unknown, `birthdate`; another login helps, at fc"),
        "{silent}"
    );
    let agent = explain("/agents", "zoe", "fc");
    assert!(
        agent.contains("403: other_provider_needed; another login helps, at agents"),
        "{agent}"
    );
    let corse = explain("/corse", "zoe", "fc");
    assert!(
        corse.contains("403: claim_differs; another login helps nobody"),
        "{corse}"
    );
    let anonymous = guichet(&scene, &["explain", "/agents/x"]).well();
    assert!(anonymous.contains("offered      agents"), "{anonymous}");
    let checked = guichet(&scene, &["check"]).well();
    assert!(
        checked.contains("scopes needed    openid email identite_pivot idp_birthdate"),
        "{checked}"
    );
}

#[test]
fn decisions_are_counted() {
    let scene = scene();
    let browser = Browser::new();
    signs_in_at(&scene, &browser, ("fc", "/dossier"), &json!([]));
    browser.open(&scene.url("/agents"));
    let metrics = scene.gateway.metrics();
    let refused = "guichet_policy_decisions_total{app=\"urbanisme\",decision=\"refused\"} 1";
    assert!(metrics.contains(refused), "{metrics}");
}
