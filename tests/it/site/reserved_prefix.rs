//! The gateway's own paths below another prefix: the usual one is then the application's, like any other path.

use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::Client;
use crate::support::provider::ZOE;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;

const PREFIX: &str = "/mairie/connexion";

fn scene() -> Scene {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        usual.replace(
            "[server]\n",
            &format!("[server]\nreserved_prefix = \"{PREFIX}\"\n"),
        )
    });
    scene.provider.register(&Client {
        id: "tests",
        secret: CLIENT_SECRET,
        redirect_uris: &[scene.url(&format!("{PREFIX}/callback"))],
        post_logout_redirect_uris: &[scene.url(&format!("{PREFIX}/logged-out"))],
    });
    scene
}

#[test]
fn a_whole_visit_happens_below_the_configured_prefix() {
    let (scene, browser) = (scene(), Browser::new());
    let chooser = browser.open(&scene.url("/dossier"));
    for own in ["login/fc?", "assets/pages."] {
        let below = format!("=\"{PREFIX}/{own}");
        assert!(chooser.text().contains(&below), "{below} on\n{}", chooser.text());
    }
    assert!(!chooser.text().contains("_guichet"), "{}", chooser.text());
    let links = chooser.links();
    let login = links.iter().find(|link| link.href.contains("/login/fc")).unwrap();
    let provider = browser.go(&chooser, &login.href);
    let arrived = scene.provider.sign_in(&browser, &provider, ZOE);
    assert_eq!(
        (arrived.status(), arrived.url.as_str()),
        (200, &*scene.url("/dossier"))
    );
    let received = scene.application.only();
    assert_eq!(received.request_line(), "GET /dossier HTTP/1.1");
    assert_eq!(received.values("x-guichet-status"), ["authenticated"]);

    let question = browser.open(&scene.url(&format!("{PREFIX}/logout")));
    let form = question.form(&format!("{PREFIX}/logout"));
    let provider = browser.submit(&question, &form, &[]);
    let out = browser.submit(&provider, &provider.form("/session/end/confirm"), &[]);
    assert!(
        out.url.starts_with(&scene.url(&format!("{PREFIX}/logged-out?"))),
        "{}",
        out.url
    );
    assert_eq!(
        scene.application.received().len(),
        1,
        "nothing of ours was forwarded"
    );
}

#[test]
fn the_usual_prefix_is_then_the_applications_and_the_configured_one_never_is() {
    let (scene, browser) = (scene(), Browser::new());
    let provider = browser.open(&scene.url(&format!("{PREFIX}/login/fc?return_to=/dossier")));
    scene.provider.sign_in(&browser, &provider, ZOE);
    scene.application.forget();
    assert_eq!(browser.open(&scene.url("/_guichet/jwks.json")).status(), 200);
    assert_eq!(
        scene.application.only().request_line(),
        "GET /_guichet/jwks.json HTTP/1.1"
    );
    scene.application.forget();
    for (path, status) in [
        ("/mairie/connexion/jwks.json", 200),
        ("/mairie/connexion/JWKS.json", 404),
        ("/mairie/connexion/nothing", 404),
        ("/mairie/connexion", 404),
        ("/MAIRIE/Connexion/jwks.json", 404),
        ("/mairie/%63onnexion/jwks.json", 400),
    ] {
        assert_eq!(browser.open(&scene.url(path)).status(), status, "{path}");
    }
    assert_eq!(scene.application.byte_count(), 0);
}
