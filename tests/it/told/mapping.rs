//! From what a provider says to what an application hears (area I): nothing more, nothing else, and nobody else.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use super::stage::telling;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::jws::claims;
use crate::support::provider::Alg;
use crate::support::provider::Provider;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::scene::ASSERTION;
use crate::support::scene::CLAIMS;
use crate::support::scene::CLIENT_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::get;
use crate::support::table::Proof;
use crate::support::table::each_on;
use crate::support::upstream::Received;

/// What arrives about Zoé, of whom the provider says this in the next userinfo.
fn told(scene: &Scene, edits: &Value) -> Received {
    scene.application.forget();
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": edits }));
    let page = scene.sign_in(&Browser::new(), "/dossier");
    assert_eq!(
        page.status(),
        200,
        "{edits}: {}\n{}",
        page.text(),
        scene.gateway.logs().text()
    );
    scene.application.only()
}

fn assertion(received: &Received) -> Value {
    claims(&received.values(ASSERTION)[0])
}

fn decoded(field: &str) -> String {
    percent_encoding::percent_decode_str(field)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

fn the_token_goes_in_its_header(scene: &Scene) {
    told(scene, &json!([]));
    let asked = scene.provider.requests_to("/userinfo");
    let [asked] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    let token = asked.bearer().expect("no bearer token");
    assert_eq!(
        (asked.method.as_str(), asked.query.as_str(), asked.body.as_str()),
        ("GET", "", "")
    );
    for request in scene.provider.requests() {
        let elsewhere = [&request.path, &request.query, &request.body];
        assert!(
            elsewhere.iter().all(|text| !text.contains(token)),
            "{}",
            request.path
        );
    }
    assert!(!scene.gateway.logs().text().contains(token));
}

fn it_is_used_at_once_and_once(scene: &Scene) {
    let browser = Browser::new();
    let stale = json!({ "target": "userinfo", "status": 401, "headers": { "content-type": "application/json" },
                        "body": "{\"error\":\"invalid_token\"}" });
    scene.provider.lie(&stale);
    let refused = scene.sign_in(&browser, "/dossier");
    assert_eq!(refused.status(), 502, "{}", refused.text());
    let paths = || {
        let requests = scene.provider.requests().into_iter();
        let back_channel = requests.filter(|asked| ["/token", "/userinfo"].contains(&asked.path.as_str()));
        back_channel.map(|asked| asked.path).collect::<Vec<_>>()
    };
    assert_eq!(
        paths(),
        ["/token", "/userinfo"],
        "a token that was refused is not shown again"
    );
    scene.provider.reset();
    scene.sign_in(&browser, "/dossier");
    assert_eq!(paths(), ["/token", "/userinfo"], "straight after the token came");
    get(scene, &browser, "/dossier");
    assert_eq!(paths().len(), 2, "nothing is asked again while the session lives");
}

fn nothing_overwrites_the_login(scene: &Scene) {
    let names = ["acr", "sid", "nonce", "azp", "jti", "at_hash", "idp", "amr"];
    let mut edits: Vec<Value> = names
        .iter()
        .map(|name| json!({ "set": name, "to": "evil" }))
        .collect();
    edits.extend([
        json!({ "set": "amr", "to": ["evil"] }),
        json!({ "set": "auth_time", "to": 1 }),
    ]);
    let received = told(scene, &json!(edits));
    let claims = assertion(&received);
    assert!(
        !claims.to_string().contains("evil") && !received.contains("evil"),
        "{claims}"
    );
    assert_eq!((&claims["acr"], &claims["idp"]), (&json!("eidas1"), &json!("fc")));
    assert!(claims["auth_time"].as_i64().unwrap() > 1_000_000_000);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!(scene.url("")), &json!("urbanisme"))
    );
}

fn claims_from_elsewhere_are_not_fetched(scene: &Scene) {
    let received = told(
        scene,
        &json!([
            { "delete": "email" },
            { "set": "_claim_names", "to": { "email": "one", "role": "two" } },
            { "set": ["_claim_sources"], "to": {
                "one": { "endpoint": { "$": "bait" }, "access_token": "x" },
                "two": { "JWT": "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ." },
            } },
        ]),
    );
    assert!(scene.provider.requests_to("/bait").is_empty());
    let claims = assertion(&received);
    assert_eq!((claims.get("email"), claims.get("role")), (None, None));
    assert!(!claims.to_string().contains("_claim_"), "{claims}");
    assert_eq!(received.values("x-guichet-email"), Vec::<String>::new());
}

fn an_address_is_nobody(scene: &Scene) {
    let zoe = people()[ZOE]["sub"].as_str().unwrap().to_owned();
    for email in [
        "a@ok.fr@evil.fr",
        "admin@gouv.fr ",
        "admin@gouv\u{ff0e}fr",
        "\"a b\"@gouv.fr",
        "ADMIN@GOUV.FR",
        "admin@gouv.fr\u{0}",
    ] {
        let received = told(
            scene,
            &json!([{ "set": "email", "to": email }, { "set": "email_verified", "to": false }]),
        );
        let claims = assertion(&received);
        assert_eq!((&claims["sub"], &claims["email"]), (&json!(zoe), &json!(email)));
        assert_eq!(decoded(&received.values("x-guichet-email")[0]), email);
        assert_eq!(received.values("x-guichet-sub"), [zoe.as_str()]);
        assert_eq!(claims.get("email_verified"), None);
    }
    // One address, two people: two subjects, two tags in the audit stream.
    let other = &people()[ZOE + 1];
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": [{ "set": "email", "to": "ADMIN@GOUV.FR" }] }));
    let browser = Browser::new();
    let page = scene.to_the_provider(&browser, "/dossier");
    scene.provider.sign_in(&browser, &page, ZOE + 1);
    scene.application.forget();
    get(scene, &browser, "/dossier");
    assert_eq!(
        scene.application.only().values("x-guichet-sub"),
        [other["sub"].as_str().unwrap()]
    );
    let events = scene.gateway.audited("login");
    let tags: BTreeSet<String> = events
        .iter()
        .map(|event| event["user.hash"].to_string())
        .collect();
    assert_eq!((events.len(), tags.len()), (7, 2));
}

/// The same `sub` at another issuer is somebody else: in the audit stream, and for a session of before.
fn a_person_is_issuer_and_subject(_usual: &Scene) {
    let mut scene = Scene::start(Alg::Es256, Store::Redis);
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    assert!(scene.is_signed_in(&browser));
    let other = Provider::start(Alg::Es256);
    let (before, after) = (scene.provider.issuer().to_owned(), other.issuer().to_owned());
    other.register_at(&scene.url(""), ("tests", CLIENT_SECRET));
    scene.gateway.restart(|text| text.replace(&before, &after));
    assert!(
        !scene.is_signed_in(&browser),
        "a session of the issuer of before opens nothing"
    );
    let page = scene.to_the_provider(&browser, "/dossier");
    scene.application.forget();
    other.sign_in(&browser, &page, ZOE);
    let sub = people()[ZOE]["sub"].as_str().unwrap().to_owned();
    assert_eq!(scene.application.only().values("x-guichet-sub"), [sub]);
    let events = scene.gateway.audited("login");
    let tags: BTreeSet<String> = events
        .iter()
        .map(|event| event["user.hash"].to_string())
        .collect();
    assert_eq!((events.len(), tags.len()), (2, 2), "{events:?}");
}

fn only_what_is_listed_arrives(_usual: &Scene) {
    let scene = telling(Store::Memory, "claims = [\"given_name\"]", &["given_name"]);
    let received = told(&scene, &json!([{ "set": "role", "to": "admin" }]));
    let claims = assertion(&received);
    let ours = [
        "acr",
        "amr",
        "aud",
        "auth_time",
        "exp",
        "iat",
        "idp",
        "iss",
        "jti",
        "nbf",
        "sid",
        "sub",
    ];
    let members: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    let beyond: Vec<&&str> = members.iter().filter(|name| !ours.contains(name)).collect();
    assert_eq!(beyond, [&"given_name"]);
    let fields = received.fields();
    let plain: Vec<&str> = fields
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| name.starts_with("x-guichet-"))
        .collect();
    let expected = ["x-guichet-assertion", "x-guichet-given-name", "x-guichet-status"];
    assert_eq!(BTreeSet::from_iter(plain), BTreeSet::from(expected));
    let zoe = &people()[ZOE];
    for name in CLAIMS
        .iter()
        .filter(|name| !["sub", "given_name", "given_name_array"].contains(name))
    {
        let value = zoe[*name].as_str().unwrap();
        assert!(
            !received.contains(value) && !claims.to_string().contains(value),
            "{name}"
        );
    }
}

fn a_subject_is_its_bytes(scene: &Scene) {
    let (composed, apart) = ("\u{e9}", "e\u{301}");
    let says = |target: &str, sub: &str| {
        scene
            .provider
            .lie(&json!({ "target": target, "payload": [{ "set": "sub", "to": sub }] }));
    };
    let mut names = Vec::new();
    for sub in [composed, apart] {
        says("id_token", sub);
        scene.application.forget();
        says("userinfo", sub);
        scene.sign_in(&Browser::new(), "/dossier");
        let received = scene.application.only();
        assert_eq!(assertion(&received)["sub"], sub);
        assert_eq!(decoded(&received.values("x-guichet-sub")[0]), sub);
        names.push(received.values("x-guichet-sub").concat());
    }
    assert_eq!(names, ["%C3%A9", "e%CC%81"]);
    let events = scene.gateway.audited("login");
    assert_ne!(events[0]["user.hash"], events[1]["user.hash"]);
    // The two are not the same person.
    says("id_token", composed);
    says("userinfo", apart);
    scene.application.forget();
    let refused = scene.sign_in(&Browser::new(), "/dossier");
    assert_eq!(refused.status(), 502, "{}", refused.text());
    assert_eq!(scene.application.byte_count(), 0);
}

fn no_page_says_what_a_claim_says(scene: &Scene) {
    let script = "<script>alert('x')</script>";
    let names = ["given_name", "family_name", "email", "gender"];
    let edits: Vec<Value> = names
        .iter()
        .map(|name| json!({ "set": name, "to": script }))
        .collect();
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": edits }));
    let browser = Browser::new();
    scene.sign_in(&browser, "/dossier");
    let received = scene.application.only();
    assert_eq!(
        assertion(&received)["given_name"],
        script,
        "the application gets it as it is"
    );
    assert!(!received.contains("<script>"));
    scene.application.stop();
    for path in [
        "/_guichet/logout",
        "/_guichet/nothing",
        "/dossier",
        "/_guichet/callback",
    ] {
        let answer = get(scene, &browser, path);
        let text = answer.text();
        assert!(
            !text.contains("alert(") && !text.contains("&#60;script"),
            "{path}: {text}"
        );
    }
}

cases! {
    Proof<Scene>,
    run = each_on(|| Scene::start(Alg::Es256, Store::Memory)),
    rows = [
        Proof { ids: &["T258"], sentence: "the access token is in the header of one request and nowhere else", holds: the_token_goes_in_its_header },
        Proof { ids: &["T263"], sentence: "userinfo is asked for at once and once", holds: it_is_used_at_once_and_once },
        Proof { ids: &["T264"], sentence: "userinfo cannot say how somebody signed in", holds: nothing_overwrites_the_login },
        Proof { ids: &["T265"], sentence: "claims that are said to be elsewhere are not fetched", holds: claims_from_elsewhere_are_not_fetched },
        Proof { ids: &["T266"], sentence: "an e-mail address is told as it came and is nobody", holds: an_address_is_nobody },
        Proof { ids: &["T267"], sentence: "the same subject at another issuer is somebody else", holds: a_person_is_issuer_and_subject },
        Proof { ids: &["T268"], sentence: "of the claims those that are listed arrive", holds: only_what_is_listed_arrives },
        Proof { ids: &["T270"], sentence: "a subject is compared byte for byte", holds: a_subject_is_its_bytes },
        Proof { ids: &["T272"], sentence: "no page of ours says what a claim says", holds: no_page_says_what_a_claim_says },
    ]
}
