//! What an entry of `[providers]` may say, preset by preset.

use guichet::jose::signing::SigningKey;

use super::text::SMALLEST;
use super::text::found;
use super::text::load;
use super::text::load_with;

const FC: &str = "preset = \"franceconnect\"\nenvironment = \"sandbox\"\nclient_id = \
                  \"0000000000000000000000000000000000000000000000000000000000000000\"\n";
const SECRET: &str = "client_secret = { env = \"FC_CLIENT_SECRET\" }\n";
const OIDC: &str =
    "preset = \"oidc\"\nenvironment = \"production\"\nissuer = \"https://sso.example\"\nclient_id = \"x\"\n";

/// The smallest configuration with this entry.
fn with(entry: &str) -> String {
    let (before, rest) = SMALLEST.split_once("[providers.fc]").unwrap();
    let (_, apps) = rest.split_once("[[apps]]").unwrap();
    format!("{before}[providers.fc]\n{entry}[[apps]]{apps}")
}

fn found_in(entry: &str) -> Vec<String> {
    found(load(&with(entry)))
}

#[test]
fn every_preset_needs_a_client_and_its_proof_and_nothing_else() {
    let pem = SigningKey::generate_pem().unwrap();
    let key = [("CLIENT_KEY", pem.expose_str().unwrap())];
    for entry in [
        format!("{FC}{SECRET}"),
        format!("preset = \"proconnect\"\nenvironment = \"sandbox\"\nclient_id = \"x\"\n{SECRET}"),
        "preset = \"login-gov\"\nenvironment = \"sandbox\"\nclient_id = \"x\"\nclient_key = { env = \"CLIENT_KEY\" }\n"
            .to_owned(),
        format!("{OIDC}{SECRET}"),
    ] {
        let loaded = load_with(&with(&entry), &key);
        assert_eq!(found(loaded), Vec::<String>::new(), "{entry}");
    }
    let without = "preset = \"oidc\"\nenvironment = \"production\"\nclient_id = \"x\"\n";
    assert_eq!(
        found_in(&format!("{without}{SECRET}")),
        ["C005 providers.fc.issuer"],
        "it has no issuer of its own"
    );
}

/// RFC 9700, section 4.4: it takes two issuers, of which one may leave its name away.
#[test]
fn a_provider_whose_answers_need_not_name_it_is_pointed_at_beside_another_one() {
    let beside = |entry: &str, other: &str| {
        let apps = with(&format!("{entry}{SECRET}[providers.other]\n{other}{SECRET}"));
        found(load(&apps))
    };
    assert_eq!(beside(OIDC, FC), ["C087 providers.fc.preset"]);
    assert_eq!(beside(FC, OIDC), ["C087 providers.other.preset"]);
    let elsewhere = OIDC.replace("sso.example", "login.example");
    let both = ["C087 providers.fc.preset", "C087 providers.other.preset"];
    assert_eq!(beside(OIDC, &elsewhere), both);
    let agents = FC.replace("franceconnect", "proconnect");
    for (entry, other) in [(OIDC, OIDC), (FC, &agents)] {
        assert_eq!(beside(entry, other), Vec::<String>::new(), "{other}");
    }
}

#[test]
fn a_provider_is_asked_for_what_it_takes() {
    for (key, line) in [
        (
            "client_authentication",
            "client_authentication = \"client_secret_basic\"",
        ),
        ("pkce", "pkce = \"S256\""),
        ("userinfo", "userinfo = \"json\""),
        ("end_session", "end_session = \"client_id\""),
        ("prompt", "prompt = \"login\""),
        ("max_age", "max_age = \"5m\""),
        ("second_level", "second_level = \"aal\""),
        ("id_token_claims[0]", "id_token_claims = [\"address\"]"),
        ("acr_values", "acr_values = [\"eidas1\"]"),
        ("scope_claims", "scope_claims = { groups = [\"groups\"] }"),
        ("title", "title = \"Le guichet\""),
    ] {
        let found = found_in(&format!("{FC}{SECRET}{line}\n"));
        assert_eq!(found, [format!("C028 providers.fc.{key}")], "{line}");
    }
    for line in [
        "client_authentication = \"client_secret_post\"",
        "pkce = \"none\"",
        "userinfo = \"signed-jwt\"",
        "end_session = \"client_id\"",
        "prompt = \"select_account\"",
        "max_age = \"5m\"",
        "id_token_claims = [\"amr\"]",
        "acr = \"gold\"",
        "acr = \"gold\"\nacr_values = [\"silver\", \"gold\"]",
        "scopes = [\"openid\", \"groups\"]\nscope_claims = { groups = [\"groups\"] }",
        "title = \"Le guichet\"",
    ] {
        let found = found_in(&format!("{OIDC}{SECRET}{line}\n"));
        assert_eq!(found, Vec::<String>::new(), "{line}");
    }
    for (line, expected) in [
        (
            "acr = \"bronze\"\nacr_values = [\"silver\", \"gold\"]",
            "C021 providers.fc.acr",
        ),
        ("acr = \"silver gold\"", "C021 providers.fc.acr"),
        ("scopes = [\"openid\", \"groups\"]", "C024 providers.fc.scopes[1]"),
        ("signing_alg = \"HS256\"", "C027 providers.fc.signing_alg"),
    ] {
        let found = found_in(&format!("{OIDC}{SECRET}{line}\n"));
        assert_eq!(found, [expected], "{line}");
    }
}

#[test]
fn a_proof_that_is_never_used_is_refused_and_a_missing_one_is_missed() {
    let key = "client_authentication = \"private_key_jwt\"\n";
    assert_eq!(
        found_in(&format!("{OIDC}{key}")),
        ["C005 providers.fc.client_key"]
    );
    assert_eq!(found_in(OIDC), ["C005 providers.fc.client_secret"]);
    let unused = "client_key = { env = \"FC_CLIENT_SECRET\" }\n";
    assert_eq!(
        found_in(&format!("{OIDC}{SECRET}{unused}")),
        ["C028 providers.fc.client_key"]
    );
    let no_key = format!("{OIDC}{key}{unused}");
    assert_eq!(found_in(&no_key), ["C029 providers.fc.client_key"]);
    let said = load(&with(&no_key)).unwrap_err().to_string();
    assert!(said.contains("openssl") && !said.contains("hunter2"), "{said}");
    assert_eq!(
        found_in(&format!("{OIDC}{key}{unused}{SECRET}")),
        ["C029 providers.fc.client_key", "C028 providers.fc.client_secret"]
    );
}

#[test]
fn hs256_has_to_be_asked_for_twice_and_stays_a_warning() {
    let hs256 = format!("{FC}{SECRET}signing_alg = \"HS256\"\n");
    assert_eq!(found_in(&hs256), ["C126 providers.fc.signing_alg"]);
    let refused = load(&with(&hs256)).unwrap_err().to_string();
    assert!(
        refused.contains("error[C126]") && refused.contains("accept_hs256 = true"),
        "{refused}"
    );
    let accepted = load(&with(&format!("{hs256}accept_hs256 = true\n"))).unwrap();
    let [warning] = accepted.warnings.as_slice() else {
        panic!("{:?}", accepted.warnings)
    };
    assert!(warning.to_string().contains("warning[C126]"), "{warning}");
    let short = load_with(
        &with(&format!("{hs256}accept_hs256 = true\n")),
        &[("FC_CLIENT_SECRET", "a-secret-of-31-bytes-0123456789")],
    );
    assert_eq!(found(short), ["C126 providers.fc.signing_alg"]);
}

#[test]
fn hints_are_for_providers_that_take_one() {
    let hints = |preset: &str| {
        let text = with(preset).replace("[[apps]]", "[[apps]]\nidp_hints = [\"impots\"]");
        found(load(&text))
    };
    assert_eq!(hints(&format!("{FC}{SECRET}")), Vec::<String>::new());
    assert_eq!(hints(&format!("{OIDC}{SECRET}")), ["C127 apps[0].idp_hints"]);
}
