//! From the choice of an identity to the service: sessions, tabs, double clicks.

use std::time::Duration;

use http::StatusCode;

use crate::scene::Scene;
use crate::scene::parameter;

#[tokio::test]
async fn a_login_brings_code_state_and_issuer_to_the_service() {
    let scene = Scene::set().await;
    let choice = scene.open(&[]).await;
    assert!(choice.text().contains("aucune identité réelle"));
    let arrived = scene.sign_in(&choice).await;
    assert_eq!(parameter(&arrived, "state"), "a-state");
    assert_eq!(parameter(&arrived, "iss"), scene.provider.issuer());
    assert_eq!(parameter(&arrived, "code").len(), 43);
}

#[tokio::test]
async fn an_empty_state_is_a_conflict_at_the_next_step() {
    let scene = Scene::set().await;
    let page = scene.open(&[("state", Some(""))]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_login_that_took_longer_than_the_session_has_no_way_back() {
    let scene = Scene::set().await;
    let choice = scene.open(&[]).await;
    scene.provider.clock().advance(Duration::from_mins(31));
    let page = scene.browser.press(&choice, "zoe").await.unwrap();
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.text().contains("Y190001") && !page.text().contains("Retourner"));
}

#[tokio::test]
async fn leaving_the_choice_page_is_access_denied() {
    let scene = Scene::set().await;
    let choice = scene.open(&[]).await;
    let arrived = scene
        .browser
        .click_on(&choice, "Revenir au service")
        .await
        .unwrap();
    assert_eq!(parameter(&arrived, "error"), "access_denied");
    assert_eq!(parameter(&arrived, "state"), "a-state");
}

#[tokio::test]
async fn an_older_tab_is_refused_under_the_newest_state() {
    let scene = Scene::set().await;
    let older = scene.open(&[("state", Some("older"))]).await;
    let newer = scene.open(&[("state", Some("newer"))]).await;
    let refused = scene.browser.press(&older, "zoe").await.unwrap();
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.text().contains("Y470001"));
    let arrived = scene
        .browser
        .click_on(&refused, "Retourner sur le service")
        .await
        .unwrap();
    assert_eq!(parameter(&arrived, "error"), "server_error");
    assert_eq!(parameter(&arrived, "state"), "newer");
    let killed = scene.browser.press(&newer, "zoe").await.unwrap();
    assert!(killed.status == StatusCode::CONFLICT || killed.status == StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_older_tab_that_is_reloaded_comes_back_with_the_newest_state() {
    let scene = Scene::set().await;
    let older = scene.open(&[("state", Some("older"))]).await;
    scene.open(&[("state", Some("newer"))]).await;
    let reloaded = scene.browser.open(older.url.as_str()).await.unwrap();
    let arrived = scene.sign_in(&reloaded).await;
    assert_eq!(parameter(&arrived, "state"), "newer");
}

#[tokio::test]
async fn a_second_service_signs_in_without_a_choice() {
    let scene = Scene::set().await;
    let choice = scene.open(&[]).await;
    scene.sign_in(&choice).await;
    let information = scene.open(&[]).await;
    assert!(
        information.url.path().ends_with("/consent"),
        "{}",
        information.url
    );
}

#[tokio::test]
async fn the_resume_address_works_once_and_a_double_click_is_refused() {
    let scene = Scene::set().await;
    let choice = scene.open(&[]).await;
    let information = scene.browser.press(&choice, "zoe").await.unwrap();
    let arrived = scene.browser.press(&information, "Continuer").await.unwrap();
    let again = scene.browser.press(&information, "Continuer").await.unwrap();
    assert!(again.text().contains("Y470004"));
    let resume = arrived
        .hops
        .iter()
        .find(|hop| hop.url.path().contains("/authorize/"))
        .unwrap();
    let page = scene.browser.open(resume.url.as_str()).await.unwrap();
    assert!(page.text().contains("Y04D5AB7"));
}

#[tokio::test]
async fn a_claim_that_is_not_granted_ends_after_the_last_click() {
    let scene = Scene::set().await;
    let claims = r#"{"id_token":{"given_name":null}}"#;
    let choice = scene.open(&[("claims", Some(claims))]).await;
    let page = scene.sign_in(&choice).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text().contains("Y190004"));
}
