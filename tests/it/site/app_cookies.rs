//! The application's own session cookie stays with the person that it was given to: two people, one browser, one after the
//! other.

use crate::cases;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::Answer;
use crate::support::scene::SESSION;
use crate::support::scene::SESSION_SECRET;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::raw;
use crate::support::steps::sign_out;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Reply;

const OTHER: usize = 1;

fn scene(store: Store) -> Scene {
    Scene::start_with(Alg::Es256, store, |_, usual| {
        usual.replacen(
            "path = \"/\"\n",
            "path = \"/\"\napp_cookies = [\"PHPSESSID\", \"JSESSIONID\", \"laravel_session\"]\n",
            1,
        )
    })
}

fn signs_in(scene: &Scene, browser: &Browser, person: usize) {
    let page = scene.to_the_provider(browser, "/dossier");
    assert_eq!(scene.provider.sign_in(browser, &page, person).status(), 200);
    scene.application.forget();
}

/// The application sets these and the browser keeps what comes of them.
fn gives(scene: &Scene, browser: &Browser, path: &str, sets: &[&str]) -> Answer {
    let fields: Vec<(&str, &str)> = sets.iter().map(|set| ("Set-Cookie", *set)).collect();
    scene.application.next(Reply::new(200, &fields, "ok"));
    let answer = browser.open_once(&scene.url(path)).answer;
    assert_eq!(answer.status, 200);
    answer
}

/// The `Cookie` that the application receives.
fn receives(scene: &Scene, browser: &Browser, path: &str) -> Vec<String> {
    scene.application.forget();
    assert_eq!(browser.open_once(&scene.url(path)).status(), 200, "{path}");
    scene.application.only().values("cookie")
}

/// What Zoé's application sets, and what her browser gets.
fn are_marked(scene: &Scene, browser: &Browser) {
    let attributes = "; Path=/; HttpOnly; SameSite=Lax";
    let answer = gives(
        scene,
        browser,
        "/dossier",
        &[
            &format!("PHPSESSID=zoe0session{attributes}"),
            "theme=dark; Path=/",
            "JSESSIONID=\"z.1\"; Path=/",
        ],
    );
    let sets = answer.fields("set-cookie");
    let (value, rest) = sets[0].split_once("; ").unwrap();
    let tag = value.strip_prefix("PHPSESSID=zoe0session~").unwrap();
    assert!(tag.len() == 55 && format!("; {rest}") == attributes, "{sets:?}");
    for word in ["sub", "given_name", "family_name", "email"] {
        assert!(!tag.contains(people()[ZOE][word].as_str().unwrap()));
    }
    assert_eq!(sets[1], "theme=dark; Path=/");
    assert!(sets[2].starts_with("JSESSIONID=\"z.1\"~"), "{sets:?}");
}

fn one_after_the_other() {
    for store in [Store::Memory, Store::Redis] {
        let scene = scene(store);
        let browser = Browser::new();
        signs_in(&scene, &browser, ZOE);
        are_marked(&scene, &browser);
        let hers = ["PHPSESSID=zoe0session; theme=dark; JSESSIONID=\"z.1\""];
        assert_eq!(receives(&scene, &browser, "/dossier"), hers);
        // She leaves, and the next person sits down at the same browser.
        sign_out(&scene, &browser);
        assert_eq!(receives(&scene, &browser, "/optional"), ["theme=dark"]);
        signs_in(&scene, &browser, OTHER);
        assert!(
            browser
                .cookie("localhost", "PHPSESSID")
                .unwrap()
                .starts_with("zoe0session~")
        );
        scene.application.forget();
        assert_eq!(browser.open_once(&scene.url("/dossier")).status(), 200);
        let received = scene.application.only();
        assert_eq!(received.values("cookie"), ["theme=dark"]);
        assert_eq!(
            received.values("x-guichet-sub"),
            [people()[OTHER]["sub"].as_str().unwrap()]
        );
        assert!(!String::from_utf8_lossy(&received.bytes()).contains("zoe0session"));
        // They get a session of their own, and she hers when she comes back.
        gives(
            &scene,
            &browser,
            "/dossier",
            &["PHPSESSID=theirs; Path=/; HttpOnly; SameSite=Lax"],
        );
        assert_eq!(
            receives(&scene, &browser, "/dossier"),
            ["theme=dark; PHPSESSID=theirs"]
        );
        sign_out(&scene, &browser);
        signs_in(&scene, &browser, ZOE);
        assert_eq!(
            receives(&scene, &browser, "/dossier"),
            ["theme=dark; JSESSIONID=\"z.1\""]
        );
    }
}

#[test]
fn a_value_without_our_mark_or_under_another_name_reaches_nobody() {
    let scene = scene(Store::Memory);
    let browser = Browser::new();
    signs_in(&scene, &browser, ZOE);
    gives(&scene, &browser, "/dossier", &["PHPSESSID=hers; Path=/"]);
    let marked = browser.cookie("localhost", "PHPSESSID").unwrap();
    let session = session_of(&browser);
    let received = |pairs: &str| received(&scene, &session, pairs);
    assert_eq!(
        received(&format!("a=1; PHPSESSID={marked}; b=2")),
        "a=1; PHPSESSID=hers; b=2"
    );
    for pair in [
        "PHPSESSID=planted".to_owned(),
        "PHPSESSID=hers".to_owned(),
        "PHPSESSID=".to_owned(),
        "PHPSESSID".to_owned(),
        format!("PHPSESSID=x{marked}"),
        format!("PHPSESSID={}", marked.to_uppercase()),
        format!("PHPSESSID=\"{marked}\""),
        format!("JSESSIONID={marked}"),
        // Spellings that a server may take for the name.
        "phpsessid=planted".to_owned(),
        "PHP%53ESSID=planted".to_owned(),
        "PHPSESSID =planted".to_owned(),
        "%20PHPSESSID=planted".to_owned(),
        format!("phpsessid={marked}"),
    ] {
        assert_eq!(received(&format!("a=1; {pair}; b=2")), "a=1; b=2", "{pair}");
    }
    // Both of two are judged alone, as a browser may hold one for each path.
    assert_eq!(
        received(&format!("PHPSESSID=planted; PHPSESSID={marked}")),
        "PHPSESSID=hers"
    );
}

/// The application receives these pairs of a person who is signed in, word for word.
fn received(scene: &Scene, session: &str, pairs: &str) -> String {
    scene.application.forget();
    let fields = format!("Cookie: {session}; {pairs}\r\n");
    let answer = raw(scene, &Browser::new(), ("GET", "/dossier"), &fields);
    assert_eq!(answer.status, 200, "{pairs}");
    scene.application.only().values("cookie").concat()
}

fn session_of(browser: &Browser) -> String {
    format!("{SESSION}={}", browser.cookie("localhost", SESSION).unwrap())
}

/// What the last person's browser shows before the `~` is known to the next one, who may send it under any spelling.
#[test]
fn no_spelling_that_some_server_takes_for_the_name_passes() {
    let scene = scene(Store::Memory);
    let browser = Browser::new();
    signs_in(&scene, &browser, OTHER);
    let session = session_of(&browser);
    for pair in [
        // PHP.
        "laravel.session=hers",
        "laravel[session=hers",
        "laravel session=hers",
        "laravel+session=hers",
        "laravel%5fsession=hers",
        "laravel%2Esession=hers",
        "Laravel-Session=hers",
        "laravel_session[0]=hers",
        "laravel_session%5B0%5D=hers",
        "laravel.session[0]=hers",
        "PHPSESSI%44=hers",
        "+PHPSESSID=hers",
        "PHPSESSID+=hers",
        "%2BPHPSESSID=hers",
        "PHPSESSID%00x=hers",
        // Servers that trim more than blanks.
        "\u{a0}PHPSESSID=hers",
        "\u{2003}PHPSESSID\u{2003}=hers",
        "\u{85}PHPSESSID=hers",
        // Servers that end a pair elsewhere.
        "x=1,PHPSESSID=hers",
        "x=1, PHPSESSID=hers",
        "x=1 ,phpsessid =hers",
        "x,PHPSESSID=hers",
        "y=1 PHPSESSID=hers",
        "y=1\tPHPSESSID=hers",
        "y=1 PHPSESSID = hers",
        "y=1 PHPSESSID\t=hers",
        "y=\"1\"PHPSESSID=hers",
        "y=\"1,JSESSIONID=hers\"",
        "y=1\u{e9}PHPSESSID=hers",
        "y=1 laravel.session=hers",
        "y=1,PHPSESSI%44=hers",
        "=PHPSESSID=hers",
        "y=1,=PHPSESSID=hers",
    ] {
        let received = received(&scene, &session, &format!("a=1; {pair}; b=2"));
        assert_eq!(received, "a=1; b=2", "{pair}");
    }
    // What nobody takes for it is the application's affair.
    for pair in [
        "laravel=1",
        "session=1",
        "laravelsession=1",
        "PHPSESSID2=1",
        "x-PHPSESSID=1",
        "last=PHPSESSID",
        "last=\"the PHPSESSID of today\"",
        "last=/page?PHPSESSID=1",
        "csv=1,2,three=3",
        "=",
        "%=[,=]",
    ] {
        let received = received(&scene, &session, &format!("a=1; {pair}; b=2"));
        assert_eq!(received, format!("a=1; {pair}; b=2"));
    }
}

/// A name that the application spells otherwise than the list, or hides in another cookie, leaves nothing in the browser.
#[test]
fn what_the_application_sets_under_another_spelling_stays_here() {
    let scene = scene(Store::Memory);
    let browser = Browser::new();
    signs_in(&scene, &browser, ZOE);
    let sets = [
        "a=1; Path=/",
        "laravel.session=hers; Path=/",
        "phpsessid=hers; Path=/",
        "PHPSESSI%44=hers; Path=/",
        "=PHPSESSID=hers; Path=/",
        "PHPSESSID; Path=/",
        "x=1,PHPSESSID=hers; Path=/",
        "laravel_session=s,PHPSESSID=t; Path=/",
        "b=2; Path=/",
    ];
    let answer = gives(&scene, &browser, "/dossier", &sets);
    let [a, marked, b] = answer.fields("set-cookie").try_into().unwrap();
    assert_eq!([a, b], ["a=1; Path=/", "b=2; Path=/"]);
    assert!(marked.starts_with("laravel_session=s,PHPSESSID=t~"), "{marked}");
    // The mark vouches for the whole value.
    let marked = browser.cookie("localhost", "laravel_session").unwrap();
    let pairs = format!("laravel_session={marked}");
    assert_eq!(
        received(&scene, &session_of(&browser), &pairs),
        "laravel_session=s,PHPSESSID=t"
    );
    let next = Browser::new();
    signs_in(&scene, &next, OTHER);
    assert_eq!(received(&scene, &session_of(&next), &pairs), "");
}

#[test]
fn of_one_name_eight_pairs_are_judged() {
    let scene = scene(Store::Memory);
    let browser = Browser::new();
    signs_in(&scene, &browser, ZOE);
    let sets = ["PHPSESSID=hers; Path=/", "JSESSIONID=z; Path=/"];
    gives(&scene, &browser, "/dossier", &sets);
    let pair = |name| format!("{name}={}", browser.cookie("localhost", name).unwrap());
    let (php, java, session) = (pair("PHPSESSID"), pair("JSESSIONID"), session_of(&browser));
    let after = |others: usize| {
        let pairs = "PHPSESSID=~; ".repeat(others);
        received(&scene, &session, &format!("{pairs}{php}; {java}; c=3"))
    };
    assert_eq!(after(7), "PHPSESSID=hers; JSESSIONID=z; c=3");
    assert_eq!(after(8), "JSESSIONID=z; c=3");
    assert_eq!(after(2000), "JSESSIONID=z; c=3");
}

#[test]
fn what_nobody_was_given_does_not_follow_into_a_login() {
    let scene = scene(Store::Memory);
    let browser = Browser::new();
    gives(&scene, &browser, "/optional", &["PHPSESSID=before; Path=/"]);
    assert_eq!(receives(&scene, &browser, "/optional"), ["PHPSESSID=before"]);
    assert_eq!(receives(&scene, &browser, "/public"), ["PHPSESSID=before"]);
    signs_in(&scene, &browser, ZOE);
    assert_eq!(receives(&scene, &browser, "/dossier"), Vec::<String>::new());
}

/// A page around the login must not take the session of those inside away.
#[test]
fn a_public_page_knows_whose_the_cookie_is_and_tells_the_application_nothing() {
    let scene = scene(Store::Redis);
    let browser = Browser::new();
    signs_in(&scene, &browser, ZOE);
    gives(&scene, &browser, "/dossier", &["PHPSESSID=hers; Path=/"]);
    assert_eq!(receives(&scene, &browser, "/public"), ["PHPSESSID=hers"]);
    let received = scene.application.only();
    assert!(received.values("x-guichet-status").is_empty() && received.values("x-guichet-sub").is_empty());
    gives(&scene, &browser, "/public", &["PHPSESSID=renewed; Path=/"]);
    assert_eq!(receives(&scene, &browser, "/dossier"), ["PHPSESSID=renewed"]);
}

#[test]
fn while_the_store_is_away_a_public_page_has_no_session_and_takes_none() {
    let mut scene = scene(Store::Redis);
    let browser = Browser::new();
    signs_in(&scene, &browser, ZOE);
    gives(&scene, &browser, "/dossier", &["PHPSESSID=hers; Path=/"]);
    let before = browser.cookie("localhost", "PHPSESSID");
    scene.redis.as_mut().unwrap().kill();
    scene.application.forget();
    let answer = gives(
        &scene,
        &browser,
        "/public",
        &["a=1; Path=/", "PHPSESSID=nobodys; Path=/", "b=2; Path=/"],
    );
    assert_eq!(answer.fields("set-cookie"), ["a=1; Path=/", "b=2; Path=/"]);
    assert!(scene.application.only().values("cookie").is_empty());
    assert_eq!(browser.cookie("localhost", "PHPSESSID"), before);
    assert!(!scene.gateway.logs().lines_with("withheld").is_empty());
}

#[test]
fn a_rotated_secret_takes_no_session_of_the_application_away() {
    let mut scene = scene(Store::Redis);
    let browser = Browser::new();
    signs_in(&scene, &browser, ZOE);
    gives(&scene, &browser, "/dossier", &["PHPSESSID=hers; Path=/"]);
    let place = scene.gateway.place();
    let new = place.secret("new_secret", "the-session-secret-of-tomorrow-0123456789abcdef");
    let old = place.secret("session_secret", SESSION_SECRET);
    scene
        .gateway
        .restart(|text| text.replace(&format!("secret = {old}"), &format!("secret = [{new}, {old}]")));
    assert_eq!(receives(&scene, &browser, "/dossier"), ["PHPSESSID=hers"]);
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["T380"], sentence: "nobody inherits the application's session of whoever sat here before", plays: one_after_the_other },
    ]
}
