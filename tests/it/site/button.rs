//! The provider's own button: out of its package, onto the page, with the words that its rules prescribe.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::cases;
use crate::support::chromium;
use crate::support::command::GUICHET;
use crate::support::command::tool;
use crate::support::gateway::Place;
use crate::support::gateway::TestGateway;
use crate::support::raw::Answer;
use crate::support::raw::exchange;
use crate::support::table::Play;
use crate::support::table::play;

/// The package as npm gives it; kept between runs, never in the repository.
fn package() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dsfr");
    let file = folder.join("gouvfr-dsfr-1.15.3.tgz");
    if !file.is_file() {
        fs::create_dir_all(&folder).unwrap();
        let fresh = tempfile::tempdir_in(&folder).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["pack", "@gouvfr/dsfr@1.15.3", "--silent", "--pack-destination"])
            .arg(fresh.path())
            .current_dir(fresh.path());
        tool(&mut npm, "").well();
        fs::rename(fresh.path().join("gouvfr-dsfr-1.15.3.tgz"), &file).unwrap();
    }
    file
}

/// How the command ended, and what it said on both streams.
fn run(arguments: &[&Path]) -> (i32, String) {
    let ended = tool(Command::new(GUICHET).args(arguments), "");
    (ended.code, ended.out + &ended.err)
}

fn import(package: &Path, assets: &Path) -> (i32, String) {
    run(&[
        "assets".as_ref(),
        "import-button".as_ref(),
        package,
        "--dir".as_ref(),
        assets,
    ])
}

/// A site in front of real people; nothing of the provider is asked before somebody clicks.
fn in_production(place: &Place, assets: Option<&Path>) -> String {
    let assets = assets.map_or_else(String::new, |folder| {
        format!("assets_dir = {:?}\n", folder.display().to_string())
    });
    format!(
        r#"public_url = "{}"
{assets}
[organisation]
name = "Ville d'Exemple"
contact_url = "https://ville.example/contact"
legal_url = "https://ville.example/mentions-legales"
accessibility = {{ status = "partial", url = "https://ville.example/accessibilite" }}

[providers.fc]
preset = "franceconnect"
environment = "production"
client_id = "client"
client_secret = {}

[[apps]]
name = "urbanisme"
title = "Urbanisme"
providers = ["fc"]
upstreams = ["http://127.0.0.1:9"]
"#,
        place.public_url(),
        place.secret("client_secret", "the-client-secret-of-the-tests-0123456789")
    )
}

fn ask(gateway: &TestGateway, path: &str, language: &str) -> Answer {
    exchange(
        gateway.address(),
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept-Language: {language}\r\n\r\n",
            gateway.place().host()
        ),
    )
}

const FRENCH: &str = "<section class=\"provider\" aria-labelledby=\"provider-fc\">\n\
<h2 id=\"provider-fc\">Se connecter avec FranceConnect</h2>\n\
<p>FranceConnect est la solution proposée par l’État pour sécuriser et simplifier la connexion à vos services en ligne.</p>\n\
<div class=\"fr-connect-group\">\n\
<a class=\"fr-connect\" href=\"/_guichet/login/fc?return_to=/dossier\" data-login>\
<span class=\"fr-connect__login\">S’identifier avec</span> <span class=\"fr-connect__brand\">FranceConnect</span></a>\n\
<p class=\"about\"><a href=\"https://franceconnect.gouv.fr/\" target=\"_blank\" rel=\"noopener\" \
title=\"Qu’est-ce que FranceConnect\u{a0}? - nouvelle fenêtre\">Qu’est-ce que FranceConnect\u{a0}?</a></p>\n\
</div>\n\
</section>";

const ENGLISH: [&str; 3] = [
    "<span class=\"fr-connect__login\">Sign in with</span> <span class=\"fr-connect__brand\">FranceConnect</span></a>",
    "title=\"What is FranceConnect? - new window\">What is FranceConnect?</a>",
    "<div class=\"fr-connect-group\">\n<a class=\"fr-connect\" href=\"/_guichet/login/fc?return_to=/dossier\" data-login>",
];

/// The page with the button, its words, and its order.
fn the_page_says(gateway: &TestGateway) {
    let first = ask(gateway, "/dossier", "fr");
    assert_eq!(
        first.field("location"),
        Some("/_guichet/login?return_to=/dossier"),
        "a page before the provider"
    );
    let page = ask(gateway, "/_guichet/login?return_to=/dossier", "fr");
    assert_eq!(page.status, 200);
    let text = page.text();
    let section = text.split_at(text.find("<section").unwrap()).1;
    let section = section
        .split_at(section.find("</section>").unwrap() + "</section>".len())
        .0;
    assert_eq!(section, FRENCH);
    assert!(text.find("<h1>Connexion à Urbanisme</h1>").unwrap() < text.find("<section").unwrap());
    assert_eq!(
        page.fields("content-security-policy"),
        [
            "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; \
          base-uri 'none'; frame-ancestors 'none'"
        ]
    );
    let english = ask(gateway, "/_guichet/login?return_to=/dossier", "en").text();
    for words in ENGLISH {
        assert!(english.contains(words), "{english}");
    }
    for (href, label) in [
        ("https://ville.example/contact", "Contact"),
        ("https://ville.example/mentions-legales", "Mentions légales"),
        (
            "https://ville.example/accessibilite",
            "Accessibilité\u{a0}: partiellement conforme",
        ),
    ] {
        for path in [
            "/_guichet/login",
            "/_guichet/logout",
            "/_guichet/logged-out",
            "/_guichet/none",
        ] {
            let text = ask(gateway, path, "fr").text();
            assert!(
                text.contains(&format!("<a href=\"{href}\">{label}</a>")),
                "{path}: {text}"
            );
            assert!(text.contains("Ville d&#39;Exemple"), "{path}: {text}");
        }
    }
}

/// The files, as they are served, and the page in a browser that heeds every policy.
fn the_page_shows(gateway: &TestGateway, written: &[PathBuf]) {
    let page = ask(gateway, "/_guichet/login", "fr").text();
    for file in written {
        let name = file.file_name().unwrap().to_str().unwrap();
        let answer = ask(gateway, &format!("/_guichet/assets/{name}"), "fr");
        assert_eq!(answer.body, fs::read(file).unwrap(), "{name}");
        assert_eq!(
            page.contains(name),
            Path::new(name).extension() == Some("css".as_ref()),
            "{name}"
        );
        assert!(!answer.text().contains("data:"), "{name}");
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages/button");
    let look = "JSON.stringify({ font: document.fonts.check('16px Marianne-connect'), \
                color: getComputedStyle(document.querySelector('.fr-connect')).color, \
                picture: getComputedStyle(document.querySelector('.fr-connect'), '::before').backgroundImage })";
    for (locale, name) in [("fr-FR", "fr"), ("en-GB", "en")] {
        let steps = json!([
            { "open": gateway.place().public_url() },
            { "expect": { "selector": "a.fr-connect", "status": 200 } },
            { "evaluate": "document.fonts.ready.then(() => 1)", "as": "ready" },
            { "evaluate": look, "as": "look" },
            { "accessible": name }, { "fits": 320 }, { "screenshot": name },
        ]);
        let report = chromium::journey_as(&folder, &steps, &json!({ "locale": locale }));
        let look = report["notes"]["look"].as_str().unwrap();
        assert!(
            look.contains("\"font\":true") && look.contains("rgb(245, 245, 254)"),
            "{look}"
        );
        assert!(
            look.contains("/_guichet/assets/button-") && look.contains(".svg"),
            "{look}"
        );
        assert!(
            !report["console"].to_string().contains("Content Security Policy"),
            "{report:#}"
        );
        let asked = report["requests"].to_string();
        assert!(
            asked.contains(".woff2") && !asked.contains("franceconnect.gouv.fr"),
            "{asked}"
        );
    }
}

fn official_button_and_its_mentions() {
    let assets = tempfile::tempdir().unwrap();
    let (code, said) = import(&package(), assets.path());
    assert_eq!(code, 0, "{said}");
    let written: Vec<PathBuf> = said
        .lines()
        .filter(|line| line.starts_with('/'))
        .map(PathBuf::from)
        .collect();
    assert_eq!(written.len(), 5, "one sheet, two fonts, two pictures: {said}");
    // Once more changes nothing.
    assert_eq!(import(&package(), assets.path()).1, said);
    let gateway = TestGateway::start(|place| in_production(place, Some(assets.path())));
    the_page_says(&gateway);
    the_page_shows(&gateway, &written);
    let file = gateway.place().file();
    let (code, said) = run(&["check".as_ref(), "--config".as_ref(), &file]);
    assert!(code == 0 && !said.contains("C105"), "{said}");
}

#[test]
fn a_real_provider_without_its_button_is_a_warning_and_a_plain_page() {
    let gateway = TestGateway::start(|place| in_production(place, None));
    let file = gateway.place().file();
    let (code, said) = run(&["check".as_ref(), "--config".as_ref(), &file]);
    assert_eq!(code, 0);
    assert!(
        said.contains("warning[C105]: people would see a plain button instead of FranceConnect's own"),
        "{said}"
    );
    assert!(
        said.contains("guichet assets import-button FILE") && said.contains("providers.fc.environment"),
        "{said}"
    );
    let page = ask(&gateway, "/_guichet/login", "fr");
    assert!(!page.text().contains("fr-connect") && page.text().contains("class=\"sign-in\""));
    assert!(
        !page
            .field("content-security-policy")
            .unwrap()
            .contains("font-src")
    );
}

#[test]
fn another_package_is_not_imported() {
    let assets = tempfile::tempdir().unwrap();
    let altered = assets.path().join("altered.tgz");
    let mut bytes = fs::read(package()).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&altered, bytes).unwrap();
    for (file, says) in [
        (altered.as_path(), "its hash is another one"),
        (Path::new("/nowhere/at/all.tgz"), "cannot be read"),
    ] {
        let (code, said) = import(file, assets.path());
        assert_eq!(code, 1);
        assert!(
            said.contains(says) && said.contains("npm pack @gouvfr/dsfr@1.15.3"),
            "{said}"
        );
    }
    assert!(!assets.path().join("button").exists());
}

#[test]
fn a_button_that_was_altered_keeps_the_gateway_from_starting() {
    let assets = tempfile::tempdir().unwrap();
    let said = import(&package(), assets.path()).1;
    let picture = said
        .lines()
        .find(|line| Path::new(line).extension() == Some("svg".as_ref()))
        .unwrap();
    fs::write(picture, "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    let refusal = TestGateway::try_start(|place| in_production(place, Some(assets.path())))
        .err()
        .unwrap();
    assert!(
        refusal.contains("C106") && refusal.contains("was altered since"),
        "{refusal}"
    );
    let missing = TestGateway::try_start(|place| in_production(place, Some(Path::new("nowhere"))))
        .err()
        .unwrap();
    assert!(
        missing.contains("C106") && missing.contains("there is no folder"),
        "{missing}"
    );
}

#[test]
fn the_folder_is_the_one_that_the_configuration_names() {
    let gateway = TestGateway::start(|place| in_production(place, None));
    let file = gateway.place().file();
    let import = |file: &Path| {
        run(&[
            "--config".as_ref(),
            file,
            "assets".as_ref(),
            "import-button".as_ref(),
            &package(),
        ])
    };
    let (code, said) = import(&file);
    assert_eq!(code, 3);
    assert!(said.contains("names no folder for assets"), "{said}");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("assets_dir = \"brought\"\n{text}")).unwrap();
    assert_eq!(import(&file).0, 0);
    assert!(gateway.place().folder().join("brought/button").is_dir());
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["T490"], sentence: "the official button, its words and its links, on a page before the provider", plays: official_button_and_its_mentions },
    ]
}
