//! What is registered at a provider: printed, served and sent, the same bytes.

use serde_json::Value;
use serde_json::json;

use super::https::at_host;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::command::guichet;
use crate::support::provider::Alg;
use crate::support::provider::Client;
use crate::support::provider::ZOE;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::scene::with_agents;
use crate::support::steps::sign_out;
use crate::support::table::Play;
use crate::support::table::play;

/// What `guichet check` prints about the configuration of a scene.
fn check(scene: &Scene, arguments: &[&str]) -> String {
    guichet(scene, &[&["check"], arguments].concat()).well()
}

/// The values of a parameter in every request to one of the provider's endpoints.
fn sent(scene: &Scene, path: &str, name: &str) -> Vec<String> {
    let of = |text: String| {
        let pairs = form_urlencoded::parse(text.as_bytes()).into_owned();
        pairs
            .filter(|(given, _)| given == name)
            .map(|(_, value)| value)
            .collect::<Vec<_>>()
    };
    let requests = scene.provider.requests_to(path).into_iter();
    requests
        .flat_map(|asked| of(format!("{}&{}", asked.query, asked.body)))
        .collect()
}

/// The words that follow a label at the beginning of a line.
fn printed(text: &str, label: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines
        .filter_map(|line| line.strip_prefix(label))
        .map(|uri| uri.trim().to_owned())
        .collect()
}

fn what_is_printed_is_what_is_sent() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    sign_out(&scene, &browser);
    let text = check(&scene, &[]);
    assert_eq!(
        printed(&text, "redirect URI"),
        sent(&scene, "/authorize", "redirect_uri")
    );
    assert_eq!(
        printed(&text, "redirect URI"),
        sent(&scene, "/token", "redirect_uri")
    );
    let ended = sent(&scene, "/session/end", "post_logout_redirect_uri");
    assert_eq!(printed(&text, "post-logout URI"), ended);
    assert_eq!(ended, [scene.url("/_guichet/logged-out")]);
    let report: Value = serde_json::from_str(&check(&scene, &["--format", "json"])).unwrap();
    assert_eq!(report["providers"][0]["post_logout_redirect_uris"], json!(ended));
    assert_eq!(report["providers"][0]["sector_identifier_uri"], Value::Null);
    assert!(!text.contains("sector"), "one host needs none: {text}");
}

/// The usual app, and the same on a second host. The provider is not told of it yet.
fn on_two_hosts() -> Scene {
    Scene::start_with(Alg::Es256, Store::Memory, |place, usual| {
        let app = usual.split_at(usual.find("[[apps]]").unwrap()).1;
        let host = format!("host = \"127.0.0.1:{}\"\npath = \"/\"", place.port());
        let second = app
            .replacen("name = \"urbanisme\"", "name = \"voirie\"", 1)
            .replacen("path = \"/\"", &host, 1);
        format!("{usual}\n{second}")
    })
}

/// Registers what `check` printed, with the sector identifier or without it.
fn register(scene: &Scene, text: &str, sector_identifier_uri: Option<&str>) {
    let client = Client {
        id: "tests",
        secret: CLIENT_SECRET,
        redirect_uris: &printed(text, "redirect URI"),
        post_logout_redirect_uris: &printed(text, "post-logout URI"),
    };
    scene.provider.register_with(
        &client,
        &json!({ "sector_identifier_uri": sector_identifier_uri }),
    );
}

fn two_hosts_are_one_sector() {
    let scene = on_two_hosts();
    let port = scene.gateway.place().port();
    let hosts = [format!("localhost:{port}"), format!("127.0.0.1:{port}")];
    let text = check(&scene, &[]);
    let to_the_provider = |host: &str| {
        let browser = Browser::new();
        let chooser = browser.open(&format!("http://{host}/dossier"));
        let page = browser.click(&chooser, "FranceConnect");
        (browser, page)
    };
    // As the field knows it: refused on the provider's own page.
    register(&scene, &text, None);
    let (_, refused) = to_the_provider(&hosts[1]);
    assert!(
        refused.text().contains("invalid_client_metadata"),
        "{}",
        refused.text()
    );
    scene.provider.reset();
    // The provider fetches the document, and holds the registration against it.
    let https = printed(&text, "sector identifier URI")
        .remove(0)
        .replace("http://", "https://");
    register(&scene, &text, Some(&https));
    for host in &hosts {
        let (browser, provider) = to_the_provider(host);
        let page = scene.provider.sign_in(&browser, &provider, ZOE);
        assert_eq!((page.status(), page.url), (200, format!("http://{host}/dossier")));
    }
    let uris = printed(&text, "redirect URI");
    assert_eq!(uris, sent(&scene, "/authorize", "redirect_uri"));
    assert_eq!(uris.len(), 2);
    let address = scene.url("/_guichet/sector-identifier.json");
    assert_eq!(printed(&text, "sector identifier URI"), [address.as_str()]);
    assert!(
        text.contains("register it as well: there are several hosts"),
        "{text}"
    );
    // The same at each host; the provider asks at the one that is printed.
    for host in &hosts {
        let answer = at_host(
            &scene,
            host,
            "GET /_guichet/sector-identifier.json",
            "Accept: application/json\r\n",
        );
        assert_eq!(answer.status, 200);
        assert_eq!(answer.fields("content-type"), ["application/json"]);
        assert_eq!(answer.text(), json!(uris).to_string());
    }
    assert_eq!(
        at_host(&scene, "evil.example", "GET /_guichet/sector-identifier.json", "").status,
        421
    );
    let report: Value = serde_json::from_str(&check(&scene, &["--format", "json"])).unwrap();
    assert_eq!(report["providers"][0]["sector_identifier_uri"], json!(address));
    assert_eq!(report["providers"][0]["redirect_uris"], json!(uris));
}

/// Two entries at one issuer, each with a client and an app of its own.
fn two_clients() -> Scene {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, text| with_agents(&text));
    let provider = &scene.provider;
    provider.register_at(&scene.url(""), ("agents", CLIENT_SECRET));
    scene
}

/// Through the chooser of the second app.
fn signs_in_as_an_agent(scene: &Scene, browser: &Browser) -> Page {
    let chooser = browser.open(&scene.url("/agents/1"));
    let provider = browser.click(&chooser, "FranceConnect");
    scene.provider.sign_in(browser, &provider, ZOE)
}

fn each_entry_is_a_client_of_its_own() {
    let scene = two_clients();
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    assert_eq!(sent(&scene, "/authorize", "client_id"), ["tests"]);
    assert_eq!(sent(&scene, "/token", "client_id"), ["tests"]);
    // Its session opens nothing of the other app.
    scene.application.forget();
    let stopped = browser.open(&scene.url("/agents/1"));
    assert_eq!(stopped.url, scene.url("/_guichet/login?return_to=/agents/1"));
    assert_eq!(scene.application.byte_count(), 0);
    // A token that was made for the first client is none for the second.
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": [{ "set": "aud", "to": "tests" }] }));
    let refused = signs_in_as_an_agent(&scene, &Browser::new());
    assert_eq!(refused.status(), 502, "{}", refused.text());
    assert_eq!(scene.application.byte_count(), 0);
    let arrived = signs_in_as_an_agent(&scene, &browser);
    assert_eq!((arrived.status(), arrived.url), (200, scene.url("/agents/1")));
    assert_eq!(
        sent(&scene, "/authorize", "client_id"),
        ["tests", "agents", "agents"]
    );
    assert_eq!(sent(&scene, "/token", "client_id"), ["tests", "agents", "agents"]);
    // One provider: its keys were fetched once. Each entry hears it by itself before it sends anybody there.
    for (path, times) in [("/.well-known/openid-configuration", 2), ("/jwks", 1)] {
        assert_eq!(scene.provider.requests_to(path).len(), times, "{path}");
    }
    let text = check(&scene, &[]);
    assert!(
        text.contains("providers.agents: register") && text.contains("providers.fc: register"),
        "{text}"
    );
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["F006"], sentence: "what check prints is what is sent", plays: what_is_printed_is_what_is_sent },
        Play { ids: &["F007"], sentence: "two hosts are one sector, on one address", plays: two_hosts_are_one_sector },
        Play { ids: &["F009"], sentence: "two entries at one issuer are two clients and two sessions", plays: each_entry_is_a_client_of_its_own },
    ]
}
