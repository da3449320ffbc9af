//! The session's cookie, and what a browser, a neighbour and an attacker make of it (area L). `T335` is in `seen`.

use std::collections::HashSet;
use std::time::Duration;

use guichet::session::key::SessionKey;
use serde_json::json;

use super::SITE;
use super::at_host;
use super::on_https;
use super::signs_in_on_https;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::gateway::TestGateway;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::Answer;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::signed_in::SignedIn;
use crate::support::steps::cookie_field;
use crate::support::steps::raw;
use crate::support::steps::to_the_callback;
use crate::support::table::Proof;
use crate::support::table::on;
use crate::support::upstream::Reply;

/// The visitor is nobody: a route that would tell who it is says so, and the application's `Cookie` is this.
fn is_nobody(zoe: &SignedIn, lines: impl AsRef<[u8]>, at_the_application: &[&str]) {
    let shown = String::from_utf8_lossy(lines.as_ref()).into_owned();
    zoe.scene.application.forget();
    let answer = zoe.ask("GET /optional", &lines);
    assert_eq!(answer.status, 200, "{shown}: {}", answer.text());
    let received = zoe.scene.application.only();
    assert_eq!(received.values("x-guichet-status"), ["anonymous"], "{shown}");
    assert_eq!(received.values("cookie"), at_the_application, "{shown}");
    assert!(received.values("x-guichet-assertion").is_empty(), "{shown}");
    zoe.scene.application.forget();
    assert_eq!(zoe.ask("GET /dossier", &lines).status, 303, "{shown}");
    assert_eq!(zoe.scene.application.byte_count(), 0, "{shown}");
}

/// `Set-Cookie` of this name in an answer, without the name.
fn set<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let all = answer.fields("set-cookie").into_iter();
    all.filter_map(|set| set.strip_prefix(&format!("{name}=")))
        .collect()
}

fn its_attributes(_: &SignedIn) {
    let (scene, browser) = on_https();
    let page = signs_in_on_https(&scene, &browser);
    let callback = page
        .hops
        .iter()
        .find(|hop| hop.url.contains("/_guichet/callback"));
    let answer = &callback.unwrap().answer;
    let [session] = set(answer, "__Host-guichet-session-fc")[..] else {
        panic!("{:?}", answer.fields("set-cookie"))
    };
    let (value, attributes) = session.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax");
    assert_eq!(value.len(), 43);
    let whole = answer
        .fields("set-cookie")
        .into_iter()
        .find(|set| set.contains(value))
        .unwrap();
    assert!(whole.len() < 200 && !whole.to_lowercase().contains("domain"));
    let zoe = people()[ZOE].to_string();
    assert!(!zoe.contains(value));
    for set in answer.fields("set-cookie") {
        assert!(
            set.starts_with("__Host-guichet-") && set.contains("; Secure;"),
            "{set}"
        );
    }
}

fn no_wider_than_a_host(_: &SignedIn) {
    for (place, line) in [
        ("public_url", "cookie_domain = \".gouv.fr\"\npublic_url"),
        ("[session]", "[session]\ncookie_domain = \".example.gouv.fr\""),
    ] {
        let refused = TestGateway::try_start(|here| {
            format!(
                "public_url = \"{}\"\n[organisation]\nname = \"V\"\n[session]\n",
                here.public_url()
            )
            .replacen(place, line, 1)
        });
        let refusal = refused.err().unwrap();
        assert!(
            refusal.contains("C003") && refusal.contains("cookie_domain"),
            "{refusal}"
        );
    }
}

fn its_value(_: &SignedIn) {
    let mut seen = HashSet::new();
    let mut letters = HashSet::new();
    for _ in 0..10_000 {
        let key = SessionKey::generate().unwrap().expose().clone();
        assert_eq!(key.len(), 43);
        letters.extend(key.bytes());
        assert!(seen.insert(key));
    }
    assert_eq!(letters.len(), 64);
    assert!(
        letters
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
    );
}

fn two_at_once(zoe: &SignedIn) {
    let other = Browser::new();
    zoe.scene.sign_in(&other, "/");
    let theirs = other.cookie("localhost", SESSION).unwrap();
    for lines in [
        format!("Cookie: {}; {SESSION}={theirs}\r\n", zoe.cookie),
        format!("Cookie: {SESSION}={theirs}\r\nCookie: {}\r\n", zoe.cookie),
        format!("Cookie: {}; {}\r\n", zoe.cookie, zoe.cookie),
        format!("Cookie: {}; {SESSION}=x\r\n", zoe.cookie),
    ] {
        is_nobody(zoe, lines, &[]);
    }
    zoe.is_still_signed_in();
}

fn names_that_look_like_it(zoe: &SignedIn) {
    let value = zoe.cookie.split_once('=').unwrap().1;
    for (pair, at_the_application) in [
        // What a server or a browser might take for our name is ours, and stays here.
        (format!("{}={value}", SESSION.to_uppercase()), vec![]),
        (format!("Guichet-Session-fc={value}"), vec![]),
        (format!("__Host-{SESSION}={value}"), vec![]),
        // The rest is an application's own.
        (format!("={SESSION}={value}"), vec![format!("={SESSION}={value}")]),
        (format!("x{SESSION}={value}"), vec![format!("x{SESSION}={value}")]),
        (SESSION.to_owned(), vec![]),
    ] {
        let expected: Vec<&str> = at_the_application.iter().map(String::as_str).collect();
        is_nobody(zoe, format!("Cookie: {pair}\r\n"), &expected);
    }
    // A space that only Unicode knows is part of the name.
    let strange = format!("Cookie: a=1; \u{2000}{SESSION}={value}\r\n");
    // Blanks are not, nor does a cookie that is not ASCII hide the one beside it.
    let blank = format!("Cookie: {SESSION} =\t{value}\r\n");
    let beside = format!("Cookie: ville=Évry; {}\r\n", zoe.cookie);
    for (lines, status) in [(&strange, 303), (&blank, 200), (&beside, 200)] {
        zoe.scene.application.forget();
        assert_eq!(zoe.ask("GET /dossier", lines).status, status, "{lines}");
    }
    assert!(zoe.scene.application.only().contains("cookie: ville=Évry\r\n"));
}

fn an_older_syntax(zoe: &SignedIn) {
    let value = zoe.cookie.split_once('=').unwrap().1;
    for (lines, at_the_application) in [
        (
            format!("$Version=1; {SESSION}=\"{value}\"; $Path=/"),
            "$Version=1; $Path=/",
        ),
        (format!("a=1; {SESSION}=\"{value}\""), "a=1"),
        (format!("a=\"x; {SESSION}=\\{value}\"; b=2"), "a=\"x; b=2"),
    ] {
        is_nobody(zoe, format!("Cookie: {lines}\r\n"), &[at_the_application]);
    }
}

fn fields_that_hold_little(zoe: &SignedIn) {
    for (field, at_the_application) in [
        ("", vec![]),
        (";;; ;", vec![]),
        ("=", vec!["="]),
        (SESSION, vec![]),
        (" ; ;a=1;; b = 2 ;", vec!["a=1; b = 2"]),
        ("a", vec!["a"]),
    ] {
        is_nobody(zoe, format!("Cookie: {field}\r\n"), &at_the_application);
    }
    zoe.scene.application.forget();
    let answer = zoe.ask("GET /dossier", format!("Cookie: ;{};\r\n", zoe.cookie));
    assert_eq!(answer.status, 200);
    let received = zoe.scene.application.only();
    assert_eq!(received.values("x-guichet-status"), ["authenticated"]);
    assert!(received.values("cookie").is_empty());
}

fn a_comma(zoe: &SignedIn) {
    let lines = format!("Cookie: a=1, {}\r\n", zoe.cookie);
    is_nobody(zoe, lines, &[&format!("a=1, {}", zoe.cookie)]);
}

fn the_one_that_takes_it_away(_: &SignedIn) {
    let (scene, browser) = on_https();
    signs_in_on_https(&scene, &browser);
    let question = browser.open(&format!("{SITE}/_guichet/logout"));
    let left = browser.submit_once(&question, &question.form("/_guichet/logout"), &[]);
    assert_eq!(
        set(&left.answer, "__Host-guichet-session-fc"),
        ["; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"]
    );
    assert_eq!(
        browser.cookie_names("demarches.ville.example"),
        ["__Host-guichet-logout"]
    );
}

fn a_login_leaves_nothing(_: &SignedIn) {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let logins = |browser: &Browser| {
        let names = browser.cookie_names("localhost");
        names
            .into_iter()
            .filter(|name| name.starts_with("guichet-login-"))
            .count()
    };
    let browser = Browser::new();
    let begun = browser.open_once(&scene.url("/_guichet/login/fc?return_to=/dossier"));
    let login = begun.answer.fields("set-cookie").remove(0).to_owned();
    assert!(
        login.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=7200"),
        "{login}"
    );
    assert_eq!(logins(&browser), 1);
    // Well ended, badly ended, and too late.
    let done = Browser::new();
    scene.sign_in(&done, "/dossier");
    assert_eq!(logins(&done), 0);
    let failed = Browser::new();
    scene
        .provider
        .lie(&json!({ "target": "id_token", "payload": [{ "set": "nonce", "to": "another" }] }));
    assert_eq!(scene.sign_in(&failed, "/dossier").status(), 502);
    assert_eq!(logins(&failed), 0);
    let late = Browser::new();
    let callback = to_the_callback(&scene, &late, "/dossier", ZOE);
    scene.provider.reset();
    scene.advance(&late, Duration::from_secs(30 * 60 + 1));
    assert_eq!(late.open(&callback).status(), 400);
    assert!(scene.provider.requests_to("/token").is_empty());
    assert_eq!(logins(&late), 0);
}

fn two_tabs(_: &SignedIn) {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    let one = to_the_callback(&scene, &browser, "/dossier/1", ZOE);
    // Another session at the provider: it keeps one login for each.
    for name in browser.cookie_names("127.0.0.1") {
        browser.plant(scene.provider.issuer(), &format!("{name}=; Path=/; Max-Age=0"));
    }
    let two = to_the_callback(&scene, &browser, "/dossier/2", ZOE);
    let names = browser.cookie_names("localhost");
    assert_eq!(
        names
            .iter()
            .filter(|name| name.starts_with("guichet-login-"))
            .count(),
        2
    );
    for (callback, path) in [(two, "/dossier/2"), (one, "/dossier/1")] {
        let page = browser.clone().open(&callback);
        assert_eq!((page.status(), page.url), (200, scene.url(path)));
    }
    assert_eq!(scene.provider.requests_to("/token").len(), 2);
    assert_eq!(browser.cookie_names("localhost"), [SESSION]);
}

fn plain_http(_: &SignedIn) {
    let (scene, browser) = on_https();
    signs_in_on_https(&scene, &browser);
    let key = browser
        .cookie("demarches.ville.example", "__Host-guichet-session-fc")
        .unwrap();
    let ask = |name: &str| {
        scene.application.forget();
        let cookie = format!("Cookie: {name}={key}\r\n");
        at_host(&scene, "demarches.ville.example", "GET /dossier", &cookie).status
    };
    // Under the name that plain http has, a value that would open does not.
    assert_eq!(ask(SESSION), 303);
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(ask("__Host-guichet-session-fc"), 200);
    // And no site but one on this machine is plain http.
    let refused = TestGateway::try_start(|_| "public_url = \"http://demarches.ville.example\"\n".to_owned());
    let refusal = refused.err().unwrap();
    assert!(refusal.contains("C013"), "{refusal}");
}

fn a_form_of_another_site(zoe: &SignedIn) {
    let own = zoe.scene.url("");
    for said in [
        "Sec-Fetch-Site: cross-site\r\n".to_owned(),
        "Sec-Fetch-Site: same-site\r\n".to_owned(),
        format!("Sec-Fetch-Site: cross-site\r\nOrigin: {own}\r\n"),
        "Origin: https://evil.example\r\n".to_owned(),
        "Origin: null\r\n".to_owned(),
        format!("Origin: {own}.evil.example\r\n"),
    ] {
        let lines = format!(
            "Cookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n{said}\r\nprovider=fc",
            zoe.cookie
        );
        let mut client = crate::support::raw::RawClient::connect(zoe.scene.gateway.address());
        let head = format!("POST /_guichet/logout HTTP/1.1\r\nHost: {}\r\n", zoe.host());
        let answer = client.send(format!("{head}{lines}")).answer();
        assert_eq!(answer.status, 403, "{said}");
        assert!(answer.fields("set-cookie").is_empty(), "{said}");
    }
    zoe.is_still_signed_in();
}

fn a_form_of_another_site_to_the_application(zoe: &SignedIn) {
    let scene = &zoe.scene;
    let form = format!(
        "<form method=post action={}><input name=a value=1></form>",
        scene.url("/dossier")
    );
    scene.application.next(Reply::new(200, &[], &form));
    let evil = format!("{}/", scene.application.url());
    let page = zoe.browser.open(&evil);
    scene.application.forget();
    let sent = zoe.browser.submit(&page, &page.form("/dossier"), &[]);
    assert_eq!(sent.status(), 401, "{}", sent.text());
    assert_eq!(scene.application.byte_count(), 0);
}

fn at_another_host(_: &SignedIn) {
    let scene = Scene::start_with(Alg::Es256, Store::Redis, |place, usual| {
        let other = usual
            .split_at(usual.find("[[apps]]").unwrap())
            .1
            .replacen("name = \"urbanisme\"", "name = \"autre\"", 1)
            .replacen(
                "path = \"/\"",
                &format!("host = \"127.0.0.1:{}\"\npath = \"/\"", place.port()),
                1,
            );
        format!("{usual}\n{other}")
    });
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    let cookie = format!("Cookie: {}\r\n", cookie_field(&browser));
    let port = scene.gateway.place().port();
    for (host, status) in [("localhost", 200), ("127.0.0.1", 303)] {
        scene.application.forget();
        let answer = at_host(&scene, &format!("{host}:{port}"), "GET /dossier", &cookie);
        assert_eq!(
            (answer.status, scene.application.received().len()),
            (status, usize::from(status == 200))
        );
    }
}

fn a_browser_that_is_closed(_: &SignedIn) {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    let page = scene.sign_in(&browser, "/dossier");
    let sets = page.hops.iter().flat_map(|hop| set(&hop.answer, SESSION));
    for set in sets {
        assert!(!set.contains("Max-Age") && !set.contains("Expires"), "{set}");
    }
    browser.restart();
    scene.application.forget();
    assert_eq!(
        browser.open(&scene.url("/dossier")).url,
        scene.url("/_guichet/login?return_to=/dossier")
    );
    assert_eq!(scene.application.byte_count(), 0);
}

fn what_a_browser_kept(_: &SignedIn) {
    let (scene, browser) = on_https();
    signs_in_on_https(&scene, &browser);
    let question = browser.open(&format!("{SITE}/_guichet/logout"));
    assert_eq!(question.answer.field("clear-site-data"), None);
    let left = browser.submit_once(&question, &question.form("/_guichet/logout"), &[]);
    assert_eq!(left.answer.fields("clear-site-data"), ["\"cache\""]);
    assert_eq!(left.status(), 303);
}

fn a_session_in_the_address(zoe: &SignedIn) {
    let value = zoe.cookie.split_once('=').unwrap().1;
    for query in [format!("{SESSION}={value}"), format!("sid={value}")] {
        zoe.scene.application.forget();
        assert_eq!(zoe.ask(&format!("GET /optional?{query}"), "").status, 200);
        assert_eq!(
            zoe.scene.application.only().values("x-guichet-status"),
            ["anonymous"]
        );
        assert_eq!(zoe.ask(&format!("GET /dossier?{query}"), "").status, 303);
    }
    zoe.scene.application.forget();
    let answer = zoe.ask(&format!("GET /dossier;jsessionid={value}"), "");
    assert!(matches!(answer.status, 303 | 400), "{}", answer.status);
    assert_eq!(zoe.scene.application.byte_count(), 0);
}

fn a_browser_without_cookies(_: &SignedIn) {
    for login in ["chooser", "redirect"] {
        let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
            usual.replace("path = \"/\"\n", &format!("path = \"/\"\nlogin = \"{login}\"\n"))
        });
        let browser = Browser::new();
        let begun = browser.open_once(&scene.url("/_guichet/login/fc?return_to=/dossier"));
        let provider = browser.follow(&begun);
        // The provider keeps its own cookies; ours are refused.
        for name in browser.cookie_names("localhost") {
            browser.plant(&scene.url("/"), &format!("{name}=; Path=/; Max-Age=0"));
        }
        scene.provider.reset();
        let page = scene.provider.sign_in(&browser, &provider, ZOE);
        assert_eq!(page.status(), 400, "{login}: {}", page.text());
        assert!(page.url.contains("/_guichet/callback?"), "{login}: {}", page.url);
        assert!(page.text().contains("cookies"), "{login}: {}", page.text());
        assert!(scene.provider.requests_to("/token").is_empty());
        assert_eq!(
            scene.provider.requests_to("/authorize").len(),
            0,
            "nobody is sent back there"
        );
        assert_eq!(scene.application.byte_count(), 0);
    }
}

fn a_cookie_of_yesterday(_: &SignedIn) {
    let mut scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    let place = scene.gateway.place();
    let other = place.secret("another_secret", "another-session-secret-of-the-tests-0123456789");
    let before = place.secret("session_secret", crate::support::scene::SESSION_SECRET);
    scene.gateway.restart(|text| text.replace(&before, &other));
    scene.application.forget();
    assert_eq!(raw(&scene, &browser, ("GET", "/dossier"), "").status, 303);
    for value in [
        "",
        "x",
        "v1.x.y",
        &"A".repeat(43),
        &"A".repeat(4000),
        "%00",
        "[object Object]",
    ] {
        let cookie =
            format!("Cookie: {SESSION}={value}; guichet-login-x={value}; guichet-logout={value}\r\n");
        let host = scene.host();
        assert_eq!(
            at_host(&scene, &host, "GET /dossier", &cookie).status,
            303,
            "{value}"
        );
        assert_eq!(
            at_host(&scene, &host, "GET /_guichet/logout", &cookie).status,
            200,
            "{value}"
        );
        assert_eq!(
            at_host(&scene, &host, "GET /_guichet/logged-out?state=x", &cookie).status,
            200,
            "{value}"
        );
    }
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(scene.sign_in(&browser, "/dossier").status(), 200);
}

cases! {
    Proof<SignedIn>,
    run = on(SignedIn::start()),
    rows = [
        Proof { ids: &["T315"], sentence: "it is for this host, for https and for no script", holds: its_attributes },
        Proof { ids: &["T316"], sentence: "nobody can make it wider", holds: no_wider_than_a_host },
        Proof { ids: &["T317"], sentence: "it is 256 random bits", holds: its_value },
        Proof { ids: &["T319"], sentence: "two at once are none", holds: two_at_once },
        Proof { ids: &["T320"], sentence: "a name that looks like it is not it", holds: names_that_look_like_it },
        Proof { ids: &["T321"], sentence: "quotes and $Version mean nothing", holds: an_older_syntax },
        Proof { ids: &["T322"], sentence: "an empty field reaches nobody", holds: fields_that_hold_little },
        Proof { ids: &["T323"], sentence: "a comma separates nothing", holds: a_comma },
        Proof { ids: &["T324"], sentence: "what takes it away names it whole", holds: the_one_that_takes_it_away },
        Proof { ids: &["T326"], sentence: "a login under way leaves nothing behind", holds: a_login_leaves_nothing },
        Proof { ids: &["T327"], sentence: "two tabs are two logins", holds: two_tabs },
        Proof { ids: &["T328"], sentence: "on plain http it is worth nothing", holds: plain_http },
        Proof { ids: &["T329"], sentence: "another site signs nobody out", holds: a_form_of_another_site },
        Proof { ids: &["T330"], sentence: "another site's form has no session", holds: a_form_of_another_site_to_the_application },
        Proof { ids: &["T331"], sentence: "it opens nothing at another host", holds: at_another_host },
        Proof { ids: &["T333"], sentence: "it ends with the browser", holds: a_browser_that_is_closed },
        Proof { ids: &["T334"], sentence: "a sign-out empties the browser's cache", holds: what_a_browser_kept },
        Proof { ids: &["T336"], sentence: "in an address it is nothing", holds: a_session_in_the_address },
        Proof { ids: &["T337"], sentence: "a browser without cookies is told so, once", holds: a_browser_without_cookies },
        Proof { ids: &["T338"], sentence: "an older one is a login, not an error", holds: a_cookie_of_yesterday },
    ]
}
