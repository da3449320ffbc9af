//! The token endpoint, revocation and userinfo: what a code and a token are good for, and for how long.

use std::time::Duration;

use serde_json::Value;
use simulator::provider::signing_algorithm::SigningAlgorithm;

use crate::scene::NONCE;
use crate::scene::Scene;
use crate::scene::claims;
use crate::scene::parameter;

#[tokio::test]
async fn the_token_answer_has_five_members_and_the_id_token_eight_claims() {
    let scene = Scene::set().await;
    let answered = scene.redeem(&scene.code().await).await;
    assert_eq!(answered.status, 200);
    let body: Value = serde_json::from_str(&answered.body).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 5);
    assert_eq!(body["expires_in"], 60);
    let id_token = claims(&answered.json("id_token"));
    assert_eq!(id_token.as_object().unwrap().len(), 8);
    assert_eq!(id_token["nonce"], NONCE);
    assert_eq!(id_token["acr"], "eidas1");
}

#[tokio::test]
async fn amr_comes_when_it_is_asked_for() {
    let scene = Scene::set().await;
    let choice = scene
        .open(&[("claims", Some(r#"{"id_token":{"amr":{"essential":true}}}"#))])
        .await;
    let code = parameter(&scene.sign_in(&choice).await, "code");
    let answered = scene.redeem(&code).await;
    assert_eq!(
        claims(&answered.json("id_token"))["amr"],
        serde_json::json!(["fc", "pwd"])
    );
}

#[tokio::test]
async fn userinfo_is_a_signed_jwt_with_the_granted_claims() {
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Rs256] {
        let scene = Scene::signing(algorithm).await;
        let token = scene.redeem(&scene.code().await).await.json("access_token");
        let answered = scene.userinfo(&token).await;
        assert_eq!(answered.status, 200);
        assert!(
            answered
                .head
                .contains("content-type: application/jwt; charset=utf-8")
        );
        assert_eq!(claims(&answered.body)["family_name"], "LE GOÛT-NŒUVÉGLISE");
        assert!(claims(&answered.body).get("preferred_username").is_none());
        let jwks = scene
            .browser
            .ask(&format!("{}/jwks", scene.provider.issuer()))
            .await
            .unwrap();
        let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_slice(&jwks.body).unwrap();
        let header = jsonwebtoken::decode_header(&answered.body).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(header.alg);
        validation.set_audience(&["client"]);
        let verified = jsonwebtoken::decode::<Value>(&answered.body, &key, &validation).unwrap();
        assert_eq!(verified.claims["given_name"], "Zoé Éléonore");
        assert_eq!(format!("{:?}", header.alg), algorithm.name());
    }
}

#[tokio::test]
async fn a_code_lives_thirty_seconds() {
    let scene = Scene::set().await;
    let code = scene.code().await;
    scene.provider.clock().advance(Duration::from_secs(31));
    let answered = scene.redeem(&code).await;
    assert_eq!(
        (answered.status, answered.json("error").as_str()),
        (400, "invalid_grant")
    );
    assert_eq!(answered.code(), "Y049E20B");
    assert!(
        answered
            .json("error_description")
            .ends_with("(authorization code not found)")
    );
}

#[tokio::test]
async fn the_grant_ends_before_the_access_token() {
    let scene = Scene::set().await;
    let token = scene.redeem(&scene.code().await).await.json("access_token");
    scene.provider.clock().advance(Duration::from_secs(31));
    let answered = scene.userinfo(&token).await;
    assert_eq!((answered.status, answered.code().as_str()), (401, "Y0489D15"));
}

#[tokio::test]
async fn a_code_used_again_kills_its_token() {
    let scene = Scene::set().await;
    let code = scene.code().await;
    let token = scene.redeem(&code).await.json("access_token");
    assert_eq!(scene.redeem(&code).await.code(), "Y0416228");
    assert_eq!(scene.userinfo(&token).await.code(), "Y040001");
}

#[tokio::test]
async fn two_requests_at_once_may_both_redeem_a_code() {
    let scene = Scene::set().await;
    let code = scene.code().await;
    let (first, second) = tokio::join!(scene.redeem(&code), scene.redeem(&code));
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(scene.provider.token_requests(), 2);
    assert_eq!(scene.userinfo(&first.json("access_token")).await.status, 200);
}

#[tokio::test]
async fn a_refused_token_request_leaves_the_code_usable() {
    let scene = Scene::set().await;
    let code = scene.code().await;
    let callback = scene.service("/callback");
    let with = |secret: &'static str, uri: String, more: Option<(&'static str, &'static str)>| {
        let code = code.clone();
        let scene = &scene;
        async move {
            let mut pairs = vec![
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", uri.as_str()),
                ("client_id", "client"),
                ("client_secret", secret),
            ];
            pairs.extend(more);
            scene.post("/token", &pairs).await
        }
    };
    assert_eq!(with("wrong", callback.clone(), None).await.code(), "Y0434A7B");
    assert_eq!(
        with("secret", format!("{callback}/"), None).await.code(),
        "Y04F8199"
    );
    assert_eq!(
        with("secret", callback.clone(), Some(("code_verifier", "x")))
            .await
            .code(),
        "Y0446550"
    );
    assert_eq!(scene.redeem(&code).await.status, 200);
}

#[tokio::test]
async fn a_revocation_takes_exactly_three_fields() {
    let scene = Scene::set().await;
    let token = scene.redeem(&scene.code().await).await.json("access_token");
    let mut fields = vec![
        ("token", token.as_str()),
        ("client_id", "client"),
        ("client_secret", "secret"),
        ("token_type_hint", "access_token"),
    ];
    assert_eq!(scene.post("/token/revocation", &fields).await.status, 400);
    assert_eq!(scene.userinfo(&token).await.status, 200);
    fields.pop();
    assert_eq!(scene.post("/token/revocation", &fields).await.status, 200);
    assert_eq!(scene.userinfo(&token).await.code(), "Y040001");
}

#[tokio::test]
async fn an_expired_session_answers_html_under_the_media_type_of_a_jwt() {
    let scene = Scene::set().await;
    let token = scene.redeem(&scene.code().await).await.json("access_token");
    scene.provider.forget_sessions();
    let answered = scene.userinfo(&token).await;
    assert_eq!(answered.status, 401);
    assert!(answered.head.contains("content-type: application/jwt"));
    assert!(answered.body.starts_with("<!doctype html>"));
}

#[tokio::test]
async fn userinfo_is_for_get_only() {
    let scene = Scene::set().await;
    assert_eq!(scene.post("/userinfo", &[]).await.status, 404);
}
