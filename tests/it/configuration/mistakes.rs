//! What an operator reads when the configuration is wrong: a code, the place, the key and the way out, for everything at once.

use guichet::routing::upstream::UpstreamLimits;

use super::text::HUNTER;
use super::text::SMALLEST;
use super::text::found;
use super::text::found_beside;
use super::text::found_with;
use super::text::load;
use super::text::load_with;

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
    assert_eq!(
        loaded.config.apps[0].upstreams()[0].limits,
        UpstreamLimits::default()
    );
}

/// The client id of the smallest configuration.
const DIGITS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

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
    (
        "client_id = \"0000000000000000000000000000000000000000000000000000000000000000\"\n",
        "",
        "C005 providers.fc.client_id",
    ),
    (
        "client_id = \"0000000000000000000000000000000000000000000000000000000000000000\"",
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
        "client_id = \"0000000000000000000000000000000000000000000000000000000000000000\"",
        "client_id = \"0000000000000000000000000000000000000000000000000000000000000000\"\nscopes = [\"openid\", \"emial\"]",
        "C024 providers.fc.scopes[1]",
    ),
    (
        "client_id = \"0000000000000000000000000000000000000000000000000000000000000000\"",
        "client_id = \"0000000000000000000000000000000000000000000000000000000000000000\"\nscopes = [\"email\"]",
        "C025 providers.fc.scopes",
    ),
    (
        "client_id = \"0000000000000000000000000000000000000000000000000000000000000000\"",
        "client_id = \"0000000000000000000000000000000000000000000000000000000000000000\"\nsigning_alg = \"HS384\"",
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
    (
        "routes = [{ path = \"/_GUICHET/x\" }]",
        "C033 apps[0].routes[0].path",
    ),
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
    ("derived = [\"age_over_18\"]", "C141 apps[0].derived[0]"),
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
fn what_the_gateway_keeps_for_itself_is_a_path_in_one_spelling() {
    for prefix in ["/", "connexion", "/a/", "/a/../b", "/é"] {
        let addition = format!("[server]\nreserved_prefix = \"{prefix}\"");
        assert_eq!(
            found_beside(&addition),
            ["C096 server.reserved_prefix"],
            "{prefix}"
        );
    }
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
fn the_environment_wins_over_the_file_and_its_mistakes_name_the_variable() {
    let variables = [
        ("GUICHET__PROVIDERS__FC__CLIENT_ID", DIGITS),
        ("GUICHET__PROVIDERS__FC__SCOPES", "[\"openid\", \"email\"]"),
        ("GUICHET__SESSION__SECRET", "{ env = \"SESSION_SECRET\" }"),
        ("GUICHET_LOG", "debug"),
    ];
    let loaded = load_with(SMALLEST, &variables).unwrap();
    assert_eq!(loaded.config.providers[0].client_id, DIGITS);
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

/// A line in the place of another one, or after the last one, and the way out that is named.
const MENDS: &[(&str, &str, &str)] = &[
    (
        "[[apps]]",
        "[apps]",
        "= help: write it in double square brackets, once for each: [[apps]]",
    ),
    (
        "",
        "[apps.routes]\npath = \"/a\"",
        "= help: write it in double square brackets, once for each: [[apps.routes]]",
    ),
    (
        "",
        "[server]\ndrain_timeout = 30",
        "= help: write it in quotation marks, and say of what: \"30s\", \"30m\" or \"30h\"",
    ),
    (
        "",
        "[server]\ndrain_timeout = 1.5",
        "= help: write it in quotation marks, with its unit: \"60s\", \"30m\", \"8h\"",
    ),
    (
        "\"0000000000000000000000000000000000000000000000000000000000000000\"",
        "5",
        "= help: write it in quotation marks: \"..\"\n",
    ),
    (
        "\"0000000000000000000000000000000000000000000000000000000000000000\"",
        "true",
        "= help: write it in quotation marks: \"..\"\n",
    ),
    (
        "client_id = \"0000000000000000000000000000000000000000000000000000000000000000\"\n",
        "",
        "as the provider gave it, or GUICHET__PROVIDERS__FC__CLIENT_ID",
    ),
    (
        "{ env = \"FC_CLIENT_SECRET\" }",
        "{ credential = \"fc_client_secret\" }",
        "CREDENTIALS_DIRECTORY names a folder",
    ),
];

#[test]
fn the_way_out_that_is_named_leads_out() {
    for (line, instead, mend) in MENDS {
        let text = if line.is_empty() {
            format!("{SMALLEST}{instead}\n")
        } else {
            SMALLEST.replace(line, instead)
        };
        let said = load(&text).unwrap_err().to_string() + "\n";
        assert!(said.contains(mend), "{instead}\n{said}");
    }
}

#[test]
fn what_stands_around_a_secret_deserves_a_second_look() {
    let of = |value: &str| found(load_with(SMALLEST, &[("FC_CLIENT_SECRET", value)]));
    for value in [
        "\"hunter2\"",
        "'hunter2'",
        " hunter2",
        "hunter2 ",
        "hunter2\n\n",
        "hunter2\r\r\n",
        "hunter2\t",
    ] {
        assert_eq!(of(value), ["C084 providers.fc.client_secret"], "{value:?}");
    }
    for value in [
        "hunter2",
        "hunter2\n",
        "hunter2\r\n",
        "\"hunter2",
        "hun ter2",
        "\"",
    ] {
        assert_eq!(of(value), [""; 0], "{value:?}");
    }
    let said = load_with(SMALLEST, &[("FC_CLIENT_SECRET", "'hunter2'")]).unwrap();
    assert!(!said.warnings[0].to_string().contains("hunter2"));
    let said = load_with(SMALLEST, &[("FC_CLIENT_SECRET", "hunter2\r\r\n")]).unwrap();
    assert!(
        said.warnings[0]
            .problem
            .contains("ends with the end of another line"),
        "{}",
        said.warnings[0]
    );
}

#[test]
fn a_variable_that_nearly_is_a_key_is_named_and_one_of_somebody_else_is_not() {
    for variable in [
        "GUICHET_PROVIDERS__FC__CLIENT_ID",
        "GUICHET_PROVIDERS_FC_CLIENT_ID",
        "GUICHET_SERVER_LISTEN",
        "GUICHET_PUBLIC_URL",
    ] {
        let loaded = load_with(SMALLEST, &[(variable, "hunter2")]).unwrap();
        let [warning] = &loaded.warnings[..] else {
            panic!("{variable}: {:?}", loaded.warnings)
        };
        let said = warning.to_string();
        assert!(
            said.starts_with(&format!("warning[C085]: `{variable}` is no key")),
            "{said}"
        );
        assert!(
            said.contains(&format!("--> environment variable {variable}\n")),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
    }
    // Kubernetes and Docker say such things about a service that is called guichet.
    for variable in [
        "GUICHET_LOG",
        "GUICHET_PORT",
        "GUICHET_PORT_8080_TCP",
        "GUICHET_SERVICE_HOST",
        "GUICHET_APPSTORE",
        "GUICHETS",
    ] {
        assert_eq!(
            found(load_with(SMALLEST, &[(variable, "x")])),
            [""; 0],
            "{variable}"
        );
    }
    let text = format!("{SMALLEST}[session]\nsecret = [{{ env = \"GUICHET_SESSION_SECRET\" }}]\n");
    let loaded = load_with(&text, &[("GUICHET_SESSION_SECRET", HUNTER)]);
    assert_eq!(found(loaded), [""; 0], "a secret has the name that it was given");
}

#[test]
fn a_client_id_of_the_sandbox_has_the_form_that_its_portal_gives() {
    let of = |id: &str| found_with(DIGITS, id);
    assert_eq!(of(&"0123456789abcdef".repeat(4)), [""; 0]);
    for id in ["abcdef", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64)] {
        assert_eq!(of(id), ["C086 providers.fc.client_id"], "{id}");
    }
    // Nobody says what other issuers give.
    let other = "issuer = \"https://fcp-low.integ01.dev-franceconnect.fr/api/v2\"\nclient_id = \"abcdef\"";
    assert_eq!(found_with(&format!("client_id = \"{DIGITS}\""), other), [""; 0]);
}
