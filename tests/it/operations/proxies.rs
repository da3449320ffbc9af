//! The proxies in front of `docs/operations.md`, nginx and Apache as Debian has them, with the page's own lines: host and client
//! arrive, and a whole login goes through.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::machine::PAGE;
use crate::support::authority::Authority;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::browser::Browser;
use crate::support::command::tool;
use crate::support::document::block;
use crate::support::document::with;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::ports::free_port;
use crate::support::ports::local;
use crate::support::process::Process;
use crate::support::provider::ZOE;
use crate::support::provider::to_the_provider;
use crate::support::scene::CLIENT_SECRET;
use crate::support::tunnel::Tunnel;
use crate::support::wait::until;

/// Another address of this machine, as which somebody comes to the proxy.
const SOMEBODY: &str = "127.0.0.2";

#[derive(Clone, Copy, Debug)]
enum Proxy {
    Nginx,
    Apache,
}

impl Proxy {
    /// The lines of the page, with the ports and certificate of this test.
    fn said(self, port: u16, gateway: &Executable, authority: &Authority) -> String {
        let (language, listens, here) = match self {
            Self::Nginx => ("nginx", "listen 443 ", format!("listen 127.0.0.1:{port} ")),
            Self::Apache => ("apache", "*:443", format!("127.0.0.1:{port}")),
        };
        let pair = authority.pair("site");
        with(
            &block(PAGE, language, "demarches.ville.example"),
            &[
                (listens, &here),
                ("demarches.ville.example", "localhost"),
                ("127.0.0.1:8080", &gateway.address().to_string()),
                (
                    "/etc/ssl/site/fullchain.pem",
                    &pair.cert_file.display().to_string(),
                ),
                ("/etc/ssl/site/privkey.pem", &pair.key_file.display().to_string()),
            ],
        )
    }

    /// What stands around them in Debian's own files, as far as one process needs it.
    fn around(self, folder: &str, port: u16, said: &str) -> String {
        match self {
            Self::Nginx => format!(
                "pid {folder}/pid;\nerror_log stderr;\nmaster_process off;\nevents {{}}\nhttp {{\naccess_log off;\n\
                 client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\nfastcgi_temp_path {folder}/fastcgi;\n\
                 uwsgi_temp_path {folder}/uwsgi;\nscgi_temp_path {folder}/scgi;\n{said}\n}}\n"
            ),
            Self::Apache => {
                let modules = ["mpm_event", "authz_core", "proxy", "proxy_http", "ssl", "headers"];
                let modules = modules
                    .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"));
                format!(
                    "ServerRoot {folder}\nServerName localhost\nPidFile {folder}/pid\nMutex file:{folder} default\n\
                     ErrorLog /dev/stderr\nUser nobody\nGroup nogroup\nListen 127.0.0.1:{port}\n{}{said}\n",
                    modules.concat()
                )
            }
        }
    }

    /// In the foreground, in a folder.
    fn start(self, folder: &Path, text: &str) -> Process {
        let file = folder.join("proxy.conf");
        fs::write(&file, text).unwrap();
        let (file, folder) = (file.display(), folder.display());
        let program = match self {
            Self::Nginx => format!("nginx -p {folder} -c {file} -g 'daemon off;'"),
            Self::Apache => format!("/usr/sbin/apache2 -X -f {file}"),
        };
        let mut command = Command::new("sh");
        command.args(["-c", &format!("echo starting; exec {program}")]);
        Process::announced(&mut command, "starting").0
    }
}

/// A gateway behind a port that a proxy will have.
fn gateway(port: u16) -> Executable {
    let executable = Executable::start(&Start {
        provider: true,
        edit: &|place, usual| {
            let server = "[server]\ntrusted_proxies = [\"127.0.0.1\"]";
            usual
                .replace(&place.public_url(), &format!("https://localhost:{port}"))
                .replace("[server]", server)
        },
        ..Start::default()
    });
    let provider = executable.provider();
    provider.register_at(&format!("https://localhost:{port}"), ("tests", CLIENT_SECRET));
    executable
}

/// Somebody asks for a public page, and claims to be another; the application's view of it.
fn asks(authority: &Authority, port: u16) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--interface", SOMEBODY])
        .args(["--header", "X-Forwarded-For: 203.0.113.5"])
        .args(["--header", "X-Forwarded-Host: evil.example"])
        .arg("--cacert")
        .arg(authority.root());
    let url = format!("https://localhost:{port}/public/a%20b%7Ec?c=%C3%A9");
    tool(
        curl.arg("--resolve")
            .arg(format!("localhost:{port}:127.0.0.1"))
            .arg(url),
        "",
    )
    .well();
}

fn is_passed_on_by(proxy: Proxy) {
    let (port, authority, folder) = (free_port(), Authority::new(), TempDir::new().unwrap());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    authority.issue("site", LOCALHOST, LONG);
    let gateway = gateway(port);
    let text = proxy.around(
        &folder.path().display().to_string(),
        port,
        &proxy.said(port, &gateway, &authority),
    );
    let _proxy = proxy.start(folder.path(), &text);
    until("the proxy listens; `./test` installs it", || {
        TcpStream::connect(local(port)).is_ok()
    });

    asks(&authority, port);
    let received = gateway.application.only();
    assert_eq!(
        received.request_line(),
        "GET /public/a%20b%7Ec?c=%C3%A9 HTTP/1.1",
        "{proxy:?}"
    );
    for (field, value) in [
        ("host", format!("localhost:{port}")),
        ("x-forwarded-for", SOMEBODY.to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
    ] {
        assert_eq!(received.values(field), [value], "{proxy:?}: {field}");
    }
    let line = || {
        let log = gateway.log();
        let mut lines = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines
            .find(|line| line["event.dataset"] == "guichet.access" && line["url.path"] == "/public/a%20b%7Ec")
    };
    gateway.until("the request is told", || line().is_some());
    assert_eq!(line().unwrap()["source.ip"], SOMEBODY, "{proxy:?}");

    let (browser, origin) = (Browser::new(), format!("https://localhost:{port}"));
    let tunnel = Tunnel::into_tls(local(port), authority.client("http/1.1"), "localhost");
    browser.reaches(&origin, tunnel.address());
    let page = to_the_provider(&browser, &format!("{origin}/dossier"));
    let page = gateway.provider().sign_in(&browser, &page, ZOE);
    assert_eq!(
        (page.status(), page.url),
        (200, format!("{origin}/dossier")),
        "{proxy:?}"
    );
}

#[test]
fn nginx_with_the_lines_of_the_page_passes_host_and_client_on_and_people_sign_in() {
    is_passed_on_by(Proxy::Nginx);
}

#[test]
fn apache_with_the_lines_of_the_page_passes_host_and_client_on_and_people_sign_in() {
    is_passed_on_by(Proxy::Apache);
}
