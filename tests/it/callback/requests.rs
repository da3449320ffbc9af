//! How a login begins: the authorization request, and who may cause one.

use std::collections::BTreeSet;

use crate::cases;
use crate::support::browser::Browser;
use crate::support::html::links;
use crate::support::provider::Alg;
use crate::support::provider::CLOSED_LIST;
use crate::support::raw::Answer;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::get;
use crate::support::steps::parameter;
use crate::support::steps::raw;
use crate::support::table::Proof;
use crate::support::table::each_on;
use crate::support::usual::with_limits;

/// Where a click on the button leads.
fn authorization_request(scene: &Scene, path: &str) -> String {
    let answer = get(scene, &Browser::new(), path);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    answer.field("location").unwrap().to_owned()
}

fn names(request: &str) -> Vec<String> {
    let query = request.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect()
}

fn the_request_is_exact(scene: &Scene) {
    let request = authorization_request(scene, "/_guichet/login/fc?return_to=/dossier");
    assert!(
        request.starts_with(&format!("{}/authorize?", scene.provider.issuer())),
        "{request}"
    );
    assert_eq!(names(&request), CLOSED_LIST);
    assert_eq!(parameter(&request, "response_type"), "code");
    assert_eq!(
        parameter(&request, "redirect_uri"),
        scene.url("/_guichet/callback")
    );
    assert_eq!(
        parameter(&request, "scope"),
        "openid identite_pivot email idp_birthdate"
    );
    assert_eq!(parameter(&request, "acr_values"), "eidas1");
}

fn every_value_is_new(scene: &Scene) {
    let mut seen = BTreeSet::new();
    for _ in 0..500 {
        let request = authorization_request(scene, "/_guichet/login/fc?return_to=/dossier");
        for name in ["state", "nonce"] {
            let value = parameter(&request, name);
            assert!(
                value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{value}"
            );
            assert!(seen.insert(value), "a value came twice");
        }
    }
}

fn parameters_of_a_visitor_stay_out(scene: &Scene) {
    let evil = "prompt=none&acr_values=eidas3&scope=openid+all&request_uri=https://evil.example&state=mine&nonce=mine";
    for path in [
        format!("/_guichet/login/fc?return_to=/dossier&{evil}"),
        format!(
            "/_guichet/login/fc?return_to=/dossier%3F{}",
            evil.replace('&', "%26")
        ),
    ] {
        let request = authorization_request(scene, &path);
        assert_eq!(names(&request), CLOSED_LIST);
        assert_eq!(parameter(&request, "acr_values"), "eidas1");
        assert!(
            !request.contains("evil") && !request.contains("mine"),
            "{request}"
        );
    }
}

/// The page's button leads to the start of the site, and no link leads to another site than the provider's own.
fn leads_to_the_start(chooser: &Answer) {
    assert_eq!(chooser.status, 200);
    let links: Vec<String> = links(&chooser.text()).into_iter().map(|link| link.href).collect();
    assert!(
        links.contains(&"/_guichet/login/fc?return_to=/".to_owned()),
        "{links:?}"
    );
    let foreign = |href: &&String| !href.starts_with("/_guichet/") && !href.starts_with('#');
    let foreign: Vec<&String> = links.iter().filter(foreign).collect();
    assert!(foreign.iter().all(|href| !href.contains("evil")), "{foreign:?}");
}

fn a_long_address_comes_back_shorter(scene: &Scene) {
    let browser = Browser::new();
    let page = scene.sign_in(&browser, &format!("/dossier/12?texte={}", "x".repeat(4000)));
    assert_eq!((page.status(), page.url), (200, scene.url("/dossier/12")));
    for evil in [
        "//evil.example/",
        "https://evil.example/",
        "/%0d%0aSet-Cookie:x=1",
        "/\\evil.example",
    ] {
        let chooser = get(
            scene,
            &Browser::new(),
            &format!("/_guichet/login?return_to={evil}"),
        );
        leads_to_the_start(&chooser);
    }
}

/// Whoever is no navigation gets 401 and leaves no attempt behind.
fn begins_nothing(scene: &Scene, fields: &str) {
    let answer = raw(scene, &Browser::new(), ("GET", "/dossier"), fields);
    assert_eq!(answer.status, 401, "{fields}");
    assert_eq!(
        answer.field("content-type"),
        Some("application/problem+json"),
        "{fields}"
    );
    assert!(
        answer.field("www-authenticate").is_some() && answer.field("location").is_none(),
        "{fields}"
    );
    let login = raw(
        scene,
        &Browser::new(),
        ("GET", "/_guichet/login/fc?return_to=/dossier"),
        fields,
    );
    assert_eq!(login.status, 400, "{fields}");
    for answer in [answer, login] {
        assert!(answer.fields("set-cookie").is_empty(), "{fields}");
    }
    assert_eq!(scene.application.byte_count(), 0);
}

fn a_script_begins_nothing(scene: &Scene) {
    for fields in [
        "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n",
        "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
        // Each of the two says it by itself.
        "Sec-Fetch-Mode: cors\r\n",
        "Sec-Fetch-Dest: empty\r\n",
        "X-Requested-With: XMLHttpRequest\r\n",
        "Accept: application/json\r\n",
    ] {
        begins_nothing(scene, fields);
    }
}

fn a_frame_begins_nothing(scene: &Scene) {
    begins_nothing(scene, "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n");
}

fn a_form_without_a_type_is_told_that_nothing_was_saved(scene: &Scene) {
    let answer = raw(
        scene,
        &Browser::new(),
        ("POST", "/dossier"),
        "Content-Length: 0\r\n",
    );
    assert_eq!(answer.status, 401);
    assert!(
        answer.text().contains("/_guichet/login?return_to=/dossier"),
        "{}",
        answer.text()
    );
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(
        get(scene, &Browser::new(), "/public").status,
        200,
        "the process is alive"
    );
}

fn a_login_that_another_site_suggests_stays_here(scene: &Scene) {
    let evil =
        "iss=https://evil.example&target_link_uri=//evil.example&login_hint=x&return_to=//evil.example";
    let chooser = get(scene, &Browser::new(), &format!("/_guichet/login?{evil}"));
    leads_to_the_start(&chooser);
    let request = authorization_request(scene, &format!("/_guichet/login/fc?{evil}"));
    assert!(
        !request.contains("evil.example") && !request.contains("login_hint"),
        "{request}"
    );
}

/// One visitor begins more logins here than a minute has for one address.
fn without_a_bound_of_logins() -> Scene {
    Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        with_limits(&usual, "logins_per_client = 10000")
    })
}

cases! {
    Proof<Scene>,
    run = each_on(without_a_bound_of_logins),
    rows = [
        Proof { ids: &["T176"], sentence: "the authorization request is the closed list and nothing else", holds: the_request_is_exact },
        Proof { ids: &["T177"], sentence: "state and nonce are 256 bits, new each time, of 500 logins", holds: every_value_is_new },
        Proof { ids: &["T201"], sentence: "no parameter of a visitor reaches the provider", holds: parameters_of_a_visitor_stay_out },
        Proof { ids: &["T202"], sentence: "a long destination loses its query, a foreign one everything", holds: a_long_address_comes_back_shorter },
        Proof { ids: &["T203"], sentence: "a script begins no login", holds: a_script_begins_nothing },
        Proof { ids: &["T204"], sentence: "a frame begins no login", holds: a_frame_begins_nothing },
        Proof { ids: &["T207"], sentence: "an anonymous form without a type is refused", holds: a_form_without_a_type_is_told_that_nothing_was_saved },
        Proof { ids: &["T212"], sentence: "another site chooses neither provider nor destination", holds: a_login_that_another_site_suggests_stays_here },
    ]
}
