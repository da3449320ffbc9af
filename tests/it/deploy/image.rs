//! The image: linted, given what it reads, and built where its base images are present.

use std::process::Command;

use super::is_content;
use crate::support::command::GUICHET;
use crate::support::command::tool;
use crate::support::pyjwt;
use crate::support::repository::in_repository;
use crate::support::repository::text_of;

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
            tool(Command::new(GUICHET).args(arguments), "").code,
            3,
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
        "tests",
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
    let is_present = |base: &str| {
        let mut inspect = Command::new("buildah");
        tool(inspect.args(["inspect", "--type", "image", base]), "").code == 0
    };
    if !bases.clone().all(is_present) {
        return;
    }
    let name = format!("localhost/guichet-test:{}", std::process::id());
    let mut build = Command::new("buildah");
    build.args([
        "build",
        "--pull-never",
        "--isolation",
        "chroot",
        "--format",
        "docker",
    ]);
    tool(build.args(["--tag", &name]).arg(in_repository("")), "").well();
    let mut inspect = Command::new("buildah");
    let made = tool(inspect.args(["inspect", "--type", "image", &name]), "");
    tool(Command::new("buildah").args(["rmi", &name]), "").well();
    let made = made.json();
    let config = &made["Docker"]["config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"][0], "/usr/bin/guichet");
    assert_eq!(config["Healthcheck"]["Test"][4], "healthcheck");
    assert_eq!(config["Labels"]["org.opencontainers.image.title"], "guichet");
}
