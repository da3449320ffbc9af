//! The schema as an editor reads it: it takes what is shipped, and refuses what somebody types wrong.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use serde_json::json;

use crate::support::command::tool;
use crate::support::pyjwt;
use crate::support::repository::in_repository;
use crate::support::repository::text_of;

/// For each document on standard input: where it does not hold, and the keyword that says so.
const HOLD: &str = r"
import json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
errors = Draft202012Validator(schema).iter_errors
print(json.dumps([[e.json_path + ': ' + e.validator for e in errors(each)] for each in json.load(sys.stdin)]))
";

/// What `jsonschema` finds in these documents, with the schema that is shipped.
fn found(documents: &[Value]) -> Vec<Vec<String>> {
    let mut command = Command::new(pyjwt::python());
    command
        .args(["-c", HOLD])
        .arg(in_repository("config/schema.json"));
    let ended = tool(&mut command, &Value::from(documents).to_string());
    assert_eq!(ended.code, 0, "{}", ended.err);
    serde_json::from_value(ended.json()).unwrap()
}

fn read(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

/// Every file that is shipped, with its path.
fn shipped() -> Vec<(PathBuf, Value)> {
    let folders = ["config", "deploy"].map(|folder| fs::read_dir(in_repository(folder)).unwrap());
    let paths = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files
        .map(|path| (path.clone(), read(&fs::read_to_string(path).unwrap())))
        .collect()
}

#[test]
fn the_schema_takes_every_file_that_is_shipped() {
    let (paths, documents): (Vec<_>, Vec<_>) = shipped().into_iter().unzip();
    assert!(paths.len() >= 9, "{paths:?}");
    for (path, found) in paths.iter().zip(found(&documents)) {
        assert_eq!(found, Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn the_schema_refuses_what_the_program_refuses_where_an_editor_can_tell() {
    let good = read(&text_of("deploy/guichet.toml"));
    let rows = [
        (
            "/providers/fc/preset",
            json!("france-connect"),
            "$.providers.fc.preset: enum",
        ),
        (
            "/public_url",
            json!("demarches.ville.fr"),
            "$.public_url: pattern",
        ),
        (
            "/public_url",
            json!("ftp://demarches.ville.fr"),
            "$.public_url: pattern",
        ),
        ("/public_url", json!(8080), "$.public_url: type"),
        ("/organisation", json!({}), "$.organisation: required"),
        (
            "/providers/fc",
            json!({ "client_id": "x" }),
            "$.providers.fc: required",
        ),
        (
            "/session",
            json!({ "stoer": "redis" }),
            "$.session: additionalProperties",
        ),
    ];
    let documents = rows.clone().map(|(place, value, _)| {
        let mut document = good.clone();
        *document.pointer_mut(place).unwrap() = value;
        document
    });
    for ((place, value, expected), found) in rows.iter().zip(found(&documents)) {
        assert!(
            found.iter().any(|one| one == expected),
            "{place} = {value}: {found:?}"
        );
    }
}
