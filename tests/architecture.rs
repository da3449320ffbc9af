//! The floor plan of `src/`, checked.
//!
//! 1. A top-level module imports only modules that stand on a lower floor; in `gateway`, a room only lower rooms.
//! 2. No two files import each other, straight or through others.
//! 3. A foreign crate that shapes code has its door: one place may name it (seldom two).
//! 4. The plan has no room and no door that the house has not.

#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test over our own sources: a panic is its way to fail"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Top-level modules from the roof to the ground. Modules on one line do not know each other.
const FLOORS: &[&[&str]] = &[
    &["main", "lib"],
    &["cli"],
    &["daemon"],
    &["app"],
    &["config"],
    &["gateway", "monitor", "admin", "supervisor"],
    &["pipeline"],
    &["endpoints"],
    &["judge"],
    &["routing"],
    &["identity_headers"],
    &["access"],
    &["session"],
    &["identity"],
    &["oidc"],
    &["back_channel", "key_folder"],
    &["jose", "pages", "provider", "telemetry"],
    &["seal"],
    &["wire", "secret", "bounded_file", "causes", "lifecycle"],
    &["clock"],
];

/// The same for the rooms of `gateway`, which has many.
const GATEWAY: &[&[&str]] = &[
    &["mod", "process", "tests"],
    &["accept"],
    &["browser"],
    &["exchange"],
    &["answer"],
    &["application"],
    &["body"],
    &["listener"],
    &["decide", "live", "read_through", "whole"],
];

/// A foreign crate, and the only places under `src/` that may name it.
const DOORS: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("figment", &["config"]),
    ("aws_lc_rs", &["jose", "seal", "secret", "wire/websocket"]),
    ("governor", &["endpoints/login_limit.rs"]),
    ("hyper", &["back_channel", "gateway", "monitor"]),
    ("jsonwebtoken", &["jose"]),
    ("askama", &["pages"]),
    ("memchr", &["gateway"]),
    ("mimalloc", &["main"]),
    ("openidconnect", &["oidc"]),
    ("pingora", &["gateway"]),
    ("prometheus_client", &["telemetry"]),
    ("redis", &["session/redis"]),
    ("rustix", &["daemon", "gateway/browser/socket.rs"]),
    ("sd_notify", &["supervisor"]),
    ("tokio_rustls", &["gateway"]),
    ("toml_edit", &["config"]),
];

#[test]
fn a_module_imports_only_lower_floors() {
    let wrong = imports().into_iter().filter_map(|import| {
        let (from, to) = (module(&import.from), module(&import.to));
        (from != to && floor(&to) <= floor(&from))
            .then(|| format!("{}:{}: `{from}` may not import `{to}`", import.from, import.line))
    });
    report(wrong);
}

#[test]
fn a_room_of_the_gateway_imports_only_lower_ones() {
    let inside = |file: &str| Some(module(file.strip_prefix("gateway/")?));
    let height = |room: &str| GATEWAY.iter().position(|floor| floor.contains(&room));
    let wrong = imports().into_iter().filter_map(|import| {
        let (from, to) = (inside(&import.from)?, inside(&import.to)?);
        (from != to && (height(&from).is_none() || height(&to) <= height(&from)))
            .then(|| format!("{}:{}: `{from}` may not import `{to}`", import.from, import.line))
    });
    report(wrong);
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for import in imports() {
        uses.entry(import.from).or_default().insert(import.to);
    }
    // Take away what imports nothing that is left, or is imported by nothing that is left: circles remain.
    loop {
        let before = uses.len();
        let importers: BTreeSet<String> = uses.keys().cloned().collect();
        let imported: BTreeSet<String> = uses.values().flatten().cloned().collect();
        uses.retain(|file, targets| {
            imported.contains(file) && targets.iter().any(|target| importers.contains(target))
        });
        if uses.len() == before {
            break;
        }
    }
    let circle: BTreeSet<String> = uses.keys().cloned().collect();
    report(uses.into_iter().map(|(file, targets)| {
        let targets: Vec<&String> = targets.intersection(&circle).collect();
        format!("{file} -> {targets:?}")
    }));
}

#[test]
fn a_foreign_crate_has_its_doors() {
    let wrong = lines().into_iter().filter_map(|line| {
        let (name, doors) = DOORS.iter().find(|(name, doors)| {
            !doors.iter().any(|door| line.file.starts_with(door)) && names_crate(&line.text, name)
        })?;
        Some(format!(
            "{}:{}: `{name}` is named outside {doors:?}",
            line.file, line.number
        ))
    });
    report(wrong);
}

#[test]
fn every_door_is_used() {
    let lines = lines();
    let is_used = |name: &str, door: &str| {
        lines
            .iter()
            .any(|line| line.file.starts_with(door) && names_crate(&line.text, name))
    };
    let doors = DOORS
        .iter()
        .flat_map(|(name, doors)| doors.iter().map(move |door| (name, door)));
    report(
        doors
            .filter(|(name, door)| !is_used(name, door))
            .map(|(name, door)| format!("`{door}` does not name `{name}`: wall up its door")),
    );
}

#[test]
fn every_room_of_the_plan_is_there() {
    let there: BTreeSet<String> = files().iter().map(|file| module(file)).collect();
    let planned = FLOORS.iter().copied().flatten();
    report(
        planned
            .filter(|room| !there.contains(**room))
            .map(|room| format!("{room} is on the floor plan and not in src/")),
    );
}

#[test]
fn every_file_stands_on_a_floor() {
    report(
        files()
            .into_iter()
            .filter(|file| floor(&module(file)) == usize::MAX)
            .map(|file| format!("{file} is not on the floor plan")),
    );
}

struct Line {
    file: String,
    number: usize,
    text: String,
}

struct Import {
    from: String,
    to: String,
    line: usize,
}

fn report(wrong: impl Iterator<Item = String>) {
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file under `src/`, as `session/redis.rs`.
fn files() -> Vec<String> {
    fn walk(folder: &Path, into: &mut Vec<String>) {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path.strip_prefix(src()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(&src(), &mut found);
    found
}

/// Every line of code: no comments, and nothing after the file's own `mod tests`.
fn lines() -> Vec<Line> {
    let mut found = Vec::new();
    for file in files() {
        let text = fs::read_to_string(src().join(&file)).unwrap();
        let code = text
            .lines()
            .take_while(|line| line.trim_end() != "mod tests {")
            .enumerate();
        found.extend(
            code.filter(|(_, line)| !line.trim_start().starts_with("//"))
                .map(|(index, line)| Line {
                    file: file.clone(),
                    number: index + 1,
                    text: line.to_owned(),
                }),
        );
    }
    found
}

/// Every `crate::..` and `super::..` path, with the file that it leads to.
fn imports() -> Vec<Import> {
    let mut found = Vec::new();
    for line in lines() {
        // `super` of `session/mod.rs` is the root, of `session/redis.rs` it is `session`.
        let inside = line.file.strip_suffix("/mod.rs").unwrap_or(&line.file);
        let folder = inside
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .to_owned();
        for (prefix, base) in [("crate::", String::new()), ("super::", folder)] {
            // `pub(in crate::room)` says who may look, and imports nothing.
            let named = line.text.match_indices(prefix);
            for (at, _) in named.filter(|(at, _)| !line.text[..*at].ends_with("pub(in ")) {
                let path = &line.text[at + prefix.len()..];
                assert!(
                    !path.starts_with('{'),
                    "{}:{}: write one path a `use`",
                    line.file,
                    line.number
                );
                if let Some(to) = resolve(&base, path).filter(|to| *to != line.file) {
                    found.push(Import {
                        from: line.file.clone(),
                        to,
                        line: line.number,
                    });
                }
            }
        }
    }
    found
}

/// The file that defines what `path` names, seen from the folder `base`.
fn resolve(base: &str, path: &str) -> Option<String> {
    let names: Vec<&str> = path
        .split("::")
        .map(|name| {
            name.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or("")
        })
        .collect();
    (0..=names.len().min(4)).rev().find_map(|depth| {
        let stem = [&[base], &names[..depth]]
            .concat()
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("/");
        [format!("{stem}.rs"), format!("{stem}/mod.rs")]
            .into_iter()
            .find(|file| src().join(file).is_file())
    })
}

/// `session` for `session/redis.rs`, `app` for `app.rs`.
fn module(file: &str) -> String {
    file.split('/')
        .next()
        .unwrap_or(file)
        .trim_end_matches(".rs")
        .to_owned()
}

/// Counted from the roof; `usize::MAX` for a module that is on no floor.
fn floor(module: &str) -> usize {
    FLOORS
        .iter()
        .position(|floor| floor.contains(&module))
        .unwrap_or(usize::MAX)
}

/// Whether a path in `text` starts at the crate `name`, or at a sister of it such as `hyper_util` for `hyper`.
fn names_crate(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let head = after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        let starts_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        starts_word && (after.starts_with('_') || after.starts_with(':')) && head.starts_with("::")
    })
}
