//! What an operator reads who gets a sign-out, a cookie or a folder of assets wrong.

use crate::support::gateway::TestGateway;

/// The refusal of a small site with these lines at its head, in its app, and in its one route.
fn refusal(head: &str, app: &str, route: &str) -> String {
    let refused = TestGateway::try_start(|place| {
        format!(
            "public_url = \"{}\"\n{head}\n[organisation]\nname = \"Ville\"\n[providers.fc]\npreset = \"franceconnect\"\n\
             environment = \"sandbox\"\nclient_id = \"0000000000000000000000000000000000000000000000000000000000000000\"\nclient_secret = {}\n[[apps]]\nname = \"urbanisme\"\n\
             providers = [\"fc\"]\nupstreams = [\"http://127.0.0.1:9\"]\n{app}\n[[apps.routes]]\npath = \"/bye\"\n{route}\n",
            place.public_url(),
            place.secret("client_secret", "the-client-secret-of-the-tests-0123456789"),
        )
    });
    refused.err().unwrap_or_default()
}

#[test]
fn nobody_is_known_on_a_public_sign_out() {
    let said = refusal("", "", "access = \"public\"\nends_session = true");
    assert!(
        said.contains("error[C107]: `/bye` is public") && said.contains("apps[0].routes[0].ends_session"),
        "{said}"
    );
    assert!(said.contains("make the route `required`"), "{said}");
    assert_eq!(refusal("", "", "access = \"public\"\nends_session = false"), "");
    assert_eq!(refusal("", "", "access = \"optional\"\nends_session = true"), "");
    let word = refusal("", "", "ends_session = \"yes\"");
    assert!(
        word.contains("C004") && word.contains("true or false is expected"),
        "{word}"
    );
    assert!(word.contains("without quotation marks"), "{word}");
}

#[test]
fn an_application_names_its_own_cookies_and_none_of_ours() {
    for name in [
        "",
        "a b",
        "a=b",
        "a;b",
        "é",
        "guichet-session-fc",
        "__Host-guichet-x",
        "GUICHET-lang",
    ] {
        let said = refusal("", &format!("app_cookies = [\"PHPSESSID\", \"{name}\"]"), "");
        assert!(
            said.contains("error[C108]") && said.contains("apps[0].app_cookies[1]"),
            "{name}: {said}"
        );
        assert!(said.contains("the name as the application sets it"), "{said}");
    }
    assert_eq!(
        refusal(
            "",
            "app_cookies = [\"PHPSESSID\", \"__Host-sid\", \"ASP.NET_SessionId\"]",
            ""
        ),
        ""
    );
}

#[test]
fn a_folder_of_assets_is_there_and_may_be_empty() {
    let said = refusal("assets_dir = \"nowhere\"", "", "");
    assert!(
        said.contains("error[C106]: there is no folder") && said.contains("assets_dir"),
        "{said}"
    );
    assert!(said.contains("guichet assets import-button FILE"), "{said}");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(
        refusal(
            &format!("assets_dir = {:?}", empty.path().display().to_string()),
            "",
            ""
        ),
        ""
    );
}
