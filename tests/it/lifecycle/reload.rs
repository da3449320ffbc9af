//! A newer configuration takes the place of the one before, while people are signed in: what stays, and what changes at once.

use guichet::identity_headers::signing_keys::SigningKeys;
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::provider::Provider;
use crate::support::scene::ASSERTION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::upstream::Upstream;
use crate::support::wait::until;

const TO_THE_LOGIN: u16 = 303;

fn signed_in(store: Store) -> (Scene, Browser) {
    let scene = Scene::start(Alg::Es256, store);
    let browser = Browser::new();
    assert_eq!(scene.sign_in(&browser, "/").status(), 200);
    (scene, browser)
}

/// What the application is told of the browser's next request, read out of the assertion.
fn told(scene: &Scene, browser: &Browser) -> Value {
    scene.application.forget();
    assert_eq!(browser.open_once(&scene.url("/again")).status(), 200);
    let received = scene.application.only();
    claims(&received.values(ASSERTION)[0])
}

fn status(scene: &Scene, path: &str) -> u16 {
    scene.ask(path, "Connection: close\r\n").status
}

fn kids(scene: &Scene) -> Vec<String> {
    let keys = scene.jwks()["keys"].as_array().unwrap().clone();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn whoever_is_signed_in_stays_so_and_nothing_is_asked_of_the_provider_again() {
    let (mut scene, browser) = signed_in(Store::Memory);
    let (asked, before) = (scene.provider.requests().len(), told(&scene, &browser));
    assert_eq!(status(&scene, "/ouvert"), TO_THE_LOGIN);
    scene
        .gateway
        .reload(|text| text.replace("path = \"/public\"", "path = \"/ouvert\""))
        .unwrap();
    assert_eq!(status(&scene, "/ouvert"), 200);
    assert_eq!(status(&scene, "/public"), TO_THE_LOGIN);
    // The very same assertion: nothing that it says has changed.
    assert_eq!(told(&scene, &browser), before);
    assert_eq!(scene.provider.requests().len(), asked);

    let another = Browser::new();
    let page = scene.to_the_provider(&another, "/plus-tard");
    assert_eq!(page.status(), 200);
    // The way to the provider may be another one now: before somebody is sent there, it is heard once.
    let discoveries = scene.provider.requests_to("/.well-known/openid-configuration");
    assert_eq!(discoveries.len(), 2);
    assert_eq!(status(&scene, "/ouvert"), 200);
}

#[test]
fn an_application_is_told_less_from_the_next_request_on() {
    let (mut scene, browser) = signed_in(Store::Memory);
    assert!(told(&scene, &browser)["birthdate"].is_string());
    scene
        .gateway
        .reload(|text| text.replace("\"birthdate\", ", ""))
        .unwrap();
    let now = told(&scene, &browser);
    assert!(now.get("birthdate").is_none(), "{now}");
    assert!(now["family_name"].is_string(), "{now}");
}

/// The day on which `environment = "sandbox"` becomes `"production"`: anybody may sign in as the sandbox's people.
#[test]
fn whoever_another_issuer_vouched_for_is_nobody_once_the_entry_leads_elsewhere() {
    let (mut scene, browser) = signed_in(Store::Redis);
    let (old, other) = (scene.provider.issuer().to_owned(), Provider::start(Alg::Es256));
    let new = other.issuer().to_owned();
    scene.gateway.reload(|text| text.replace(&old, &new)).unwrap();
    scene.application.forget();
    assert_ne!(browser.open_once(&scene.url("/again")).status(), 200);
    assert_eq!(scene.application.byte_count(), 0);
    let said = "another issuer vouched for it than the entry has now";
    assert!(scene.gateway.logs().text().contains(said));

    scene.gateway.reload(|text| text.replace(&new, &old)).unwrap();
    told(&scene, &browser);
}

#[test]
fn keys_and_secrets_are_read_again_though_the_text_is_the_same() {
    let (mut scene, browser) = signed_in(Store::Redis);
    let before = kids(&scene);
    let folder = scene.gateway.place().folder().join("keys");
    std::fs::rename(folder.join("current.pem"), folder.join("previous.pem")).unwrap();
    let new = SigningKeys::generate(&folder).unwrap();
    assert_eq!(kids(&scene), before, "nobody said that it should look");
    scene.gateway.reload(str::to_owned).unwrap();
    assert_eq!(kids(&scene), [vec![new], before].concat());
    told(&scene, &browser);

    // A secret that sealed nothing: whoever is signed in is so no more.
    let place = scene.gateway.place();
    place.secret(
        "session_secret",
        "another-session-secret-of-the-tests-0123456789abcdef",
    );
    scene.gateway.reload(str::to_owned).unwrap();
    scene.application.forget();
    assert_ne!(browser.open_once(&scene.url("/again")).status(), 200);
    assert_eq!(scene.application.byte_count(), 0);
}

#[test]
fn what_needs_a_restart_is_named_and_nothing_else_is_applied() {
    let (mut scene, browser) = signed_in(Store::Redis);
    let port = scene.gateway.place().port();
    let refused = scene.gateway.reload(|text| {
        let text = text.replace("path = \"/public\"", "path = \"/ouvert\"");
        let text = text.replace("store = \"redis\"", "store = \"memory\"");
        text.replace(
            &format!("listen = \"127.0.0.1:{port}\""),
            "listen = \"127.0.0.1:1\"\nmonitor_listen = \"127.0.0.1:2\"\nadmin_socket = \"admin.sock\"",
        )
    });
    let keys = [
        "server.listen",
        "server.monitor_listen",
        "server.admin_socket",
        "session.store",
    ];
    let lines = keys.map(|key| format!("needs a restart: {key}"));
    assert_eq!(refused, Err(lines.join("\n")));
    assert_eq!(
        (status(&scene, "/ouvert"), status(&scene, "/public")),
        (TO_THE_LOGIN, 200)
    );
    told(&scene, &browser);
}

#[test]
fn what_cannot_be_put_into_force_leaves_everything_as_it_was() {
    let (mut scene, browser) = signed_in(Store::Memory);
    // Right as a text; the key is found to be no key when it is to be used.
    let key = scene.gateway.place().folder().join("keys/next.pem");
    std::fs::write(&key, "no key").unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let refused = scene
        .gateway
        .reload(|text| text.replace("path = \"/public\"", "path = \"/ouvert\""));
    assert!(refused.clone().unwrap_err().contains("next.pem"), "{refused:?}");
    assert_eq!(
        (status(&scene, "/ouvert"), status(&scene, "/public")),
        (TO_THE_LOGIN, 200)
    );
    told(&scene, &browser);
}

#[test]
fn connections_stay_with_an_application_that_is_the_same_and_leave_one_that_moved() {
    let (mut scene, browser) = signed_in(Store::Memory);
    scene
        .gateway
        .reload(|text| text.replace("path = \"/\"", "path = \"/\"\nkeep_alive = \"1m\""))
        .unwrap();
    told(&scene, &browser);
    let connections = scene.application.connection_count();
    scene.gateway.reload(str::to_owned).unwrap();
    told(&scene, &browser);
    assert_eq!(scene.application.connection_count(), connections);

    let moved = Upstream::start();
    let (old, new) = (scene.application.url(), moved.url());
    scene.gateway.reload(|text| text.replace(&old, &new)).unwrap();
    scene.application.forget();
    assert_eq!(browser.open_once(&scene.url("/again")).status(), 200);
    assert_eq!((moved.received().len(), scene.application.byte_count()), (1, 0));
    // The gateway lets go of the connection of an application that it does not know any more, though it could be kept.
    until("it is let go", || scene.application.open_connections() == 0);
}
