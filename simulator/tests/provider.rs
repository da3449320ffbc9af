//! The simulated provider is as strict, and as odd, as the real one was seen to be.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: a panic is their way to fail"
)]

use std::net::SocketAddr;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use simulator::browser::Browser;
use simulator::browser::page::Page;
use simulator::legacy::RunningApplication;
use simulator::provider::Provider;
use simulator::provider::ProviderSettings;
use simulator::provider::RunningProvider;
use simulator::provider::client::Client;
use simulator::provider::client::SigningAlgorithm;

const NONCE: &str = "0123456789012345678901";

/// A provider, a relying party that only records what reaches its redirect URI, and a browser.
struct Scene {
    provider: RunningProvider,
    service: RunningApplication,
    browser: Browser,
}

impl Scene {
    async fn set() -> Self {
        Self::signing(SigningAlgorithm::Es256).await
    }

    async fn signing(algorithm: SigningAlgorithm) -> Self {
        let service = RunningApplication::start(loopback()).await.unwrap();
        let at = format!("http://localhost:{}", service.address().port());
        let client = Client::sandbox("client", "secret")
            .redirect_uri(format!("{at}/callback"))
            .post_logout_redirect_uri(format!("{at}/signed-out"))
            .signing(algorithm);
        let settings = ProviderSettings {
            address: loopback(),
            clients: vec![client],
        };
        Self {
            provider: Provider::start(settings).await.unwrap(),
            service,
            browser: Browser::new(),
        }
    }

    fn service(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.service.address().port())
    }

    /// The authorization request with one change: `("name", Some(value))` sets, `("name", None)` takes away.
    fn authorize(&self, changes: &[(&str, Option<&str>)]) -> String {
        let callback = self.service("/callback");
        let mut pairs = vec![
            ("client_id", "client"),
            ("response_type", "code"),
            ("redirect_uri", callback.as_str()),
            ("scope", "openid identite_pivot email"),
            ("state", "a-state"),
            ("nonce", NONCE),
            ("acr_values", "eidas1"),
        ];
        for (name, value) in changes {
            pairs.retain(|(each, _)| each != name);
            pairs.extend(value.map(|value| (*name, value)));
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        format!("{}/authorize?{query}", self.provider.issuer())
    }

    async fn open(&self, changes: &[(&str, Option<&str>)]) -> Page {
        self.browser.open(&self.authorize(changes)).await.unwrap()
    }

    /// From the choice page to the service, as Zoé.
    async fn sign_in(&self, choice: &Page) -> Page {
        let information = self.browser.press(choice, "zoe").await.unwrap();
        self.browser.press(&information, "Continuer").await.unwrap()
    }

    async fn code(&self) -> String {
        let choice = self.open(&[]).await;
        parameter(&self.sign_in(&choice).await, "code")
    }

    async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answered {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        self.send(&format!(
            "POST /api/v2{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await
    }

    async fn redeem(&self, code: &str) -> Answered {
        let callback = self.service("/callback");
        self.post(
            "/token",
            &[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &callback),
                ("client_id", "client"),
                ("client_secret", "secret"),
            ],
        )
        .await
    }

    async fn userinfo(&self, token: &str) -> Answered {
        self.send(&format!(
            "GET /api/v2/userinfo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        ))
        .await
    }

    async fn send(&self, request: &str) -> Answered {
        use tokio::io::AsyncReadExt;
        use tokio::io::AsyncWriteExt;
        let mut stream = tokio::net::TcpStream::connect(self.provider.address())
            .await
            .unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answered {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }
}

struct Answered {
    status: u16,
    head: String,
    body: String,
}

impl Answered {
    fn json(&self, member: &str) -> String {
        let value: Value = serde_json::from_str(&self.body).unwrap();
        value[member].as_str().unwrap_or_default().to_owned()
    }

    fn code(&self) -> String {
        let uri = self.json("error_uri");
        let (_, rest) = uri.split_once("?code=").unwrap();
        rest.split_once("&id=").unwrap().0.to_owned()
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn parameter(page: &Page, name: &str) -> String {
    let pairs = page.url.query_pairs();
    pairs
        .filter(|(each, _)| each == name)
        .map(|(_, value)| value.into_owned())
        .next()
        .unwrap_or_default()
}

fn claims(token: &str) -> Value {
    use base64::Engine;
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn it_refuses_to_listen_anywhere_but_on_loopback() {
    let settings = ProviderSettings {
        address: SocketAddr::from(([0, 0, 0, 0], 0)),
        clients: Vec::new(),
    };
    let error = Provider::start(settings).await.unwrap_err();
    assert!(error.to_string().contains("not a loopback address"), "{error}");
}

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
async fn an_empty_state_is_a_conflict_at_the_next_step() {
    let scene = Scene::set().await;
    let page = scene.open(&[("state", Some(""))]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
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
async fn a_login_that_took_longer_than_the_session_has_no_way_back() {
    let scene = Scene::set().await;
    let choice = scene.open(&[]).await;
    scene.provider.clock().advance(Duration::from_mins(31));
    let page = scene.browser.press(&choice, "zoe").await.unwrap();
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.text().contains("Y190001") && !page.text().contains("Retourner"));
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
