//! What has to be asked for is printed: the union of what the applications need, and what is asked for in vain.

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::support::command::guichet_with;

const TEXT: &str = r#"public_url = "https://ville.example"
[organisation]
name = "Ville d'Exemple"
[providers.fc]
preset = "franceconnect"
environment = "sandbox"
client_id = "0000000000000000000000000000000000000000000000000000000000000000"
client_secret = { env = "FC_CLIENT_SECRET" }
scopes = ["openid", "identite_pivot", "email", "idp_birthdate", "preferred_username"]
[[apps]]
name = "urbanisme"
path = "/urbanisme"
providers = ["fc"]
upstreams = ["http://127.0.0.1:9000"]
claims = ["sub", "email"]
[[apps]]
name = "majeurs"
path = "/majeurs"
providers = ["fc"]
upstreams = ["http://127.0.0.1:9000"]
derived = ["age_over_18"]
"#;

fn check(text: &str, arguments: &[&str]) -> String {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("guichet.toml");
    std::fs::write(&file, text).unwrap();
    let variables = [("FC_CLIENT_SECRET", "hunter2-hunter2-hunter2-hunter2-hunter2")];
    guichet_with(&file, &[&["check"], arguments].concat(), &variables, "").well()
}

#[test]
fn check_prints_the_union_of_the_scopes_that_the_apps_need() {
    let said = check(TEXT, &[]);
    assert!(
        said.contains("  scopes needed    openid birthdate email idp_birthdate\n"),
        "{said}"
    );
    assert!(
        said.contains("    asked for, and no app uses what they lead to: preferred_username\n"),
        "{said}"
    );
    let report: Value = serde_json::from_str(&check(TEXT, &["--format", "json"])).unwrap();
    assert_eq!(
        report["providers"][0]["scopes"],
        json!({
            "asked_for": ["openid", "identite_pivot", "email", "idp_birthdate", "preferred_username"],
            "needed": ["openid", "birthdate", "email", "idp_birthdate"],
            "idle": ["preferred_username"],
        })
    );
}

#[test]
fn a_subject_alone_needs_no_scope_but_openid() {
    let text = TEXT
        .replace("claims = [\"sub\", \"email\"]", "")
        .replace("derived = [\"age_over_18\"]", "");
    let said = check(&text, &[]);
    assert!(said.contains("  scopes needed    openid\n"), "{said}");
}
