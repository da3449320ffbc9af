//! `Dockerfile` and `deploy/`: each is held against the tool that knows its form, and what can be started is started.

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::process::Process;
use crate::support::process::in_repository;
use crate::support::pyjwt;

const GUICHET: &str = env!("CARGO_BIN_EXE_guichet");
const UNIT: &str = "deploy/systemd/guichet.service";
const COMPOSE: &str = "deploy/docker-compose.yml";
/// What `systemd-analyze security` may find at most: 1.5 of 10.
const EXPOSURE: &str = "--threshold=15";
/// What becomes of YAML: JSON, so that the test can look at it.
const YAML: &str = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.read())))";

fn text_of(path: &str) -> String {
    fs::read_to_string(in_repository(path)).unwrap()
}

fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; `./test` installs what is lacking"))
}

/// The tool has nothing to say.
fn is_content(command: &mut Command) {
    let output = output(command);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    assert!(output.status.success() && said.is_empty(), "{command:?}: {said}");
}

fn compose() -> Value {
    let path = in_repository(COMPOSE);
    let file = fs::File::open(path).unwrap();
    let output = output(
        Command::new(pyjwt::python())
            .args(["-c", YAML])
            .stdin(Stdio::from(file)),
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    match list {
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap()).collect(),
        Value::Object(members) => members.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn each_says_on_its_first_line_how_it_was_checked() {
    for path in ["Dockerfile", COMPOSE, UNIT] {
        let text = text_of(path);
        assert!(text.starts_with("# Checked by tests/it/deploy.rs: "), "{path}");
    }
}

#[test]
fn the_dockerfile_is_clean_and_its_image_runs_as_nobody_and_knows_when_it_is_well() {
    let path = in_repository("Dockerfile");
    is_content(Command::new(pyjwt::python().with_file_name("hadolint")).arg(path));
    let text = text_of("Dockerfile");
    let (build, image) = text.rsplit_once("\nFROM ").unwrap();
    let toolchain = text_of("rust-toolchain.toml");
    let version = toolchain.split('"').nth(1).unwrap();
    assert!(build.contains(&format!(
        "\nFROM docker.io/library/rust:{version}-slim-bookworm AS build\n"
    )));
    assert!(build.contains("cargo build --locked --release"));
    assert!(image.contains("\nUSER 65532:65532\n"));
    assert!(image.contains("\nHEALTHCHECK "));
    // The program takes each of the three ways in which the image calls it.
    let calls = image.lines().filter_map(|line| {
        let (_, list) = line
            .split_once('[')
            .filter(|(before, _)| !before.contains("VOLUME"))?;
        serde_json::from_str::<Vec<String>>(&format!("[{list}")).ok()
    });
    let calls: Vec<Vec<String>> = calls.collect();
    assert_eq!(calls.len(), 3);
    let (ways, entry) = ([&calls[0], &calls[2]], &calls[1]);
    for way in ways {
        let arguments = if way[0] == entry[0] {
            way.clone()
        } else {
            [entry.clone(), way.clone()].concat()
        };
        let arguments = arguments.iter().skip(1).map(String::as_str);
        assert_eq!(
            output(Command::new(GUICHET).args(arguments)).status.code(),
            Some(3),
            "no such file"
        );
    }
}

#[test]
fn the_build_is_given_what_it_reads_and_nothing_that_lies_about() {
    let ignored = text_of(".dockerignore");
    assert!(ignored.lines().any(|line| line == "*"));
    let given: Vec<&str> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    for name in &given {
        assert!(in_repository(name).exists(), "{name}");
    }
    let manifest = text_of("Cargo.toml");
    for member in manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = "))
        .unwrap()
        .split('"')
        .skip(1)
        .step_by(2)
    {
        assert!(given.contains(&member), "{member}");
    }
    for name in [
        "Cargo.toml",
        "Cargo.lock",
        "askama.toml",
        "rust-toolchain.toml",
        "src",
    ] {
        assert!(given.contains(&name), "{name}");
    }
    for name in ["deploy", "config", "target", ".git"] {
        assert!(!given.contains(&name), "{name}");
    }
}

#[test]
fn the_image_is_built_where_its_base_images_are_present() {
    let text = text_of("Dockerfile");
    let bases = text
        .lines()
        .filter_map(|line| line.strip_prefix("FROM ")?.split(' ').next());
    let present = |base: &str| {
        let found = Command::new("buildah")
            .args(["inspect", "--type", "image", base])
            .output();
        found.is_ok_and(|found| found.status.success())
    };
    if !bases.clone().all(present) {
        return;
    }
    let root = in_repository("");
    let mut buildah = Command::new("buildah");
    buildah.args([
        "build",
        "--pull-never",
        "--isolation",
        "chroot",
        "--tag",
        "guichet:test",
    ]);
    let built = output(buildah.arg(&root));
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
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

/// The folder that the containers would see, with these paths in the place of theirs.
struct Containers {
    folder: TempDir,
    port: u16,
    redis: u16,
}

impl Containers {
    fn new() -> Self {
        let [port, redis] = [(); 2].map(|()| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        });
        let this = Self {
            folder: TempDir::new().unwrap(),
            port,
            redis,
        };
        this.write(
            "redis_url",
            &format!("redis://guichet:PASSWORD@localhost:{redis}"),
        );
        this.write(
            "session_secret",
            "0123456789abcdef0123456789abcdef0123456789abcdef",
        );
        this.write("fc_client_secret", "0123456789abcdef0123456789abcdef");
        this.write("redis_users", &text_of("deploy/redis/users.acl"));
        this.write("guichet.toml", &this.seen(&text_of("deploy/guichet.toml")));
        this
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn seen(&self, text: &str) -> String {
        let here = self.folder.path().display().to_string();
        text.replace("/run/secrets", &here)
            .replace("/var/lib/guichet", &here)
            .replace("/run/guichet", &here)
            .replace("/etc/redis", &in_repository("deploy/redis").display().to_string())
            .replace("0.0.0.0:8080", &format!("127.0.0.1:{}", self.port))
    }

    fn guichet(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(GUICHET);
        command
            .arg("--config")
            .arg(self.folder.path().join("guichet.toml"))
            .args(arguments);
        command
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
        Process::start(&mut command, "Ready to accept connections").0
    }

    /// What the health check of the container with Redis says.
    fn redis_is_well(&self, compose: &Value) -> bool {
        let test = names(&compose["services"]["redis"]["healthcheck"]["test"]);
        let script = test[1].replace(":6379", &format!(":{}", self.redis));
        assert!(test[0] == "CMD-SHELL" && script != test[1]);
        Command::new("sh")
            .args(["-c", &script])
            .status()
            .unwrap()
            .success()
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a process starts in real time")]
fn the_configuration_of_the_containers_starts_beside_its_redis_and_is_well() {
    let (containers, compose) = (Containers::new(), compose());
    assert!(
        output(&mut containers.guichet(&["keys", "generate"]))
            .status
            .success()
    );
    let checked = output(&mut containers.guichet(&["check"]));
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    assert!(!containers.redis_is_well(&compose));
    let _redis = containers.redis(&compose);
    assert!(containers.redis_is_well(&compose));
    let healthy = || output(&mut containers.guichet(&["healthcheck"])).status.success();
    assert!(!healthy());
    let mut gateway = containers
        .guichet(&["run"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_mins(1);
    while !healthy() {
        assert!(
            gateway.try_wait().unwrap().is_none() && Instant::now() < patience,
            "it is not well"
        );
        thread::yield_now();
    }
    gateway.kill().unwrap();
    gateway.wait().unwrap();
}

#[test]
fn the_unit_is_one_that_systemd_takes_and_finds_little_to_say_against() {
    let folder = TempDir::new().unwrap();
    let unit = folder.path().join("guichet.service");
    let text = text_of(UNIT);
    assert!(text.contains("\nExecStart=/usr/bin/guichet "));
    // Only the program is where it is on this machine.
    fs::write(&unit, text.replace("/usr/bin/guichet ", &format!("{GUICHET} "))).unwrap();
    is_content(
        Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(&unit),
    );
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--no-pager", "--offline=true", EXPOSURE]);
    let found = output(security.arg(in_repository(UNIT)));
    assert!(
        found.status.success(),
        "{}",
        String::from_utf8_lossy(&found.stdout)
    );
}

#[test]
fn the_unit_gives_the_service_what_the_operators_page_says() {
    let unit = text_of(UNIT);
    let value = |name: &str| {
        let name = format!("{name}=");
        unit.lines()
            .filter_map(|line| line.strip_prefix(&name))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (value("Type"), value("WatchdogSec")),
        (vec!["notify"], vec!["30s"])
    );
    let page = text_of("docs/operations.md");
    for credential in value("LoadCredential") {
        let (name, path) = credential.split_once(':').unwrap();
        assert!(page.contains(&format!("{{ credential = \"{name}\" }}")), "{name}");
        assert!(page.contains(&format!("> {path}\n")), "nobody makes {path}");
    }
    assert_eq!(value("LoadCredential").len(), 3);
}
