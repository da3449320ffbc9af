//! What is built is what the lock file names, and nothing with a known hole.

use std::fs;
use std::process::Command;

use crate::cases;
use crate::support::command::tool;
use crate::support::repository::in_repository;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T456"],
            sentence: "the lock file has the versions that mended what is known, and every exception has its reason",
            plays: the_lock_file,
        },
        Play {
            ids: &["T457"],
            sentence: "what is built is what the lock file names, each with its hash, and no build asks for anything else",
            plays: the_build,
        },
    ]
}

/// Every package of the lock file.
fn locked() -> Vec<toml::Value> {
    let lock = fs::read_to_string(in_repository("Cargo.lock")).unwrap();
    let lock: toml::Value = toml::from_str(&lock).unwrap();
    lock["package"].as_array().unwrap().clone()
}

fn text(package: &toml::Value, name: &str) -> Option<String> {
    package.get(name)?.as_str().map(str::to_owned)
}

/// The data base of advisories is on the network; here is what holds without it.
fn the_lock_file() {
    let packages = locked();
    for (name, least) in [
        ("h2", [0, 4, 16]),
        ("jsonwebtoken", [10, 3, 0]),
        ("pingora", [0, 8, 0]),
    ] {
        let found: Vec<Vec<u32>> = packages
            .iter()
            .filter(|package| text(package, "name").as_deref() == Some(name))
            .map(|package| {
                let version = text(package, "version").unwrap();
                version.split('.').map(|number| number.parse().unwrap()).collect()
            })
            .collect();
        assert!(!found.is_empty(), "{name} is gone");
        assert!(
            found.iter().all(|version| version[..] >= least[..]),
            "{name}: {found:?}"
        );
    }
    let deny: toml::Value = toml::from_str(&fs::read_to_string(in_repository("deny.toml")).unwrap()).unwrap();
    for exception in deny["advisories"]["ignore"].as_array().unwrap() {
        assert!(
            exception["reason"]
                .as_str()
                .is_some_and(|reason| reason.len() > 40),
            "{exception:?}"
        );
    }
    let script = fs::read_to_string(in_repository("test")).unwrap();
    assert!(
        script.contains("--locked check bans licenses sources"),
        "nobody looks"
    );
}

/// Reproducible bit by bit it is not said to be; that it is made of nothing else is what can be held.
fn the_build() {
    for package in locked() {
        let source = text(&package, "source");
        let hash = text(&package, "checksum");
        assert_eq!(
            source.is_some(),
            hash.is_some_and(|hash| hash.len() == 64),
            "{package:?}"
        );
        assert!(
            source.is_none_or(|source| source.starts_with("registry+")),
            "{package:?}"
        );
    }
    for file in ["test", "deploy/release"] {
        let script = fs::read_to_string(in_repository(file)).unwrap();
        let builds = ["cargo build ", "cargo test ", "cargo clippy ", "cargo install "];
        for line in script
            .lines()
            .filter(|line| builds.iter().any(|build| line.contains(build)))
        {
            assert!(line.contains("--locked"), "{file}: {line}");
        }
    }
    let mut tree = Command::new(env!("CARGO"));
    tree.current_dir(in_repository("."))
        .args(["tree", "--locked", "--offline", "--package", "guichet"]);
    tool(&mut tree, "").well();
}
