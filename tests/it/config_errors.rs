//! What an operator reads when the configuration is wrong; that what is shipped is right; that the reference tells the truth.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use guichet::config;
use guichet::config::Loaded;
use guichet::config::code::Code;
use guichet::config::error::ConfigErrors;
use guichet::config::surroundings::Surroundings;
use guichet::routing::upstream::UpstreamLimits;
use serde_json::Value;

use crate::support::gateway::has_cryptography;

const HUNTER: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

fn load_with(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    let mut environment = BTreeMap::from([
        ("FC_CLIENT_SECRET".to_owned(), HUNTER.to_owned()),
        ("SESSION_SECRET".to_owned(), format!("{HUNTER}\n")),
    ]);
    environment.extend(
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    has_cryptography();
    let path = Path::new("guichet.toml");
    config::load_text(path, text, &Surroundings::new(path, environment))
}

fn load(text: &str) -> Result<Loaded, ConfigErrors> {
    load_with(text, &[])
}

/// The smallest configuration in which nothing is wrong. Tests add to it, or replace a line of it.
const SMALLEST: &str = r#"
public_url = "https://ville.example"
[organisation]
name = "Ville d'Exemple"
[providers.fc]
preset = "franceconnect"
environment = "sandbox"
client_id = "client"
client_secret = { env = "FC_CLIENT_SECRET" }
[[apps]]
name = "urbanisme"
providers = ["fc"]
upstreams = ["http://127.0.0.1:9000"]
"#;

/// `code key` of everything that was found, in the order in which it is printed.
fn found(loaded: Result<Loaded, ConfigErrors>) -> Vec<String> {
    let list = match loaded {
        Ok(loaded) => loaded.warnings,
        Err(ConfigErrors(list)) => list,
    };
    list.iter()
        .map(|error| format!("{} {}", error.code, error.key))
        .collect()
}

fn found_with(line: &str, instead: &str) -> Vec<String> {
    assert!(SMALLEST.contains(line), "{line}");
    found(load(&SMALLEST.replace(line, instead)))
}

fn found_beside(addition: &str) -> Vec<String> {
    found(load(&format!("{SMALLEST}{addition}")))
}

#[test]
fn the_smallest_configuration_is_right() {
    let loaded = load(SMALLEST).unwrap();
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.config.apps[0].told.audience, "urbanisme");
    assert_eq!(loaded.config.assertion.issuer, "https://ville.example");
    assert!(
        loaded.config.session.secrets.is_empty(),
        "one is made at the start"
    );
    assert_eq!(loaded.config.apps[0].upstream.limits, UpstreamLimits::default());
}

const TEN_MISTAKES: &str = r#"public_url = "http://demarches.ville.example"

[organisation]
legal_url = "https://ville.example/mentions-legales"

[session]
idle_timout = "30m"
absolute_timeout = "8"
secret = "hunter2"

[providers.fc]
preset = "franceconnect"
environment = "integration"
client_id = 42
client_secret = { file = "/nowhere/fc_client_secret" }
acr = "eidas7"

[[apps]]
name = "urbanisme"
providers = ["fc", "agents"]
upstreams = ["http://127.0.0.1:9000"]
"#;

const TEN_ERRORS: &str = r#"error[C013]: `http://demarches.ville.example` is plain http outside this machine
  --> guichet.toml:1:1
   = key: public_url
   = help: write https://; plain http is for 127.0.0.1, [::1] and localhost

error[C005]: `name` is missing in `organisation`
  --> guichet.toml:3:1
   = key: organisation.name
   = help: for example: name = "Ville d'Exemple"

error[C003]: unknown key `idle_timout` in `session`
  --> guichet.toml:7:1
   = key: session.idle_timout
   = help: did you mean `idle_timeout`?

error[C010]: `8` has no unit
  --> guichet.toml:8:1
   = key: session.absolute_timeout
   = help: say of what: "8s", "8m" or "8h"

error[C050]: the value of `session.secret` stands in the open
  --> guichet.toml:9:1
   = key: session.secret
   = help: put it in a file, a variable or a systemd credential: { file = ".." }, { env = ".." } or { credential = ".." }

error[C023]: `franceconnect` has no environment `integration`
  --> guichet.toml:13:1
   = key: providers.fc.environment
   = help: one of production, sandbox, simulated

error[C004]: `providers.fc.client_id` is a number, a string is expected
  --> guichet.toml:14:1
   = key: providers.fc.client_id
   = help: write it in quotation marks: ".."

error[C052]: no secret for `providers.fc.client_secret`: the file `/nowhere/fc_client_secret` cannot be read: there is no such file
  --> guichet.toml:15:1
   = key: providers.fc.client_secret
   = help: name a file that this user can read and that holds the secret alone

error[C021]: `eidas7` is not an acr value that FranceConnect serves
  --> guichet.toml:16:1
   = key: providers.fc.acr
   = help: only `eidas1` is possible

error[C030]: there is no provider entry `agents`
  --> guichet.toml:20:20
   = key: apps[0].providers[1]
   = help: only `fc` is possible"#;

#[test]
fn ten_different_mistakes_give_ten_located_errors() {
    let errors = load(TEN_MISTAKES).unwrap_err();
    assert_eq!(errors.0.len(), 10);
    assert_eq!(errors.to_string(), TEN_ERRORS);
}

const MISTAKES_IN_A_LINE: &[(&str, &str, &str)] = &[
    ("public_url = \"https://ville.example\"\n", "", "C005 public_url"),
    ("https://ville.example", "ville.example", "C012 public_url"),
    (
        "https://ville.example",
        "https://ville.example/x",
        "C012 public_url",
    ),
    (
        "name = \"Ville d'Exemple\"",
        "name = \"Ville d'Exemple\"\ncontact_url = \"javascript:alert(1)\"",
        "C012 organisation.contact_url",
    ),
    (
        "preset = \"franceconnect\"",
        "preset = \"facebook\"",
        "C022 providers.fc.preset",
    ),
    ("client_id = \"client\"\n", "", "C005 providers.fc.client_id"),
    (
        "client_id = \"client\"",
        "client_id = \"\"",
        "C016 providers.fc.client_id",
    ),
    (
        "environment = \"sandbox\"",
        "environment = \"simulated\"",
        "C005 providers.fc.issuer",
    ),
    (
        "environment = \"sandbox\"",
        "environment = \"simulated\"\nissuer = \"https://ville.example\"",
        "C026 providers.fc.issuer",
    ),
    (
        "environment = \"sandbox\"",
        "environment = \"production\"\nissuer = \"http://ville.example\"",
        "C026 providers.fc.issuer",
    ),
    (
        "client_id = \"client\"",
        "client_id = \"client\"\nscopes = [\"openid\", \"emial\"]",
        "C024 providers.fc.scopes[1]",
    ),
    (
        "client_id = \"client\"",
        "client_id = \"client\"\nscopes = [\"email\"]",
        "C025 providers.fc.scopes",
    ),
    (
        "client_id = \"client\"",
        "client_id = \"client\"\nsigning_alg = \"HS256\"",
        "C006 providers.fc.signing_alg",
    ),
    (
        "{ env = \"FC_CLIENT_SECRET\" }",
        "{ env = \"UNSET\" }",
        "C052 providers.fc.client_secret",
    ),
    (
        "{ env = \"FC_CLIENT_SECRET\" }",
        "{ env = \"A\", file = \"b\" }",
        "C051 providers.fc.client_secret",
    ),
    ("name = \"urbanisme\"", "name = \"a b\"", "C016 apps[0].name"),
    ("providers = [\"fc\"]", "providers = []", "C005 apps[0].providers"),
    (
        "[\"http://127.0.0.1:9000\"]",
        "[\"http://127.0.0.1:1\", \"http://127.0.0.1:2\"]",
        "C038 apps[0].upstreams",
    ),
    (
        "http://127.0.0.1:9000",
        "http://127.0.0.1:9000/app",
        "C012 apps[0].upstreams[0]",
    ),
    (
        "[\"http://127.0.0.1:9000\"]",
        "\"http://127.0.0.1:9000\"",
        "C004 apps[0].upstreams",
    ),
];

#[test]
fn every_mistake_has_its_code_and_its_key() {
    for (line, instead, expected) in MISTAKES_IN_A_LINE {
        assert_eq!(found_with(line, instead), [*expected], "{instead}");
    }
}

const MISTAKES_OF_AN_APP: &[(&str, &str)] = &[
    ("host = \"a b\"", "C034 apps[0].host"),
    ("path = \"/a/../b\"", "C033 apps[0].path"),
    ("path = \"/_guichet/x\"", "C033 apps[0].path"),
    ("path = \"/a?b\"", "C033 apps[0].path"),
    ("login = \"redirekt\"", "C006 apps[0].login"),
    ("claims = [\"sub\", \"family_nam\"]", "C035 apps[0].claims[1]"),
    ("claims = [\"email\"]", "C036 apps[0].claims[0]"),
    ("plain_headers = [\"email\"]", "C037 apps[0].plain_headers[0]"),
    ("host_header = \"mine\"", "C006 apps[0].host_header"),
    ("connect_timeout = 5", "C004 apps[0].connect_timeout"),
    ("keep_alive = \"2h\"", "C011 apps[0].keep_alive"),
    ("max_connections = 0", "C015 apps[0].max_connections"),
    ("max_connections = -1", "C015 apps[0].max_connections"),
    ("max_connections = 9999999999", "C015 apps[0].max_connections"),
    ("max_connections = 1.5", "C004 apps[0].max_connections"),
    ("trusted_proxies = []", "C003 apps[0].trusted_proxies"),
    ("derived = [\"age_over_18\"]", "C003 apps[0].derived"),
    (
        "[[apps.routes]]\naccess = \"public\"",
        "C005 apps[0].routes[0].path",
    ),
    (
        "[[apps.routes]]\npath = \"/a\"\naccess = \"open\"",
        "C006 apps[0].routes[0].access",
    ),
    (
        "[[apps.routes]]\npath = \"/a\"\n[[apps.routes]]\npath = \"/a/\"",
        "C032 apps[0].routes[1].path",
    ),
    (
        "[[apps]]\nname = \"urbanisme\"\npath = \"/b\"\nproviders = [\"fc\"]\nupstreams = [\"http://127.0.0.1:1\"]",
        "C031 apps[1].name",
    ),
    (
        "[[apps]]\nname = \"b\"\nproviders = [\"fc\"]\nupstreams = [\"http://127.0.0.1:1\"]",
        "C032 apps[1]",
    ),
];

#[test]
fn every_mistake_of_an_app_has_its_code_and_its_key() {
    for (addition, expected) in MISTAKES_OF_AN_APP {
        assert_eq!(found_beside(addition), [*expected], "{addition}");
    }
}

#[test]
fn a_socket_has_a_path_that_the_system_can_bind() {
    let socket = |length: usize| format!("[server]\nadmin_socket = \"/{}\"", "x".repeat(length - 1));
    assert!(load(&format!("{SMALLEST}{}", socket(95))).is_ok());
    assert_eq!(found_beside(&socket(96)), ["C095 server.admin_socket"]);
}

#[test]
fn every_mistake_of_the_rest_has_its_code_and_its_key() {
    for (addition, expected) in [
        ("[server]\nlisten = \"localhost\"", &["C014 server.listen"][..]),
        (
            "[server]\nmonitor_listen = \"127.0.0.1:8080\"",
            &["C014 server.monitor_listen"],
        ),
        (
            "[server]\ntrusted_proxies = [\"10.0.0.5\", \"10.0.0.0/8\", \"fd00::/8\", \"proxy\", \"0.0.0.0/0\"]",
            &["C017 server.trusted_proxies[3]", "C017 server.trusted_proxies[4]"],
        ),
        (
            "[server]\nshutdown_delay = \"11m\"\ndrain_timeout = \"0s\"",
            &["C011 server.drain_timeout", "C011 server.shutdown_delay"],
        ),
        (
            "[server]\ntls = { cert_file = \"cert.pem\" }",
            &["C005 server.tls.key_file"],
        ),
        ("[server]\nadmin_socket = \"/\"", &["C095 server.admin_socket"]),
        ("[inbound]", &["C003 inbound"]),
        ("[session]\nidle_timeout = 30", &["C004 session.idle_timeout"]),
        ("[session]\nidle_timeout = \"1s\"", &["C011 session.idle_timeout"]),
        ("[session]\nidle_timeout = \"9h\"", &["C011 session.idle_timeout"]),
        (
            "[session]\nsecret = { env = \"SHORT\" }",
            &["C054 session.secret"],
        ),
        (
            "[session]\nsecret = [{ env = \"SESSION_SECRET\" }, { env = \"SAME\" }]",
            &["C054 session.secret[1]"],
        ),
        (
            "[session]\nsecret = { env = \"NOTHING\" }",
            &["C053 session.secret"],
        ),
        ("[session]\nsecret = []", &["C051 session.secret"]),
        (
            "[session]\nstore = \"redis\"",
            &[
                "C005 assertion.keys_dir",
                "C005 session.redis",
                "C005 session.secret",
            ],
        ),
        (
            "[assertion]\nkeys_dir = \"/nowhere\"",
            &["C060 assertion.keys_dir"],
        ),
        ("[assertion]\nlifetime = \"60\"", &["C010 assertion.lifetime"]),
    ] {
        let text = format!("{SMALLEST}{addition}");
        let variables = [
            ("SHORT", "changeme"),
            ("SAME", "00000000000000000000000000000000"),
            ("NOTHING", "\n"),
        ];
        let mut found = found(load_with(&text, &variables));
        found.sort();
        assert_eq!(found, expected, "{addition}");
    }
}

#[test]
fn more_about_a_person_than_a_request_may_carry_is_found_before_the_start() {
    let scopes = "scopes = [\"openid\", \"identite_pivot\", \"preferred_username\", \"email\"]\nclient_id =";
    let told = |claims: &[&str], plain: &[&str]| {
        let text = SMALLEST.replace("client_id =", scopes);
        load(&format!("{text}claims = {claims:?}\nplain_headers = {plain:?}\n"))
    };
    let pivot = [
        "sub",
        "given_name",
        "family_name",
        "birthdate",
        "gender",
        "birthplace",
        "birthcountry",
    ];
    assert!(
        told(&pivot, &pivot).is_ok(),
        "the pivot identity fits, even said twice"
    );
    let more = [&pivot[..], &["given_name_array", "preferred_username", "email"]].concat();
    assert!(told(&more, &["sub"]).is_ok(), "everything fits once");
    assert_eq!(found(told(&more, &more)), ["C039 apps[0].claims"]);
}

#[test]
fn a_redis_that_lets_everybody_in_is_refused_and_its_password_is_not_shown() {
    let keys = tempfile::tempdir().unwrap();
    guichet::identity_headers::signing_keys::SigningKeys::generate(keys.path()).unwrap();
    let text = format!(
        "{SMALLEST}[assertion]\nkeys_dir = {:?}\n[session]\nstore = \"redis\"\nsecret = {{ env = \"SESSION_SECRET\" }}\n\
         redis = {{ url = {{ env = \"REDIS_URL\" }} }}\n",
        keys.path().to_str().unwrap()
    );
    for (url, expected) in [
        ("redis://127.0.0.1:6379/0", &[][..]),
        ("rediss://u:hunter2@redis:6379/3", &[]),
        ("redis://u:hunter2@redis:6379", &["C072 session.redis.url"]),
        ("redis://redis:6379", &["C071 session.redis.url"]),
        ("redis://u:hunter2@redis/zero", &["C070 session.redis.url"]),
        (
            "rediss://u:hunter2@redis:6379/0/#insecure",
            &["C070 session.redis.url"],
        ),
        ("http://u:hunter2@redis", &["C070 session.redis.url"]),
    ] {
        let loaded = load_with(&text, &[("REDIS_URL", url)]);
        if let Err(errors) = &loaded {
            assert!(!errors.to_string().contains("hunter2"), "{errors}");
        }
        assert_eq!(found(loaded), expected, "{url}");
    }
}

#[test]
fn what_deserves_a_second_look_is_a_warning_and_the_gateway_starts() {
    for (addition, expected) in [
        (
            "path = \"/urbanisme\"\n[[apps.routes]]\npath = \"/urbanisme/public\"",
            "C080 apps[0].routes[0].path",
        ),
        (
            "[[apps]]\nname = \"b\"\nhost = \"b.example\"\nproviders = [\"fc\"]\nupstreams = [\"http://10.0.0.1:80\"]",
            "C082 apps[1].upstreams[0]",
        ),
    ] {
        let loaded = load(&format!("{SMALLEST}{addition}"));
        assert!(loaded.is_ok(), "{addition}");
        assert_eq!(found(loaded), [expected]);
    }
    let by_email = SMALLEST.replace("client_id", "scopes = [\"openid\", \"email\"]\nclient_id")
        + "claims = [\"sub\", \"email\"]\nplain_headers = [\"email\"]";
    assert_eq!(found(load(&by_email)), ["C081 apps[0].plain_headers"]);
}

#[test]
fn keys_and_secrets_that_others_can_read_are_noticed() {
    use guichet::identity_headers::signing_keys::SigningKeys;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let with_keys = |text: &str| {
        let path = folder.path().join("guichet.toml");
        let surroundings = Surroundings::new(&path, BTreeMap::new());
        let secret = text.replace("{ env = \"FC_CLIENT_SECRET\" }", "{ file = \"secret\" }");
        let text = format!("{secret}[assertion]\nkeys_dir = \"keys\"\n");
        found(config::load_text(&path, &text, &surroundings))
    };
    let secret = folder.path().join("secret");
    std::fs::write(&secret, HUNTER).unwrap();
    std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();

    std::fs::create_dir(&keys).unwrap();
    assert_eq!(with_keys(SMALLEST), ["C061 assertion.keys_dir"]);
    SigningKeys::generate(&keys).unwrap();
    assert_eq!(with_keys(SMALLEST), [""; 0]);

    let key = keys.join("current.pem");
    std::fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(with_keys(SMALLEST), ["C062 assertion.keys_dir"]);
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&key, HUNTER).unwrap();
    assert_eq!(with_keys(SMALLEST), ["C061 assertion.keys_dir"]);
    std::fs::remove_file(&key).unwrap();

    SigningKeys::generate(&keys).unwrap();
    std::fs::set_permissions(&secret, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(with_keys(SMALLEST), ["C055 providers.fc.client_secret"]);
}

#[test]
fn one_mistake_is_not_told_twice() {
    let lines = SMALLEST.lines();
    let without_providers: Vec<&str> = lines
        .filter(|line| {
            !["[prov", "preset", "enviro", "client"]
                .iter()
                .any(|word| line.starts_with(word))
        })
        .collect();
    assert_eq!(found(load(&without_providers.join("\n"))), ["C005 providers"]);
    let as_text = without_providers
        .join("\n")
        .replace("public_url", "providers.fc = 5\npublic_url");
    assert_eq!(found(load(&as_text)), ["C004 providers.fc"]);
    assert_eq!(found_beside("routes = [1]"), ["C004 apps[0].routes[0]"]);
}

#[test]
fn a_variable_reaches_an_entry_whose_name_has_a_hyphen() {
    let text = SMALLEST
        .replace("[providers.fc]", "[providers.fc-2]")
        .replace("[\"fc\"]", "[\"fc-2\"]");
    let variables = [("GUICHET__PROVIDERS__FC_2__CLIENT_ID", "other")];
    let loaded = load_with(&text, &variables).unwrap();
    assert_eq!(loaded.config.providers[0].client_id, "other");
}

#[test]
fn a_syntax_error_has_its_place_and_does_not_quote_the_line() {
    let said = load("public_url = \"x\"\n[session]\nsecret = \"hunter2\n")
        .unwrap_err()
        .to_string();
    assert!(said.contains("error[C002]: this is not TOML: "), "{said}");
    assert!(said.contains("guichet.toml:3:"), "{said}");
    let twice = load("public_url = \"hunter2\"\npublic_url = \"hunter2\"\n")
        .unwrap_err()
        .to_string();
    assert!(twice.contains("a key is written twice"), "{twice}");
    assert!(twice.contains("guichet.toml:2:1"), "{twice}");
    assert!(!format!("{said}{twice}").contains("hunter2"), "{said}{twice}");
}

#[test]
fn a_secret_is_never_shown_whatever_stands_there() {
    for secret in [
        "\"hunter2\"",
        "hunter2",
        "\"hunter2",
        "['hunter2']",
        "{ hunter2 = 1 }",
        "{ file = ['hunter2'] }",
        "{ value = 'hunter2' }",
        "5318008",
        "5318008.5",
        "[{ env = 'SESSION_SECRET' }, 'hunter2']",
    ] {
        for key in ["[session]\nsecret", "[session.redis]\nurl"] {
            let errors = load(&format!("{SMALLEST}{key} = {secret}\n")).unwrap_err();
            let said = format!("{errors} {errors:?}");
            assert!(
                !said.contains("hunter2") && !said.contains("5318008"),
                "{secret}: {said}"
            );
        }
    }
    let loaded = load(SMALLEST).unwrap();
    assert!(!format!("{loaded:?}").contains("hunter2"));
}

#[test]
fn the_environment_wins_over_the_file_and_its_mistakes_name_the_variable() {
    let variables = [
        ("GUICHET__PROVIDERS__FC__CLIENT_ID", "12345678"),
        ("GUICHET__PROVIDERS__FC__SCOPES", "[\"openid\", \"email\"]"),
        ("GUICHET__SESSION__SECRET", "{ env = \"SESSION_SECRET\" }"),
        ("GUICHET_LOG", "debug"),
    ];
    let loaded = load_with(SMALLEST, &variables).unwrap();
    assert_eq!(loaded.config.providers[0].client_id, "12345678");
    assert_eq!(loaded.config.providers[0].scopes, ["openid", "email"]);
    assert_eq!(loaded.config.session.secrets[0].expose(), HUNTER.as_bytes());
    let source = loaded
        .effective
        .iter()
        .find(|setting| setting.key.to_string() == "providers.fc.client_id");
    assert_eq!(
        source.unwrap().source,
        "environment variable GUICHET__PROVIDERS__FC__CLIENT_ID"
    );

    for (variable, value, expected) in [
        ("GUICHET__SESSION__IDLE_TIMOUT", "30m", "error[C003]"),
        ("GUICHET__SESSION__IDLE_TIMEOUT", "30", "error[C010]"),
        ("GUICHET__SESSION__SECRET", HUNTER, "error[C050]"),
        ("GUICHET__PROVIDERS__FC__SCOPES", "[\"openid\"", "error[C007]"),
        ("GUICHET__APPS__0__HOST", "b.example", "error[C004]"),
        ("GUICHET__PROVIDERS__AGENTS__CLIENT_ID", "1", "error[C005]"),
    ] {
        let said = load_with(SMALLEST, &[(variable, value)]).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
        assert!(
            said.contains(&format!("--> environment variable {variable}")),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
    }
}

fn shipped(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

#[test]
fn every_file_in_config_loads() {
    let mut loaded = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let result = load_with(&text, &[("GUICHET__PROVIDERS__FC__CLIENT_ID", "client")]);
            let warnings = result.map(|loaded| loaded.warnings);
            assert_eq!(warnings, Ok(Vec::new()), "{}", path.display());
            loaded += 1;
        }
    }
    assert!(loaded >= 2);
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
                .all(|byte| byte.is_ascii_lowercase() || b"_.".contains(&byte))
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
                let name = if at == "providers" { "*" } else { name };
                let key = format!("{at}.{name}").trim_start_matches('.').to_owned();
                into.insert(key.clone());
                let is_secret =
                    key.ends_with("secret") || key.ends_with("_login") || key == "session.redis.url";
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
        .replace("[[apps.routes]]", "[[apps.routes]]\npath = \"/x\"");
    let spoken = load_with(&with_defaults, &[("REDIS_URL", "redis://127.0.0.1")]).unwrap();
    let mut said = 0;
    for setting in &spoken.effective {
        let key = setting.key.to_string();
        if key.starts_with("session.redis") || key.starts_with("apps[0].routes") {
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
