//! Claims that would break a header, an application that attacks, and what the gateway never forwards: the rest of area A.

use serde_json::Value;
use serde_json::json;

use crate::cases;
use crate::support::browser::Browser;
use crate::support::browser::Page;
use crate::support::jws::claims;
use crate::support::jws::header;
use crate::support::provider::Alg;
use crate::support::pyjwt;
use crate::support::raw::RawClient;
use crate::support::raw::exchange;
use crate::support::scene::ASSERTION;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Proof;
use crate::support::upstream::Received;
use crate::support::upstream::Reply;

type Story = Proof<Scene>;

/// Every plain header that there is a claim for.
fn scene() -> Scene {
    Scene::start_with(Alg::Es256, Store::Redis, |_, usual| {
        usual.replace(
            r#"plain_headers = ["sub", "family_name", "email"]"#,
            r#"plain_headers = ["sub", "family_name", "email", "given_name", "given_name_array"]"#,
        )
    })
}

cases! {
    Story,
    run = {
        let scene = scene();
        move |story| {
            scene.provider.reset();
            scene.application.forget();
            scene.application.otherwise(Reply::new(200, &[], "ok"));
            (story.holds)(&scene);
        }
    },
    rows = [
        Proof {
            ids: &["T004"],
            sentence: "a claim that a person lacks is a missing field, whatever the client says",
            holds: a_missing_claim_is_a_missing_field,
        },
        Proof {
            ids: &["T020"],
            sentence: "a line break in a claim stays inside its field",
            holds: a_line_break_stays_inside,
        },
        Proof {
            ids: &["T021"],
            sentence: "letters of every script come back from the field, and from the assertion as they are",
            holds: letters_come_back,
        },
        Proof {
            ids: &["T022"],
            sentence: "an identity that cannot be told is refused, never told in half",
            holds: what_cannot_be_told_is_refused,
        },
        Proof {
            ids: &["T023"],
            sentence: "a comma inside an element of a list is not the comma between two",
            holds: a_comma_inside_is_escaped,
        },
        Proof {
            ids: &["T026"],
            sentence: "the gateway's own paths are never forwarded, whatever the routes say",
            holds: own_paths_are_never_forwarded,
        },
        Proof {
            ids: &["T039"],
            sentence: "an application cannot set a cookie of the gateway, and the log says that it tried",
            holds: an_application_sets_no_cookie_of_ours,
        },
        Proof {
            ids: &["T040"],
            sentence: "an assertion that was forged or altered is refused by a verifier of another language",
            holds: a_forged_assertion_is_refused,
        },
        Proof {
            ids: &["F059"],
            sentence: "every byte that is added to a request is visible ASCII, for every name",
            holds: every_added_byte_is_ascii,
        },
    ]
}

/// The provider says this in the next userinfo.
fn userinfo_says(scene: &Scene, edits: &Value) {
    scene
        .provider
        .lie(&json!({ "target": "userinfo", "payload": edits }));
}

/// Signs in with a userinfo that says otherwise.
fn sign_in_saying(scene: &Scene, edits: &Value) -> (Browser, Page) {
    scene.application.forget();
    userinfo_says(scene, edits);
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    (browser, page)
}

/// What the application receives about such a person.
fn told_of(scene: &Scene, edits: &Value) -> Received {
    let (_, page) = sign_in_saying(scene, edits);
    assert_eq!(
        page.status(),
        200,
        "{}\n{}",
        page.text(),
        scene.gateway.logs().text()
    );
    scene.application.only()
}

/// A raw GET with this browser's session and these fields.
fn get(scene: &Scene, browser: &Browser, fields: &str) -> Received {
    let host = scene.host();
    let session = browser.cookie("localhost", SESSION).expect("no session");
    scene.application.forget();
    let answer = exchange(
        scene.gateway.address(),
        format!("GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {SESSION}={session}\r\n{fields}\r\n"),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    scene.application.only()
}

fn decoded(field: &str) -> String {
    percent_encoding::percent_decode_str(field)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

fn assertion(received: &Received) -> Value {
    claims(&received.values(ASSERTION)[0])
}

fn a_missing_claim_is_a_missing_field(scene: &Scene) {
    let (browser, page) = sign_in_saying(
        scene,
        &json!([{ "delete": "email" }, { "set": "family_name", "to": "" }]),
    );
    assert_eq!(page.status(), 200);
    let forged =
        "X-Guichet-Email: admin@gouv.fr\r\nX-Guichet-Family-Name: ROOT\r\nX-Guichet-Birthdate: 1\r\n";
    let received = get(scene, &browser, forged);
    for name in ["x-guichet-email", "x-guichet-family-name", "x-guichet-birthdate"] {
        assert_eq!(received.values(name), Vec::<String>::new(), "{name}");
    }
    assert!(!received.contains("admin@gouv.fr") && !received.contains("ROOT"));
    assert_eq!(assertion(&received).get("email"), None);
}

fn a_line_break_stays_inside(scene: &Scene) {
    let name = "A\r\nX-Guichet-Role: admin";
    let received = told_of(scene, &json!([{ "set": "family_name", "to": name }]));
    assert_eq!(
        received.values("x-guichet-family-name"),
        ["A%0D%0AX-Guichet-Role%3A%20admin"]
    );
    assert_eq!(received.values("x-guichet-role"), Vec::<String>::new());
    assert_eq!(assertion(&received)["family_name"], name);
}

fn letters_come_back(scene: &Scene) {
    let (given, family) = ("Élodie", "Müller\u{202E}admin");
    let received = told_of(
        scene,
        &json!([{ "set": "given_name", "to": given }, { "set": "family_name", "to": family }]),
    );
    assert_eq!(received.values("x-guichet-given-name"), ["%C3%89lodie"]);
    assert_eq!(
        received.values("x-guichet-family-name"),
        ["M%C3%BCller%E2%80%AEadmin"]
    );
    assert_eq!(decoded(&received.values("x-guichet-family-name")[0]), family);
    let assertion = assertion(&received);
    assert_eq!(
        (&assertion["given_name"], &assertion["family_name"]),
        (&json!(given), &json!(family))
    );
}

fn what_cannot_be_told_is_refused(scene: &Scene) {
    // A NUL can be told: escaped.
    let received = told_of(scene, &json!([{ "set": "family_name", "to": "A\u{0}B" }]));
    assert_eq!(received.values("x-guichet-family-name"), ["A%00B"]);
    assert_eq!(assertion(&received)["family_name"], "A\u{0}B");

    // Half a letter, a name of 70 kB, and one that is too long for the fields.
    let sessions = || scene.redis().sessions();
    let before = sessions();
    let long = "n".repeat(70_000);
    for edit in [
        json!({ "set": "family_name", "raw": "\"\\ud800\"" }),
        json!({ "set": "family_name", "to": long }),
    ] {
        let (_, page) = sign_in_saying(scene, &json!([edit]));
        assert!(page.status() >= 400, "{}", page.status());
        assert_eq!(scene.application.byte_count(), 0);
        assert_eq!(sessions(), before);
    }
    let (_, page) = sign_in_saying(scene, &json!([{ "set": "family_name", "to": "n".repeat(2000) }]));
    assert!(page.status() >= 500, "{}", page.status());
    assert_eq!(scene.application.byte_count(), 0);
    let said = scene.gateway.logs().lines_with("2048 are allowed");
    assert!(!said.is_empty(), "{}", scene.gateway.logs().text());
}

fn a_comma_inside_is_escaped(scene: &Scene) {
    let names = json!(["a,admin", "b"]);
    let received = told_of(scene, &json!([{ "set": "given_name_array", "to": names }]));
    assert_eq!(received.values("x-guichet-given-name-array"), ["a%2Cadmin,b"]);
    assert_eq!(assertion(&received)["given_name_array"], names);
}

fn own_paths_are_never_forwarded(scene: &Scene) {
    let (browser, _) = sign_in_saying(scene, &json!([]));
    let host = scene.host();
    let session = browser.cookie("localhost", SESSION).expect("no session");
    scene.application.forget();
    for method in ["GET", "POST", "PUT", "OPTIONS", "HEAD", "DELETE"] {
        for path in [
            "callback",
            "callback?code=x&state=y",
            "login",
            "jwks.json",
            "nothing",
            "",
        ] {
            let request = format!(
                "{method} /_guichet/{path} HTTP/1.1\r\nHost: {host}\r\nCookie: {SESSION}={session}\r\n\
                 X-Guichet-Sub: evil\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let mut client = RawClient::connect(scene.gateway.address());
            client.send(request).try_answer(method).unwrap();
        }
    }
    assert_eq!(
        scene.application.byte_count(),
        0,
        "{:?}",
        scene.application.received()
    );
}

fn an_application_sets_no_cookie_of_ours(scene: &Scene) {
    let (browser, _) = sign_in_saying(scene, &json!([]));
    let before = browser.cookie("localhost", SESSION);
    let own = [
        "guichet-session-fc=evil; Path=/",
        "__Host-guichet-session-fc=evil; Path=/; Secure",
        "__HOST-Guichet-Session-fc=evil; Path=/; Secure",
        " guichet-session-fc =evil",
        "=guichet-session-fc=evil",
        "guichet-login-1234=evil; Path=/",
        "__Host-guichet-logout=evil; Path=/; Secure",
    ];
    let fields: Vec<_> = own.iter().map(|cookie| ("Set-Cookie", *cookie)).collect();
    let fields = [fields.as_slice(), &[("Set-Cookie", "app=1; Path=/")]].concat();
    scene.application.forget();
    scene.gateway.logs().forget();
    scene.application.next(Reply::new(200, &fields, "ok"));
    let page = browser.open(&scene.url("/dossier"));
    assert_eq!(page.answer.fields("set-cookie"), ["app=1; Path=/"]);
    assert_eq!(browser.cookie("localhost", SESSION), before);
    let tried = scene
        .gateway
        .logs()
        .lines_with("tried to set a cookie of the gateway");
    assert_eq!(tried.len(), own.len());
}

/// The application can be reached past the gateway: what protects it then is that it verifies.
fn a_forged_assertion_is_refused(scene: &Scene) {
    let received = told_of(scene, &json!([]));
    let token = received.values(ASSERTION).remove(0);
    let jwks = scene.jwks();
    let verify = |token: &str| pyjwt::verify(token, &jwks, "urbanisme", &scene.url(""));
    assert_eq!(verify(&token).unwrap(), claims(&token));

    let [head, payload, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let base64 = |json: &Value| {
        use base64::Engine;
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(json.to_string())
    };
    let mut other = claims(&token);
    other["sub"] = json!("bob");
    let other = base64(&other);
    let mut header = header(&token);
    header["alg"] = json!("none");
    let none = base64(&header);
    assert_eq!(
        verify(&format!("{head}.{other}.{signature}")).unwrap_err(),
        "InvalidSignatureError"
    );
    assert_eq!(
        verify(&format!("{none}.{payload}.")).unwrap_err(),
        "InvalidAlgorithmError"
    );
    assert_eq!(verify("evil").unwrap_err(), "DecodeError");
}

fn every_added_byte_is_ascii(scene: &Scene) {
    for name in ["Doğan", "Œuvrard", "Nguyễn Thị", "🦊", "L'HAŸ-LES-ROSES", "日本"] {
        let received = told_of(
            scene,
            &json!([
                { "set": "family_name", "to": name }, { "set": "given_name", "to": name },
                { "set": "given_name_array", "to": [name, name] }, { "set": "email", "to": name },
            ]),
        );
        for (field, value) in received.fields() {
            let visible = value.bytes().all(|byte| matches!(byte, 0x20..=0x7E));
            assert!(visible, "{field}: {value}");
            let ours = field.starts_with("x-guichet-") || field.starts_with("x-forwarded-");
            assert!(!ours || !value.contains(' '), "{field}: {value}");
        }
        assert_eq!(decoded(&received.values("x-guichet-family-name")[0]), name);
        assert_eq!(decoded(&received.values("x-guichet-email")[0]), name);
        assert_eq!(assertion(&received)["family_name"], name);
    }
}
