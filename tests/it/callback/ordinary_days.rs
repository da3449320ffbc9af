//! Ordinary days that ended badly for others.

use std::time::Duration;

use serde_json::json;

use super::way_back::nothing_happened;
use super::way_back::on_the_way_back;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::html::links;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::get;
use crate::support::steps::parameter;
use crate::support::steps::raw;
use crate::support::steps::sign_out;
use crate::support::table::Proof;
use crate::support::table::each_on;

fn a_clock_a_little_ahead(scene: &Scene) {
    scene.provider.clock_ahead(Duration::from_secs(20));
    assert_eq!(scene.sign_in(&Browser::new(), "/dossier").status(), 200);
    scene.provider.clock_ahead(Duration::from_mins(10));
    scene.application.forget();
    let browser = Browser::new();
    assert_eq!(scene.sign_in(&browser, "/dossier").status(), 502);
    let lines = scene.gateway.logs().lines_with("reason=\"clock\"");
    let said = lines.first().expect("the log does not say that it is a clock");
    let (theirs, ours) = said.split_once(" it is ").expect(said);
    let (_, theirs) = theirs.trim_end_matches(',').rsplit_once(' ').unwrap();
    let (ours, _) = ours.split_once(' ').unwrap();
    let difference = moment(theirs) - moment(ours);
    assert!((600..660).contains(&difference), "{said}");
    assert_eq!(scene.application.byte_count(), 0);
}

fn moment(text: &str) -> i64 {
    let moment = chrono::DateTime::parse_from_rfc3339(text);
    moment
        .unwrap_or_else(|error| panic!("{text:?}: {error}"))
        .timestamp()
}

/// A page and no JSON, although the provider says JSON; and its link leads to where the person wanted to go.
fn the_token_call_fails(scene: &Scene) {
    let wanted = "/dossier/12?etape=3";
    scene.provider.lie(&json!({
        "target": "token", "status": 500, "headers": { "content-type": "application/json" }, "body": "{}",
    }));
    let browser = Browser::new();
    let page = scene.sign_in(&browser, wanted);
    assert_eq!(page.status(), 502);
    assert_eq!(
        page.answer.field("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(page.text().contains("L10"), "{}", page.text());
    assert_eq!(scene.application.byte_count(), 0);

    let links = page.links();
    let again = links.iter().find(|link| link.href.contains("/_guichet/login"));
    let chooser = browser.go(&page, &again.unwrap().href);
    let provider = browser.click(&chooser, "FranceConnect");
    let page = scene.provider.sign_in(&browser, &provider, ZOE);
    assert_eq!((page.status(), page.url), (200, scene.url(wanted)));
    assert_eq!(
        scene.application.only().request_line(),
        format!("GET {wanted} HTTP/1.1")
    );
    assert_eq!(scene.provider.requests_to("/token").len(), 2, "one for each code");
}

fn a_bookmark_of_the_provider(scene: &Scene) {
    let (browser, callback) = on_the_way_back(scene);
    let nobody = Browser::new();
    for path in [callback.as_str(), "/_guichet/callback"] {
        let answer = get(scene, &nobody, path);
        assert_eq!(answer.status, 400, "{path}");
        nothing_happened(scene, &nobody);
    }
    let somebody = Browser::new();
    scene.sign_in(&somebody, "/dossier");
    for path in [callback.as_str(), "/_guichet/callback"] {
        let answer = get(scene, &somebody, path);
        assert_eq!(
            (answer.status, answer.field("location")),
            (303, Some("/")),
            "{path}"
        );
    }
    assert_eq!(
        get(scene, &somebody, "/dossier").status,
        200,
        "the session is untouched"
    );
    drop(browser);
}

fn signing_in_again_after_signing_out(scene: &Scene) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let out = sign_out(scene, &browser);
    assert_eq!(
        browser.open(&out.url).status(),
        200,
        "the page can be loaded again"
    );
    let again = scene.sign_in(&browser, "/dossier");
    assert_eq!((again.status(), again.url), (200, scene.url("/dossier")));
}

fn back_after_signing_in(scene: &Scene) {
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    for path in [
        "/_guichet/login?app=urbanisme&return_to=/x",
        "/_guichet/login/fc?return_to=/x",
    ] {
        let answer = get(scene, &browser, path);
        assert_eq!(
            (answer.status, answer.field("location")),
            (303, Some("/x")),
            "{path}"
        );
        assert!(answer.fields("set-cookie").is_empty(), "{path}");
    }
}

fn a_link_in_an_office_document(scene: &Scene) {
    let office = Browser::new();
    for method in ["HEAD", "OPTIONS"] {
        let answer = raw(
            scene,
            &office,
            (method, "/_guichet/login/fc?return_to=/dossier"),
            "",
        );
        assert!(
            answer.status == 405 && answer.fields("set-cookie").is_empty(),
            "{method}"
        );
    }
    let seen = raw(scene, &office, ("HEAD", "/dossier"), "");
    let chooser = seen.field("location").unwrap().to_owned();
    assert_eq!(
        (seen.status, parameter(&chooser, "return_to")),
        (303, "/dossier".to_owned())
    );
    assert!(seen.fields("set-cookie").is_empty());

    // The chooser's address works in another program, destination included; the callback's does not.
    let (_, callback) = on_the_way_back(scene);
    let browser = Browser::new();
    let refused = get(scene, &browser, &callback);
    assert!(
        refused.status == 400 && refused.text().contains("L06"),
        "{}",
        refused.text()
    );
    nothing_happened(scene, &browser);
    let start = links(&refused.text())
        .into_iter()
        .find(|link| link.text.contains("Urbanisme"));
    assert_eq!(
        start.map(|link| link.href),
        Some("/".to_owned()),
        "{}",
        refused.text()
    );
    let page = browser.open(&scene.url(&chooser));
    assert!(page.text().contains("return_to=/dossier"), "{}", page.text());
}

cases! {
    Proof<Scene>,
    run = each_on(|| Scene::start(Alg::Es256, Store::Memory)),
    rows = [
        Proof { ids: &["F001"], sentence: "20 seconds of another clock are forgiven, 10 minutes are named", holds: a_clock_a_little_ahead },
        Proof { ids: &["F015"], sentence: "a callback without a login under way leads on or begins again", holds: a_bookmark_of_the_provider },
        Proof { ids: &["F018"], sentence: "the state of a logout does not stand in the way of the next login", holds: signing_in_again_after_signing_out },
        Proof { ids: &["F019"], sentence: "back to the login step leads on, without a new attempt", holds: back_after_signing_in },
        Proof { ids: &["F021"], sentence: "a token call that fails keeps the destination", holds: the_token_call_fails },
        Proof { ids: &["F039"], sentence: "a login begins in one program and ends in another only with its cookie", holds: a_link_in_an_office_document },
    ]
}
