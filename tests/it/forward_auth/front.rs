//! A front proxy with the configuration of `deploy/forward-auth/`, before whatever stands behind it here.

use std::fs;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::stage::SECRET;
use crate::support::authority::Authority;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::document::with;
use crate::support::ports::local;
use crate::support::process::Process;
use crate::support::repository::text_of;
use crate::support::tunnel::Tunnel;
use crate::support::wait::until;

/// What `HAProxy` asks with.
const SCRIPT: &str = "deploy/forward-auth/haproxy/guichet.lua";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proxy {
    Nginx,
    Caddy,
    Haproxy,
    /// With a script that breaks off before it asks.
    BrokenHaproxy,
}

/// One that runs.
pub(super) struct Front {
    _running: Process,
    /// Into TLS, for browsers that speak none.
    pub(super) tunnel: Tunnel,
    _folder: tempfile::TempDir,
}

impl Front {
    /// Starts it at a port, before Guichet and an application, and waits until it listens.
    pub(super) fn start(proxy: Proxy, port: u16, [guichet, application]: [SocketAddr; 2]) -> Self {
        let (authority, folder) = (Authority::new(), tempfile::TempDir::new().unwrap());
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let pair = authority.issue("site", LOCALHOST, LONG);
        let site = Site {
            folder: folder.path(),
            port,
            cert_file: pair.cert_file.display().to_string(),
            key_file: pair.key_file.display().to_string(),
            guichet: guichet.to_string(),
            application: application.to_string(),
        };
        let running = site.start(proxy);
        until("the proxy listens; `./test` installs it", || {
            TcpStream::connect(local(port)).is_ok()
        });
        Self {
            _running: running,
            tunnel: Tunnel::into_tls(local(port), authority.client("http/1.1"), "localhost"),
            _folder: folder,
        }
    }
}

/// Where the shipped files are put, and what of them is another's here.
struct Site<'a> {
    folder: &'a Path,
    port: u16,
    cert_file: String,
    key_file: String,
    guichet: String,
    application: String,
}

impl Site<'_> {
    fn start(&self, proxy: Proxy) -> Process {
        let mut command = match proxy {
            Proxy::Nginx => self.nginx(),
            Proxy::Caddy => self.caddy(),
            Proxy::Haproxy => self.haproxy(&text_of(SCRIPT)),
            Proxy::BrokenHaproxy => {
                let asks = "  local response = ";
                self.haproxy(&with(
                    &text_of(SCRIPT),
                    &[(asks, &format!("  error(\"broken\")\n{asks}"))],
                ))
            }
        };
        command.env("FORWARD_AUTH_SECRET", SECRET);
        Process::announced(&mut command, "starting").0
    }

    /// A shipped file with the addresses and paths of this test.
    fn shipped(&self, file: &str, replacements: &[(&str, &str)]) -> String {
        let servers = [
            ("127.0.0.1:8080", &*self.guichet),
            ("127.0.0.1:9000", &*self.application),
        ];
        with(
            &with(&text_of(&format!("deploy/forward-auth/{file}")), &servers),
            replacements,
        )
    }

    /// Writes a file; its path.
    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    fn nginx(&self) -> Command {
        let secret = self.put(
            "guichet-secret",
            format!("proxy_set_header X-Forward-Auth-Secret \"{SECRET}\";\n"),
        );
        let listen = format!("listen 127.0.0.1:{} ", self.port);
        let site = self.shipped(
            "nginx/site.conf",
            &[
                ("listen 443 ", &listen),
                (
                    "$http_host != \"demarches.ville.example\"",
                    &format!("$http_host != \"localhost:{}\"", self.port),
                ),
                ("demarches.ville.example", "localhost"),
                ("/etc/ssl/site/fullchain.pem", &self.cert_file),
                ("/etc/ssl/site/privkey.pem", &self.key_file),
                ("/etc/nginx/guichet-secret", &secret),
            ],
        );
        let at = self.folder.display();
        let text = format!(
            "pid {at}/pid;\nerror_log stderr;\nmaster_process off;\nevents {{}}\nhttp {{\naccess_log off;\n\
             client_body_temp_path {at}/body;\nproxy_temp_path {at}/proxy;\nfastcgi_temp_path {at}/fastcgi;\n\
             uwsgi_temp_path {at}/uwsgi;\nscgi_temp_path {at}/scgi;\n{site}\n}}\n"
        );
        let file = self.put("nginx.conf", text);
        shell(&format!("nginx -p {at} -c {file} -g 'daemon off;'"))
    }

    fn caddy(&self) -> Command {
        let site = self.shipped(
            "caddy/Caddyfile",
            &[
                ("demarches.ville.example:443", &format!("localhost:{}", self.port)),
                ("/etc/ssl/site/fullchain.pem", &self.cert_file),
                ("/etc/ssl/site/privkey.pem", &self.key_file),
            ],
        );
        // Without its port of administration, and without a listener on port 80.
        let around = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n";
        let file = self.put("Caddyfile", format!("{around}{site}"));
        let mut command = shell(&format!("caddy run --adapter caddyfile --config {file}"));
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(variable, self.folder);
        }
        command
    }

    fn haproxy(&self, script: &str) -> Command {
        let pair = [&self.cert_file, &self.key_file].map(|file| fs::read(file).unwrap());
        let pem = self.put("site.pem", pair.concat());
        let script = self.put("guichet.lua", script);
        let bind = format!("bind 127.0.0.1:{} ", self.port);
        let text = self.shipped(
            "haproxy/haproxy.cfg",
            &[
                ("bind :443 ", &bind),
                ("demarches.ville.example", &format!("localhost:{}", self.port)),
                ("/etc/ssl/site/site.pem", &pem),
                ("/etc/haproxy/guichet.lua", &script),
            ],
        );
        let file = self.put("haproxy.cfg", text);
        shell(&format!("haproxy -db -f {file}"))
    }
}

fn shell(program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("echo starting; exec {program}")]);
    command
}
