//! A route that asks for more than a session, for an application that another proxy forwards to.

use super::stage::Stage;
use super::stage::behind_forward_auth;
use super::stage::tells_no_application;
use crate::support::scene::Store;

/// One more entry, a route for it, and a route for other people than Zoé.
fn stage() -> Stage {
    Stage::start_with(Store::Memory, |place, usual| {
        let text = behind_forward_auth(place, &usual, "callers = [\"127.0.0.1\"]\nsecret = {secret}");
        let (head, apps) = text.split_once("[[apps]]").unwrap();
        let entry = head.split_once("[providers.fc]").unwrap().1;
        let optional = "path = \"/optional\"\n  access = \"optional\"\n";
        let routes = format!(
            "{optional}\n  [[apps.routes]]\n  path = \"/agents\"\n  require = {{ idp = [\"agents\"] }}\n\
             \n  [[apps.routes]]\n  path = \"/hommes\"\n  require = {{ claims = {{ gender = \"male\" }} }}\n"
        );
        let apps = apps
            .replacen("providers = [\"fc\"]", "providers = [\"fc\", \"agents\"]", 1)
            .replacen(optional, &routes, 1);
        format!("{head}[providers.agents]{entry}[[apps]]{apps}")
    })
}

#[test]
fn whoever_lacks_something_is_led_to_what_helps_or_is_told_that_nothing_does() {
    let stage = stage();
    let page = "Sec-Fetch-Mode: navigate\r\nCookie: {session}\r\n";
    let helped = stage.ask(&format!("{{about GET /agents/x}}{page}"));
    assert_eq!(helped.status, 401, "{}", helped.text());
    let login = stage.scene.url("/_guichet/login?return_to=/agents/x");
    assert_eq!(helped.field("location"), Some(login.as_str()));
    tells_no_application(&helped);

    let refused = stage.ask(&format!("{{about GET /hommes}}{page}"));
    assert_eq!((refused.status, refused.field("location")), (403, None));
    assert!(refused.text().contains("L26 · "), "{}", refused.text());
    tells_no_application(&refused);

    let script = stage.ask("{about GET /agents/x}Sec-Fetch-Mode: cors\r\nCookie: {session}\r\n");
    assert_eq!((script.status, script.field("location")), (403, None));
    assert_eq!(script.json()["type"], "urn:guichet:problem:other-provider-needed");
    tells_no_application(&script);

    let reasons: Vec<String> = stage
        .scene
        .gateway
        .audited("request_refused")
        .iter()
        .map(|event| event["event.reason"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        reasons,
        ["other_provider_needed", "claim_differs", "other_provider_needed"]
    );
}
