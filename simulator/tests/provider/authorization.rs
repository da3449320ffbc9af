//! The authorization request: what the closed list lets pass, and how each refusal travels.

use std::net::SocketAddr;

use http::StatusCode;
use simulator::provider::Provider;
use simulator::provider::ProviderSettings;
use simulator::provider::profiles::FRANCECONNECT;

use crate::scene::Scene;
use crate::scene::parameter;

#[tokio::test]
async fn it_refuses_to_listen_anywhere_but_on_loopback() {
    let settings = ProviderSettings {
        profile: &FRANCECONNECT,
        address: SocketAddr::from(([0, 0, 0, 0], 0)),
        clients: Vec::new(),
    };
    let error = Provider::start(settings).await.unwrap_err();
    assert!(error.to_string().contains("not a loopback address"), "{error}");
}

#[tokio::test]
async fn a_request_outside_the_closed_list_never_comes_back() {
    let scene = Scene::set().await;
    let cases: &[(&str, Option<&str>)] = &[
        ("code_challenge", Some("x")),
        ("code_challenge_method", Some("S256")),
        ("response_mode", Some("query")),
        ("login_hint", Some("x")),
        ("max_age", Some("1")),
        ("request", Some("x")),
        ("unknown", Some("x")),
        ("state", None),
        ("nonce", None),
        ("acr_values", None),
        ("nonce", Some("012345678901234567890")),
        ("prompt", Some("none")),
        ("prompt", Some("")),
    ];
    for case in cases {
        let page = scene.open(&[*case]).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{case:?}");
        assert!(page.text().contains("Y030007"), "{case:?}");
    }
    assert!(scene.service.log().all().is_empty());
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let scene = Scene::set().await;
    let twice = format!("{}&state=a-state", scene.authorize(&[]));
    let page = scene.browser.open(&twice).await.unwrap();
    assert!(page.text().contains("Y030007"));
}

#[tokio::test]
async fn one_allowed_prompt_in_the_list_is_enough() {
    let scene = Scene::set().await;
    for prompt in ["login", "consent login", "login none"] {
        let page = scene.open(&[("prompt", Some(prompt))]).await;
        assert!(page.text().contains("Choisissez"), "{prompt}");
    }
}

#[tokio::test]
async fn what_the_real_one_crashes_on_crashes_here() {
    let scene = Scene::set().await;
    let twice = format!("{}&acr_values=eidas1", scene.authorize(&[]));
    let page = scene.browser.open(&twice).await.unwrap();
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        scene.post("/authorize", &[("client_id", "client")]).await.status,
        500
    );
}

#[tokio::test]
async fn a_redirect_uri_must_be_the_registered_one() {
    let scene = Scene::set().await;
    for added in ["/", "?x=1", "#x"] {
        let uri = format!("{}{added}", scene.service("/callback"));
        let page = scene.open(&[("redirect_uri", Some(&uri))]).await;
        assert!(page.text().contains("Y04C013C"), "{uri}");
    }
    let page = scene.open(&[("client_id", Some("Client"))]).await;
    assert!(page.text().contains("Y04EA6EF"));
}

#[tokio::test]
async fn errors_that_travel_carry_state_and_issuer() {
    let scene = Scene::set().await;
    for (change, error) in [
        (("scope", Some("identite_pivot")), "invalid_request"),
        (("scope", Some("openid amr")), "invalid_scope"),
        (("acr_values", Some("eidas2")), "invalid_acr"),
        (("response_type", Some("none")), "unsupported_response_type"),
        (("claims", Some("{")), "invalid_request"),
    ] {
        let arrived = scene.open(&[change]).await;
        assert_eq!(parameter(&arrived, "error"), error, "{change:?}");
        assert_eq!(parameter(&arrived, "state"), "a-state");
        assert_eq!(parameter(&arrived, "iss"), scene.provider.issuer());
    }
}

#[tokio::test]
async fn a_refused_hint_loses_the_state() {
    let scene = Scene::set().await;
    let arrived = scene.open(&[("idp_hint", Some("x"))]).await;
    assert_eq!(parameter(&arrived, "error"), "invalid_idp_hint");
    assert_eq!(parameter(&arrived, "state"), "undefined");
}

#[tokio::test]
async fn anyone_can_send_an_error_to_a_registered_address() {
    let scene = Scene::set().await;
    let url = format!(
        "{}/redirect-to-sp-with-error?error=x&error_description=y&redirect_uri={}",
        scene.provider.issuer(),
        scene.service("/callback")
    );
    let arrived = scene.browser.open(&url).await.unwrap();
    assert_eq!(parameter(&arrived, "state"), "undefined");
    assert_eq!(parameter(&arrived, "iss"), scene.provider.issuer());
    let page = scene
        .browser
        .open(&url.replace("/callback", "/other"))
        .await
        .unwrap();
    assert!(page.text().contains("Y030030"));
}
