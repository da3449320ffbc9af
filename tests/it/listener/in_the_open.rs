//! A site under https whose TLS ends in front of the gateway: one name in every spelling, and nobody in the open. Areas B, R.

use crate::cases;
use crate::listener::stage::SESSION;
use crate::listener::stage::exchange;
use crate::listener::stage::neighbour;
use crate::listener::stage::published_at;
use crate::listener::stage::sign_in;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::raw::Answer;
use crate::support::scene::ASSERTION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::table::Proof;
use crate::support::table::on;

const ORIGIN: &str = "https://demarches.test";

/// This machine is the listed proxy that ends TLS. Zoé is signed in.
#[derive(Debug)]
struct Published {
    scene: Scene,
    /// Name and value.
    cookie: String,
    assertion: String,
}

impl Published {
    fn start() -> Self {
        let scene = Scene::start_with(Alg::Es256, Store::Memory, |place, usual| {
            let server = "[server]\nhsts = \"subdomains\"\ntrusted_proxies = [\"127.0.0.1\"]";
            let usual = published_at(ORIGIN, place, &usual).replace("[server]", server);
            format!("{usual}{}", neighbour("voisin.test", &usual))
        });
        let browser = Browser::new();
        browser.reaches(ORIGIN, scene.gateway.address());
        let assertion = sign_in(&scene, &browser, ORIGIN);
        let cookie = browser.cookie("demarches.test", SESSION).expect("no session");
        Self {
            cookie: format!("{SESSION}={cookie}"),
            scene,
            assertion,
        }
    }

    fn ask(&self, line: &str, host: &str, fields: &str) -> Answer {
        self.scene.application.forget();
        let cookie = &self.cookie;
        let head = format!("{line} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}{fields}");
        exchange(self.scene.gateway.address(), &head)
    }
}

fn every_spelling_is_one_name(published: &Published) {
    for host in [
        "demarches.test",
        "DEMARCHES.Test",
        "demarches.test:443",
        "Demarches.test:443",
    ] {
        let answer = published.ask("GET /dossier", host, "\r\nX-Forwarded-Proto: https");
        assert_eq!(answer.status, 200, "{host}");
        let received = published.scene.application.only();
        assert_eq!(
            received.values(ASSERTION),
            [published.assertion.as_str()],
            "{host}"
        );
        assert_eq!(received.values("x-forwarded-port"), ["443"], "{host}");
        // A login that begins under any of them comes back under the registered one.
        let login = published.ask("GET /_guichet/login/fc?return_to=/autre", host, "");
        // Zoé is signed in with this provider, so it leads straight back.
        assert_eq!(
            (login.status, login.field("location")),
            (303, Some("/autre")),
            "{host}"
        );
        // The neighbour's public page is not at this host, under no spelling.
        assert_eq!(published.ask("GET /ouvert", host, "").status, 200, "{host}");
        assert_eq!(
            published.scene.application.only().values(ASSERTION).len(),
            1,
            "{host}"
        );
    }
    for (host, status) in [
        ("demarches.test.", 400),
        ("demarches.test.:443", 400),
        ("demarches.test:0443x", 400),
        ("demarches.test:80", 421),
        ("demarches.test:8443", 421),
    ] {
        assert_eq!(published.ask("GET /dossier", host, "").status, status, "{host}");
        assert_eq!(published.scene.application.byte_count(), 0, "{host}");
    }
}

fn nobody_is_served_in_the_open(published: &Published) {
    let open = "\r\nX-Forwarded-Proto: http";
    for path in [
        "/dossier?a=b",
        "/public",
        "/_guichet/login?return_to=/dossier",
        "/_guichet/logout",
    ] {
        let answer = published.ask(&format!("GET {path}"), "demarches.test", open);
        assert_eq!(answer.status, 303, "{path}");
        assert_eq!(answer.field("location"), Some(format!("{ORIGIN}{path}").as_str()));
        assert_eq!(answer.field("set-cookie"), None, "{path}");
        assert_eq!(published.scene.application.byte_count(), 0, "{path}");
        let hsts = answer.field("strict-transport-security");
        assert_eq!(hsts, Some("max-age=31536000; includeSubDomains"), "{path}");
    }
    for (line, host) in [
        ("POST /dossier", "demarches.test"),
        ("DELETE /public", "demarches.test"),
        ("GET /", "evil.example"),
        ("GET /", "evil.example/\u{20}"),
    ] {
        let answer = published.ask(line, host, open);
        assert!(
            matches!(answer.status, 400 | 421),
            "{line} {host}: {}",
            answer.status
        );
        assert_eq!(answer.field("location"), None, "{line} {host}");
        assert_eq!(published.scene.application.byte_count(), 0, "{line} {host}");
    }
    // What came over https is served.
    let answer = published.ask(
        "POST /public",
        "demarches.test",
        "\r\nX-Forwarded-Proto: https\r\nContent-Length: 0",
    );
    assert_eq!(answer.status, 200);
}

cases! {
    Proof<Published>,
    run = on(Published::start()),
    rows = [
        Proof {
            ids: &["T055"],
            sentence: "case and default port make no other host: one policy, one session; a trailing dot is refused",
            holds: every_spelling_is_one_name,
        },
        Proof {
            ids: &["T453"],
            sentence: "who comes in the open is led to https, and no application sees it",
            holds: nobody_is_served_in_the_open,
        },
    ]
}
