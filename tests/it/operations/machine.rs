//! "Install: Debian and systemd" of `docs/operations.md`, followed in a folder that stands for the root of a machine. What the
//! page says about the days after is followed in that same folder, so that no page speaks of files that no install makes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::support::command::Ended;
use crate::support::command::GUICHET;
use crate::support::command::is_root;
use crate::support::command::tool;
use crate::support::document;
use crate::support::executable::running;
use crate::support::ports::free_ports;
use crate::support::process::Process;
use crate::support::repository::in_repository;
use crate::support::repository::text_of;

pub(super) const PAGE: &str = "docs/operations.md";

/// What needs a machine of its own: the service manager, and a long build.
const ELSEWHERE: &[&str] = &[
    "cargo build ",
    "deploy/release",
    "systemctl ",
    "systemd-sysusers ",
];
/// What the reader types.
pub(super) const CLIENT_SECRET: &str = "0123456789abcdef0123456789abcdef\n";

const FOLDERS: &[&str] = &[
    "usr/bin",
    "etc/redis",
    "etc/sysusers.d",
    "etc/systemd/system",
    "run/guichet",
    "var/lib/redis",
];
/// What begins with one of these lies in the folder.
const MOVED: &[&str] = &[
    "/etc/guichet",
    "/etc/redis",
    "/etc/sysusers.d",
    "/etc/systemd",
    "/usr/bin/guichet",
    "/var/lib",
    "/run/guichet",
];

/// A machine, as far as a folder can be one. Where the test may, its files have owners: `nobody` is the service.
pub(super) struct Machine {
    root: TempDir,
    pub(super) port: u16,
    monitor: u16,
    pub(super) redis: u16,
    has_owners: bool,
    /// What stands in the place of the sandbox, and of the address of the site.
    environment: String,
    scheme: &'static str,
}

impl Machine {
    /// With Redis, before anything of ours.
    pub(super) fn new(scheme: &'static str, environment: &str) -> Self {
        let [port, monitor, redis] = free_ports();
        let root = TempDir::new().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in FOLDERS {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let configuration = format!(
            "bind 127.0.0.1\nport {redis}\ndir {}/var/lib/redis\n",
            root.path().display()
        );
        fs::write(root.path().join("etc/redis/redis.conf"), configuration).unwrap();
        let machine = Self {
            has_owners: is_root(),
            root,
            port,
            monitor,
            redis,
            environment: environment.to_owned(),
            scheme,
        };
        // As Debian's package and the unit make them.
        machine.run("chown -R redis:redis /etc/redis /var/lib/redis\nchown nobody:nogroup /run/guichet");
        machine
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    pub(super) fn origin(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.port)
    }

    /// The text with the paths, ports and users of this machine.
    pub(super) fn here(&self, text: &str) -> String {
        let root = self.root.path().display().to_string();
        let text = text
            .replace(
                "systemctl reload guichet",
                &format!("runuser -u guichet -- {}", reload()),
            )
            .replace("target/release/guichet", GUICHET);
        let text = MOVED
            .iter()
            .fold(text, |text, path| text.replace(path, &format!("{root}{path}")));
        let text = text
            .replace("| redis-cli", &format!("| redis-cli -p {}", self.redis))
            .replace("127.0.0.1:6379", &format!("127.0.0.1:{}", self.redis))
            .replace("0.0.0.0:443", &format!("127.0.0.1:{}", self.port))
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{}", self.port))
            .replace("127.0.0.1:9090", &format!("127.0.0.1:{}", self.monitor))
            .replace("environment = \"sandbox\"", &self.environment)
            .replace("https://demarches.ville.example", &self.origin());
        if self.has_owners {
            text.replace(" -o guichet -g guichet", " -o nobody -g nogroup")
                .replace("runuser -u guichet", "runuser -u nobody")
        } else {
            let lines = text.lines().filter(|line| !line.starts_with("chown "));
            let text = lines.collect::<Vec<_>>().join("\n");
            text.replace(" -o guichet -g guichet", "")
                .replace(" -o redis -g redis", "")
                .replace("runuser -u guichet -- ", "")
        }
    }

    /// Runs lines of the page in this repository.
    pub(super) fn run(&self, script: &str) -> Ended {
        document::followed(&self.here(script), &in_repository(""), (ELSEWHERE, CLIENT_SECRET))
    }

    /// The same where the words of the page are known.
    pub(super) fn says(&self, script: &str) -> Ended {
        let words = document::block(PAGE, "sh", "\nguichet() { runuser");
        self.run(&format!("{words}\n{script}"))
    }

    /// Everything up to the first commands of Guichet: program, secrets, configuration, and a Redis that runs.
    pub(super) fn installed(&self, upstream: &str) -> Process {
        let scripts = scripts();
        let before = scripts
            .iter()
            .take_while(|script| !script.contains("guichet() {"));
        let before: Vec<&str> = before.map(String::as_str).collect();
        self.run(&before.join("\n"));
        let changed = self.configures(&document::block(PAGE, "toml", "secrets/redis_url"));
        assert_eq!(changed, 6, "three addresses and three secrets");
        let file = self.path("/etc/guichet/guichet.toml");
        let text = self.here(&fs::read_to_string(&file).unwrap());
        fs::write(&file, text.replace("http://application:8080", upstream)).unwrap();
        self.redis()
    }

    /// Changes lines of the configuration as a block of the page says; how many were others.
    pub(super) fn configures(&self, block: &str) -> usize {
        let file = self.path("/etc/guichet/guichet.toml");
        let mut lines: Vec<String> = fs::read_to_string(&file)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        let (mut section, mut changed) = (0, 0);
        for line in self.here(block).lines().filter(|line| !line.is_empty()) {
            if line.starts_with('[') {
                section = lines.iter().position(|old| old == line).unwrap();
                continue;
            }
            let key = line.split(" = ").next().unwrap();
            let below = lines.iter().enumerate().skip(section + 1);
            let mut below = below.take_while(|(_, old)| !old.starts_with('['));
            match below.find(|(_, old)| old.split(" = ").next() == Some(key)) {
                Some((at, old)) => {
                    changed += usize::from(old != line);
                    line.clone_into(&mut lines[at]);
                }
                None => lines.insert(section + 1, line.to_owned()),
            }
        }
        fs::write(&file, lines.join("\n") + "\n").unwrap();
        changed
    }

    /// Its Redis, as its own user.
    pub(super) fn redis(&self) -> Process {
        let mut redis = self.command_of("redis", "redis", "redis-server");
        redis.arg(self.path("/etc/redis/redis.conf"));
        Process::announced(&mut redis, "Ready to accept connections").0
    }

    /// The service, as its own user, once it listens.
    pub(super) fn service(&self) -> Process {
        let program = self.path("/usr/bin/guichet").display().to_string();
        let mut service = self.command_of("nobody", "nogroup", &program);
        running(&mut service, &self.path("/etc/guichet/guichet.toml"))
    }

    fn command_of(&self, user: &str, group: &str, program: &str) -> Command {
        if !self.has_owners {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid", user, "--regid", group, "--clear-groups", program]);
        command
    }

    /// Whether Redis does something for whoever says this.
    pub(super) fn redis_answers(&self, arguments: &[&str]) -> bool {
        let port = self.redis.to_string();
        let mut command = Command::new("redis-cli");
        command.args(["--no-auth-warning", "-p", &port]).args(arguments);
        tool(command.arg("ping"), "").out.trim() == "PONG"
    }
}

/// The blocks of commands of the install, in order.
pub(super) fn scripts() -> Vec<String> {
    let page = text_of(PAGE);
    let (_, section) = page.split_once("\n## Install: Debian and systemd\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let blocks = section.split("\n```sh\n").skip(1);
    blocks
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect()
}

/// What the service manager runs for a reload.
fn reload() -> String {
    let unit = text_of("deploy/systemd/guichet.service");
    let mut lines = unit.lines();
    let reload = lines.find_map(|line| line.strip_prefix("ExecReload="));
    reload.unwrap().to_owned()
}
