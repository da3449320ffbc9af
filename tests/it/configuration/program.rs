//! What the program does with a configuration that it should not take: it says why, and ends; it neither waits nor calls.

use std::fs;
use std::fs::Permissions;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use guichet::identity_headers::signing_keys::SigningKeys;
use tempfile::TempDir;

use crate::cases;
use crate::support::browser::Browser;
use crate::support::command::Ended;
use crate::support::command::GUICHET;
use crate::support::command::guichet_at;
use crate::support::command::guichet_with;
use crate::support::command::tool;
use crate::support::provider::Alg;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T441"],
            sentence: "a key that nobody knows keeps the program from starting, and is named",
            plays: unknown_keys,
        },
        Play {
            ids: &["T442"],
            sentence: "a value that would open a door keeps the program from starting",
            plays: dangerous_values,
        },
        Play {
            ids: &["T443"],
            sentence: "a number is a number, a duration has a unit, and neither is cut or wrapped",
            plays: numbers,
        },
        Play {
            ids: &["T445"],
            sentence: "a secret that is a pipe, a folder or a circle of links is refused at once; one that all can read is named",
            plays: files_that_are_no_secrets,
        },
        Play {
            ids: &["T446"],
            sentence: "one newline at the end is not part of a secret, a second one is",
            plays: newlines,
        },
        Play {
            ids: &["T448"],
            sentence: "check says by its exit code what is wrong, and calls nobody",
            plays: check_calls_nobody,
        },
    ]
}

const TEXT: &str = r#"public_url = "https://ville.example"
[organisation]
name = "Ville d'Exemple"
[server]
listen = "127.0.0.1:0"
[session]
idle_timeout = "30m"
[providers.fc]
preset = "franceconnect"
environment = "sandbox"
client_id = "0000000000000000000000000000000000000000000000000000000000000000"
client_secret = { file = "client_secret" }
[[apps]]
name = "urbanisme"
providers = ["fc"]
upstreams = ["http://127.0.0.1:9000"]
"#;

/// A folder with a configuration in which nothing is wrong.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    private(&folder.path().join("client_secret"), "hunter2-hunter2-hunter2");
    write(folder.path(), TEXT);
    assert_eq!(guichet(folder.path(), "check").code, 0);
    folder
}

fn private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

fn write(folder: &Path, text: &str) {
    fs::write(folder.join("guichet.toml"), text).unwrap();
}

fn guichet(folder: &Path, command: &str) -> Ended {
    guichet_at(&folder.join("guichet.toml"), &[command])
}

/// Neither `check` nor `run` takes this text; what `run` says about it.
fn refusal(folder: &Path, text: &str) -> String {
    write(folder, text);
    let [checked, run] = ["check", "run"].map(|command| guichet(folder, command));
    let said = run.err;
    assert_eq!((checked.code, run.code), (3, 3), "{text}\n{said}");
    assert!(!said.contains("hunter2"), "{said}");
    said
}

/// Each line in the place of another, or after the last one, and what is said about it.
fn each_is_refused(rows: &[(&str, &str, &str)]) {
    let folder = folder();
    for (line, instead, expected) in rows {
        let text = if line.is_empty() {
            format!("{TEXT}{instead}\n")
        } else {
            assert!(TEXT.contains(line), "{line}");
            TEXT.replace(line, instead)
        };
        let said = refusal(folder.path(), &text);
        let (code, key) = expected.split_once(' ').unwrap();
        assert!(said.contains(&format!("error[{code}]")), "{instead}\n{said}");
        assert!(said.contains(&format!("key: {key}\n")), "{instead}\n{said}");
        assert!(said.contains("= help: "), "{said}");
    }
}

fn unknown_keys() {
    each_is_refused(&[
        ("", "skip_auth_route = [\"/\"]", "C003 apps[0].skip_auth_route"),
        (
            "[session]",
            "[session]\ncookie_secure = false",
            "C003 session.cookie_secure",
        ),
        ("[server]", "[server]\ninsecure = true", "C003 server.insecure"),
        (
            "",
            "[outbounds]\nproxy = \"http://127.0.0.1:1\"",
            "C003 outbounds",
        ),
    ]);
}

fn dangerous_values() {
    each_is_refused(&[
        ("https://ville.example", "http://ville.example", "C013 public_url"),
        (
            "client_id",
            "issuer = \"http://provider.example/api/v2\"\nclient_id",
            "C026 providers.fc.issuer",
        ),
        ("", "audience = \"\"", "C016 apps[0].audience"),
        ("", "host = \"*.example\"", "C034 apps[0].host"),
        (
            "[server]",
            "[server]\ntrusted_proxies = [\"0.0.0.0/0\"]",
            "C017 server.trusted_proxies[0]",
        ),
        (
            "[server]",
            "[server]\ntrusted_proxies = [\"::/0\"]",
            "C017 server.trusted_proxies[0]",
        ),
        ("\"30m\"", "\"0s\"", "C011 session.idle_timeout"),
        ("", "response_timeout = \"0s\"", "C011 apps[0].response_timeout"),
        ("", "[assertion]\nlifetime = \"0s\"", "C011 assertion.lifetime"),
        (
            "{ file = \"client_secret\" }",
            "\"hunter2\"",
            "C050 providers.fc.client_secret",
        ),
        (
            "[session]",
            "[outbound]\nproxy = \"http://user:hunter2@proxy.example:3128\"\n[session]",
            "C050 outbound.proxy",
        ),
    ]);
}

fn numbers() {
    each_is_refused(&[
        ("\"30m\"", "\"300x\"", "C010 session.idle_timeout"),
        ("\"30m\"", "\"99999999999999h\"", "C011 session.idle_timeout"),
        (
            "\"30m\"",
            "\"99999999999999999999s\"",
            "C010 session.idle_timeout",
        ),
        ("\"30m\"", "\"-1s\"", "C010 session.idle_timeout"),
        ("\"30m\"", "\"0x10\"", "C010 session.idle_timeout"),
        ("\"30m\"", "1800", "C004 session.idle_timeout"),
        (
            "",
            "max_connections = 99999999999999",
            "C015 apps[0].max_connections",
        ),
        ("", "max_connections = 4294967297", "C015 apps[0].max_connections"),
        ("", "max_connections = -1", "C015 apps[0].max_connections"),
        ("", "max_connections = \"300x\"", "C004 apps[0].max_connections"),
        ("", "max_connections = 1e3", "C004 apps[0].max_connections"),
        ("127.0.0.1:0", "127.0.0.1:99999", "C014 server.listen"),
    ]);
}

/// Puts something else in the place of a file.
type Instead = fn(&Path);

const NO_FILES: [(&str, Instead); 3] = [
    ("it is no file", |path| {
        tool(Command::new("mkfifo").arg(path), "").well();
    }),
    ("it is a folder", |path| fs::create_dir(path).unwrap()),
    ("symlink loop", |path| symlink(path, path).unwrap()),
];

fn files_that_are_no_secrets() {
    for (why, put) in NO_FILES {
        let folder = folder();
        let folder = folder.path();
        fs::remove_file(folder.join("client_secret")).unwrap();
        put(&folder.join("client_secret"));
        let said = refusal(folder, TEXT);
        assert!(said.contains("error[C052]") && said.contains(why), "{said}");
        assert!(said.contains("key: providers.fc.client_secret\n"), "{said}");
    }
    for (_, put) in NO_FILES {
        let folder = folder();
        let folder = folder.path();
        fs::create_dir(folder.join("keys")).unwrap();
        put(&folder.join("keys/current.pem"));
        let said = refusal(folder, &format!("{TEXT}[assertion]\nkeys_dir = \"keys\"\n"));
        assert!(
            said.contains("error[C061]") && said.contains("current.pem"),
            "{said}"
        );
    }
    for (why, put) in NO_FILES {
        let folder = folder();
        let folder = folder.path();
        put(&folder.join("ca.pem"));
        let said = refusal(folder, &format!("{TEXT}[outbound]\nca_file = \"ca.pem\"\n"));
        assert!(said.contains("error[C116]") && said.contains(why), "{said}");
    }
    files_that_others_can_read();
}

/// Container engines mount secrets so that all can read them: a warning. Our own keys are made for one user: refused.
fn files_that_others_can_read() {
    let folder = folder();
    let folder = folder.path();
    let for_all = Permissions::from_mode(0o644);
    fs::set_permissions(folder.join("client_secret"), for_all.clone()).unwrap();
    let checked = guichet(folder, "check");
    let said = checked.err;
    assert_eq!(checked.code, 0, "{said}");
    assert!(
        said.contains("warning[C055]") && said.contains("key: providers.fc.client_secret"),
        "{said}"
    );

    private(&folder.join("client_secret"), "hunter2-hunter2-hunter2");
    SigningKeys::generate(&folder.join("keys")).unwrap();
    fs::set_permissions(folder.join("keys/current.pem"), for_all).unwrap();
    let said = refusal(folder, &format!("{TEXT}[assertion]\nkeys_dir = \"keys\"\n"));
    assert!(said.contains("error[C062]"), "{said}");
}

fn newlines() {
    for (ending, arrives) in [("", ""), ("\n", ""), ("\r\n", ""), ("\n\n", "%0A"), (" \n", "+")] {
        let scene = Scene::start_with(Alg::Es256, Store::Memory, |place, text| {
            place.secret("client_secret", &format!("{CLIENT_SECRET}{ending}"));
            text
        });
        let page = scene.sign_in(&Browser::new(), "/dossier");
        let sent = scene.provider.requests_to("/token").remove(0).body;
        let field = format!("client_secret={CLIENT_SECRET}{arrives}");
        assert!(sent.split('&').any(|one| one == field), "{ending:?}: {sent}");
        assert_eq!(
            page.url == scene.url("/dossier"),
            arrives.is_empty(),
            "{ending:?}"
        );
    }
}

fn check_calls_nobody() {
    let called = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [provider, redis, application, proxy] = [0, 1, 2, 3].map(|one| called[one].local_addr().unwrap());
    let folder = folder();
    let folder = folder.path();
    SigningKeys::generate(&folder.join("keys")).unwrap();
    private(
        &folder.join("session_secret"),
        "hunter2-hunter2-hunter2-hunter2-hunter2",
    );
    private(&folder.join("redis_url"), &format!("redis://{redis}"));
    let text = TEXT
        .replace("sandbox", "simulated")
        .replace(
            "client_id",
            &format!("issuer = \"http://{provider}/api/v2\"\nclient_id"),
        )
        .replace("127.0.0.1:9000", &application.to_string())
        .replace("https://ville.example", "http://localhost:8080")
        .replace(
            "[session]",
            &format!(
                "[outbound]\nproxy = \"http://{proxy}\"\n[session]\nstore = \"redis\"\n\
                 secret = {{ file = \"session_secret\" }}\nredis = {{ url = {{ file = \"redis_url\" }} }}"
            ),
        )
        + "[assertion]\nkeys_dir = \"keys\"\n";
    write(folder, &text);
    let checked = guichet(folder, "check");
    assert_eq!(checked.code, 0, "{checked:?}");
    refusal(folder, &text.replace("preset", "presets"));
    for listener in called {
        listener.set_nonblocking(true).unwrap();
        let nobody = listener.accept().unwrap_err();
        assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
    }
}

/// What stands in `[outbound]`, and what is said about it.
const OUTBOUND: &[(&str, &str)] = &[
    ("proxy = \"https://proxy.example:3128\"", "C115 outbound.proxy"),
    ("proxy = \"http://proxy.example\"", "C115 outbound.proxy"),
    ("proxy_login = { file = \"login\" }", "C115 outbound.proxy_login"),
    (
        "proxy = \"http://proxy.example:3128\"\nproxy_login = { file = \"login\" }",
        "C115 outbound.proxy_login",
    ),
    ("ca_file = \"nowhere.pem\"", "C116 outbound.ca_file"),
    ("ca_file = \"nothing.pem\"", "C116 outbound.ca_file"),
    ("ca_file = \"half.pem\"", "C116 outbound.ca_file"),
];

/// What stands in `session.redis` beside the file of the URL, and what is said about it.
const REDIS: &[(&str, &str, &str)] = &[
    ("tls", "cert_file = \"half.pem\"", "C117 session.redis.cert_file"),
    ("tls", "key_file = \"half.pem\"", "C117 session.redis.key_file"),
    ("plain", "ca_file = \"half.pem\"", "C117 session.redis"),
    ("tls", "ca_file = \"half.pem\"", "C116 session.redis"),
    ("tls", "ca_file = \"nothing.pem\"", "C116 session.redis.ca_file"),
];

#[test]
fn every_mistake_about_proxies_and_certificates_has_its_code_and_its_key() {
    let folder = folder();
    let folder = folder.path();
    SigningKeys::generate(&folder.join("keys")).unwrap();
    for (name, text) in [
        ("session_secret", "hunter2-hunter2-hunter2-hunter2-hunter2"),
        ("plain", "redis://127.0.0.1:6379"),
        ("tls", "rediss://localhost:6379"),
        ("login", "hunter2-without-a-colon"),
        ("nothing.pem", "hunter2"),
        (
            "half.pem",
            "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n",
        ),
    ] {
        private(&folder.join(name), text);
    }
    let outbound = OUTBOUND
        .iter()
        .map(|(lines, expected)| (format!("[outbound]\n{lines}\n[session]\n"), *expected));
    let redis = REDIS.iter().map(|(url, files, expected)| {
        let table = format!(
            "[assertion]\nkeys_dir = \"keys\"\n[session]\nstore = \"redis\"\nsecret = {{ file = \"session_secret\" }}\n\
             redis = {{ url = {{ file = {url:?} }}, {files} }}\n"
        );
        (table, *expected)
    });
    for (table, expected) in outbound.chain(redis) {
        let said = refusal(folder, &TEXT.replace("[session]\n", &table));
        let (code, key) = expected.split_once(' ').unwrap();
        assert!(said.contains(&format!("error[{code}]")), "{table}\n{said}");
        assert!(said.contains(&format!("key: {key}\n")), "{table}\n{said}");
    }
}

/// F036: other programs take their proxy from there.
#[test]
fn a_variable_that_names_a_proxy_is_a_warning_and_changes_nothing() {
    let folder = folder();
    let proxy = [("HTTPS_PROXY", "http://user:hunter2@127.0.0.1:1")];
    let check = || guichet_with(&folder.path().join("guichet.toml"), &["check"], &proxy, "").err;
    let said = check();
    assert!(
        said.contains("warning[C118]: HTTPS_PROXY is set and ignored"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
    let named = TEXT.replace(
        "[session]\n",
        "[outbound]\nproxy = \"http://127.0.0.1:3128\"\n[session]\n",
    );
    write(folder.path(), &named);
    assert!(!check().contains("HTTPS_PROXY"));
}

/// Runs `check` as a user who may read little, if we are root; we are the one who may not read what is closed to all.
fn check_as_nobody(config: &Path) -> Ended {
    let mut command = Command::new(GUICHET);
    command.arg("--config").arg(config).arg("check");
    if is_root() {
        command.uid(65_534).gid(65_534);
    }
    tool(&mut command, "")
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn a_file_that_cannot_be_read_says_why_and_what_helps() {
    let folder = folder();
    let file = folder.path().join("guichet.toml");
    let text = TEXT.replace("d'Exemple", "d'\u{e9}t\u{e9}");
    let latin = text.chars().map(|letter| u8::try_from(letter).unwrap());
    fs::write(&file, latin.collect::<Vec<u8>>()).unwrap();
    let said = guichet(folder.path(), "check").refused(3);
    assert!(
        said.contains("error[C001]") && said.contains("line 3 is not UTF-8"),
        "{said}"
    );
    assert!(said.contains("= help: save it as UTF-8"), "{said}");

    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    write(folder.path(), TEXT);
    fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
    let said = check_as_nobody(&file).refused(3);
    assert!(
        said.contains("error[C001]") && said.contains("permission denied"),
        "{said}"
    );
    assert!(said.contains("= help: let this user read it"), "{said}");

    fs::remove_file(&file).unwrap();
    let said = guichet(folder.path(), "check").refused(3);
    assert!(
        said.contains("= help: name the file with --config FILE"),
        "{said}"
    );
}

#[test]
fn a_key_that_this_user_cannot_read_says_so() {
    let folder = folder();
    let folder = folder.path();
    fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    SigningKeys::generate(&folder.join("keys")).unwrap();
    for (path, mode) in [
        ("keys", 0o755),
        ("keys/current.pem", 0o000),
        ("client_secret", 0o644),
    ] {
        fs::set_permissions(folder.join(path), Permissions::from_mode(mode)).unwrap();
    }
    write(folder, &format!("{TEXT}[assertion]\nkeys_dir = \"keys\"\n"));
    let said = check_as_nobody(&folder.join("guichet.toml")).refused(3);
    assert!(
        said.contains("current.pem` cannot be used: Permission denied"),
        "{said}"
    );
}

#[test]
fn root_is_told_that_another_user_may_find_less() {
    let folder = folder();
    let says = |checked: Ended| {
        checked
            .well()
            .contains("checked as root, who may read every file")
    };
    assert_eq!(says(guichet(folder.path(), "check")), is_root());
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    for name in ["client_secret", "guichet.toml"] {
        fs::set_permissions(folder.path().join(name), Permissions::from_mode(0o644)).unwrap();
    }
    assert!(!is_root() || !says(check_as_nobody(&folder.path().join("guichet.toml"))));
}
