//! The answer of the provider, and everything that could pass for one.

use std::time::Duration;

use serde_json::json;

use super::way_back::nothing_happened;
use super::way_back::on_the_way_back;
use super::way_back::the_true_answer_still_counts;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::exchange;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;
use crate::support::steps::get;
use crate::support::steps::parameter;
use crate::support::steps::raw;
use crate::support::steps::to_the_callback;
use crate::support::table::Proof;
use crate::support::table::each_on;

/// Each of these answers is refused with this status, and the true one still counts afterwards.
fn refused(scene: &Scene, status: u16, forged: impl Fn(&str) -> Vec<String>) {
    let (browser, callback) = on_the_way_back(scene);
    for path in forged(&callback) {
        let answer = get(scene, &browser, &path);
        assert_eq!(answer.status, status, "{path}\n{}", answer.text());
        nothing_happened(scene, &browser);
    }
    the_true_answer_still_counts(scene, &browser, &callback);
}

fn a_cookie_that_came_twice_is_none(scene: &Scene) {
    let (browser, callback) = on_the_way_back(scene);
    let pair = cookie_field(&browser);
    let name = pair.split('=').next().unwrap();
    let answer = raw(
        scene,
        &Browser::new(),
        ("GET", &callback),
        &format!("Cookie: {pair}; {name}=planted\r\n"),
    );
    assert_eq!(answer.status, 400);
    nothing_happened(scene, &browser);
    the_true_answer_still_counts(scene, &browser, &callback);
}

fn a_state_that_does_not_match_is_refused(scene: &Scene) {
    refused(scene, 400, |callback| {
        let state = parameter(callback, "state");
        let with = |other: &str| callback.replace(&format!("state={state}"), &format!("state={other}"));
        let flipped = if state.starts_with('0') {
            state.replacen('0', "1", 1)
        } else {
            format!("0{}", state.get(1..).unwrap())
        };
        vec![
            with(""),
            with("wrong"),
            with(&flipped),
            with(state.get(..63).unwrap()),
            with(&format!("{state}0")),
            with(&state.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")),
            with("undefined"),
            callback.replace(&format!("&state={state}"), ""),
        ]
    });
}

fn a_second_opening_leads_on(scene: &Scene) {
    let (browser, callback) = on_the_way_back(scene);
    the_true_answer_still_counts(scene, &browser, &callback);
    let again = get(scene, &browser, &callback);
    assert_eq!((again.status, again.field("location")), (303, Some("/")));
    assert_eq!(scene.provider.requests_to("/token").len(), 1);
}

fn two_openings_at_once_are_one(scene: &Scene) {
    let (browser, callback) = on_the_way_back(scene);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let clicks: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| get(scene, &browser, &callback).status))
            .collect();
        clicks.into_iter().map(|click| click.join().unwrap()).collect()
    });
    assert_eq!(statuses, [303; 4]);
    assert_eq!(scene.provider.requests_to("/token").len(), 1);
}

fn half_an_hour_later_it_begins_again(scene: &Scene) {
    let (browser, callback) = on_the_way_back(scene);
    scene.advance(&browser, Duration::from_mins(31));
    let answer = get(scene, &browser, &callback);
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("L07") && answer.text().contains("/_guichet/login?return_to=/dossier"));
    nothing_happened(scene, &browser);
}

fn at_another_host_it_is_nobody_s(scene: &Scene) {
    let (browser, callback) = on_the_way_back(scene);
    let request = format!(
        "GET {callback} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {}\r\n\r\n",
        scene.gateway.place().port(),
        cookie_field(&browser)
    );
    assert_eq!(exchange(scene.gateway.address(), request).status, 421);
    nothing_happened(scene, &browser);
    the_true_answer_still_counts(scene, &browser, &callback);
}

fn a_parameter_that_came_twice_is_refused(scene: &Scene) {
    refused(scene, 400, |callback| {
        ["code=x", "state=x", "iss=https://evil.example", "error=x&error=y"]
            .map(|more| format!("{callback}&{more}"))
            .to_vec()
    });
}

fn a_parameter_is_its_exact_name(scene: &Scene) {
    refused(scene, 400, |callback| {
        let query = |from: &str, to: &str| callback.replace(from, to);
        vec![
            query("state=", "state[]="),
            query("state=", "STATE="),
            query("state=", "state%00="),
            query("&state=", "%26state="),
            query("&", ";"),
            query("state=", "state=+"),
        ]
    });
}

fn neither_code_nor_error_is_refused(scene: &Scene) {
    refused(scene, 400, |callback| {
        vec![format!(
            "/_guichet/callback?state={}",
            parameter(callback, "state")
        )]
    });
}

fn an_error_beside_a_code_is_an_error(scene: &Scene) {
    let (browser, callback) = on_the_way_back(scene);
    let answer = get(scene, &browser, &format!("{callback}&error=access_denied"));
    assert_eq!(answer.status, 303);
    assert!(
        answer
            .field("location")
            .unwrap()
            .starts_with("/_guichet/login?return_to=/dossier")
    );
    nothing_happened(scene, &browser);
    the_true_answer_still_counts(scene, &browser, &callback);
}

fn turning_back_is_no_failure(scene: &Scene) {
    let browser = Browser::new();
    let page = scene
        .provider
        .cancel(&browser, &scene.to_the_provider(&browser, "/dossier"));
    assert_eq!(page.status(), 200);
    assert!(
        page.url
            .starts_with(&scene.url("/_guichet/login?return_to=/dossier")),
        "{}",
        page.url
    );
    assert!(page.text().contains("interrompu"), "{}", page.text());
    assert!(!page.text().contains("Référence"));
    nothing_happened(scene, &browser);
}

fn an_error_from_nowhere_is_not_repeated(scene: &Scene) {
    let browser = Browser::new();
    let answer = get(
        scene,
        &browser,
        "/_guichet/callback?error=evil_error&error_description=%3Cscript%3Eevil&state=x",
    );
    assert_eq!(answer.status, 400);
    assert!(!answer.text().contains("evil"), "{}", answer.text());
    let (signed_in, callback) = on_the_way_back(scene);
    the_true_answer_still_counts(scene, &signed_in, &callback);
    let forged = get(
        scene,
        &signed_in,
        "/_guichet/callback?error=evil_error&state=undefined",
    );
    assert_eq!((forged.status, forged.field("location")), (303, Some("/")));
    assert_eq!(
        get(scene, &signed_in, "/dossier").status,
        200,
        "the session is untouched"
    );
}

/// An answer with a lie in its query: refused under this word, and nothing was asked.
fn altered_answer(scene: &Scene, edit: &serde_json::Value, reason: &str) {
    scene
        .provider
        .lie(&json!({ "target": "callback", "query": [edit] }));
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    assert_eq!(page.status(), 502, "{}", page.text());
    let log = scene.gateway.logs().text();
    assert!(
        log.contains(&format!("reason=\"{reason}\"")) && log.contains("L08"),
        "{log}"
    );
    nothing_happened(scene, &browser);
}

fn an_answer_without_its_issuer_is_refused(scene: &Scene) {
    altered_answer(scene, &json!({ "delete": "iss" }), "response_iss_missing");
}

fn an_answer_of_another_issuer_is_refused(scene: &Scene) {
    altered_answer(
        scene,
        &json!({ "set": "iss", "to": "https://evil.example/api/v2" }),
        "response_iss_mismatch",
    );
}

fn only_get_is_an_answer(scene: &Scene) {
    let (browser, callback) = on_the_way_back(scene);
    for method in ["POST", "PUT", "HEAD", "DELETE"] {
        let answer = raw(scene, &browser, (method, &callback), "Content-Length: 0\r\n");
        assert_eq!(answer.status, 405, "{method}");
        nothing_happened(scene, &browser);
    }
    the_true_answer_still_counts(scene, &browser, &callback);
}

fn a_look_ahead_spends_nothing(scene: &Scene) {
    let (browser, callback) = on_the_way_back(scene);
    for fields in [
        "Sec-Purpose: prefetch;prerender\r\n",
        "Sec-Fetch-Dest: iframe\r\n",
        "Purpose: prefetch\r\n",
    ] {
        assert_eq!(
            raw(scene, &browser, ("GET", &callback), fields).status,
            400,
            "{fields}"
        );
        nothing_happened(scene, &browser);
    }
    assert_eq!(
        raw(
            scene,
            &Browser::new(),
            ("GET", "/dossier"),
            "Sec-Purpose: prefetch\r\n"
        )
        .status,
        401
    );
    the_true_answer_still_counts(scene, &browser, &callback);
}

fn tokens_in_the_query_are_refused(scene: &Scene) {
    refused(scene, 400, |callback| {
        let state = parameter(callback, "state");
        vec![
            format!("/_guichet/callback?access_token=x&id_token=y&state={state}"),
            format!("{callback}&access_token=x"),
        ]
    });
}

fn a_stolen_code_opens_nothing(scene: &Scene) {
    let (victim, theirs) = on_the_way_back(scene);
    let (attacker, mine) = on_the_way_back(scene);
    let stolen = mine.replace(&parameter(&mine, "code"), &parameter(&theirs, "code"));
    let answer = get(scene, &attacker, &stolen);
    assert_eq!(answer.status, 502);
    assert!(scene.gateway.logs().text().contains("reason=\"nonce_mismatch\""));
    assert_eq!(get(scene, &attacker, "/dossier").status, 303);
    assert_eq!(scene.application.byte_count(), 0);
    drop(victim);
}

fn the_redirect_uri_is_the_same_twice(scene: &Scene) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let asked = scene.provider.requests_to("/authorize").remove(0);
    let told = scene.provider.requests_to("/token").remove(0);
    let uri = asked.parameter("redirect_uri");
    assert_eq!(told.parameter("redirect_uri"), uri);
    assert_eq!(uri, Some(scene.url("/_guichet/callback")));
}

fn every_redirect_is_a_303(scene: &Scene) {
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    assert_eq!(
        page.url,
        scene.url("/dossier"),
        "code and state do not stay in the address"
    );
    let gateway = scene.url("");
    for path in ["/_guichet/login?return_to=/x", "/_guichet/login/fc?return_to=/x"] {
        assert_eq!(get(scene, &browser, path).status, 303);
    }
    let anonymous = Browser::new();
    assert_eq!(get(scene, &anonymous, "/dossier").status, 303);
    let redirects = page
        .hops
        .iter()
        .filter(|hop| hop.url.starts_with(&gateway) && hop.answer.status / 100 == 3);
    for hop in redirects {
        assert_eq!(hop.answer.status, 303, "{}", hop.url);
    }
}

fn another_person_gets_another_session(scene: &Scene) {
    // The provider keeps one attempt per browser, so the other one began elsewhere.
    let (browser, elsewhere) = (Browser::new(), Browser::new());
    let maelle = to_the_callback(scene, &elsewhere, "/dossier", 1);
    for name in elsewhere.cookie_names("localhost") {
        let value = elsewhere.cookie("localhost", &name).unwrap();
        browser.plant(&scene.url("/"), &format!("{name}={value}; Path=/"));
    }
    let zoe = to_the_callback(scene, &browser, "/dossier", ZOE);
    assert_eq!(browser.open(&zoe).status(), 200);
    let first = browser.cookie("localhost", "guichet-session-fc").unwrap();
    scene.application.forget();
    assert_eq!(browser.open(&maelle).status(), 200);
    let sub = people()[1]["sub"].as_str().unwrap().to_owned();
    assert_eq!(scene.application.only().values("x-guichet-sub"), [sub]);
    let thief = Browser::new();
    thief.plant(&scene.url("/"), &format!("guichet-session-fc={first}; Path=/"));
    assert_eq!(
        get(scene, &thief, "/dossier").status,
        303,
        "the first session has ended"
    );
}

fn a_planted_session_is_never_used(scene: &Scene) {
    let planted = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let browser = Browser::new();
    browser.plant(&scene.url("/"), &format!("guichet-session-fc={planted}; Path=/"));
    scene.sign_in(&browser, "/dossier");
    assert_ne!(
        browser.cookie("localhost", "guichet-session-fc").unwrap(),
        planted
    );
    let attacker = Browser::new();
    attacker.plant(&scene.url("/"), &format!("guichet-session-fc={planted}; Path=/"));
    assert_eq!(get(scene, &attacker, "/dossier").status, 303);
}

fn the_address_is_clean_afterwards(scene: &Scene) {
    let page = scene.sign_in(&Browser::new(), "/dossier?etape=3");
    assert_eq!(page.url, scene.url("/dossier?etape=3"));
}

cases! {
    Proof<Scene>,
    run = each_on(|| Scene::start(Alg::Es256, Store::Memory)),
    rows = [
        Proof { ids: &["T179"], sentence: "a login cookie that came twice is none", holds: a_cookie_that_came_twice_is_none },
        Proof { ids: &["T180"], sentence: "a state that does not match is refused", holds: a_state_that_does_not_match_is_refused },
        Proof { ids: &["T181"], sentence: "an answer that is opened again leads on", holds: a_second_opening_leads_on },
        Proof { ids: &["T182"], sentence: "four openings at once make one token request", holds: two_openings_at_once_are_one },
        Proof { ids: &["T183"], sentence: "an answer after 31 minutes is refused, with a way to begin again", holds: half_an_hour_later_it_begins_again },
        Proof { ids: &["T184"], sentence: "an answer counts at its own host only", holds: at_another_host_it_is_nobody_s },
        Proof { ids: &["T186"], sentence: "a parameter that came twice is refused", holds: a_parameter_that_came_twice_is_refused },
        Proof { ids: &["T187"], sentence: "a parameter is its exact name, decoded once", holds: a_parameter_is_its_exact_name },
        Proof { ids: &["T188"], sentence: "neither a code nor an error is refused", holds: neither_code_nor_error_is_refused },
        Proof { ids: &["T189"], sentence: "an error beside a code is an error", holds: an_error_beside_a_code_is_an_error },
        Proof { ids: &["T190"], sentence: "whoever turns back reads that they did", holds: turning_back_is_no_failure },
        Proof { ids: &["T191"], sentence: "an error without an attempt is not repeated and ends nothing", holds: an_error_from_nowhere_is_not_repeated },
        Proof { ids: &["T193"], sentence: "an answer without its issuer is refused", holds: an_answer_without_its_issuer_is_refused },
        Proof { ids: &["T194"], sentence: "an answer of another issuer is refused", holds: an_answer_of_another_issuer_is_refused },
        Proof { ids: &["T195"], sentence: "only GET is an answer", holds: only_get_is_an_answer },
        Proof { ids: &["T196"], sentence: "tokens in the query are refused", holds: tokens_in_the_query_are_refused },
        Proof { ids: &["T197"], sentence: "a stolen code opens nothing in another attempt", holds: a_stolen_code_opens_nothing },
        Proof { ids: &["T200"], sentence: "the redirect URI is the same twice, byte for byte", holds: the_redirect_uri_is_the_same_twice },
        Proof { ids: &["T205"], sentence: "a look ahead neither begins nor spends an attempt", holds: a_look_ahead_spends_nothing },
        Proof { ids: &["T208"], sentence: "every redirect is a 303", holds: every_redirect_is_a_303 },
        Proof { ids: &["T210"], sentence: "another person gets a new session, and the one before them ends", holds: another_person_gets_another_session },
        Proof { ids: &["T211"], sentence: "a session that somebody planted is never used", holds: a_planted_session_is_never_used },
        Proof { ids: &["T214"], sentence: "code and state leave the address", holds: the_address_is_clean_afterwards },
    ]
}
