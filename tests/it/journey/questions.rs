//! What stands instead of a page that needs a session, for whoever cannot follow a redirect.

use super::stage::Stage;
use super::stage::With;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::raw::exchange;
use crate::support::scene::Store;

fn stage() -> Stage {
    Stage::start(With::OidcProvider(Alg::Es256), Store::Memory)
}

#[test]
fn a_script_gets_401_with_a_problem_document_and_no_redirect() {
    let stage = stage();
    for lines in [
        "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nAccept: */*\r\n",
        "X-Requested-With: XMLHttpRequest\r\n",
        "Accept: application/json\r\n",
    ] {
        let answer = stage.scene.ask("/dossier/12?etape=3", lines);
        assert_eq!(answer.status, 401, "{lines}");
        assert_eq!(
            answer.fields("content-type"),
            ["application/problem+json"],
            "{lines}"
        );
        assert!(answer.field("www-authenticate").is_some(), "{lines}");
        assert_eq!(answer.field("location"), None);
        assert!(answer.fields("set-cookie").is_empty());
        let problem = answer.json();
        assert_eq!(problem["status"], 401);
        assert_eq!(problem["type"], "urn:guichet:problem:login-required");
        assert_eq!(
            problem["login"],
            "/_guichet/login?return_to=/dossier/12%3Fetape%3D3"
        );
    }
    assert_eq!(stage.scene.application.byte_count(), 0);
    let browser = Browser::new();
    let page = stage.sign_in(&browser, "/");
    stage.scene.application.forget();
    assert_eq!(browser.fetch(&page, "GET", "/dossier/12").status, 200);
    assert_eq!(stage.scene.application.received().len(), 1);
}

#[test]
fn a_form_that_meets_no_session_gets_401_and_nothing_of_it_is_kept() {
    let stage = stage();
    let host = stage.scene.host();
    let cookie = format!("Cookie: guichet-session-fc={}\r\n", "A".repeat(43));
    for (method, lines) in [
        ("POST", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", cookie.as_str()),
    ] {
        let request = format!(
            "{method} /dossier/12 HTTP/1.1\r\nHost: {host}\r\n{lines}Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\
             Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n\r\nnom=LE+GO%C3"
        );
        let answer = exchange(stage.scene.gateway.address(), request);
        assert_eq!(answer.status, 401, "{method}");
        assert!(answer.field("www-authenticate").is_some());
        let text = answer.text();
        assert!(
            text.contains("Les informations saisies n’ont pas été enregistrées."),
            "{text}"
        );
        assert!(text.contains("/_guichet/login?return_to=/dossier/12"), "{text}");
        assert!(!text.contains("nom=LE"), "{text}");
    }
    assert_eq!(stage.scene.application.byte_count(), 0);
    assert!(!stage.scene.gateway.logs().text().contains("nom=LE"));
}
