//! An application in its own server, with a recipe of `docs/applications.md` in front: the text of the page is what runs.

use std::fs;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::tokens::AUDIENCE;
use super::tokens::ISSUER;
use crate::support::command::tool;
use crate::support::document;
use crate::support::document::with;
use crate::support::ports::free_port;
use crate::support::ports::local;
use crate::support::process::Process;
use crate::support::provider::node;
use crate::support::pyjwt;
use crate::support::raw;
use crate::support::raw::Answer;
use crate::support::wait::until;

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
        let folder = TempDir::new().unwrap();
        // Apache does not stay root.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
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

/// Runs a script in a folder; what it says goes one way.
fn sh(script: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    // Servers put files of their own at home.
    command
        .args(["-e", "-c", &format!("exec 2>&1\n{script}")])
        .current_dir(folder)
        .env("HOME", folder);
    command
}

fn port_of(text: &str) -> u16 {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|error| panic!("{error}: {text:?}"))
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
    // Apache does not take 0.
    let port = free_port();
    let site = with(
        &block("apache", "VirtualHost"),
        &[
            ("127.0.0.1:8081", &format!("127.0.0.1:{port}")),
            ("/srv/application", &root.display().to_string()),
            ("/etc/guichet", &here),
        ],
    );
    let configuration = folder.join("apache.conf");
    fs::write(&configuration, apache(&here) + &site).unwrap();
    // One process, which ends at once; it says nothing when it is ready.
    let command = format!(
        "echo starting\nexec /usr/sbin/apache2 -X -f {}",
        configuration.display()
    );
    let (process, _) = Process::announced(&mut sh(&command, folder), "starting");
    until("Apache listens", || TcpStream::connect(local(port)).is_ok());
    (process, local(port))
}

/// What Debian's own configuration says otherwise, as far as one process of any user can have it.
fn apache(folder: &str) -> String {
    let modules = Path::new("/usr/lib/apache2/modules");
    let names = fs::read_dir(modules).map(|entries| {
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.starts_with("libphp"))
            .collect::<Vec<_>>()
    });
    let names = names.unwrap_or_else(|error| panic!("{error}; `./test` installs what is lacking"));
    let php = names
        .first()
        .expect("no PHP for Apache; `./test` installs what is lacking");
    format!(
        r#"ServerRoot "{folder}"
ServerName localhost
PidFile "{folder}/apache.pid"
Mutex file:{folder} default
ErrorLog /dev/stderr
User nobody
Group nogroup
KeepAlive Off
LoadModule mpm_prefork_module {modules}/mod_mpm_prefork.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule php_module {modules}/{php}
FallbackResource /index.php
<FilesMatch "\.php$">
    SetHandler application/x-httpd-php
</FilesMatch>
<Directory "{folder}/application">
    AllowOverride All
    Require all granted
</Directory>
"#,
        modules = modules.display()
    )
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
    let gunicorn = format!("exec {} -m gunicorn", pyjwt::python().display());
    let command = with(
        &block("sh", "gunicorn"),
        &[("gunicorn", gunicorn.as_str()), ("127.0.0.1:8081", "127.0.0.1:0")],
    );
    let (process, rest) = Process::announced(&mut sh(&command, folder), "Listening at: http://127.0.0.1:");
    (process, local(port_of(&rest)))
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

/// One Tomcat of its own: its programs are Debian's, its folders are here.
const SERVER_XML: &str = r#"<Server port="-1"><Service name="Catalina">
<Connector address="127.0.0.1" port="0"/>
<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" autoDeploy="false"/></Engine>
</Service></Server>"#;
/// It looks for pages of tags in every library, at length; there are none.
const CONTEXT_XML: &str = r#"<Context><JarScanner scanClassPath="false"/></Context>"#;
/// A program that lives for seconds is not worth the second compiler.
const JAVA_OPTIONS: (&str, &str) = ("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1");
const WEB_XML: &str = r#"<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0"/>"#;

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
    for name in ["conf", "lib", "temp", "webapps/ROOT/WEB-INF/classes"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(folder.join("conf/server.xml"), SERVER_XML).unwrap();
    fs::write(folder.join("conf/context.xml"), CONTEXT_XML).unwrap();
    fs::write(folder.join("conf/web.xml"), WEB_XML).unwrap();
    let lib = format!("{}/lib/", folder.display());
    let build = with(&block("sh", "javac"), &[("/var/lib/tomcat10/lib/", &lib)]);
    let legacy = "javac -d webapps/ROOT/WEB-INF/classes -cp '/usr/share/tomcat10/lib/*' Legacy.java";
    let mut compiler = sh(&format!("{build}\n{legacy}"), folder);
    tool(compiler.env(JAVA_OPTIONS.0, JAVA_OPTIONS.1), "").well();
    let catalina = PathBuf::from("/usr/share/tomcat10");
    let command = format!("exec {}/bin/catalina.sh run", catalina.display());
    let mut command = sh(&command, folder);
    command
        .env("CATALINA_HOME", &catalina)
        .env("CATALINA_BASE", folder)
        .env(JAVA_OPTIONS.0, JAVA_OPTIONS.1);
    let (process, rest) = Process::announced(
        &mut command,
        "Starting ProtocolHandler [\"http-nio-127.0.0.1-auto-1-",
    );
    (process, local(port_of(&rest)))
}
