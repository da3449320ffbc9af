//! The whole journey: one function, every provider, every algorithm, both stores.

use std::time::Duration;

use super::stage::Stage;
use super::stage::With;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::provider::Alg;
use crate::support::pyjwt;
use crate::support::scene::ASSERTION;
use crate::support::scene::CLAIMS;
use crate::support::scene::SESSION;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;

fn journey(with: With, store: Store) {
    let stage = Stage::start(with, store);
    let browser = Browser::new();
    the_chooser_speaks_two_languages(&stage);
    the_person_cancels(&stage, &browser);
    the_login_arrives_where_it_was_going(&stage, &browser);
    the_application_is_told_of_zoe(&stage, &browser);
    requests_without_a_question_follow(&stage, &browser);
    the_logout_comes_back_with_its_state(&stage, &browser);
    two_tabs_log_in_at_once(&stage, &browser);
    a_tab_that_the_provider_forgot_is_signed_in_too(&stage);
    a_pause_ends_the_session(&stage, &browser);
    a_working_day_ends_the_session(&stage, &Browser::new());
    let log = stage.scene.gateway.logs().text();
    assert!(!log.contains("NŒUVÉGLISE") && !log.contains("zoe."), "{log}");
}

fn the_chooser_speaks_two_languages(stage: &Stage) {
    let asked = stage.scene.url("/dossier/12");
    let french = Browser::new().open(&asked);
    assert!(french.text().contains(r#"<html lang="fr""#), "{}", french.text());
    assert!(
        french.text().contains("Connexion à Urbanisme"),
        "{}",
        french.text()
    );
    let english = Browser::new().speaking("en-GB,en;q=0.9").open(&asked);
    assert!(
        english.text().contains(r#"<html lang="en""#),
        "{}",
        english.text()
    );
    assert!(!english.text().contains("Connexion à Urbanisme"));
    assert_eq!(english.answer.fields("content-language"), ["en"]);
}

fn the_person_cancels(stage: &Stage, browser: &Browser) {
    let page = stage.scene.to_the_provider(browser, "/dossier/12?etape=3");
    let back = stage.changes_her_mind(browser, &page);
    assert_eq!(back.status(), 200);
    assert!(
        back.text().contains("Vous avez interrompu la connexion"),
        "{}",
        back.text()
    );
    assert_eq!(back.parameter("return_to").unwrap(), "/dossier/12?etape=3");
    assert_eq!(stage.token_requests(), 0);
    assert_eq!(stage.scene.application.byte_count(), 0);
    assert_eq!(browser.cookie("localhost", SESSION), None);
    assert!(stage.scene.redis.iter().all(|redis| redis.keys().is_empty()));
}

fn the_login_arrives_where_it_was_going(stage: &Stage, browser: &Browser) {
    let page = stage.sign_in(browser, "/dossier/12?etape=3");
    let log = stage.scene.gateway.logs().text();
    assert_eq!(
        page.url,
        stage.scene.url("/dossier/12?etape=3"),
        "{}\n{log}",
        page.text()
    );
    assert_eq!((page.status(), stage.token_requests()), (200, 1));
    let received = stage.scene.application.only();
    assert_eq!(received.request_line(), "GET /dossier/12?etape=3 HTTP/1.1");
}

/// Every byte that the application receives, the assertion's own apart, which `PyJWT` reads.
fn the_application_is_told_of_zoe(stage: &Stage, browser: &Browser) {
    let application = &stage.scene.application;
    application.forget();
    let lines = format!("Accept: */*\r\nCookie: theme=dark; {}\r\n", cookie_field(browser));
    assert_eq!(stage.scene.ask("/dossier?etape=3", &lines).status, 200);
    let received = application.only();
    let assertion = received.values(ASSERTION).remove(0);
    let id = received.values("x-request-id").remove(0);
    assert_eq!(id.len(), 16);
    let (host, zoe) = (stage.scene.host(), stage.zoe());
    let expected = format!(
        "GET /dossier?etape=3 HTTP/1.1\r\n\
         host: {host}\r\n\
         accept: */*\r\n\
         cookie: theme=dark\r\n\
         x-forwarded-for: 127.0.0.1\r\n\
         x-forwarded-proto: http\r\n\
         x-forwarded-host: {host}\r\n\
         x-forwarded-port: {port}\r\n\
         x-guichet-status: authenticated\r\n\
         x-guichet-sub: {sub}\r\n\
         x-guichet-family-name: LE%20GO%C3%9BT-N%C5%92UV%C3%89GLISE\r\n\
         x-guichet-email: {email}\r\n\
         x-guichet-assertion: {assertion}\r\n\
         x-request-id: {id}\r\n\r\n",
        port = stage.scene.gateway.place().port(),
        sub = zoe["sub"].as_str().unwrap(),
        email = zoe["email"].as_str().unwrap(),
    );
    assert_eq!(String::from_utf8(received.bytes()).unwrap(), expected);
    is_about_zoe(stage, &assertion);
}

fn is_about_zoe(stage: &Stage, assertion: &str) {
    let (keys, issuer, zoe) = (stage.scene.jwks(), stage.scene.url(""), stage.zoe());
    let claims = pyjwt::verify(assertion, &keys, "urbanisme", &issuer).unwrap();
    for name in CLAIMS {
        assert_eq!(claims[name], zoe[name], "{name}");
    }
    assert_eq!((&claims["idp"], &claims["acr"]), (&"fc".into(), &"eidas1".into()));
    let time = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(time("exp") - time("iat"), 60);
    assert!(time("auth_time") > 0);
    // Told by the provider, and not to be told to this application.
    assert!(claims.get("idp_birthdate").is_none(), "{claims}");
    let wrong = pyjwt::verify(assertion, &keys, "another-app", &issuer);
    assert_eq!(wrong, Err("InvalidAudienceError".to_owned()));
}

fn requests_without_a_question_follow(stage: &Stage, browser: &Browser) {
    let token_requests = stage.token_requests();
    assert!(stage.is_signed_in(browser));
    assert!(stage.is_signed_in(&browser.clone()), "another tab");
    assert!(!stage.is_signed_in(&Browser::new()), "another browser");
    assert_eq!(stage.token_requests(), token_requests);
}

fn the_logout_comes_back_with_its_state(stage: &Stage, browser: &Browser) {
    let key = Stage::session_cookie(browser).unwrap();
    let leaving = stage.signs_out(browser);
    // Gone here before the provider is asked.
    assert_eq!(Stage::session_cookie(browser), None);
    let thief = Browser::new();
    thief.plant(&stage.scene.url("/"), &format!("{SESSION}={key}; Path=/"));
    assert!(
        !stage.is_signed_in(&thief),
        "the session ended for the browser only"
    );
    let proof = leaving.parameter("state").unwrap();
    assert_eq!(proof.len(), 64);
    assert!(leaving.parameter("id_token_hint").is_some());
    let back = stage.confirms_the_end(browser, &leaving);
    assert_eq!(
        back.url,
        stage.scene.url(&format!("/_guichet/logged-out?state={proof}"))
    );
    assert!(
        back.text()
            .contains("La session est fermée sur Urbanisme et sur FranceConnect"),
        "{}",
        back.text()
    );
    let logged = stage.scene.gateway.logs().lines_with("confirmed=true");
    assert_eq!(logged.len(), 1);
    let other = format!("/_guichet/logged-out?state={}", "0".repeat(64));
    let unproven = browser.open(&stage.scene.url(&other));
    assert!(
        !unproven.text().contains("et sur FranceConnect"),
        "{}",
        unproven.text()
    );
    let chooser = browser.open(&stage.scene.url("/dossier/12"));
    assert!(chooser.text().contains("Connexion à Urbanisme") && !chooser.text().contains("a pris fin"));
    let asked = stage.scene.to_the_provider(browser, "/dossier/12");
    assert!(
        asked.url.starts_with(stage.issuer()),
        "signed in again without a question"
    );
}

/// Two attempts under way in one browser: each tab ends at its own page, the older one last.
fn two_tabs_log_in_at_once(stage: &Stage, browser: &Browser) {
    let (one, other) = (browser.clone(), browser.clone());
    let first = one.open_once(&stage.scene.url("/_guichet/login/fc?return_to=/un"));
    let second = other.open_once(&stage.scene.url("/_guichet/login/fc?return_to=/deux"));
    let token_requests = stage.token_requests();
    for (tab, begun, wanted) in [(&other, &second, "/deux"), (&one, &first, "/un")] {
        let arrived = tab.follow(&stage.obtains_a_code(tab, begun));
        assert_eq!(arrived.url, stage.scene.url(wanted), "{}", arrived.text());
    }
    assert_eq!(stage.token_requests(), token_requests + 2);
    assert!(stage.is_signed_in(&one) && stage.is_signed_in(&other));
}

/// `FranceConnect` keeps one attempt for each browser: the older tab stays there. Its person is signed in all the same.
fn a_tab_that_the_provider_forgot_is_signed_in_too(stage: &Stage) {
    let one = Browser::new();
    let other = one.clone();
    let first = stage.scene.to_the_provider(&one, "/un");
    let second = stage.scene.to_the_provider(&other, "/deux");
    let arrived = stage.says_who_she_is(&other, &second);
    assert_eq!(arrived.url, stage.scene.url("/deux"), "{}", arrived.text());
    let stays = stage.says_who_she_is(&one, &first);
    assert!(stays.url.starts_with(stage.issuer()), "{}", stays.url);
    assert_eq!(one.open(&stage.scene.url("/un")).hops.len(), 1);
}

fn a_pause_ends_the_session(stage: &Stage, browser: &Browser) {
    stage.scene.advance(browser, Duration::from_mins(29));
    assert!(stage.is_signed_in(browser));
    stage.scene.advance(browser, Duration::from_mins(31));
    ended_with_a_notice(stage, &browser.open(&stage.scene.url("/dossier/12")));
    stage.comes_back_to_the_present();
}

/// Something every quarter of an hour, for eight hours.
fn a_working_day_ends_the_session(stage: &Stage, browser: &Browser) {
    stage.sign_in(browser, "/dossier/12");
    for quarter in 1..32 {
        stage.scene.advance(browser, Duration::from_mins(14));
        stage.scene.advance(browser, Duration::from_mins(1));
        assert!(stage.is_signed_in(browser), "quarter {quarter}");
    }
    stage.scene.advance(browser, Duration::from_mins(15));
    ended_with_a_notice(stage, &browser.open(&stage.scene.url("/dossier/12")));
    stage.comes_back_to_the_present();
}

fn ended_with_a_notice(stage: &Stage, page: &Page) {
    assert!(
        page.url.starts_with(&stage.scene.url("/_guichet/login")),
        "{}",
        page.url
    );
    assert!(
        page.text().contains("Votre session a pris fin"),
        "{}",
        page.text()
    );
    assert_eq!(page.parameter("return_to").unwrap(), "/dossier/12");
}

#[test]
fn at_the_simulator_with_es256_in_memory() {
    journey(With::Simulator(Alg::Es256), Store::Memory);
}

#[test]
fn at_the_simulator_with_rs256_in_memory() {
    journey(With::Simulator(Alg::Rs256), Store::Memory);
}

#[test]
fn at_the_simulator_with_rs256_in_redis() {
    journey(With::Simulator(Alg::Rs256), Store::Redis);
}

#[test]
fn at_the_simulator_with_es256_in_redis() {
    journey(With::Simulator(Alg::Es256), Store::Redis);
}

#[test]
fn at_oidc_provider_with_es256_in_memory() {
    journey(With::OidcProvider(Alg::Es256), Store::Memory);
}

#[test]
fn at_oidc_provider_with_es256_in_redis() {
    journey(With::OidcProvider(Alg::Es256), Store::Redis);
}

#[test]
fn at_oidc_provider_with_rs256_in_memory() {
    journey(With::OidcProvider(Alg::Rs256), Store::Memory);
}

#[test]
fn at_oidc_provider_with_rs256_in_redis() {
    journey(With::OidcProvider(Alg::Rs256), Store::Redis);
}
