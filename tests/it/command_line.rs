//! What operators and application developers ask the executable, and that the running gateway does what it said.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::cases;
use crate::support::browser::Browser;
use crate::support::command::GUICHET;
use crate::support::command::guichet;
use crate::support::command::guichet_with;
use crate::support::command::tool;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::pyjwt;
use crate::support::raw::exchange;
use crate::support::repository::in_repository;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::get;
use crate::support::steps::raw;
use crate::support::table::Proof;
use crate::support::table::each_on;

/// What is said of a line such as `  route        /public, access = "public"`.
fn said(text: &str, what: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.trim().split_once(char::is_whitespace))
        .filter(|(word, _)| *word == what)
        .map(|(_, rest)| rest.trim().to_owned())
        .collect()
}

fn an_address_is_no_identifier(scene: &Scene) {
    let checked = guichet_with(
        &edited(scene, |text| {
            text.replace(
                r#"plain_headers = ["sub", "family_name", "email"]"#,
                r#"plain_headers = ["email"]"#,
            )
        }),
        &["check"],
        &[],
        "",
    );
    assert_eq!(checked.code, 0, "{}", checked.err);
    assert!(
        checked.err.contains("warning[C081]") && checked.err.contains("add `sub`"),
        "{}",
        checked.err
    );
    assert!(!guichet(scene, &["check"]).err.contains("C081"));

    // Two people with one address stay two people: the gateway merges nobody.
    let subjects: BTreeSet<String> = ["one", "two"]
        .into_iter()
        .map(|sub| {
            let browser = Browser::new();
            let page = scene.to_the_provider(&browser, "/dossier");
            for target in ["id_token", "userinfo"] {
                scene.provider.lie(&serde_json::json!({
                    "target": target, "payload": [{ "set": "sub", "to": sub }],
                }));
            }
            scene.application.forget();
            scene.provider.sign_in(&browser, &page, ZOE);
            let received = scene.application.only();
            assert_eq!(received.values("x-guichet-email"), ["zoe.legout@example.org"]);
            received.values("x-guichet-sub").concat()
        })
        .collect();
    assert_eq!(subjects, ["one".to_owned(), "two".to_owned()].into());
}

fn a_public_path_says_nothing_and_an_optional_one_does(scene: &Scene) {
    let checked = guichet(scene, &["check"]);
    assert_eq!(checked.code, 0);
    assert!(checked.err.contains("warning[C120]"), "{}", checked.err);
    assert!(checked.err.contains("access = \"optional\""), "{}", checked.err);

    let browser = Browser::new();
    scene.sign_in(&browser, "/dossiers");
    for (path, status) in [
        ("/dossiers", vec!["authenticated"]),
        ("/public/logo", vec![]),
        ("/optional/logo", vec!["authenticated"]),
        ("/dossiers", vec!["authenticated"]),
    ] {
        scene.application.forget();
        assert_eq!(get(scene, &browser, path).status, 200);
        assert_eq!(
            scene.application.only().values("x-guichet-status"),
            status,
            "{path}"
        );
        let explained = guichet(scene, &["explain", &scene.url(path), "--as", "zoe"]).well();
        let told: Vec<String> = said(&explained, "told")
            .iter()
            .filter_map(|field| field.strip_prefix("x-guichet-status: ").map(str::to_owned))
            .collect();
        assert_eq!(told, status, "{explained}");
    }
}

cases! {
    Proof<Scene>,
    run = each_on(|| Scene::start(Alg::Es256, Store::Memory)),
    rows = [
        Proof { ids: &["F016"], sentence: "an e-mail address is no identifier", holds: an_address_is_no_identifier },
        Proof { ids: &["F056"], sentence: "a public path says nothing, an optional one does, and check and explain say so", holds: a_public_path_says_nothing_and_an_optional_one_does },
    ]
}

/// The configuration of a scene with a change, beside it.
fn edited(scene: &Scene, edit: impl FnOnce(&str) -> String) -> std::path::PathBuf {
    let place = scene.gateway.place();
    let text = std::fs::read_to_string(place.file()).unwrap();
    let changed = edit(&text);
    assert_ne!(text, changed);
    let path = place.folder().join("edited.toml");
    std::fs::write(&path, changed).unwrap();
    path
}

fn scene() -> Scene {
    Scene::start(Alg::Es256, Store::Memory)
}

/// Names and values of header lines.
fn fields(lines: &str) -> Vec<(String, String)> {
    lines
        .lines()
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What `headers` says about Zoé, and the key that verifies it.
fn headers_about_zoe(scene: &Scene) -> (Vec<(String, String)>, Value) {
    let folder = scene.gateway.place().folder();
    let (jwks, zoe) = (folder.join("jwks.json"), folder.join("zoe.json"));
    std::fs::write(&zoe, people()[ZOE].to_string()).unwrap();
    let (jwks_file, person) = (jwks.to_str().unwrap(), zoe.to_str().unwrap());
    let arguments = [
        "headers",
        "--app",
        "urbanisme",
        "--raw",
        "--as",
        person,
        "--jwks-out",
        jwks_file,
    ];
    let printed = guichet(scene, &arguments).well();
    let jwks = serde_json::from_str(&std::fs::read_to_string(jwks).unwrap()).unwrap();
    (fields(&printed), jwks)
}

fn assertion_in(fields: &[(String, String)]) -> &str {
    let found = fields.iter().find(|(name, _)| name == "x-guichet-assertion");
    &found.unwrap().1
}

/// The claims without those that are new each time; all of them are there.
fn lasting(claims: &Value) -> Value {
    let mut claims = claims.clone();
    for name in ["iat", "nbf", "exp", "jti", "sid", "auth_time"] {
        assert!(claims.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    claims
}

#[test]
fn headers_are_what_the_application_receives_about_that_person() {
    let scene = scene();
    let (said, thrown_away) = headers_about_zoe(&scene);
    scene.sign_in(&Browser::new(), "/dossier");
    let received = scene.application.only();
    let sent: Vec<(String, String)> = said
        .iter()
        .map(|(name, _)| (name.clone(), received.values(name).concat()))
        .collect();
    for ((name, said), (_, sent)) in said.iter().zip(&sent) {
        let is_new_each_time = ["x-guichet-assertion", "x-request-id"].contains(&name.as_str());
        assert!(is_new_each_time || said == sent, "{name}: {said}, {sent}");
        assert!(
            received.contains(&format!("\r\n{name}: ")),
            "in this case of letters: {name}"
        );
    }
    let of_ours = |fields: &[(String, String)]| {
        fields
            .iter()
            .filter(|(name, _)| name.starts_with("x-guichet-"))
            .count()
    };
    let all = received
        .fields()
        .into_iter()
        .map(|(name, value)| (name.to_lowercase(), value));
    assert_eq!(of_ours(&said), of_ours(&all.collect::<Vec<_>>()));

    let (issuer, live) = (scene.url(""), scene.jwks());
    let verify = |fields, keys: &Value| pyjwt::verify(assertion_in(fields), keys, "urbanisme", &issuer);
    let (claims, told) = (
        verify(&said, &thrown_away).unwrap(),
        verify(&sent, &live).unwrap(),
    );
    assert_eq!(lasting(&claims), lasting(&told));
    let believed = verify(&said, &live);
    assert_eq!(
        believed,
        Err("KeyError".to_owned()),
        "nothing that runs believes the key that was thrown away"
    );
}

#[test]
fn header_lines_are_for_curl_as_they_are() {
    let scene = scene();
    let file = scene.gateway.place().folder().join("headers.txt");
    let lines = guichet(
        &scene,
        &["headers", "--app", "urbanisme", "--as", "longest", "--raw"],
    )
    .well();
    std::fs::write(&file, &lines).unwrap();
    let (fields_file, url) = (format!("@{}", file.display()), scene.application.url());
    let mut curl = Command::new("curl");
    tool(curl.args(["--silent", "--fail", "-H", &fields_file, &url]), "").well();
    let received = scene.application.only();
    for (name, value) in fields(&lines) {
        assert_eq!(received.values(&name), [value.as_str()], "{name}");
    }
}

#[test]
fn an_assertion_of_the_gateway_is_verified_with_each_check_and_a_forged_one_says_which() {
    let scene = scene();
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let token = scene.application.only().values("x-guichet-assertion").concat();
    let config = scene.gateway.place().file();
    let verify = |arguments: &[&str], input: &str| {
        guichet_with(&config, &[&["verify"], arguments].concat(), &[], input)
    };
    let good = verify(&["-"], &format!("X-Guichet-Assertion: {token}\r\n"));
    assert!(
        !good.out.contains('✘') && good.out.contains("✔ signature"),
        "{}",
        good.out
    );
    for line in [
        "✔ alg                ES256",
        "✔ aud                urbanisme",
        "✔ acr                eidas1",
    ] {
        assert!(good.out.contains(line), "{line}\n{}", good.out);
    }
    let claims = said(&good.out, "·").concat();
    assert!(claims.contains("family_name"), "{}", good.out);
    assert_eq!(good.code, 0);
    let zoe = &people()[ZOE];
    for name in ["family_name", "email", "birthdate", "birthplace"] {
        assert!(
            !good.out.contains(zoe[name].as_str().unwrap()),
            "{name} has a value"
        );
    }
    let public_url = scene.gateway.place().public_url();
    let live = format!("{public_url}/_guichet/jwks.json");
    assert_eq!(verify(&[&token, "--jwks", &live], "").code, 0);

    let [header, payload, _] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!()
    };
    let other = guichet(&scene, &["headers", "--app", "urbanisme", "--raw"]).well();
    let other = assertion_in(&fields(&other)).to_owned();
    let foreign = format!("{header}.{payload}.{}", other.rsplit('.').next().unwrap());
    for (token, arguments, failed) in [
        (token.as_str(), &["--aud", "autre"][..], "aud"),
        (&token, &["--iss", "https://autre.example"], "iss"),
        (&foreign, &[], "signature"),
        (&other, &[], "kid"),
        ("eyJhbGciOiJub25lIn0.e30.", &[], "alg"),
        ("eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.e30.YQ", &[], "typ"),
        ("not-a-token", &[], "form"),
    ] {
        let refused = verify(&[&[token], arguments].concat(), "");
        assert_eq!(refused.code, 5, "{failed}: {}{}", refused.out, refused.err);
        let failures = said(&refused.out, "✘");
        assert_eq!(failures.len(), 1, "{failed}: {}", refused.out);
        assert!(failures[0].starts_with(failed), "{failed}: {}", refused.out);
    }
}

#[test]
fn explain_says_what_the_gateway_then_does() {
    let scene = scene();
    let browser = Browser::new();
    for (method, path, lines) in [
        ("GET", "/dossier", ""),
        ("HEAD", "/dossier", ""),
        ("GET", "/dossier", "Sec-Fetch-Mode: cors\r\n"),
        ("POST", "/dossier", "Content-Length: 0\r\n"),
        ("GET", "/a//b", ""),
        ("GET", "/a/%2e%2e/b", ""),
        ("TRACE", "/public", ""),
    ] {
        let explained = guichet(&scene, &["explain", &scene.url(path), "--method", method]).well();
        let line = match (lines, said(&explained, "answer").first()) {
            (_, Some(answer)) => answer.clone(),
            ("Sec-Fetch-Mode: cors\r\n", _) => {
                explained.split("a script gets").nth(1).unwrap().trim().to_owned()
            }
            _ => explained.split("a page gets").nth(1).unwrap().trim().to_owned(),
        };
        let status = raw(&scene, &browser, (method, path), lines).status.to_string();
        assert!(
            line.starts_with(&status),
            "{method} {path}: {status}\n{explained}"
        );
    }
    assert_eq!(scene.application.byte_count(), 0);
    let own = guichet(&scene, &["explain", "/_guichet/login"]).well();
    assert!(said(&own, "answer")[0].contains("gateway itself"), "{own}");
    let nowhere = guichet(&scene, &["explain", "http://autre.example/x"]).well();
    let there = raw_of(&scene, "autre.example");
    assert_eq!(there, 421);
    assert!(said(&nowhere, "answer")[0].starts_with("421: "), "{nowhere}");
    assert!(said(&nowhere, "application")[0].contains("none"), "{nowhere}");
    let unknown = guichet(&scene, &["explain", "/x", "--as", "personne"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("angela"), "{}", unknown.err);
}

/// What the gateway answers to a request for this host.
fn raw_of(scene: &Scene, host: &str) -> u16 {
    let request = format!("GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    exchange(scene.gateway.address(), request).status
}

#[test]
fn what_the_page_for_developers_says_can_be_typed() {
    let scene = scene();
    let folder = scene.gateway.place().folder();
    let page = std::fs::read_to_string(in_repository("docs/applications.md")).unwrap();
    let section = page.split("\n## Test without a gateway\n").nth(1).unwrap();
    let commands = section.split("```").nth(1).unwrap();
    assert_eq!(commands.matches("guichet ").count(), 4, "{commands}");
    let commands = commands.replace("http://127.0.0.1:9000/", &scene.application.url());
    let program = format!("#!/bin/sh\nexec '{GUICHET}' --config guichet.toml \"$@\"\n");
    std::fs::write(folder.join("guichet"), program).unwrap();
    let script = format!("set -e\nchmod +x guichet\nPATH=$PWD:$PATH\n{commands}");
    let out = tool(Command::new("sh").current_dir(folder).args(["-c", &script]), "").well();
    assert!(
        out.contains("✔ signature") && out.contains("bytes of at most"),
        "{out}"
    );
    assert_eq!(
        scene.application.only().values("x-guichet-status"),
        ["authenticated"]
    );
}
