//! `docs/conformance.md` names every module of the OpenID Foundation's plans, and each with a test that there is; and the
//! module of the configuration plan that no numbered case plays.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::json;

use crate::roll_call;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::repository::in_repository;
use crate::support::repository::text_of;
use crate::support::scene::Scene;
use crate::support::scene::Store;

const PAGE: &str = "docs/conformance.md";

/// The first and the last cell of each row that begins with a module.
fn rows(page: &str) -> Vec<(&str, Vec<&str>)> {
    let rows = page.lines().filter(|line| line.starts_with("| `oidcc-"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let named = cells[2].split(',').map(|each| each.trim().trim_matches('`'));
        (cells[0].trim_matches('`'), named.collect())
    })
    .collect()
}

/// Every test of this binary, by its name.
fn tests() -> BTreeSet<String> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![in_repository("tests/it")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension() == Some("rs".as_ref()) {
                found.extend(tests_in(&entry));
            }
        }
    }
    found
}

fn tests_in(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let after = text.split("#[test]\n").skip(1);
    let names = after.filter_map(|rest| rest.trim_start().strip_prefix("fn ")?.split_once('('));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_module_stands_on_the_page() {
    let page = text_of(PAGE);
    let mut listed: Vec<&str> = rows(&page).into_iter().map(|(module, _)| module).collect();
    let wanted = include_str!("conformance.tsv").lines().skip(1);
    let mut wanted: Vec<&str> = wanted.map(|line| line.split('\t').next().unwrap()).collect();
    listed.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(listed, wanted);
    assert!(wanted.len() > 30 && page.contains("**Guichet is not certified.**"));
}

#[test]
fn every_module_is_covered_by_a_test_that_there_is() {
    let (page, executed, tests) = (text_of(PAGE), roll_call::executed(), tests());
    assert!(tests.contains("every_module_is_covered_by_a_test_that_there_is") && tests.len() > 100);
    for (module, named) in rows(&page) {
        assert!(!named.is_empty(), "{module}");
        for name in named {
            assert!(
                executed.contains(&name) || tests.contains(name),
                "{module}: {name} is neither an executed case nor a test"
            );
        }
    }
}

/// From now on the provider signs with another key, under this name.
fn signs_anew(scene: &Scene, kid: &str) {
    for target in ["id_token", "userinfo"] {
        scene.provider.lie(&json!({
            "target": target, "times": 0, "sign": "foreign", "header": [{ "set": "kid", "to": kid }],
        }));
    }
}

fn arrives(scene: &Scene, browser: &Browser) {
    let page = scene.sign_in(browser, "/dossier");
    assert_eq!(
        page.url,
        scene.url("/dossier"),
        "{}\n{}",
        page.text(),
        scene.gateway.logs().text()
    );
}

#[test]
fn the_keys_are_where_the_discovery_document_says() {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    scene.provider.lie(&json!({
        "target": "discovery", "times": 0, "json": [{ "set": "jwks_uri", "to": { "$": "bait" } }],
    }));
    let kid = scene.provider.keys()["foreign"]["ES256"]["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    signs_anew(&scene, &kid);
    arrives(&scene, &Browser::new());
    assert_eq!(scene.provider.requests_to("/bait").len(), 1);
    assert!(scene.provider.requests_to("/jwks").is_empty());
}
