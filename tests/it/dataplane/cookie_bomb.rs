//! Cookies that are too many: nobody is locked out by them without a word and a way out.

use std::time::Duration;

use tokio::time::Instant;

use crate::cases;
use crate::listener::stage::Secure;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::provider::ZOE;
use crate::support::raw::Answer;
use crate::support::raw::exchange;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::cookie_field;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T160"],
            sentence: "sixty logins that nobody ends leave four cookies, and the last one still ends well",
            plays: sixty_tabs,
        },
        Play {
            ids: &["T161"],
            sentence: "a cookie bomb is a page that says so and clears it, and nothing that leads in a circle",
            plays: a_bomb,
        },
        Play {
            ids: &["T162"],
            sentence: "a number in the name or value of a cookie makes no loop and no memory",
            plays: counts,
        },
    ]
}

fn sixty_tabs() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let browser = Browser::new();
    let mut last = None;
    for tab in 0..60 {
        let page = scene.to_the_provider(&browser, &format!("/dossier/{tab}?{}", "x".repeat(300)));
        let held = browser.cookie_names("localhost");
        assert!(held.len() <= 4, "{held:?}");
        let bytes = cookie_field(&browser).len();
        assert!(bytes < 8 * 1024, "{bytes}");
        last = Some(page);
    }
    assert_eq!(
        scene.redis().keys(),
        Vec::<Vec<u8>>::new(),
        "nobody came back yet"
    );
    let page = scene.provider.sign_in(&browser, &last.unwrap(), ZOE);
    assert_eq!(page.status(), 200, "{}", page.text());
    assert!(page.url.starts_with(&scene.url("/dossier/59?")), "{}", page.url);
}

/// What a neighbour site left: more than any request may carry.
fn bomb() -> String {
    let cookies = (0..100).map(|number| format!("bomb{number}={}", "b".repeat(4000)));
    format!("Cookie: {}\r\n", cookies.collect::<Vec<_>>().join("; "))
}

fn ask(secure: &Secure, path: &str, fields: &str, bomb: &str) -> Answer {
    let host = secure.host();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}{bomb}\r\n");
    exchange(secure.tunnel.address(), head)
}

fn a_bomb() {
    let secure = Secure::start();
    for (fields, words, label) in [
        (
            "",
            "Votre demande est trop longue",
            "Effacer les cookies de ce site",
        ),
        (
            "Accept-Language: en\r\n",
            "Your request is too long",
            "Clear the cookies of this site",
        ),
    ] {
        for path in [
            "/dossier",
            "/_guichet/login",
            "/_guichet/callback?code=a&state=b",
            "/",
        ] {
            let answer = ask(&secure, path, fields, &bomb());
            assert_eq!(answer.status, 431, "{path}");
            let text = answer.text();
            assert!(text.contains(words) && text.contains(label), "{text}");
            assert!(text.contains("href=\"/_guichet/clear-cookies\""), "{text}");
            for absent in ["location", "set-cookie", "clear-site-data"] {
                assert_eq!(answer.field(absent), None, "{path}: {absent}");
            }
            assert!(answer.field("strict-transport-security").is_some());
        }
    }

    is_cleared(&secure);
    assert_eq!(secure.scene.application.byte_count(), 0);
    let own_cookie = format!("Cookie: {}\r\n", secure.cookie);
    assert_eq!(
        ask(&secure, "/dossier", "", &own_cookie).status,
        200,
        "ours are small"
    );
    assert!(own_cookie.len() < 256, "{own_cookie}");
}

/// By the link of the page, and by nothing else.
fn is_cleared(secure: &Secure) {
    let from = |origin: &str| format!("Referer: {origin}/dossier\r\n");
    let (own, host) = (format!("https://{}", secure.host()), secure.host());
    let cleared = ask(secure, "/_guichet/clear-cookies", &from(&own), &bomb());
    assert_eq!((cleared.status, cleared.field("location")), (303, Some("/")));
    assert_eq!(cleared.field("clear-site-data"), Some("\"cookies\""));
    for fields in [
        String::new(),
        from("https://evil.example"),
        from(&format!("https://{host}.evil.example")),
        from(&format!("http://{host}")),
        "Referer: \r\n".to_owned(),
    ] {
        let answer = ask(secure, "/_guichet/clear-cookies", &fields, &bomb());
        assert_eq!(
            (answer.status, answer.field("clear-site-data")),
            (431, None),
            "{fields}"
        );
    }
    let small = ask(secure, "/_guichet/clear-cookies", &from(&own), "Cookie: a=b\r\n");
    assert_eq!((small.status, small.field("clear-site-data")), (303, None));
}

/// Far more than a dozen requests take, far less than any of the numbers would.
const SOON: Duration = Duration::from_secs(10);

fn counts() {
    let scene = Scene::start(Alg::Es256, Store::Redis);
    let began = Instant::now();
    for name in ["guichet-session-fc", "__Host-guichet-session-fc", "guichet-login"] {
        for planted in [
            format!("{name}_chunks=99999999"),
            format!("{name}=99999999"),
            format!("{name}=chunks:99999999; {name}_0=a; {name}_1=b"),
            format!("{name}-99999999999999999999=a; {name}.0=a"),
        ] {
            let answer = scene.ask("/dossier", &format!("Cookie: {planted}\r\n"));
            assert_eq!(answer.status, 303, "{planted}");
            assert_eq!(
                answer.field("location"),
                Some("/_guichet/login?return_to=/dossier"),
                "{planted}"
            );
        }
    }
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(scene.application.byte_count(), 0);
    assert_eq!(scene.redis().keys(), Vec::<Vec<u8>>::new());
}
