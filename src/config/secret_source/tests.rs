use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use figment::value::Value;

use super::*;

fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
    let variables: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Surroundings::new(Path::new("/nowhere/guichet.toml"), variables)
}

fn source(text: &str) -> SecretSource {
    let document = toml_edit::Document::parse(text).unwrap();
    Value::from(crate::config::layers::dict(document.as_table()))
        .deserialize()
        .unwrap()
}

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Vec<u8>, String> {
    source(text)
        .read(&surroundings(variables))
        .map(|found| found.secret.expose().to_vec())
        .map_err(|error| error.to_string())
}

#[test]
fn one_newline_at_the_end_is_not_part_of_the_secret() {
    let from = |value| read("env = \"S\"", &[("S", value)]).unwrap();
    assert_eq!(from("hunter2\n"), b"hunter2");
    assert_eq!(from("hunter2\r\n"), b"hunter2");
    assert_eq!(from("hunter2\n\n"), b"hunter2\n");
    assert_eq!(from(" hunter2 "), b" hunter2 ");
}

#[test]
fn a_secret_of_nothing_is_none() {
    assert_eq!(
        read("env = \"S\"", &[("S", "\n")]).unwrap_err(),
        "the secret is empty"
    );
    assert_eq!(
        read("env = \"S\"", &[]).unwrap_err(),
        "the environment variable `S` is not set"
    );
}

#[test]
fn a_secret_has_exactly_one_source() {
    for text in ["", "env = \"S\"\nfile = \"/s\""] {
        assert_eq!(
            read(text, &[("S", "x")]).unwrap_err(),
            "a secret has exactly one source"
        );
    }
}

#[test]
fn a_credential_is_a_file_of_systemd_and_no_path() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fc"), "hunter2\n").unwrap();
    let here = [("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap())];
    assert_eq!(read("credential = \"fc\"", &here).unwrap(), b"hunter2");
    assert_eq!(
        read("credential = \"fc\"", &[]).unwrap_err(),
        "there are no systemd credentials here"
    );
    for name in ["../fc", "a/b", "", ".."] {
        let error = read(&format!("credential = \"{name}\""), &here).unwrap_err();
        assert_eq!(error, "the name of a credential is no path", "{name}");
    }
}

#[test]
fn a_file_that_everybody_can_read_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    std::fs::write(&path, "hunter2").unwrap();
    let mut exposures = Vec::new();
    for mode in [0o600, 0o640, 0o644] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let found = source(&format!("file = {:?}", path.to_str().unwrap())).read(&surroundings(&[]));
        exposures.push(found.unwrap().exposure);
    }
    assert_eq!(
        exposures,
        [Exposure::Private, Exposure::Private, Exposure::WorldReadable]
    );
}

#[test]
fn a_refused_value_is_not_shown() {
    for value in [
        Value::from("hunter2"),
        Value::from(5_318_008_u64),
        Value::from(5_318_008.5),
        Value::from(vec!["hunter2"]),
        Value::from(figment::util::map! { "hunter2" => 1 }),
        Value::from(figment::util::map! { "file" => 5_318_008_u64 }),
    ] {
        for error in [
            value.deserialize::<SecretSource>().map(|_| ()).unwrap_err(),
            value.deserialize::<SecretSources>().map(|_| ()).unwrap_err(),
        ] {
            let text = format!("{error} {error:?}");
            assert!(!text.contains("hunter2") && !text.contains("5318008"), "{text}");
        }
    }
}
