//! The `oidc` preset, from its configuration alone, at a provider that sends logout tokens by itself.

use serde_json::json;

use super::stage::Setup;
use super::stage::last;
use super::stage::registered;
use super::stage::told_about;
use crate::support::browser::Browser;
use crate::support::steps::sign_out;
use crate::support::wait::until;

const ADA: &str = "u-0001";

/// A provider names the session where the client wants to know, otherwise the person.
#[test]
fn any_provider_ends_the_sessions_here_with_its_own() {
    for (wants_the_session, by) in [(true, "sid"), (false, "subject")] {
        let setup = Setup {
            options: "{ \"backchannel_logout\": true }",
            ..Setup::of("oidc", "client_secret = {secret}")
        };
        let scene = setup.start();
        registered(
            &scene,
            &json!({
                "backchannel_logout_uri": scene.url("/_guichet/backchannel-logout"),
                "backchannel_logout_session_required": wants_the_session,
            }),
        );
        let told = || scene.gateway.audited("backchannel_logout");
        let browser = Browser::new();
        // A first day, which leaves an ID token: the hint with which the provider is asked below.
        told_about(&scene, &browser, ADA);
        sign_out(&scene, &browser);
        let hint = last(&scene, "/session/end").parameter("id_token_hint").unwrap();
        until("the provider told it", || told().len() == 1);
        // In the second of an end no login begins anew.
        scene.gateway.clock().advance(std::time::Duration::from_secs(2));

        told_about(&scene, &browser, ADA);
        let question = browser.open(&format!(
            "{}/session/end?id_token_hint={hint}",
            scene.provider.issuer()
        ));
        assert!(scene.is_signed_in(&browser), "a question ends nothing");
        let page = browser.submit(&question, &question.form("/session/end/confirm"), &[]);
        assert_eq!(page.status(), 200, "{}", page.text());
        until("the provider told it", || told().len() == 2);
        let expected = json!({ "provider": "fc", "by": by, "count": 1 });
        assert_eq!(told()[1]["labels"], expected);
        assert!(!scene.is_signed_in(&browser), "{by}");
    }
}
