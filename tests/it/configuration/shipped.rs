//! What is shipped is right, and the reference tells the truth.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use guichet::config;
use guichet::config::code::Code;
use guichet::config::surroundings::Surroundings;
use guichet::jose::private_key::KeyType;
use guichet::jose::private_key::PrivateKey;
use guichet::key_folder::files;
use serde_json::Value;
use tempfile::TempDir;

use super::text::HUNTER;
use super::text::found;
use super::text::load;
use super::text::load_with;
use crate::support::gateway::has_cryptography;

fn shipped(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

/// What the files say is needed, where it is no secret that every text is given (`load_with`).
fn needed() -> Vec<(&'static str, String)> {
    let id = "0".repeat(64);
    let variables = [
        "GUICHET__PROVIDERS__FC__CLIENT_ID",
        "GUICHET__PROVIDERS__CITIZENS__CLIENT_ID",
        "GUICHET__PROVIDERS__AGENTS__CLIENT_ID",
        "GUICHET__PROVIDERS__LOGIN__CLIENT_ID",
        "GUICHET__PROVIDERS__SSO__CLIENT_ID",
    ];
    let key = PrivateKey::generate_pem(KeyType::Rsa).unwrap();
    let secrets = [
        ("PAIRWISE_SECRET", HUNTER.to_owned()),
        ("FC_CLIENT_SECRET", HUNTER.to_owned()),
        ("PROCONNECT_CLIENT_SECRET", HUNTER.to_owned()),
        ("OIDC_CLIENT_SECRET", HUNTER.to_owned()),
        ("LOGIN_GOV_CLIENT_KEY", key.expose_str().unwrap().to_owned()),
    ];
    let ids = variables.map(|name| (name, id.clone()));
    ids.into_iter().chain(secrets).collect()
}

#[test]
fn every_file_in_config_loads() {
    let mut loaded = 0;
    let needed = needed();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let place = TempDir::new().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            let name = place.path().join(path.file_name().unwrap());
            std::fs::write(&name, &text).unwrap();
            if let Some(folder) = encryption_keys(&text) {
                files::generate(&place.path().join(folder).join("encryption"), KeyType::P256).unwrap();
            }
            let variables = needed.iter().filter(|(variable, _)| belongs(variable, &text));
            let variables = variables.map(|(variable, value)| ((*variable).to_owned(), value.clone()));
            has_cryptography();
            let surroundings = Surroundings::new(&name, variables.collect());
            let result = config::load_text(&name, &text, &surroundings);
            let warnings = result.map(|loaded| loaded.warnings);
            assert_eq!(warnings, Ok(Vec::new()), "{}", path.display());
            loaded += 1;
        }
    }
    assert!(loaded >= 8);
}

/// Whether the file has the entry that the variable is about, or the variable is about none.
fn belongs(variable: &str, text: &str) -> bool {
    let entry = variable.strip_prefix("GUICHET__PROVIDERS__");
    let entry = entry.and_then(|rest| rest.split_once("__"));
    entry.is_none_or(|(entry, _)| text.contains(&format!("[providers.{}]", entry.to_lowercase())))
}

/// Where a file keeps its own keys at a provider, if it does.
fn encryption_keys(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("keys_dir = "))?;
    line.split('"').nth(1).map(str::to_owned)
}

#[test]
fn every_preset_has_a_file_that_names_its_page() {
    for preset in guichet::provider::presets::names() {
        let name = match preset {
            "franceconnect" => "franceconnect-sandbox.toml".to_owned(),
            other => format!("{other}.toml"),
        };
        let text = shipped(&name);
        assert!(text.contains(&format!("preset = \"{preset}\"")), "{name}");
        assert!(text.contains(&format!("docs/providers/{preset}.md")), "{name}");
        assert!(
            text.contains(&format!("config/{name}")),
            "{name} says how it is checked"
        );
    }
}

/// Prints the three forms of what `benches/run` starts Guichet with, each after a line of its own.
const OF_THE_BENCHMARK: &str = r##"
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "benches")
from harness.guichet import APP, CONFIGURATION, ENTRY, FORWARD_AUTH
from harness.logins import entry
own = 'upstreams = ["http://127.0.0.1:9"]'
login = entry("franceconnect", "RS256")
for application, more, entry in (own, "", ENTRY), ('mode = "forward_auth"', FORWARD_AUTH, ENTRY), (own, "", login):
    apps = APP.format(name="app0", host="", application=application)
    print("# form")
    print(CONFIGURATION.format(scheme="http", listen=8080, port=8080, server="", store="memory", redis="",
        issuer="http://127.0.0.1:9000", client_id="benches", entry=entry, forward_auth=more, apps=apps))
"##;

#[test]
fn the_configurations_of_the_benchmark_load() {
    let printed = Command::new("python3")
        .args(["-c", OF_THE_BENCHMARK])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let forms: Vec<&str> = printed.split("# form\n").skip(1).collect();
    assert_eq!(forms.len(), 3);
    for form in forms {
        // The files that it names are not there; and one address may have everything.
        let mut strange = found(load(form));
        strange.retain(|finding| {
            !["C052", "C060", "C119", "C120", "C133"]
                .iter()
                .any(|code| finding.starts_with(code))
        });
        assert_eq!(strange, Vec::<String>::new());
    }
}

#[test]
fn the_sandbox_file_needs_a_client_id_and_a_secret_and_nothing_else() {
    let path = Path::new("franceconnect-sandbox.toml");
    let alone = Surroundings::new(path, BTreeMap::new());
    let missing = config::load_text(path, &shipped("franceconnect-sandbox.toml"), &alone);
    assert_eq!(
        found(missing),
        ["C005 providers.fc.client_id", "C052 providers.fc.client_secret"]
    );
}

#[test]
fn the_schema_that_is_shipped_is_the_program_s() {
    assert_eq!(
        shipped("schema.json"),
        config::schema::text(),
        "run: guichet schema > config/schema.json"
    );
}

/// The reference, with everything that is commented out put in force. `keep` says which of these lines.
fn uncommented(keep: impl Fn(&str) -> bool) -> String {
    let reference = shipped("reference.toml");
    let mut text = String::new();
    let mut explained = String::new();
    for line in reference.lines() {
        let hidden = line.strip_prefix("# ").filter(|rest| is_toml(rest));
        match hidden {
            Some(hidden) if keep(&explained) || hidden.starts_with('[') => text.push_str(hidden),
            _ => text.push_str(line),
        }
        text.push('\n');
        if hidden.is_some() || !line.starts_with('#') {
            explained.clear();
        } else {
            explained.push_str(line.trim_start_matches('#'));
        }
    }
    text
}

/// `key = ..` or `[table]`.
fn is_toml(line: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte))
    };
    let header = line.trim_matches(['[', ']']);
    (line.starts_with('[') && is_name(header))
        || line.split_once(" = ").is_some_and(|(name, _)| is_name(name))
}

#[test]
fn the_reference_documents_every_key_and_no_other() {
    let text = uncommented(|_| true);
    let document: toml::Table = toml::from_str(&text).unwrap();
    let mut documented = BTreeSet::new();
    keys_of_file(&toml::Value::Table(document), "", &mut documented);
    let mut known = BTreeSet::new();
    keys_of_schema(&config::schema::schema(), "", &mut known);
    assert_eq!(documented, known);
    assert!(known.len() > 40);
}

fn keys_of_file(value: &toml::Value, at: &str, into: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                let is_any =
                    at == "providers" || at.ends_with(".scope_claims") || at.ends_with("require.claims");
                let name = if is_any { "*" } else { name };
                let key = format!("{at}.{name}").trim_start_matches('.').to_owned();
                into.insert(key.clone());
                let is_secret = key.ends_with("secret")
                    || key.ends_with("client_key")
                    || key.ends_with("_login")
                    || key == "session.redis.url";
                if !is_secret {
                    keys_of_file(value, &key, into);
                }
            }
        }
        toml::Value::Array(elements) => {
            for element in elements.iter().filter(|element| element.is_table()) {
                keys_of_file(element, at, into);
            }
        }
        _ => {}
    }
}

fn keys_of_schema(schema: &Value, at: &str, into: &mut BTreeSet<String>) {
    if schema["title"] == "SecretSource" || schema.get("anyOf").is_some() {
        return;
    }
    let schema = schema.get("items").unwrap_or(schema);
    let named = schema["properties"].as_object().into_iter().flatten();
    let any = Some(&schema["additionalProperties"]).filter(|any| any.is_object());
    let any = any.map(|schema| ("*", schema));
    for (name, schema) in named.map(|(name, schema)| (name.as_str(), schema)).chain(any) {
        let key = format!("{at}.{name}").trim_start_matches('.').to_owned();
        into.insert(key.clone());
        keys_of_schema(schema, &key, into);
    }
}

#[test]
fn the_defaults_of_the_reference_are_the_program_s() {
    let plain = load(&shipped("reference.toml")).unwrap();
    let with_defaults = uncommented(|explained| !explained.contains("No default"));
    // Tables that may be left out have nothing to be the default of.
    let with_defaults = with_defaults
        .replace("[organisation.accessibility]", "")
        .replace("[server.tls]", "")
        .replace(
            "[session.redis]",
            "[session.redis]\nurl = { env = \"REDIS_URL\" }",
        )
        .replace("[apps.health]", "[apps.health]\npath = \"/x\"")
        .replace("[[apps.routes]]", "[[apps.routes]]\npath = \"/x\"");
    let spoken = load_with(&with_defaults, &[("REDIS_URL", "redis://127.0.0.1")]).unwrap();
    let mut said = 0;
    for setting in &spoken.effective {
        let key = setting.key.to_string();
        let may_be_left_out = ["session.redis", "apps[0].health", "apps[0].routes"];
        if may_be_left_out.iter().any(|table| key.starts_with(table)) {
            continue;
        }
        let silent = plain.effective.iter().find(|other| other.key == setting.key);
        let silent = silent.unwrap_or_else(|| panic!("{key} has no default"));
        assert_eq!(silent.value, setting.value, "{key}");
        said += usize::from(silent.source == "default");
    }
    let defaults = plain
        .effective
        .iter()
        .filter(|setting| setting.source == "default");
    assert_eq!(said, defaults.count());
    let schema = config::schema::schema();
    let defaults = |path: &str| schema.pointer(path).unwrap()["default"].clone();
    assert!(with_defaults.contains(&format!(
        "prefix = {}",
        defaults("/properties/session/properties/redis/properties/prefix")
    )));
    assert!(with_defaults.contains(&format!(
        "access = {}",
        defaults("/properties/apps/items/properties/routes/items/properties/access")
    )));
}

#[test]
fn every_code_is_documented_and_no_other() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = std::fs::read_to_string(path).unwrap();
    let documented: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `C"))
        .collect();
    let codes: Vec<String> = Code::ALL
        .iter()
        .map(|code| {
            format!(
                "{}` | {} |",
                code.to_string().trim_start_matches('C'),
                code.meaning()
            )
        })
        .collect();
    assert_eq!(documented, codes);
}
