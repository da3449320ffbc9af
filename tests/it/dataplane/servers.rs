//! Real application servers, each of which takes other spellings for the names that we speak under, and never sees one.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use tempfile::TempDir;

use crate::listener::stage::published_at;
use crate::listener::stage::sign_in;
use crate::support::authority::Authority;
use crate::support::authority::LONG;
use crate::support::browser::Browser;
use crate::support::h2::H2;
use crate::support::jws;
use crate::support::process::Process;
use crate::support::provider::Alg;
use crate::support::raw;
use crate::support::raw::Answer;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::servers;
use crate::support::tunnel::Tunnel;

/// Every character of a field's name that is neither letter nor digit (RFC 9110, section 5.6.2), but the hyphen.
const SEPARATORS: &str = "!#$%&'*+.^_`|~";
/// Names that an application believes. Each is forged with the value `evil`.
const BELIEVED: [&str; 5] = [
    "X-Guichet-Sub",
    "X-Guichet-Assertion",
    "X-Guichet-Status",
    "X-Guichet-Family-Name",
    "Remote-User",
];
const SESSION: &str = "__Host-guichet-session-fc";

/// A server and how its applications read.
struct Server {
    name: &'static str,
    /// The separators that it takes for a hyphen when nobody is in front of it.
    collapses: &'static str,
    starts: fn(&Path) -> (Process, SocketAddr),
    /// The name of the variable in which an application finds a field.
    variable: fn(&str) -> String,
}

const SERVERS: [Server; 6] = [
    Server {
        name: "apache-php",
        collapses: "",
        starts: apache_php,
        variable: cgi,
    },
    Server {
        name: "php",
        collapses: "._",
        starts: php,
        variable: cgi,
    },
    Server {
        name: "gunicorn",
        collapses: "",
        starts: gunicorn,
        variable: cgi,
    },
    Server {
        name: "uwsgi",
        collapses: "_",
        starts: uwsgi,
        variable: cgi,
    },
    Server {
        name: "tomcat",
        collapses: "",
        starts: tomcat,
        variable: str::to_ascii_lowercase,
    },
    Server {
        name: "lighttpd-cgi",
        collapses: SEPARATORS,
        starts: lighttpd,
        variable: cgi,
    },
];

/// RFC 3875, section 4.1.18.
fn cgi(name: &str) -> String {
    format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_"))
}

fn apache_php(folder: &Path) -> (Process, SocketAddr) {
    let root = folder.join("application");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("index.php"), include_str!("echo/index.php")).unwrap();
    servers::apache(folder, |port| {
        let root = root.display();
        format!("Listen 127.0.0.1:{port}\nDocumentRoot \"{root}\"\n")
    })
}

fn php(folder: &Path) -> (Process, SocketAddr) {
    fs::write(folder.join("index.php"), include_str!("echo/index.php")).unwrap();
    servers::php(folder, "index.php")
}

fn gunicorn(folder: &Path) -> (Process, SocketAddr) {
    fs::write(folder.join("wsgi.py"), include_str!("echo/wsgi.py")).unwrap();
    servers::gunicorn(folder, "gunicorn --bind 127.0.0.1:0 wsgi:application")
}

fn uwsgi(folder: &Path) -> (Process, SocketAddr) {
    fs::write(folder.join("wsgi.py"), include_str!("echo/wsgi.py")).unwrap();
    servers::uwsgi(folder, "wsgi.py")
}

fn tomcat(folder: &Path) -> (Process, SocketAddr) {
    fs::write(folder.join("Echo.java"), include_str!("echo/Echo.java")).unwrap();
    servers::tomcat(folder, &servers::servlet("Echo.java"))
}

fn lighttpd(folder: &Path) -> (Process, SocketAddr) {
    fs::write(folder.join("echo.cgi"), include_str!("echo/echo.cgi")).unwrap();
    servers::lighttpd(folder, "echo.cgi")
}

/// A server that runs; it ends with the test.
struct Running {
    server: &'static Server,
    address: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl Running {
    fn start(server: &'static Server) -> Self {
        let folder = servers::folder();
        let (process, address) = (server.starts)(folder.path());
        Self {
            server,
            address,
            _process: process,
            _folder: folder,
        }
    }

    /// What the application reads under a name, in a list of all that it can read.
    fn reads(&self, name: &str, everything: &Answer) -> Vec<String> {
        let server = self.server.name;
        assert_eq!(everything.status, 200, "{server}: {}", everything.text());
        let variable = (self.server.variable)(name);
        let text = everything.text();
        let lines = text.lines().filter_map(|line| line.split_once('='));
        lines
            .filter(|(name, _)| *name == variable)
            .map(|(_, value)| value.to_owned())
            .collect()
    }

    /// Which separators it takes for a hyphen.
    fn collapses(&self) -> String {
        let collapses = |separator: &char| {
            let name = spelled("X-Guichet-Sub", *separator);
            let request =
                format!("GET / HTTP/1.1\r\nHost: localhost\r\n{name}: evil\r\nConnection: close\r\n\r\n");
            let everything = raw::exchange(self.address, request);
            self.reads("X-Guichet-Sub", &everything) == ["evil"]
        };
        assert!(
            collapses(&'-'),
            "{}: the name itself is not read",
            self.server.name
        );
        SEPARATORS.chars().filter(collapses).collect()
    }
}

fn spelled(name: &str, separator: char) -> String {
    name.replace('-', &separator.to_string())
}

/// Every believed name in one spelling, as lines of a head.
fn forged(separator: char) -> String {
    let names = BELIEVED.map(|name| spelled(name, separator));
    names.map(|name| format!("{name}: evil\r\n")).concat()
}

/// All spellings at once, and two in which only one character is another.
fn forged_in_every_way() -> String {
    let all = SEPARATORS.chars().chain(['-']).map(forged);
    let mixed = "X-Guichet_Sub: evil\r\nX_Guichet-Sub: evil\r\nx-gUICHET-sub: evil\r\n";
    all.collect::<String>() + mixed
}

/// The gateway behind TLS of its own before all of them, and Zoé, who is signed in.
struct Stage {
    scene: Scene,
    running: Vec<Running>,
    authority: Authority,
    tunnel: Tunnel,
    cookie: String,
    sub: String,
}

impl Stage {
    fn start() -> Self {
        let running: Vec<Running> = SERVERS.iter().map(Running::start).collect();
        let authority = Authority::new();
        let pair = authority.issue("gateway", "DNS:localhost", LONG);
        let scene = Scene::start_with(Alg::Es256, Store::Memory, |place, usual| {
            let port = place.port();
            let listen = format!("listen = \"127.0.0.1:{port}\"");
            let tls = format!("{listen}\n{}", pair.configured());
            let usual = published_at(&format!("https://localhost:{port}"), place, &usual);
            usual.replace(&listen, &tls) + &apps(&running)
        });
        let tunnel = Tunnel::into_tls(scene.gateway.address(), authority.client("http/1.1"), "localhost");
        let origin = format!("https://{}", scene.host());
        let browser = Browser::new();
        browser.reaches(&origin, tunnel.address());
        let assertion = sign_in(&scene, &browser, &origin);
        let cookie = browser.cookie("localhost", SESSION).expect("no session");
        Self {
            scene,
            running,
            authority,
            tunnel,
            cookie: format!("{SESSION}={cookie}"),
            sub: jws::claims(&assertion)["sub"].as_str().unwrap().to_owned(),
        }
    }

    /// What the application answers to a request with these lines before and after the others.
    fn asked(&self, running: &Running, (path, cookie): (&str, &str), lines: [&str; 2]) -> Answer {
        let [before, after] = lines;
        let (app, host) = (running.server.name, self.scene.host());
        let cookie = if cookie.is_empty() {
            String::new()
        } else {
            format!("Cookie: {cookie}\r\n")
        };
        let request = format!(
            "GET /{app}{path} HTTP/1.1\r\n{before}Host: {host}\r\n{cookie}{after}Connection: close\r\n\r\n"
        );
        raw::exchange(self.tunnel.address(), request)
    }

    /// What the application can read is right, and nothing of it was forged.
    fn is_told_of_zoe(&self, running: &Running, everything: &Answer, how: &str) {
        let server = running.server.name;
        let text = everything.text();
        assert!(!text.contains("evil"), "{server} {how}:\n{text}");
        assert!(
            !text.contains(&self.cookie),
            "{server} {how}: the session\n{text}"
        );
        for (name, value) in [
            ("X-Guichet-Sub", self.sub.as_str()),
            ("X-Guichet-Status", "authenticated"),
            ("X-Guichet-Family-Name", "LE%20GO%C3%9BT-N%C5%92UV%C3%89GLISE"),
        ] {
            assert_eq!(
                running.reads(name, everything),
                [value],
                "{server} {how}: {name}\n{text}"
            );
        }
        let assertions = running.reads("X-Guichet-Assertion", everything);
        let [assertion] = &assertions[..] else {
            panic!("{server} {how}: {assertions:?}")
        };
        let claims = jws::claims(assertion);
        assert_eq!(
            (&claims["sub"], &claims["aud"]),
            (&self.sub.as_str().into(), &server.into())
        );
    }

    /// The same, of nobody.
    fn is_told_of_nobody(running: &Running, everything: &Answer, status: &[&str]) {
        let server = running.server.name;
        let text = everything.text();
        assert!(!text.contains("evil"), "{server}:\n{text}");
        assert_eq!(running.reads("X-Guichet-Status", everything), status, "{server}");
        for name in ["X-Guichet-Sub", "X-Guichet-Assertion", "X-Guichet-Family-Name"] {
            assert_eq!(
                running.reads(name, everything),
                [""; 0],
                "{server}: {name}\n{text}"
            );
        }
    }
}

/// An application for each of them.
fn apps(running: &[Running]) -> String {
    let mut apps = String::new();
    for Running { server, address, .. } in running {
        let app = format!(
            r#"
[[apps]]
name = "{name}"
path = "/{name}"
providers = ["fc"]
upstreams = ["http://{address}"]
claims = ["sub", "family_name"]
plain_headers = ["sub", "family_name"]

  [[apps.routes]]
  path = "/public"
  access = "public"

  [[apps.routes]]
  path = "/optional"
  access = "optional"
"#,
            name = server.name
        );
        apps.write_str(&app).unwrap();
    }
    apps
}

#[test]
fn no_application_server_sees_a_forged_identity_in_any_spelling() {
    let stage = Stage::start();
    let every_way = forged_in_every_way();
    for running in &stage.running {
        let server = running.server.name;
        // What it would believe if nobody stood in front of it.
        assert_eq!(running.collapses(), running.server.collapses, "{server}");

        for (path, status) in [("/public", &[][..]), ("/optional", &["anonymous"])] {
            let everything = stage.asked(running, (path, ""), [&every_way, ""]);
            Stage::is_told_of_nobody(running, &everything, status);
        }
        let everything = stage.asked(running, ("/public", &stage.cookie), [&every_way, ""]);
        Stage::is_told_of_nobody(running, &everything, &[]);

        let signed_in = |lines: [&str; 2]| stage.asked(running, ("/dossier", &stage.cookie), lines);
        stage.is_told_of_zoe(running, &signed_in(["", ""]), "alone");
        stage.is_told_of_zoe(running, &signed_in([&every_way, ""]), "before");
        stage.is_told_of_zoe(running, &signed_in(["", &every_way]), "after");
        for separator in SEPARATORS.chars().chain(['-']) {
            let lines = forged(separator);
            let how = separator.to_string();
            stage.is_told_of_zoe(running, &signed_in([&lines, &lines]), &how);
        }
    }
    over_http_2(&stage, &every_way.to_ascii_lowercase());
}

fn over_http_2(stage: &Stage, every_way: &str) {
    let lines = every_way.lines().filter_map(|line| line.split_once(": "));
    let mut fields: Vec<(&str, &str)> = lines.collect();
    fields.push(("cookie", &stage.cookie));
    let gateway = stage.scene.gateway.address();
    let h2 = H2::connect(gateway, stage.authority.client("h2"), "localhost");
    for running in &stage.running {
        let url = format!("https://{}/{}/dossier", stage.scene.host(), running.server.name);
        stage.is_told_of_zoe(running, &h2.get(&url, &fields), "over HTTP/2");
    }
}
