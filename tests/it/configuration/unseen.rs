//! No secret is shown, whatever is wrong with it or beside it, and one that others can see is noticed.

use std::collections::BTreeMap;

use guichet::config;
use guichet::config::surroundings::Surroundings;

use super::text::HUNTER;
use super::text::SMALLEST;
use super::text::found;
use super::text::load;
use super::text::load_with;

#[test]
fn a_redis_that_lets_everybody_in_is_refused_and_its_password_is_not_shown() {
    let keys = tempfile::tempdir().unwrap();
    guichet::identity_headers::signing_keys::SigningKeys::generate(keys.path()).unwrap();
    let text = format!(
        "{SMALLEST}[assertion]\nkeys_dir = {:?}\n[session]\nstore = \"redis\"\nsecret = {{ env = \"SESSION_SECRET\" }}\n\
         redis = {{ url = {{ env = \"REDIS_URL\" }} }}\n",
        keys.path().to_str().unwrap()
    );
    for (url, expected) in [
        ("redis://127.0.0.1:6379/0", &[][..]),
        ("rediss://u:hunter2@redis:6379/3", &[]),
        ("redis://u:hunter2@redis:6379", &["C072 session.redis.url"]),
        ("redis://redis:6379", &["C071 session.redis.url"]),
        ("redis://u:hunter2@redis/zero", &["C070 session.redis.url"]),
        (
            "rediss://u:hunter2@redis:6379/0/#insecure",
            &["C070 session.redis.url"],
        ),
        ("http://u:hunter2@redis", &["C070 session.redis.url"]),
    ] {
        let loaded = load_with(&text, &[("REDIS_URL", url)]);
        if let Err(errors) = &loaded {
            assert!(!errors.to_string().contains("hunter2"), "{errors}");
        }
        assert_eq!(found(loaded), expected, "{url}");
    }
}

#[test]
fn keys_and_secrets_that_others_can_read_are_noticed() {
    use guichet::identity_headers::signing_keys::SigningKeys;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let with_keys = |text: &str| {
        let path = folder.path().join("guichet.toml");
        let surroundings = Surroundings::new(&path, BTreeMap::new());
        let secret = text.replace("{ env = \"FC_CLIENT_SECRET\" }", "{ file = \"secret\" }");
        let text = format!("{secret}[assertion]\nkeys_dir = \"keys\"\n");
        found(config::load_text(&path, &text, &surroundings))
    };
    let secret = folder.path().join("secret");
    std::fs::write(&secret, HUNTER).unwrap();
    std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();

    std::fs::create_dir(&keys).unwrap();
    assert_eq!(with_keys(SMALLEST), ["C061 assertion.keys_dir"]);
    SigningKeys::generate(&keys).unwrap();
    assert_eq!(with_keys(SMALLEST), [""; 0]);

    let key = keys.join("current.pem");
    std::fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(with_keys(SMALLEST), ["C062 assertion.keys_dir"]);
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&key, HUNTER).unwrap();
    assert_eq!(with_keys(SMALLEST), ["C061 assertion.keys_dir"]);
    std::fs::remove_file(&key).unwrap();

    SigningKeys::generate(&keys).unwrap();
    std::fs::set_permissions(&secret, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(with_keys(SMALLEST), ["C055 providers.fc.client_secret"]);
}

#[test]
fn a_syntax_error_has_its_place_and_does_not_quote_the_line() {
    let said = load("public_url = \"x\"\n[session]\nsecret = \"hunter2\n")
        .unwrap_err()
        .to_string();
    assert!(said.contains("error[C002]: this is not TOML: "), "{said}");
    assert!(said.contains("guichet.toml:3:"), "{said}");
    let twice = load("public_url = \"hunter2\"\npublic_url = \"hunter2\"\n")
        .unwrap_err()
        .to_string();
    assert!(twice.contains("a key is written twice"), "{twice}");
    assert!(twice.contains("guichet.toml:2:1"), "{twice}");
    assert!(!format!("{said}{twice}").contains("hunter2"), "{said}{twice}");
}

#[test]
fn a_secret_is_never_shown_whatever_stands_there() {
    for secret in [
        "\"hunter2\"",
        "hunter2",
        "\"hunter2",
        "['hunter2']",
        "{ hunter2 = 1 }",
        "{ file = ['hunter2'] }",
        "{ value = 'hunter2' }",
        "5318008",
        "5318008.5",
        "[{ env = 'SESSION_SECRET' }, 'hunter2']",
    ] {
        for key in ["[session]\nsecret", "[session.redis]\nurl"] {
            let errors = load(&format!("{SMALLEST}{key} = {secret}\n")).unwrap_err();
            let said = format!("{errors} {errors:?}");
            assert!(
                !said.contains("hunter2") && !said.contains("5318008"),
                "{secret}: {said}"
            );
        }
    }
    let loaded = load(SMALLEST).unwrap();
    assert!(!format!("{loaded:?}").contains("hunter2"));
}
