//! The README keeps its word: its configuration loads, its snippets accept a real assertion and refuse every other token.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use guichet::clock::Clock;
use guichet::config;
use guichet::config::surroundings::Surroundings;
use guichet::jose::signing::SigningKey;
use guichet::key_folder::files::CURRENT;
use guichet::secret::Secret;
use serde_json::Value;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::command::tool;
use crate::support::provider::Alg;
use crate::support::provider::node;
use crate::support::pyjwt;
use crate::support::repository::text_of;
use crate::support::scene::Scene;
use crate::support::scene::Store;

/// The block of code in this language.
fn block(language: &str) -> String {
    let readme = text_of("README.md");
    let (_, rest) = readme.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("\n```").unwrap().0.to_owned()
}

/// What a timer fetches for PHP.
const KEYS: &str = "fetched.json";

#[derive(Clone, Copy, Debug)]
enum Language {
    Python,
    Node,
    Php,
}

impl Language {
    /// The snippet of the README for this gateway, and what prints the family name of the token in the first argument.
    fn program(self, folder: &Path, public_url: &str) -> String {
        let (name, before, after) = match self {
            Self::Python => (
                "python",
                "import sys\n",
                "\nprint(person(sys.argv[1])['family_name'])\n",
            ),
            Self::Node => ("js", "", "\nconsole.log(person(process.argv[2]).family_name);\n"),
            Self::Php => (
                "php",
                "<?php\n",
                "\ntry { echo person($argv[1])['family_name'], \"\\n\"; } catch (Exception $refused) { exit(1); }\n",
            ),
        };
        let keys = folder.join(KEYS);
        let snippet = block(name)
            .replace("https://demarches.ville.example", public_url)
            .replace("/etc/guichet/jwks.json", keys.to_str().unwrap());
        format!("{before}{snippet}{after}")
    }

    /// What the snippet says about a token: the family name, or nothing.
    fn says(self, folder: &Path, public_url: &str, token: &str) -> Option<String> {
        let (interpreter, file) = match self {
            Self::Python => (pyjwt::python(), "person.py"),
            Self::Node => (node(), "person.mjs"),
            Self::Php => (PathBuf::from("php"), "person.php"),
        };
        let path = folder.join(file);
        fs::write(&path, self.program(folder, public_url)).unwrap();
        let ended = tool(Command::new(interpreter).arg(&path).arg(token), "");
        // One way to refuse, which an application can catch and answer with 401.
        assert!(ended.code <= 1, "{self:?} breaks off: {}{}", ended.out, ended.err);
        (ended.code == 0).then(|| ended.out.trim().to_owned())
    }
}

/// Two apps, so that there is a good assertion for somebody else.
fn scene() -> Scene {
    Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        let (_, upstream) = usual.split_once("upstreams = ").unwrap();
        let upstream = upstream.lines().next().unwrap();
        let other = format!(
            "\n[[apps]]\nname = \"autre\"\npath = \"/autre\"\nproviders = [\"fc\"]\nupstreams = {upstream}\nclaims = [\"family_name\"]\n"
        );
        format!("{usual}{other}")
    })
}

/// The assertion that the application at `path` receives.
fn assertion(scene: &Scene, browser: &Browser, path: &str) -> String {
    scene.application.forget();
    assert_eq!(browser.open_once(&scene.url(path)).status(), 200);
    scene.application.only().values("x-guichet-assertion").remove(0)
}

/// The same token with another header or payload, and the signature as it was.
fn altered(token: &str, part: usize, edit: impl Fn(&mut Value)) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let mut json: Value =
        serde_json::from_slice(&guichet::seal::from_base64url(&parts[part]).unwrap()).unwrap();
    edit(&mut json);
    parts[part] = guichet::seal::base64url(json.to_string().as_bytes());
    parts.join(".")
}

/// The same token with one claim of another value, or without it, signed again with the gateway's own key: nothing else
/// is wrong with it.
fn signed_again(scene: &Scene, token: &str, claim: &str, value: Option<Value>) -> String {
    let payload = guichet::seal::from_base64url(token.split('.').nth(1).unwrap()).unwrap();
    let mut claims: serde_json::Map<String, Value> = serde_json::from_slice(&payload).unwrap();
    assert!(claims.remove(claim).is_some());
    claims.extend(value.map(|value| (claim.to_owned(), value)));
    let pem = fs::read(scene.gateway.place().folder().join("keys").join(CURRENT)).unwrap();
    let key = SigningKey::from_pem(&Secret::new(pem)).unwrap();
    key.sign("guichet+jwt", &claims).unwrap()
}

#[test]
fn the_snippets_accept_a_real_assertion_and_refuse_every_other_token() {
    let (scene, browser, folder) = (scene(), Browser::new(), tempfile::tempdir().unwrap());
    scene.sign_in(&browser, "/dossier");
    let good = assertion(&scene, &browser, "/dossier");
    let unsigned = altered(&good, 0, |header| header["alg"] = "none".into());
    let (head, _) = unsigned.rsplit_once('.').unwrap();
    let mut refused = vec![
        ("of another app", assertion(&scene, &browser, "/autre")),
        (
            "with another name",
            altered(&good, 1, |claims| claims["family_name"] = "EVIL".into()),
        ),
        (
            "of another kind",
            altered(&good, 0, |header| header["typ"] = "JWT".into()),
        ),
        (
            "of another key",
            altered(&good, 0, |header| header["kid"] = "evil".into()),
        ),
        ("without a signature", format!("{head}.")),
        ("that is nothing", "a.b.c".to_owned()),
        ("of one word", "abc".to_owned()),
        ("of no letter", String::new()),
    ];
    scene
        .gateway
        .clock()
        .set(scene.gateway.clock().now().minus(Duration::from_mins(5)));
    refused.push(("of five minutes ago", assertion(&scene, &browser, "/dossier")));
    let mine = json!(["urbanisme"]);
    for (which, claim, value) in [
        ("without an end", "exp", None),
        ("without an audience", "aud", None),
        ("for a list of audiences", "aud", Some(mine)),
        ("without an issuer", "iss", None),
        ("about nobody", "sub", None),
        ("about a nameless person", "sub", Some(json!(""))),
        ("about a number", "sub", Some(json!(7))),
        ("about a list of people", "sub", Some(json!(["a"]))),
    ] {
        refused.push((which, signed_again(&scene, &good, claim, value)));
    }
    let keys = folder.path().join(KEYS);
    fs::write(&keys, scene.jwks().to_string()).unwrap();
    for language in [Language::Python, Language::Node, Language::Php] {
        let says = |token: &str| language.says(folder.path(), &scene.url(""), token);
        assert_eq!(says(&good).as_deref(), Some("LE GOÛT-NŒUVÉGLISE"), "{language:?}");
        for (which, token) in &refused {
            assert_eq!(says(token), None, "{language:?} takes a token {which}");
        }
    }
    for broken in ["", "[]", "{\"keys\":[]}"] {
        fs::write(&keys, broken).unwrap();
        let says = Language::Php.says(folder.path(), &scene.url(""), &good);
        assert_eq!(says, None, "{broken}");
    }
    fs::remove_file(&keys).unwrap();
    assert_eq!(Language::Php.says(folder.path(), &scene.url(""), &good), None);
}

#[test]
fn the_configuration_of_the_readme_loads_and_says_what_the_shipped_file_says() {
    let variables = [
        ("FC_CLIENT_SECRET", "secret"),
        (
            "GUICHET__PROVIDERS__FC__CLIENT_ID",
            "0000000000000000000000000000000000000000000000000000000000000000",
        ),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let path = Path::new("guichet.toml");
    let load = |text: &str| {
        let loaded = config::load_text(path, text, &Surroundings::new(path, variables.clone().into()));
        let loaded = loaded.unwrap_or_else(|errors| panic!("{errors}"));
        assert!(loaded.warnings.is_empty());
        let config = loaded.config;
        let entries = config.providers.iter().map(|settings| &settings.entry);
        let registered = entries.map(|entry| (entry.clone(), config.registration(entry)));
        registered.collect::<Vec<_>>()
    };
    let shipped = load(&text_of("config/franceconnect-sandbox.toml"));
    assert_eq!(load(&block("toml")), shipped);
    assert_eq!(
        shipped[0].1.redirect_uris,
        ["http://127.0.0.1:8080/_guichet/callback"]
    );
}

#[test]
fn every_code_that_people_see_is_explained_and_no_other() {
    let mut explained: Vec<String> = text_of("docs/errors.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned))
        .collect();
    let program = [
        "failure",
        "denial",
        "login_failure",
        "forward_auth_error",
        "backchannel_logout_error",
    ];
    let program = program
        .map(|file| text_of(&format!("src/endpoints/{file}.rs")))
        .concat();
    let is_code = |text: &&str| {
        let digits = text.strip_prefix(['P', 'L']).unwrap_or("");
        digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut shown: Vec<String> = program.split('"').filter(is_code).map(str::to_owned).collect();
    shown.sort();
    shown.dedup();
    explained.sort();
    assert_eq!(explained, shown);
    assert!(shown.len() > 20);
}
