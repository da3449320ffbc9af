//! An application in its own server, with a recipe of `docs/applications.md` in front: the text of the page is what runs.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use tempfile::TempDir;

use super::tokens::AUDIENCE;
use super::tokens::ISSUER;
use crate::support::command::tool;
use crate::support::document;
use crate::support::document::with;
use crate::support::ports::local;
use crate::support::process::Process;
use crate::support::provider::node;
use crate::support::raw;
use crate::support::raw::Answer;
use crate::support::servers;
use crate::support::servers::port_of;
use crate::support::servers::sh;

/// The page.
const PAGE: &str = "docs/applications.md";
/// Where the page fetches the keys.
const KEYS_AT: &str = "https://demarches.ville.example/_guichet/jwks.json";
const LEGACY_PHP: &str = include_str!("legacy/index.php");
const LEGACY_PYTHON: &str = include_str!("legacy/wsgi.py");
const LEGACY_NODE: &str = include_str!("legacy/application.mjs");
const LEGACY_JAVA: &str = include_str!("legacy/Legacy.java");

/// A recipe of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recipe {
    Php,
    Python,
    Node,
    Java,
}

/// What the reader of the page fills in.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) issuer: String,
    pub(super) keys_at: String,
    /// Seconds: how old keys may be, and the pause before another look because of a new `kid`.
    pub(super) age_and_pause: [u32; 2],
    pub(super) anonymous: Anonymous,
}

/// What becomes of a request without an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anonymous {
    Refused,
    MayPass,
}

/// A running application; it ends with the test.
#[derive(Debug)]
pub(super) struct Site {
    // Before the folder in which it works.
    _process: Process,
    address: SocketAddr,
    folder: TempDir,
    settings: Settings,
    recipe: Recipe,
}

impl Site {
    pub(super) fn start(recipe: Recipe, settings: &Settings) -> Self {
        let folder = servers::folder();
        let (process, address) = match recipe {
            Recipe::Php => php(folder.path(), settings),
            Recipe::Python => python(folder.path(), settings),
            Recipe::Node => node_server(folder.path(), settings),
            Recipe::Java => java(folder.path(), settings),
        };
        let settings = settings.clone();
        let site = Self {
            _process: process,
            address,
            folder,
            settings,
            recipe,
        };
        site.minutes_go_by();
        site
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is due every five minutes, where that is not the recipe's own work: the file of keys.
    pub(super) fn minutes_go_by(&self) {
        if self.recipe == Recipe::Php {
            let script = block("sh", "jwks.json.new")
                .replace(KEYS_AT, &self.settings.keys_at)
                .replace("/etc/guichet", &self.folder.path().display().to_string());
            let done = tool(&mut sh(&script, self.folder.path()), "");
            assert!(done.out.is_empty() || done.code != 0, "{done:?}");
        }
    }

    /// What the application says to a request with these fields.
    pub(super) fn asked(&self, fields: &[(&str, &str)]) -> Answer {
        let lines = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let lines = lines.collect::<Vec<_>>().concat();
        raw::exchange(
            self.address,
            format!("GET /dossier HTTP/1.1\r\nHost: application.example\r\n{lines}Connection: close\r\n\r\n"),
        )
    }
}

/// A block of code of the page.
fn block(language: &str, with: &str) -> String {
    document::block(PAGE, language, with)
}

/// A recipe with what its reader fills in: `times` and `anonymous` as the language writes them.
fn filled_in(recipe: &str, settings: &Settings, times: [&str; 2], anonymous: [&str; 2]) -> String {
    assert!(recipe.contains(AUDIENCE));
    let [age, pause] = settings.age_and_pause.map(|seconds| seconds.to_string());
    let times_now = times[1].replace("{age}", &age).replace("{pause}", &pause);
    let mut replacements = vec![(KEYS_AT, settings.keys_at.as_str())];
    replacements.push((ISSUER, &settings.issuer));
    replacements.push((times[0], &times_now));
    if settings.anonymous == Anonymous::MayPass {
        replacements.push((anonymous[0], anonymous[1]));
    }
    with(recipe, &replacements)
}

fn php(folder: &Path, settings: &Settings) -> (Process, SocketAddr) {
    let here = folder.display().to_string();
    let mut replacements = vec![(ISSUER, settings.issuer.as_str()), ("/etc/guichet", &here)];
    if settings.anonymous == Anonymous::MayPass {
        replacements.push(("$anonymous_may_pass = false", "$anonymous_may_pass = true"));
    }
    fs::write(
        folder.join("prepend.php"),
        with(&block("php", "<?php"), &replacements),
    )
    .unwrap();
    let root = folder.join("application");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("index.php"), LEGACY_PHP).unwrap();
    // The application may try to get rid of it.
    fs::write(root.join(".htaccess"), "php_value auto_prepend_file none\n").unwrap();
    servers::apache(folder, |port| {
        with(
            &block("apache", "VirtualHost"),
            &[
                ("127.0.0.1:8081", &format!("127.0.0.1:{port}")),
                ("/srv/application", &root.display().to_string()),
                ("/etc/guichet", &here),
            ],
        )
    })
}

fn python(folder: &Path, settings: &Settings) -> (Process, SocketAddr) {
    let recipe = filled_in(
        &block("python", "class Guichet"),
        settings,
        [
            "KEYS_AGE, KEYS_PAUSE = 300, 10",
            "KEYS_AGE, KEYS_PAUSE = {age}, {pause}",
        ],
        ["ANONYMOUS_MAY_PASS = False", "ANONYMOUS_MAY_PASS = True"],
    );
    fs::write(folder.join("guichet_wsgi.py"), recipe).unwrap();
    fs::write(folder.join("signed_in.py"), block("python", "import Guichet")).unwrap();
    fs::create_dir(folder.join("legacy")).unwrap();
    fs::write(folder.join("legacy/wsgi.py"), LEGACY_PYTHON).unwrap();
    let command = with(&block("sh", "gunicorn"), &[("127.0.0.1:8081", "127.0.0.1:0")]);
    servers::gunicorn(folder, &command)
}

fn node_server(folder: &Path, settings: &Settings) -> (Process, SocketAddr) {
    let recipe = filled_in(
        &block("js", "createPublicKey"),
        settings,
        ["= [300, 10]", "= [{age}, {pause}]"],
        ["ANONYMOUS_MAY_PASS = false", "ANONYMOUS_MAY_PASS = true"],
    );
    fs::write(folder.join("guichet.mjs"), recipe).unwrap();
    fs::write(folder.join("application.mjs"), LEGACY_NODE).unwrap();
    let server = with(&block("js", "createServer"), &[("listen(8081,", "listen(0,")]);
    fs::write(folder.join("server.mjs"), server).unwrap();
    let command = format!("exec {} server.mjs", node().display());
    let (process, rest) = Process::announced(&mut sh(&command, folder), "listening on");
    (process, local(port_of(&rest)))
}

fn java(folder: &Path, settings: &Settings) -> (Process, SocketAddr) {
    let recipe = filled_in(
        &block("java", "class GuichetFilter"),
        settings,
        [
            "KEYS_AGE = 300, KEYS_PAUSE = 10",
            "KEYS_AGE = {age}, KEYS_PAUSE = {pause}",
        ],
        ["ANONYMOUS_MAY_PASS = false", "ANONYMOUS_MAY_PASS = true"],
    );
    fs::write(folder.join("GuichetFilter.java"), recipe).unwrap();
    fs::write(folder.join("Legacy.java"), LEGACY_JAVA).unwrap();
    let lib = format!("{}/lib/", folder.display());
    let build = with(&block("sh", "javac"), &[("/var/lib/tomcat10/lib/", &lib)]);
    let legacy = servers::servlet("Legacy.java");
    servers::tomcat(folder, &format!("{build}\n{legacy}"))
}
