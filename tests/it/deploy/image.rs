//! The image: linted, given what it reads, and built where its base images are present.

use std::process::Command;

use super::is_content;
use super::output;
use super::text_of;
use crate::support::executable::GUICHET;
use crate::support::process::in_repository;
use crate::support::pyjwt;

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
