//! The containers: little that they can do, one way to the application, and a configuration that starts.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::Ended;
use crate::support::command::GUICHET;
use crate::support::command::guichet_at;
use crate::support::command::is_root;
use crate::support::command::tool;
use crate::support::document;
use crate::support::document::with;
use crate::support::executable::running;
use crate::support::ports::free_ports;
use crate::support::ports::local;
use crate::support::process::Process;
use crate::support::pyjwt;
use crate::support::repository::in_repository;
use crate::support::repository::text_of;
use crate::support::wait::until;

const PAGE: &str = "docs/operations.md";
const COMPOSE: &str = "deploy/docker-compose.yml";
/// What becomes of YAML: JSON, so that the test can look at it.
const YAML: &str = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.read())))";

fn compose() -> Value {
    let mut converter = Command::new(pyjwt::python());
    tool(converter.args(["-c", YAML]), &text_of(COMPOSE)).json()
}

fn names(list: &Value) -> Vec<&str> {
    match list {
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap()).collect(),
        Value::Object(members) => members.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_containers_can_do_little_and_the_application_is_reached_through_the_gateway_only() {
    let compose = compose();
    let services = &compose["services"];
    assert_eq!(names(services), ["application", "guichet", "redis"]);
    for (name, service) in services.as_object().unwrap() {
        assert_eq!(names(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(
            names(&service["security_opt"]),
            ["no-new-privileges:true"],
            "{name}"
        );
        assert_eq!(service["privileged"], Value::Null, "{name}");
    }
    for name in ["guichet", "redis"] {
        assert_eq!(services[name]["read_only"], true, "{name}");
        assert!(
            !services[name]["user"].as_str().unwrap().starts_with("0:"),
            "{name}"
        );
    }
    for name in ["application", "redis"] {
        assert_eq!(
            services[name]["ports"],
            Value::Null,
            "{name} is reached from outside"
        );
        for network in names(&services[name]["networks"]) {
            assert_eq!(
                compose["networks"][network]["internal"], true,
                "{name}: {network}"
            );
        }
    }
    for port in names(&services["guichet"]["ports"]) {
        assert!(port.starts_with("127.0.0.1:"), "{port}: no TLS here");
    }
    let access = text_of("deploy/redis/users.acl");
    let access = access
        .lines()
        .find_map(|line| line.strip_suffix(" +info"))
        .unwrap();
    assert!(
        text_of("docs/redis.md").lines().any(|line| line == access),
        "another access list than docs/redis.md"
    );
}

#[test]
fn the_gateway_believes_the_host_and_the_application_about_clients_as_the_networks_are_numbered() {
    let (compose, text) = (compose(), text_of("deploy/guichet.toml"));
    let numbers = |network: &str, key: &str| {
        let number = &compose["networks"][network]["ipam"]["config"][0][key];
        number.as_str().unwrap().to_owned()
    };
    let listed = [numbers("outside", "gateway"), numbers("application", "subnet")];
    assert!(
        text.contains(&format!("\ntrusted_proxies = {listed:?}\n")),
        "{listed:?}"
    );
    // The application asks for the keys under the public name, which has no port, so at 80.
    let gateway = &compose["services"]["guichet"];
    let name = names(&gateway["networks"]["application"]["aliases"])[0];
    assert!(
        text.contains(&format!("\npublic_url = \"https://{name}\"\n")),
        "{name}"
    );
    assert!(text.contains("\nlisten = \"0.0.0.0:80\"\n"));
    assert_eq!(gateway["sysctls"]["net.ipv4.ip_unprivileged_port_start"], "80");
    assert_eq!(names(&gateway["ports"]), ["127.0.0.1:8080:80"]);
}

#[test]
fn what_the_containers_are_given_is_made_by_who_follows_the_page_and_is_for_them_alone() {
    let (containers, compose) = (Containers::new(), compose());
    let deploy = containers.folder.path().join("deploy");
    let owner = |path: &str| {
        let metadata = fs::metadata(deploy.join(path)).unwrap_or_else(|_| panic!("nobody makes {path}"));
        (metadata.mode() & 0o777, metadata.uid())
    };
    let user = |service: &str| {
        let user = compose["services"][service]["user"].as_str().unwrap();
        user.split(':').next().unwrap().parse::<u32>().unwrap()
    };
    let mut made = Vec::new();
    for (name, secret) in compose["secrets"].as_object().unwrap() {
        assert_eq!(names(secret), ["file"], "{name}");
        made.push((secret["file"].as_str().unwrap(), 0o600, user("guichet")));
    }
    for (service, mount, mode) in [("guichet", 0, 0o755), ("redis", 1, 0o700)] {
        let mount = compose["services"][service]["volumes"][mount].as_str().unwrap();
        let folder = mount.split(':').next().unwrap();
        let owner = if mode == 0o755 { 0 } else { user(service) };
        made.push((folder, mode, owner));
    }
    assert_eq!(made.len(), 6);
    for (path, mode, uid) in made {
        let (is_mode, is_uid) = owner(path);
        assert_eq!(is_mode, mode, "{path}");
        assert!(is_uid == uid || !is_root(), "{path} belongs to {is_uid}");
    }
    assert_eq!(owner("secrets/redis_operator").0, 0o600);
}

/// What the reader types.
const CLIENT_SECRET: &str = "0123456789abcdef0123456789abcdef\n";

/// A provider that is not there: the tests ask nobody outside.
const NOBODY: &str = "issuer = \"https://127.0.0.1:9/api/v2\"\nenvironment = \"sandbox\"";

/// The folder that the containers would see, with these paths in the place of theirs.
pub(super) struct Containers {
    folder: TempDir,
    port: u16,
    monitor: u16,
    redis: u16,
}

impl Containers {
    pub(super) fn new() -> Self {
        let [port, monitor, redis] = free_ports();
        let this = Self {
            folder: TempDir::new().unwrap(),
            port,
            monitor,
            redis,
        };
        let deploy = this.folder.path().join("deploy/redis");
        fs::create_dir_all(&deploy).unwrap();
        for name in ["redis/users.acl", "guichet.toml"] {
            let from = in_repository("deploy").join(name);
            fs::copy(from, this.folder.path().join("deploy").join(name)).unwrap();
        }
        // A mount does not ask who may enter the folders above it.
        fs::set_permissions(this.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let install = document::block(PAGE, "sh", "docker build --tag guichet:0.1.0");
        let typed = document::block(PAGE, "sh", "> secrets/fc_client_secret");
        let script = with(&install, &[("redis:6379", &format!("localhost:{redis}"))]);
        assert_eq!(this.follows(&format!("{script}\n{typed}")).err, "");
        let text = fs::read_to_string(this.file()).unwrap();
        fs::write(this.file(), this.seen(&text)).unwrap();
        this
    }

    /// Runs lines of the page; where the test may not give files to others, they are its own.
    fn follows(&self, script: &str) -> Ended {
        let mut script = script.to_owned();
        if !is_root() {
            for owner in ["65532", "999"] {
                script = script.replace(&format!(" -o {owner} -g {owner}"), "");
            }
        }
        document::followed(&script, self.folder.path(), (&["docker "], CLIENT_SECRET))
    }

    /// The same where the words of the page are known: what they do in a container is done here.
    fn says(&self, script: &str) -> Ended {
        let words = document::block(PAGE, "sh", "guichet() { docker compose exec");
        let words = with(
            &words,
            &[
                (
                    "docker compose exec -T guichet /usr/bin/guichet --config /etc/guichet/guichet.toml",
                    &format!("{GUICHET} --config {}", self.file().display()),
                ),
                (
                    "docker compose exec -T redis redis-cli",
                    &format!("redis-cli -p {}", self.redis),
                ),
            ],
        );
        self.follows(&format!("cd deploy\n{words}\n{script}"))
    }

    pub(super) fn address(&self) -> SocketAddr {
        local(self.port)
    }

    fn seen(&self, text: &str) -> String {
        let here = self.folder.path().display().to_string();
        text.replace("/run/secrets", &format!("{here}/deploy/secrets"))
            .replace("/var/lib/guichet", &here)
            .replace("/run/guichet", &here)
            .replace("/run/users", &format!("{here}/deploy/secrets/redis"))
            .replace("/etc/redis", &in_repository("deploy/redis").display().to_string())
            .replace("0.0.0.0:80\"", &format!("127.0.0.1:{}\"", self.port))
            .replace("shutdown_delay = \"5s\"", "shutdown_delay = \"0s\"")
            .replace("environment = \"sandbox\"", NOBODY)
            .replace("0.0.0.0:9090", &format!("127.0.0.1:{}", self.monitor))
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("deploy/etc/guichet.toml")
    }

    pub(super) fn guichet(&self, arguments: &[&str]) -> Ended {
        guichet_at(&self.file(), arguments)
    }

    /// Runs the gateway by this command, with the program in the end.
    pub(super) fn gateway(&self, command: &mut Command) -> Process {
        running(command, &self.file())
    }

    fn redis(&self, compose: &Value) -> Process {
        let call = names(&compose["services"]["redis"]["command"])
            .into_iter()
            .map(|word| self.seen(word));
        let call: Vec<String> = call.collect();
        let user = compose["services"]["redis"]["user"].as_str().unwrap();
        let (user, group) = user.split_once(':').unwrap();
        let data = self.folder.path().join("data");
        let mut command = if is_root() {
            // A mount does not ask who may enter the folders above it.
            let above = self.folder.path().join("deploy/secrets");
            fs::set_permissions(above, fs::Permissions::from_mode(0o711)).unwrap();
            self.follows(&format!("install -d -o {user} -g {group} {}", data.display()));
            let mut command = Command::new("setpriv");
            command.args(["--reuid", user, "--regid", group, "--clear-groups", &call[0]]);
            command
        } else {
            fs::create_dir_all(&data).unwrap();
            Command::new(&call[0])
        };
        command
            .args(&call[1..])
            .args(["--bind", "127.0.0.1", "--port", &self.redis.to_string()]);
        command.arg("--dir").arg(data);
        Process::announced(&mut command, "Ready to accept connections").0
    }

    /// Whether Redis does something for whoever says this.
    fn redis_answers(&self, arguments: &[&str]) -> bool {
        let port = self.redis.to_string();
        let mut command = Command::new("redis-cli");
        command.args(["--no-auth-warning", "-p", &port]).args(arguments);
        tool(command.arg("ping"), "").out.trim() == "PONG"
    }

    /// What the health check of the container with Redis says.
    fn redis_is_well(&self, compose: &Value) -> bool {
        let test = names(&compose["services"]["redis"]["healthcheck"]["test"]);
        let script = test[1].replace("6379", &self.redis.to_string());
        assert!(test[0] == "CMD-SHELL" && script != test[1]);
        tool(Command::new("sh").args(["-c", &script]), "").code == 0
    }
}

#[test]
fn the_configuration_of_the_containers_starts_beside_its_redis_and_is_well() {
    let (containers, compose) = (Containers::new(), compose());
    containers.guichet(&["keys", "generate"]).well();
    containers.guichet(&["check"]).well();
    assert!(!containers.redis_is_well(&compose));
    let _redis = containers.redis(&compose);
    assert!(containers.redis_is_well(&compose));
    let url = containers.folder.path().join("deploy/secrets/redis_url");
    let url = fs::read_to_string(url).unwrap();
    assert!(containers.redis_answers(&["-u", &url]) && !containers.redis_answers(&[]));
    let healthy = || containers.guichet(&["healthcheck"]).code == 0;
    assert!(!healthy());
    let _gateway = containers.gateway(&mut Command::new(GUICHET));
    assert!(healthy());
}

#[test]
fn the_secrets_of_the_containers_are_replaced_as_the_page_says_and_stay_so_when_redis_is_started_again() {
    let (containers, compose) = (Containers::new(), compose());
    containers.guichet(&["keys", "generate"]).well();
    let mut redis = containers.redis(&compose);
    let gateway = containers.gateway(&mut Command::new(GUICHET));
    let secret = |name: &str| {
        let path = containers.folder.path().join("deploy/secrets").join(name);
        fs::read_to_string(path).unwrap()
    };
    let before = [
        secret("redis_url"),
        secret("session_secret"),
        secret("session_secret_spare"),
    ];
    // There is no provider here, which `doctor` says with 4; about Redis it says nothing bad.
    let steps = ["guichet >%s", "before=$(cat", "resetpass"].map(|with| document::block(PAGE, "sh", with));
    let steps = steps
        .join("\n")
        .replace("guichet doctor", "{ guichet doctor || test $? = 4; }");
    let said = containers.says(&steps).out;
    assert_eq!(said.lines().filter(|line| *line == "OK").count(), 6, "{said}");
    let stores = said.split("\nsession store\n").skip(1);
    let stores: Vec<&str> = stores.map(|store| store.split("\n\n").next().unwrap()).collect();
    assert_eq!(stores.len(), 2);
    for store in stores {
        assert!(store.lines().all(|line| line.starts_with("  ✔ ")), "{said}");
    }
    for step in ["session_secret_spare\")", "# eight hours later"] {
        containers.says(&document::block(PAGE, "sh", step));
    }
    assert_eq!(secret("session_secret"), before[2].trim_end());
    assert!(!before[1..].contains(&secret("session_secret_spare")));
    let reloads = || gateway.output().matches("config_reloaded").count();
    until("each is told in the audit stream", || reloads() >= 3);

    redis.signal("TERM");
    redis.ended();
    let _redis = containers.redis(&compose);
    let taken = [&before[0], &secret("redis_url")].map(|url| containers.redis_answers(&["-u", url]));
    assert_eq!(taken, [false, true]);
}
