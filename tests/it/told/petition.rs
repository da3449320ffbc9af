//! `config/petition.toml`, played: adults sign once for each petition, and nobody behind the gateway learns who they are.

use serde_json::Value;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::repository::text_of;
use crate::support::scene::ASSERTION;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::get;
use crate::support::upstream::Received;

const PAIRWISE_SECRET: &str = "the-pairwise-secret-of-the-tests-0123456789abcdef";
const EACH: [(&str, &str); 2] = [("petition-ecole", "/ecole"), ("petition-gare", "/gare")];

/// The file as it is shipped, in front of the provider of the tests.
fn scene() -> Scene {
    Scene::start_with(Alg::Es256, Store::Memory, |place, usual| {
        let line = |begins: &str| {
            usual
                .lines()
                .find(|line| line.starts_with(begins))
                .unwrap()
                .to_owned()
        };
        let shipped = text_of("config/petition.toml");
        let changes = [
            (
                "public_url = \"http://127.0.0.1:8080\"",
                format!("public_url = \"{}\"", place.public_url()),
            ),
            (
                "listen = \"127.0.0.1:8080\"",
                format!("listen = \"127.0.0.1:{}\"", place.port()),
            ),
            (
                "environment = \"sandbox\"",
                format!(
                    "environment = \"simulated\"\n{}\nclient_id = \"tests\"",
                    line("issuer")
                ),
            ),
            (
                "{ env = \"FC_CLIENT_SECRET\" }",
                place.secret("client_secret", CLIENT_SECRET),
            ),
            (
                "{ env = \"PAIRWISE_SECRET\" }",
                place.secret("pairwise_secret", PAIRWISE_SECRET),
            ),
            ("upstreams = [\"http://127.0.0.1:9000\"]", line("upstreams")),
        ];
        changes.into_iter().fold(shipped, |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, &to)
        })
    })
}

/// Signs in on the way to a page of the first petition.
fn signs_in(scene: &Scene, browser: &Browser, person: usize) {
    let page = scene.to_the_provider(browser, "/ecole/signer");
    let arrived = scene.provider.sign_in(browser, &page, person);
    assert_eq!((arrived.status(), arrived.url), (200, scene.url("/ecole/signer")));
}

fn received(scene: &Scene, browser: &Browser, path: &str) -> Received {
    scene.application.forget();
    let answer = get(scene, browser, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    scene.application.only()
}

fn pseudonym(scene: &Scene, browser: &Browser, path: &str) -> String {
    let received = received(scene, browser, path);
    let sub = received.values("x-guichet-sub").concat();
    assert_eq!(claims(&received.values(ASSERTION)[0])["sub"], json!(sub));
    sub
}

/// Every byte that an application got, with what its assertion says in plain.
fn all_of_it(received: &Received) -> String {
    let head = String::from_utf8_lossy(&received.head).into_owned();
    format!("{head}{}", claims(&received.values(ASSERTION)[0]))
}

#[test]
fn nothing_of_civil_status_reaches_the_petitions() {
    let scene = scene();
    let browser = Browser::new();
    signs_in(&scene, &browser, ZOE);
    let zoe = &people()[ZOE];
    for (app, path) in EACH {
        for page in [format!("{path}/"), format!("{path}/signer")] {
            let received = received(&scene, &browser, &page);
            let said = all_of_it(&received);
            for (name, value) in zoe.as_object().unwrap() {
                let texts: Vec<&str> = match value {
                    Value::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
                    one => vec![one.as_str().unwrap()],
                };
                for text in texts {
                    assert!(!said.contains(text), "{app}: {name} in {said}");
                }
            }
            let assertion = claims(&received.values(ASSERTION)[0]);
            let mut members: Vec<&str> = assertion
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            members.sort_unstable();
            assert_eq!(
                members,
                [
                    "acr",
                    "age_over_18",
                    "aud",
                    "exp",
                    "iat",
                    "idp",
                    "iss",
                    "jti",
                    "nbf",
                    "sid",
                    "sub"
                ]
            );
            assert_eq!(
                (&assertion["age_over_18"], &assertion["aud"]),
                (&json!(true), &json!(app))
            );
        }
    }
    // What the provider was asked for, it was asked for that alone.
    let asked = scene.provider.requests_to("/authorize").remove(0);
    assert_eq!(
        asked.parameter("scope").as_deref(),
        Some("openid birthdate idp_birthdate")
    );
}

#[test]
fn somebody_has_one_name_at_a_petition_for_good_and_another_at_the_next() {
    let mut scene = scene();
    let (zoe, again) = (Browser::new(), Browser::new());
    signs_in(&scene, &zoe, ZOE);
    let [ecole, gare] = EACH.map(|(_, path)| pseudonym(&scene, &zoe, path));
    assert_ne!(ecole, gare);
    assert!(ecole.len() == 55 && ecole.contains('.'), "{ecole}");
    // Another browser, another session, and the gateway was started anew meanwhile.
    scene.gateway.restart(str::to_owned);
    signs_in(&scene, &again, ZOE);
    assert_eq!(
        EACH.map(|(_, path)| pseudonym(&scene, &again, path)),
        [ecole.clone(), gare]
    );
    let other = Browser::new();
    signs_in(&scene, &other, ZOE + 1);
    assert_ne!(pseudonym(&scene, &other, "/ecole"), ecole);
    // Two petitions find nothing else to compare.
    let [here, there] = EACH.map(|(_, path)| {
        let received = received(&scene, &again, path);
        claims(&received.values(ASSERTION)[0])
    });
    assert_ne!(here["sid"], there["sid"]);
    assert_eq!((here.get("auth_time"), there.get("auth_time")), (None, None));
    // Under another key everybody is somebody new, and the first part of the name says so.
    scene.gateway.restart(|text| {
        let file = text
            .lines()
            .find(|line| line.starts_with("pairwise_secret"))
            .unwrap();
        let path = file.split('"').nth(1).unwrap();
        std::fs::write(path, "another-pairwise-secret-of-the-tests-0123456789").unwrap();
        text.to_owned()
    });
    let after = Browser::new();
    signs_in(&scene, &after, ZOE);
    let renamed = pseudonym(&scene, &after, "/ecole");
    assert_ne!(renamed, ecole);
    assert_ne!(renamed.split('.').next(), ecole.split('.').next());
}

#[test]
fn a_child_reads_and_does_not_sign() {
    let scene = scene();
    let browser = Browser::new();
    let edits =
        json!([{ "set": "birthdate", "to": "2020-01-01" }, { "set": "idp_birthdate", "to": "2020-01-01" }]);
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": edits }));
    let page = scene.to_the_provider(&browser, "/ecole/signer");
    let refused = scene.provider.sign_in(&browser, &page, ZOE);
    assert_eq!(
        (refused.status(), refused.url.as_str()),
        (403, scene.url("/ecole/signer").as_str())
    );
    assert!(
        refused
            .text()
            .contains("réservée aux personnes de 18 ans et plus"),
        "{}",
        refused.text()
    );
    assert!(!refused.text().contains("2020-01-01"), "{}", refused.text());
    assert_eq!(scene.application.byte_count(), 0);
    let read = received(&scene, &browser, "/ecole/");
    assert_eq!(read.values("x-guichet-age-over-18"), ["false"]);
}

#[test]
fn a_pseudonym_stands_in_no_log_and_in_no_key_of_redis() {
    let scene = Scene::start_with(Alg::Es256, Store::Redis, |place, usual| {
        let secret = place.secret("pairwise_secret", PAIRWISE_SECRET);
        usual
            .replace(
                "[assertion]\n",
                &format!("[assertion]\npairwise_secret = {secret}\n"),
            )
            .replace("claims = [", "subject = \"pairwise\"\nclaims = [\"sub\"]\n#")
            .replace(
                "plain_headers = [\"sub\", \"family_name\", \"email\"]",
                "plain_headers = [\"sub\"]",
            )
    });
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let name = pseudonym(&scene, &browser, "/dossier");
    let dump = format!("{:?}", scene.redis().keys());
    assert!(!dump.contains(&name) && !scene.gateway.logs().text().contains(&name));
    assert!(!scene.gateway.audit().contains(&name));
}
