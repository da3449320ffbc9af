//! What else sends a browser somewhere: attempts, logouts, hosts, pages, applications (area K).

use openidconnect::url::Url;

use super::https::at_host;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::signed_in::SignedIn;
use crate::support::steps::raw;
use crate::support::steps::to_the_callback;
use crate::support::table::Proof;
use crate::support::table::on;
use crate::support::upstream::Reply;

fn an_altered_attempt(zoe: &SignedIn) {
    let (scene, browser) = (&zoe.scene, Browser::new());
    let callback = to_the_callback(scene, &browser, "/dossier", ZOE);
    let path = callback.trim_start_matches(&scene.url("")).to_owned();
    let names = browser.cookie_names("localhost");
    let name = names
        .iter()
        .find(|name| name.starts_with("guichet-login-"))
        .unwrap();
    let value = browser.cookie("localhost", name).unwrap();
    scene.provider.reset();
    scene.application.forget();
    for at in (0..value.len()).step_by(23) {
        let mut altered = value.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let cookie = format!("Cookie: {name}={}\r\n", String::from_utf8(altered).unwrap());
        let answer = zoe.ask(&format!("GET {path}"), cookie);
        assert_eq!(answer.status, 400, "{at}");
        assert!(answer.text().contains("href=\"/\""), "{}", answer.text());
        assert!(!answer.text().contains("dossier"));
    }
    assert!(scene.provider.requests_to("/token").is_empty());
    assert_eq!(scene.application.byte_count(), 0);
    // As it was sealed it still counts.
    let answer = raw(scene, &browser, ("GET", &path), "");
    assert_eq!((answer.status, answer.field("location")), (303, Some("/dossier")));
}

fn after_a_logout(zoe: &SignedIn) {
    let (scene, browser) = (&zoe.scene, Browser::new());
    scene.sign_in(&browser, "/");
    scene.provider.reset();
    let words = "rd=https://evil.example/&post_logout_redirect_uri=https://evil.example/&return_to=https://evil.example/\
                 &state=evil";
    let question = browser.open(&scene.url(&format!("/_guichet/logout?{words}")));
    assert!(
        question
            .links()
            .iter()
            .all(|link| !question.resolve(&link.href).starts_with("https://evil"))
    );
    let form = question.form("/_guichet/logout");
    let typed: Vec<(String, String)> = form_urlencoded::parse(words.as_bytes()).into_owned().collect();
    let typed: Vec<(&str, &str)> = typed
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let left = browser.submit_once(&question, &form, &typed);
    let location = Url::parse(left.answer.field("location").unwrap()).unwrap();
    assert!(
        location.as_str().starts_with(scene.provider.issuer()),
        "{location}"
    );
    let sent = |name: &str| {
        let values = location.query_pairs().filter(|(given, _)| given == name);
        values.map(|(_, value)| value.into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        sent("post_logout_redirect_uri"),
        [scene.url("/_guichet/logged-out")]
    );
    assert_eq!(sent("state").len(), 1);
    assert!(!location.as_str().contains("evil"), "{location}");
}

fn a_referer(zoe: &SignedIn) {
    for from in ["https://evil.example/", "http://evil.example/dossier"] {
        let lines = format!("Cookie: {}\r\nReferer: {from}\r\n", zoe.cookie);
        let answer = zoe.ask("GET /_guichet/login/fc", lines);
        assert_eq!(
            (answer.status, answer.field("location")),
            (303, Some("/")),
            "{from}"
        );
    }
    let lines = format!(
        "Cookie: {}\r\nReferer: {}\r\n",
        zoe.cookie,
        zoe.scene.url("/dossier")
    );
    assert_eq!(
        zoe.ask("GET /_guichet/login/fc", lines).field("location"),
        Some("/")
    );
}

fn a_host_that_is_not_ours(zoe: &SignedIn) {
    let (scene, port) = (&zoe.scene, zoe.scene.gateway.place().port());
    scene.application.forget();
    let spoofed = at_host(scene, "evil.example", "GET /dossier", "");
    assert_eq!((spoofed.status, spoofed.field("location")), (421, None));
    for line in [
        "GET //evil".to_owned(),
        format!("GET http://localhost:{port}//evil"),
    ] {
        let twice = zoe.ask(&line, "");
        assert_eq!((twice.status, twice.field("location")), (400, None), "{line}");
    }
    // A login redirect names a path of this site and no host; a script gets no redirect at all.
    let person = zoe.ask(
        "GET /dossier",
        "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n",
    );
    assert_eq!(person.status, 303);
    assert_eq!(
        person.field("location"),
        Some("/_guichet/login?return_to=/dossier")
    );
    let script = zoe.ask("GET /dossier", "Accept: application/json\r\n");
    assert_eq!((script.status, script.field("location")), (401, None));
    assert_eq!(scene.application.byte_count(), 0);
}

fn pages_that_send_on_by_themselves(zoe: &SignedIn) {
    for (line, cookie) in [
        (
            "GET /_guichet/login?return_to=/x&evil=1&url=https://evil.example/",
            "",
        ),
        (
            "GET /_guichet/logout?url=https://evil.example/",
            zoe.cookie.as_str(),
        ),
        ("GET /_guichet/logged-out?url=https://evil.example/", ""),
        (
            "GET /_guichet/callback?code=evil&state=evil&url=https://evil.example/",
            "",
        ),
        ("GET /_guichet/none?url=https://evil.example/", ""),
    ] {
        let answer = zoe.ask(line, format!("Cookie: {cookie}\r\n"));
        let text = answer.text();
        assert!(text.contains("<html"), "{line}: {text}");
        assert!(
            answer.field("refresh").is_none() && !text.contains("http-equiv"),
            "{line}: {text}"
        );
        // One script at most: the chooser's own file, which nothing of a request gets into.
        for script in text.split("<script").skip(1) {
            assert!(
                script.starts_with(" src=\"/_guichet/assets/chooser."),
                "{line}: {script}"
            );
            assert!(script.contains("defer></script>"), "{line}: {script}");
        }
        assert!(!text.contains("href=\"https://evil"), "{line}: {text}");
    }
}

/// What an application answers, and what the browser gets.
fn an_application_that_names_itself(_: &SignedIn) {
    let scene = Scene::start(Alg::Es256, Store::Memory);
    let browser = Browser::new();
    scene.sign_in(&browser, "/");
    let (own, public) = (scene.application.url(), scene.url(""));
    let other_port = format!("{own}1/x");
    for (said, relayed) in [
        (format!("{own}/x?y=1#z"), format!("{public}/x?y=1#z")),
        (own.clone(), public),
        // Everything else is the application's own affair, foreign or not.
        ("/x".to_owned(), "/x".to_owned()),
        ("//evil".to_owned(), "//evil".to_owned()),
        (
            "https://other.example/x".to_owned(),
            "https://other.example/x".to_owned(),
        ),
        (format!("{own}@evil.example/"), format!("{own}@evil.example/")),
        (other_port.clone(), other_port),
        (
            format!("https://other.example/?next={own}/"),
            format!("https://other.example/?next={own}/"),
        ),
    ] {
        scene
            .application
            .next(Reply::new(302, &[("Location", &said)], ""));
        let answer = raw(&scene, &browser, ("GET", "/dossier"), "");
        assert_eq!(
            (answer.status, answer.fields("location")),
            (302, vec![relayed.as_str()]),
            "{said}"
        );
    }
    assert!(browser.cookie("localhost", SESSION).is_some());
}

cases! {
    Proof<SignedIn>,
    run = on(SignedIn::start()),
    rows = [
        Proof { ids: &["T308"], sentence: "an altered attempt knows no destination and spends nothing", holds: an_altered_attempt },
        Proof { ids: &["T309"], sentence: "a logout comes back to us alone", holds: after_a_logout },
        Proof { ids: &["T310"], sentence: "a Referer says nothing", holds: a_referer },
        Proof { ids: &["T312"], sentence: "no redirect is built from Host", holds: a_host_that_is_not_ours },
        Proof { ids: &["T313"], sentence: "no page sends on by itself", holds: pages_that_send_on_by_themselves },
        Proof { ids: &["T314"], sentence: "an application's own address becomes the public one, and no other does", holds: an_application_that_names_itself },
    ]
}
