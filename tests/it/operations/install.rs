//! "Install: Debian and systemd" of `docs/operations.md`, followed in a folder that stands for the root of a machine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::command::GUICHET;
use crate::support::command::tool;
use crate::support::document;
use crate::support::executable::running;
use crate::support::ports::free_ports;
use crate::support::process::Process;
use crate::support::repository::in_repository;
use crate::support::repository::text_of;

const PAGE: &str = "docs/operations.md";

/// What needs a machine of its own: the service manager, other users, and a long build.
const ELSEWHERE: &[&str] = &["cargo build ", "systemctl ", "systemd-sysusers ", "chown "];
/// What the reader types.
const CLIENT_SECRET: &str = "0123456789abcdef0123456789abcdef\n";

/// A provider that is not there: the tests ask nobody outside.
const NOBODY: &str = "issuer = \"https://127.0.0.1:9/api/v2\"\nenvironment = \"sandbox\"";

/// A machine, as far as a folder can be one.
struct Machine {
    root: TempDir,
    port: u16,
    monitor: u16,
    redis: u16,
}

impl Machine {
    fn new() -> Self {
        let [port, monitor, redis] = free_ports();
        let root = TempDir::new().unwrap();
        for folder in [
            "usr/bin",
            "etc/redis",
            "etc/sysusers.d",
            "etc/systemd/system",
            "run/guichet",
        ] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let configuration = format!("bind 127.0.0.1\nport {redis}\ndir {}\n", root.path().display());
        fs::write(root.path().join("etc/redis/redis.conf"), configuration).unwrap();
        Self {
            root,
            port,
            monitor,
            redis,
        }
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    /// The text with the paths and ports of this machine.
    fn here(&self, text: &str) -> String {
        let root = self.root.path().display().to_string();
        let moved = [
            "/etc/guichet",
            "/etc/redis",
            "/etc/sysusers.d",
            "/etc/systemd",
            "/usr/bin",
            "/var/lib",
            "/run/guichet",
        ];
        let moved = moved.iter().fold(text.to_owned(), |text, path| {
            text.replace(path, &format!("{root}{path}"))
        });
        moved
            .replace("target/release/guichet", GUICHET)
            .replace(" -o guichet -g guichet", "")
            .replace(" -o redis -g redis", "")
            .replace("guichet --config", &format!("{root}/usr/bin/guichet --config"))
            .replace("127.0.0.1:6379", &format!("127.0.0.1:{}", self.redis))
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{}", self.port))
            .replace("environment = \"sandbox\"", NOBODY)
            .replace("127.0.0.1:9090", &format!("127.0.0.1:{}", self.monitor))
            .replace(
                "https://demarches.ville.example",
                &format!("http://localhost:{}", self.port),
            )
    }

    fn follows(&self, script: &str) {
        let script = self.here(script);
        drop(document::followed(
            &script,
            &in_repository(""),
            (ELSEWHERE, CLIENT_SECRET),
        ));
    }
}

/// The file of the containers, changed as the page says, and as its reader would.
fn configuration() -> String {
    let mut text = text_of("deploy/guichet.toml").replace("http://application:8080", "http://127.0.0.1:8081");
    let said = document::block(PAGE, "toml", "credential");
    let mut replaced = 0;
    for line in said.lines().filter(|line| line.contains('=')) {
        let key = line.split(" = ").next().unwrap();
        let old = text.lines().find(|old| old.split(" = ").next() == Some(key));
        let old = old.unwrap_or_else(|| panic!("{key} is not there")).to_owned();
        replaced += usize::from(old != line);
        text = text.replace(&format!("{old}\n"), &format!("{line}\n"));
    }
    assert_eq!(replaced, 5, "two addresses and three secrets");
    text
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn who_follows_the_page_has_a_gateway_that_is_well_and_secrets_that_nobody_else_reads() {
    let machine = Machine::new();
    let section = text_of(PAGE);
    let (_, section) = section.split_once("\n## Install: Debian and systemd\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let scripts: Vec<&str> = section
        .split("\n```sh\n")
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap())
        .collect();
    let (last, first) = scripts.split_last().unwrap();
    machine.follows(&first.join("\n"));
    fs::write(
        machine.path("/etc/guichet/guichet.toml"),
        machine.here(&configuration()),
    )
    .unwrap();
    let mut redis = Command::new("redis-server");
    redis.arg(machine.path("/etc/redis/redis.conf"));
    let (_redis, _) = Process::announced(&mut redis, "Ready to accept connections");
    let (before, health) = last.rsplit_once('\n').unwrap();
    assert!(health.ends_with("healthcheck"));
    machine.follows(before);
    let mut service = Command::new(machine.path("/usr/bin/guichet"));
    service.env("CREDENTIALS_DIRECTORY", machine.path("/etc/guichet/credentials"));
    let _service = running(&mut service, &machine.path("/etc/guichet/guichet.toml"));
    machine.follows(health);
    for (path, expected) in [
        ("/etc/guichet/credentials", 0o700),
        ("/etc/guichet/credentials/session_secret", 0o600),
        ("/etc/guichet/credentials/redis_url", 0o600),
        ("/etc/guichet/credentials/fc_client_secret", 0o600),
        ("/etc/redis/users.acl", 0o640),
        ("/var/lib/guichet/keys", 0o700),
        ("/var/lib/guichet/keys/current.pem", 0o600),
        ("/etc/systemd/system/guichet.service", 0o644),
    ] {
        assert_eq!(mode(&machine.path(path)), expected, "{path}");
    }
    let typed = fs::read_to_string(machine.path("/etc/guichet/credentials/fc_client_secret")).unwrap();
    assert_eq!(typed, CLIENT_SECRET.trim());
    // Redis has the password that Guichet was given, and takes nobody without one.
    let url = fs::read_to_string(machine.path("/etc/guichet/credentials/redis_url")).unwrap();
    let ping = |arguments: &[&str]| {
        let said = tool(Command::new("redis-cli").args(arguments).arg("ping"), "");
        said.out.trim() == "PONG"
    };
    assert!(ping(&["--no-auth-warning", "-u", &url]));
    assert!(!ping(&["-p", &machine.redis.to_string()]));
}
