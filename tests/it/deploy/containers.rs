//! The containers: little that they can do, one way to the application, and a configuration that starts.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::Ended;
use crate::support::command::GUICHET;
use crate::support::command::guichet_at;
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
    for (name, secret) in compose["secrets"].as_object().unwrap() {
        assert_eq!(names(secret), ["file"], "{name}");
        let path = secret["file"].as_str().unwrap().trim_start_matches("./");
        assert!(
            text_of("docs/operations.md").contains(&format!("> {path}\n")),
            "nobody makes {path}"
        );
    }
    let access = text_of("deploy/redis/users.acl");
    let access = access
        .lines()
        .find(|line| line.starts_with("user guichet "))
        .unwrap();
    assert!(
        text_of("docs/redis.md").lines().any(|line| line == access),
        "another access list than docs/redis.md"
    );
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
        fs::copy(in_repository("deploy/redis/users.acl"), deploy.join("users.acl")).unwrap();
        let script = document::block("docs/operations.md", "sh", "secrets/redis_users");
        let script = with(&script, &[("redis:6379", &format!("localhost:{redis}"))]);
        let done = document::followed(
            &script,
            this.folder.path(),
            (&["docker ", "chown "], CLIENT_SECRET),
        );
        assert_eq!(done.err, "");
        this.write("guichet.toml", &this.seen(&text_of("deploy/guichet.toml")));
        this
    }

    pub(super) fn address(&self) -> SocketAddr {
        local(self.port)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn seen(&self, text: &str) -> String {
        let here = self.folder.path().display().to_string();
        text.replace("/run/secrets", &format!("{here}/deploy/secrets"))
            .replace("/var/lib/guichet", &here)
            .replace("/run/guichet", &here)
            .replace("/etc/redis", &in_repository("deploy/redis").display().to_string())
            .replace("0.0.0.0:8080", &format!("127.0.0.1:{}", self.port))
            .replace("shutdown_delay = \"5s\"", "shutdown_delay = \"0s\"")
            .replace("environment = \"sandbox\"", NOBODY)
            .replace("0.0.0.0:9090", &format!("127.0.0.1:{}", self.monitor))
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("guichet.toml")
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
        let mut command = Command::new(&call[0]);
        command
            .args(&call[1..])
            .args(["--bind", "127.0.0.1", "--port", &self.redis.to_string()]);
        command.arg("--dir").arg(self.folder.path());
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
        let script = test[1].replace(":6379", &format!(":{}", self.redis));
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
