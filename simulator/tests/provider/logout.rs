//! The end of session, and what is published.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use crate::scene::Scene;
use crate::scene::parameter;

#[tokio::test]
async fn a_logout_returns_with_its_state_and_ends_the_tokens() {
    let scene = Scene::set().await;
    let answered = scene.redeem(&scene.code().await).await;
    let (hint, token) = (answered.json("id_token"), answered.json("access_token"));
    scene.provider.clock().advance(Duration::from_secs(70));
    let back = scene.service("/signed-out");
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("id_token_hint", &hint)
        .append_pair("post_logout_redirect_uri", &back)
        .append_pair("state", "bye")
        .finish();
    let page = scene
        .browser
        .open(&format!("{}/session/end?{query}", scene.provider.issuer()))
        .await
        .unwrap();
    let arrived = scene.browser.press(&page, "Continuer").await.unwrap();
    assert!(arrived.url.as_str().starts_with(&back), "{}", arrived.url);
    assert_eq!(parameter(&arrived, "state"), "bye");
    assert_eq!(scene.userinfo(&token).await.status, 401);
    let choice = scene.open(&[]).await;
    assert!(!choice.url.path().ends_with("/consent"));
}

#[tokio::test]
async fn a_refused_logout_is_a_page_or_raw_json() {
    let scene = Scene::set().await;
    let hint = scene.redeem(&scene.code().await).await.json("id_token");
    let end = |query: String| {
        let url = format!("{}/session/end?{query}", scene.provider.issuer());
        let browser = scene.browser.clone();
        async move { browser.open(&url).await.unwrap() }
    };
    for query in [
        String::new(),
        "client_id=client".to_owned(),
        format!("id_token_hint={hint}&x=1"),
    ] {
        let page = end(query).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.text().contains("Y000400"));
    }
    let forged = format!("{}.{}", hint.rsplit_once('.').unwrap().0, "A".repeat(86));
    for (query, code) in [
        ("id_token_hint=junk".to_owned(), "Y04FEDB9"),
        (format!("id_token_hint={forged}"), "Y045AFAE"),
        (format!("id_token_hint={hint}&client_id=other"), "Y0467882"),
        (
            format!("id_token_hint={hint}&post_logout_redirect_uri=http://localhost/x"),
            "Y04CFAEF",
        ),
    ] {
        let page = end(query).await;
        assert_eq!(page.headers["content-type"], "application/json; charset=utf-8");
        assert!(page.text().contains(code), "{code}: {}", page.text());
    }
}

#[tokio::test]
async fn discovery_names_the_issuer_and_may_be_kept_for_ten_minutes() {
    let scene = Scene::set().await;
    let url = format!("{}/.well-known/openid-configuration", scene.provider.issuer());
    let page = scene.browser.ask(&url).await.unwrap();
    let document: Value = serde_json::from_slice(&page.body).unwrap();
    assert_eq!(document["issuer"], scene.provider.issuer());
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    assert_eq!(page.headers["cache-control"], "public, max-age=600");
}

#[tokio::test]
async fn two_providers_in_one_process_do_not_share_a_signature() {
    let (one, other) = (Scene::set().await, Scene::set().await);
    let hint = one.redeem(&one.code().await).await.json("id_token");
    let page = other
        .browser
        .open(&format!(
            "{}/session/end?id_token_hint={hint}",
            other.provider.issuer()
        ))
        .await
        .unwrap();
    assert!(page.text().contains("Y045AFAE"));
}
