//! What a neighbour and an attacker send in the place of the session's cookie, or beside it (area L).

use crate::cases;
use crate::support::browser::Browser;
use crate::support::raw::RawClient;
use crate::support::scene::SESSION;
use crate::support::signed_in::SignedIn;
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
        let mut client = RawClient::connect(zoe.scene.gateway.address());
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

cases! {
    Proof<SignedIn>,
    run = on(SignedIn::start()),
    rows = [
        Proof { ids: &["T319"], sentence: "two at once are none", holds: two_at_once },
        Proof { ids: &["T320"], sentence: "a name that looks like it is not it", holds: names_that_look_like_it },
        Proof { ids: &["T321"], sentence: "quotes and $Version mean nothing", holds: an_older_syntax },
        Proof { ids: &["T322"], sentence: "an empty field reaches nobody", holds: fields_that_hold_little },
        Proof { ids: &["T323"], sentence: "a comma separates nothing", holds: a_comma },
        Proof { ids: &["T329"], sentence: "another site signs nobody out", holds: a_form_of_another_site },
        Proof { ids: &["T330"], sentence: "another site's form has no session", holds: a_form_of_another_site_to_the_application },
        Proof { ids: &["T336"], sentence: "in an address it is nothing", holds: a_session_in_the_address },
    ]
}
