//! One lie of the provider, or several at once, and how the login ends: what each row of this folder says and proves.

use serde_json::Value;
use serde_json::json;

use crate::case;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::scene::CLAIMS;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::upstream::Received;

/// Where the person wanted to go.
const WANTED: &str = "/dossier/12?etape=3";

/// What the assertion says of every login, beside the claims of the configuration.
const OF_EVERY_LOGIN: [&str; 11] = [
    "iss",
    "aud",
    "iat",
    "nbf",
    "exp",
    "jti",
    "sid",
    "idp",
    "acr",
    "amr",
    "auth_time",
];

/// What becomes of a login in which the provider lies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ends {
    /// Nobody is signed in: the status, the code on the page, the word in the log.
    Refused(u16, &'static str, &'static str),
    /// It is no lie, or one that does not matter.
    SignedIn,
}

/// A token that is not believed.
pub(crate) const fn refused(reason: &'static str) -> Ends {
    Ends::Refused(502, "L11", reason)
}

/// One case with all its inputs.
pub(crate) struct Row {
    pub(crate) ids: &'static [&'static str],
    pub(crate) sentence: &'static str,
    pub(crate) inputs: fn() -> Vec<(Value, Ends)>,
}

case!(Row);

/// Edits of the ID token's payload.
pub(crate) fn payload(edits: &Value) -> Value {
    json!({ "target": "id_token", "payload": edits })
}

/// Edits of the ID token's header.
pub(crate) fn header(edits: &Value) -> Value {
    json!({ "target": "id_token", "header": edits })
}

/// Runs every input of a row, all on one scene.
pub(crate) fn on(scene: &Scene, row: &Row) {
    for (lie, ends) in (row.inputs)() {
        tells(scene, &lie, ends);
    }
}

/// The same, each on a scene of its own: what concerns the keys is remembered by the gateway.
pub(crate) fn each_on_its_own(alg: Alg, row: &Row) {
    for (lie, ends) in (row.inputs)() {
        tells(&Scene::start(alg, Store::Redis), &lie, ends);
    }
}

/// One lie, or several at once, and how the login ends.
pub(crate) fn tells(scene: &Scene, lie: &Value, ends: Ends) {
    scene.provider.reset();
    scene.application.forget();
    scene.gateway.logs().forget();
    if let Some(redis) = &scene.redis {
        redis.ask(&[b"FLUSHDB"]);
    }
    match lie {
        Value::Array(several) => several.iter().for_each(|one| scene.provider.lie(one)),
        one => scene.provider.lie(one),
    }
    let browser = Browser::new();
    let page = scene.sign_in(&browser, WANTED);
    assert!(
        scene.provider.requests_to("/bait").is_empty(),
        "{lie}: a header was believed"
    );
    match ends {
        Ends::SignedIn => arrives(scene, lie, &page),
        Ends::Refused(status, code, reason) => {
            let log = scene.gateway.logs().text();
            assert_eq!(page.status(), status, "{lie}\n{}\n{log}", page.text());
            is_refused(scene, (lie, &page), (code, reason));
            // Neither a session, nor the attempt: its code is spent.
            assert_eq!(browser.cookie_names("localhost"), Vec::<String>::new(), "{lie}");
            assert_eq!(browser.open_once(&scene.url("/dossier")).status(), 303, "{lie}");
            assert_eq!(scene.application.byte_count(), 0, "{lie}");
        }
    }
}

fn arrives(scene: &Scene, lie: &Value, page: &Page) {
    let log = scene.gateway.logs().text();
    assert_eq!(
        (page.status(), page.url.as_str()),
        (200, scene.url(WANTED).as_str()),
        "{lie}\n{log}"
    );
    let received = scene.application.only();
    assert_eq!(received.values("x-guichet-status"), ["authenticated"], "{lie}");
    tells_what_is_known(&received, lie);
    assert_eq!(
        received.values("x-guichet-sub"),
        [people()[ZOE]["sub"].as_str().unwrap()],
        "{lie}"
    );
}

/// The assertion has claims of the configuration and no other, none without a value; a plain header is there where its
/// claim is.
fn tells_what_is_known(received: &Received, lie: &Value) {
    let assertion = received.values("x-guichet-assertion").remove(0);
    let claims = claims(&assertion);
    for (name, value) in claims.as_object().unwrap() {
        let name = name.as_str();
        assert!(
            (OF_EVERY_LOGIN.contains(&name) || CLAIMS.contains(&name)) && !value.is_null(),
            "{lie}: {name}={value}"
        );
    }
    for (header, claim) in [
        ("x-guichet-family-name", "family_name"),
        ("x-guichet-email", "email"),
    ] {
        let said = received.values(header);
        assert_eq!(
            said.len(),
            usize::from(claims.get(claim).is_some()),
            "{lie}: {said:?}"
        );
        assert!(
            said.iter()
                .all(|text| !["", "null", "undefined"].contains(&text.as_str())),
            "{lie}: {said:?}"
        );
    }
}

fn is_refused(scene: &Scene, (lie, page): (&Value, &Page), (code, reason): (&str, &str)) {
    let text = page.text();
    let words = match code {
        "L10" => "FranceConnect ne répond pas",
        _ => "La connexion n’a pas pu être vérifiée",
    };
    assert!(text.contains(&format!("<h1>{words}</h1>")), "{lie}\n{text}");
    let begins = format!("{code} · ");
    let reference = text
        .split_once(&begins)
        .unwrap_or_else(|| panic!("no {code} for {lie}\n{text}"))
        .1;
    let number = reference.get(..16).unwrap();
    let said = scene.gateway.logs().lines_with(number);
    let cause = said
        .iter()
        .find(|line| line.contains(code) && line.contains("reason="));
    let cause = cause.unwrap_or_else(|| panic!("no cause for {lie}: {said:?}"));
    assert!(cause.contains(&format!("reason=\"{reason}\"")), "{lie}: {cause}");
    let forged = |line: &str| line.starts_with("reason=");
    assert!(
        !scene.gateway.logs().text().lines().any(forged),
        "{lie}: a line of another's hand"
    );
    let restart = page
        .links()
        .into_iter()
        .find(|link| link.href.contains("/_guichet/login?"));
    assert!(
        restart
            .unwrap()
            .href
            .contains("return_to=/dossier/12%3Fetape%3D3"),
        "{lie}\n{text}"
    );
    assert!(
        scene.provider.requests_to("/token").len() == 1,
        "{lie}: the code is sent once"
    );
    if let Some(redis) = &scene.redis {
        assert_eq!(redis.sessions(), 0, "{lie}");
    }
}
