//! What the other providers are strict about, each in its own way.

use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::KeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;
use serde_json::json;
use simulator::provider::Provider;
use simulator::provider::ProviderSettings;
use simulator::provider::client::Client;
use simulator::provider::profile::Profile;
use simulator::provider::profiles::FRANCECONNECT;
use simulator::provider::profiles::FRANCECONNECT_PLUS;
use simulator::provider::profiles::LOGIN_GOV;
use simulator::provider::profiles::OIDC;
use simulator::provider::profiles::PROCONNECT;
use simulator::provider::signing_algorithm::SigningAlgorithm;

use crate::scene::Answered;
use crate::scene::Scene;
use crate::scene::claims;
use crate::scene::loopback;
use crate::scene::parameter;

const LONG: &str = "0123456789abcdef0123456789abcdef";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Of RFC 7636, appendix B, as its verifier.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key of a client on P-256, and its public half as the provider is given it.
fn key() -> (EncodingKey, JwkSet) {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
    let point = pair.public_key().as_ref();
    let [x, y] = [&point[1..33], &point[33..]].map(|part| URL_SAFE_NO_PAD.encode(part));
    let set = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256" }] });
    (
        EncodingKey::from_ec_der(pkcs8.as_ref()),
        serde_json::from_value(set).unwrap(),
    )
}

#[tokio::test]
async fn a_client_is_registered_as_the_provider_registers_clients_or_not_at_all() {
    let (_, keys) = key();
    let plain = |profile: &Profile| Client::of(profile, "client", "secret");
    for (profile, client) in [
        (&LOGIN_GOV, plain(&LOGIN_GOV)),
        (&FRANCECONNECT, plain(&FRANCECONNECT).keys(keys.clone())),
        (
            &FRANCECONNECT,
            plain(&FRANCECONNECT).encryption("ECDH-ES", "http://127.0.0.1:9/"),
        ),
        (
            &FRANCECONNECT_PLUS,
            plain(&FRANCECONNECT_PLUS).signing(SigningAlgorithm::Rs256),
        ),
        (
            &FRANCECONNECT_PLUS,
            plain(&FRANCECONNECT_PLUS).encryption("RSA1_5", "http://127.0.0.1:9/"),
        ),
    ] {
        let refused = Provider::start(ProviderSettings {
            profile,
            address: loopback(),
            clients: vec![client],
        });
        let refused = refused.await.unwrap_err().to_string();
        assert!(refused.contains("does not register"), "{refused}");
    }
    let scene = Scene::of(&LOGIN_GOV, |client| client.keys(keys)).await;
    assert!(scene.provider.issuer().starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn a_code_that_was_bound_is_redeemed_by_its_verifier_alone() {
    let scene = Scene::of(&OIDC, |client| client).await;
    let bound = [
        ("code_challenge", Some(CHALLENGE)),
        ("code_challenge_method", Some("S256")),
    ];
    let code = scene.code_for(&bound).await;
    let secret = [("client_id", "client"), ("client_secret", "secret")];
    let with = |verifier: &'static str| [&secret[..], &[("code_verifier", verifier)]].concat();
    assert_eq!(scene.redeem(&code).await.code(), "Y0446550");
    assert_eq!(
        scene.redeem_with(&code, &with(CHALLENGE)).await.code(),
        "Y0446550"
    );
    assert_eq!(scene.redeem_with(&code, &with(VERIFIER)).await.status, 200);
    let unbound = scene.code().await;
    assert_eq!(
        scene.redeem_with(&unbound, &with(VERIFIER)).await.code(),
        "Y0446550"
    );
    let page = scene.open(&[("code_challenge", Some(VERIFIER))]).await;
    assert_eq!(parameter(&page, "error"), "invalid_request");
}

/// The token request of a client with an assertion of these claims.
async fn redeem_by(scene: &Scene, key: &EncodingKey, code: &str, changes: &Value) -> Answered {
    let mut said = json!({ "iss": "client", "sub": "client", "aud": scene.provider.issuer(), "jti": "one",
        "exp": scene.provider.clock().now().as_secs() + 60 });
    for (name, value) in changes.as_object().unwrap() {
        said[name] = value.clone();
    }
    let header = Header::new(jsonwebtoken::Algorithm::ES256);
    let assertion = jsonwebtoken::encode(&header, &said, key).unwrap();
    let fields = [
        ("client_id", "client"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &assertion),
    ];
    scene.redeem_with(code, &fields).await
}

#[tokio::test]
async fn an_assertion_is_the_clients_for_this_provider_now_and_once() {
    let (own, keys) = key();
    let (foreign, _) = key();
    let scene = Scene::of(&OIDC, |client| client.keys(keys)).await;
    let code = scene.code().await;
    for lie in [
        json!({ "aud": "https://other.example" }),
        json!({ "aud": [scene.provider.issuer(), "https://other.example"] }),
        json!({ "iss": "other" }),
        json!({ "sub": "other" }),
        json!({ "exp": 1 }),
        json!({ "jti": null }),
    ] {
        assert_eq!(redeem_by(&scene, &own, &code, &lie).await.status, 401, "{lie}");
    }
    let honest = json!({});
    assert_eq!(redeem_by(&scene, &foreign, &code, &honest).await.status, 401);
    assert_eq!(scene.redeem(&code).await.status, 401, "its secret is no way in");
    assert_eq!(redeem_by(&scene, &own, &code, &honest).await.status, 200);
    let code = scene.code().await;
    assert_eq!(
        redeem_by(&scene, &own, &code, &honest).await.status,
        401,
        "seen before"
    );
    let endpoint = format!("{}/token", scene.provider.issuer());
    let other = json!({ "jti": "two", "aud": endpoint });
    assert_eq!(redeem_by(&scene, &own, &code, &other).await.status, 200);
}

#[tokio::test]
async fn login_gov_takes_no_assertion_that_is_signed_on_a_curve() {
    let (own, keys) = key();
    let scene = Scene::of(&LOGIN_GOV, |client| client.keys(keys)).await;
    let request = [
        ("acr_values", Some("urn:acr.login.gov:auth-only")),
        ("prompt", Some("select_account")),
        ("scope", Some("openid email")),
        ("state", Some(LONG)),
        ("nonce", Some(LONG)),
    ];
    let code = scene.code_for(&request).await;
    let endpoint = json!({ "aud": format!("{}/token", scene.provider.issuer()) });
    let refused = redeem_by(&scene, &own, &code, &endpoint).await;
    assert_eq!(refused.status, 401);
    assert!(refused.body.contains("another algorithm"), "{}", refused.body);
    let page = scene.open(&[("prompt", Some("login"))]).await;
    assert!(page.text().contains("invalid_request"), "{}", page.text());
}

#[tokio::test]
async fn a_level_is_asked_for_in_the_providers_own_way() {
    let reached = async |scene: &Scene, changes: &[(&str, Option<&str>)]| {
        let code = scene.code_for(changes).await;
        claims(&scene.redeem(&code).await.json("id_token"))["acr"].clone()
    };
    let plus = Scene::of(&FRANCECONNECT_PLUS, |client| client).await;
    assert_eq!(
        reached(&plus, &[("acr_values", Some("eidas3 eidas2"))]).await,
        "eidas2"
    );
    assert_eq!(reached(&plus, &[("acr_values", Some("eidas3"))]).await, "eidas3");
    let refused = plus.open(&[("acr_values", Some("eidas1"))]).await;
    assert_eq!(parameter(&refused, "error"), "invalid_acr");

    let pro = Scene::of(&PROCONNECT, |client| client).await;
    let by_claims = r#"{"id_token":{"acr":{"essential":true,"values":["eidas1-mfa","eidas2"]}}}"#;
    let long = [
        ("scope", Some("openid siret")),
        ("state", Some(LONG)),
        ("nonce", Some(LONG)),
        ("acr_values", None),
    ];
    let with_claims = [&long[..], &[("claims", Some(by_claims))]].concat();
    assert_eq!(reached(&pro, &with_claims).await, "eidas1-mfa");
    assert_eq!(reached(&pro, &long).await, "eidas1");
    for change in [("acr_values", Some("eidas1")), ("state", Some("short"))] {
        let page = pro.open(&[&long[..], &[change]].concat()).await;
        assert!(page.text().contains("Y000400"), "{change:?}");
    }

    let plain = Scene::of(&OIDC, |client| client).await;
    assert_eq!(reached(&plain, &[("acr_values", None)]).await, Value::Null);
    assert_eq!(
        reached(&plain, &[("acr_values", Some("gold")), ("unknown", Some("x"))]).await,
        "gold"
    );
}

#[tokio::test]
async fn without_a_key_to_encrypt_for_a_code_is_lost() {
    let nowhere = "http://127.0.0.1:9/jwks.json";
    let scene = Scene::of(&FRANCECONNECT_PLUS, |client| {
        client.encryption("ECDH-ES", nowhere)
    })
    .await;
    let code = scene.code_for(&[("acr_values", Some("eidas2"))]).await;
    let refused = scene.redeem(&code).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "Y044D511"));
    assert_eq!(scene.redeem(&code).await.code(), "Y0416228");

    // Its own keys are for signatures.
    let other = Scene::of(&FRANCECONNECT_PLUS, |client| client).await;
    let signatures = format!("{}/jwks", other.provider.issuer());
    let scene = Scene::of(&FRANCECONNECT_PLUS, |client| {
        client.encryption("ECDH-ES", signatures)
    })
    .await;
    let code = scene.code_for(&[("acr_values", Some("eidas2"))]).await;
    assert_eq!(scene.redeem(&code).await.code(), "Y046B607");
}

#[tokio::test]
async fn plain_json_says_what_is_not_known_as_it_is_stored() {
    let scene = Scene::of(&OIDC, |client| client).await;
    let code = scene.code_for(&[("scope", Some("openid profile"))]).await;
    let answered = scene.redeem(&code).await;
    let id_token = claims(&answered.json("id_token"));
    assert!(
        id_token["at_hash"].is_string() && id_token["auth_time"].is_u64(),
        "{id_token}"
    );
    let told = scene.userinfo(&answered.json("access_token")).await;
    assert!(
        told.head.contains("content-type: application/json"),
        "{}",
        told.head
    );
    let told: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(told["name"], "Ada Échantillon");
    assert_eq!((told.get("email"), told.get("iss")), (None, None));
}

#[tokio::test]
async fn a_logout_has_the_parameters_that_the_provider_wants() {
    let (_, keys) = key();
    let end = async |scene: &Scene, query: &str| {
        let back = scene.service("/signed-out");
        let url = format!(
            "{}/session/end?post_logout_redirect_uri={back}&{query}",
            scene.provider.issuer()
        );
        scene.browser.open(&url).await.unwrap().text()
    };
    let by_name = Scene::of(&LOGIN_GOV, |client| client.keys(keys)).await;
    let asks = "Voulez-vous vous déconnecter";
    assert!(
        end(&by_name, &format!("client_id=client&state={LONG}"))
            .await
            .contains(asks)
    );
    for query in [
        format!("client_id=client&state={LONG}&id_token_hint=x"),
        "client_id=client&state=short".to_owned(),
        format!("state={LONG}"),
    ] {
        assert!(end(&by_name, &query).await.contains("Y000400"), "{query}");
    }
    assert!(
        end(&by_name, &format!("client_id=other&state={LONG}"))
            .await
            .contains("Y045AFAE")
    );
    let pro = Scene::of(&PROCONNECT, |client| client).await;
    assert!(
        end(&pro, &format!("client_id=client&state={LONG}"))
            .await
            .contains("Y000400")
    );
    assert!(end(&pro, "id_token_hint=x&state=short").await.contains("Y000400"));
    assert!(
        end(&pro, &format!("id_token_hint=x&state={LONG}"))
            .await
            .contains("Y04FEDB9")
    );
    let plain = Scene::of(&OIDC, |client| client).await;
    assert!(end(&plain, "client_id=client").await.contains(asks));
    assert!(end(&plain, "state=x").await.contains("Y045AFAE"));
}
