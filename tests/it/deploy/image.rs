//! The image: linted, given what it reads, and built where its base images are present.

use std::io::Write;
use std::process::Command;

use crate::support::command::GUICHET;
use crate::support::command::is_content;
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
    assert!(build.contains("\nRUN deploy/release "));
    let user = image.lines().filter_map(|line| line.strip_prefix("USER "));
    assert_eq!(user.collect::<Vec<_>>(), ["65532:65532"]);
    let health = image.lines().filter(|line| line.starts_with("HEALTHCHECK "));
    assert_eq!(health.count(), 1);
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

/// `FROM image AS name`, in order: image and name.
fn stages(text: &str) -> Vec<(&str, Option<&str>)> {
    let stages = text.lines().filter_map(|line| line.strip_prefix("FROM "));
    stages
        .map(|stage| match stage.split_once(" AS ") {
            Some((image, name)) => (image, Some(name)),
            None => (stage, None),
        })
        .collect()
}

/// What can be said of the image without its bases: where it comes from, and what gets into it.
#[test]
fn the_image_has_what_a_stage_before_it_made_and_no_shell() {
    let text = text_of("Dockerfile");
    let stages = stages(&text);
    let [(builder, Some(name)), (base, None)] = stages[..] else {
        panic!("one stage that builds and one that is shipped: {stages:?}");
    };
    for image in [builder, base] {
        let (_, version) = image
            .rsplit_once([':', '@'])
            .unwrap_or_else(|| panic!("{image}: no version"));
        assert!(version != "latest", "{image}");
        assert!(
            image.split('/').next().unwrap().contains('.'),
            "{image}: of no registry"
        );
    }
    assert!(base.contains("distroless"), "{base}: a shell is an attacker's");
    let (_, image) = text.rsplit_once("\nFROM ").unwrap();
    let copied = image.lines().filter_map(|line| line.strip_prefix("COPY "));
    let copied: Vec<&str> = copied.collect();
    assert!(!copied.is_empty());
    let from = format!("--from={name} ");
    assert!(copied.iter().all(|line| line.contains(&from)), "{copied:?}");
    let runs: Vec<&str> = image.lines().filter(|line| line.starts_with("RUN ")).collect();
    assert!(runs.is_empty(), "nothing runs in it while it is built: {runs:?}");
}

#[test]
fn the_image_is_built_where_its_base_images_are_present() {
    let text = text_of("Dockerfile");
    let is_absent = |base: &&str| {
        // There is no builder on most machines.
        let inspect = format!("command -v buildah && buildah inspect --type image {base}");
        tool(Command::new("sh").args(["-c", &inspect]), "").code != 0
    };
    let stages = stages(&text);
    let bases = stages.iter().map(|(image, _)| *image);
    let absent: Vec<&str> = bases.filter(is_absent).collect();
    if !absent.is_empty() {
        skipped(&format!(
            "the image is not built, here is no {}",
            absent.join(" and no ")
        ));
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

/// Said to whoever reads the output of the tests, also of those that pass: not through the captured standard error.
fn skipped(what: &str) {
    let mut terminal = std::io::stderr();
    writeln!(terminal, "skipped: {what}").unwrap();
}
