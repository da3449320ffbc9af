//! The session secret is replaced: nobody is logged out, new sessions use the new one, and a secret that is no longer listed
//! opens nothing.

use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::to_the_callback;

const NEW_SECRET: &str = "another-session-secret-of-the-tests-9876543210fedcba";

fn is_signed_in(scene: &Scene, browser: &Browser) -> bool {
    browser.open_once(&scene.url("/dossier")).status() == 200
}

#[test]
fn a_new_secret_logs_nobody_out_and_an_unlisted_one_opens_nothing() {
    let mut scene = Scene::start(Alg::Es256, Store::Redis);
    let (before, under_way, after) = (Browser::new(), Browser::new(), Browser::new());
    scene.sign_in(&before, "/dossier");
    let callback = to_the_callback(&scene, &under_way, "/dossier");
    let new = scene.gateway.place().secret("new_session_secret", NEW_SECRET);

    scene.gateway.restart(|text| {
        let (start, rest) = text.split_once("secret = {").unwrap();
        let (old, rest) = rest.split_once('}').unwrap();
        format!("{start}secret = [{new}, {{{old}}}]{rest}")
    });
    assert!(is_signed_in(&scene, &before), "a session goes on");
    assert_eq!(
        under_way.open(&callback).status(),
        200,
        "a login that was under way goes on"
    );
    scene.sign_in(&after, "/dossier");

    scene.gateway.restart(|text| {
        let (start, rest) = text.split_once("secret = [").unwrap();
        let (_, rest) = rest.split_once(']').unwrap();
        format!("{start}secret = {new}{rest}")
    });
    assert!(
        !is_signed_in(&scene, &before),
        "the old secret is not listed any more"
    );
    assert!(
        is_signed_in(&scene, &under_way) && is_signed_in(&scene, &after),
        "these were sealed by the new one"
    );
}
