//! The configurations of `deploy/forward-auth/`, in the proxies as Debian has them: whoever is signed in gets through with the
//! right headers, and nobody else gets anywhere.

use std::net::SocketAddr;

use super::front::Front;
use super::front::Proxy;
use super::sockets;
use super::stage::SECRET;
use crate::support::browser::Browser;
use crate::support::document::with;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::gateway::Place;
use crate::support::jws::claims;
use crate::support::ports::free_port;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::provider::to_the_provider;
use crate::support::raw::Answer;
use crate::support::raw::RawClient;
use crate::support::scene::CLIENT_SECRET;
use crate::support::upstream::Received;
use crate::support::usual;

/// The cookie of a session on https.
const SESSION: &str = "__Host-guichet-session-fc";

/// Everything on the stage; the proxy ends before what it talks to.
pub(super) struct Stage {
    pub(super) proxy: Proxy,
    front: Front,
    pub(super) gateway: Executable,
    pub(super) origin: String,
    pub(super) host: String,
    /// Name and value of Zoé's session, once she is signed in.
    pub(super) cookie: String,
}

/// Behind a proxy at this port, which both forwards and asks; with a claim that Zoé has not.
fn configured(place: &Place, usual: &str, port: u16) -> String {
    let upstream = usual::upstreams(usual);
    let secret = place.secret("forward_auth_secret", SECRET);
    let usual = with(
        usual,
        &[
            (&place.public_url(), &format!("https://localhost:{port}")),
            ("[server]", "[server]\ntrusted_proxies = [\"127.0.0.1\"]"),
            (upstream, "mode = \"forward_auth\""),
            ("\"identite_pivot\"", "\"identite_pivot\", \"preferred_username\""),
            ("claims = [\"sub\"", "claims = [\"preferred_username\", \"sub\""),
            (
                "\"family_name\", \"email\"]\n\n  [[apps.routes]]",
                "\"family_name\", \"preferred_username\"]\n\n  [[apps.routes]]",
            ),
        ],
    );
    format!(
        "{usual}\n[forward_auth]\ncallers = [\"127.0.0.1\"]\nsecret = {secret}\nmax_answer_head = \"12KiB\"\n"
    )
}

impl Stage {
    pub(super) fn start(proxy: Proxy) -> Self {
        let port = free_port();
        let gateway = Executable::start(&Start {
            provider: true,
            edit: &|place, usual| configured(place, usual, port),
            ..Start::default()
        });
        let origin = format!("https://localhost:{port}");
        gateway.provider().register_at(&origin, ("tests", CLIENT_SECRET));
        Self {
            proxy,
            front: Front::start(proxy, port, [gateway.address(), gateway.application.address()]),
            gateway,
            host: format!("localhost:{port}"),
            origin,
            cookie: String::new(),
        }
    }

    /// Where a browser without TLS reaches the proxy.
    pub(super) fn address(&self) -> SocketAddr {
        self.front.tunnel.address()
    }

    /// A request in bytes, over TLS; `{session}` is Zoé's cookie. What the application received of it.
    fn send(&self, request_line: &str, lines: &str) -> (Answer, Vec<Received>) {
        self.gateway.application.forget();
        let lines = lines.replace("{session}", &self.cookie);
        let (lines, body) = lines
            .split_once("\r\n\r\n")
            .map_or((&*lines, ""), |(lines, body)| (lines, body));
        let lines = lines.trim_end();
        let end = if lines.is_empty() { "" } else { "\r\n" };
        let words = format!(
            "{request_line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{lines}{end}\r\n{body}",
            self.host
        );
        let method = request_line.split(' ').next().unwrap();
        let answer = RawClient::connect(self.address()).send(words).try_answer(method);
        let answer = answer.unwrap_or_else(|error| panic!("{request_line} {lines:?}: {error}"));
        (answer, self.gateway.application.received())
    }

    fn nothing_arrives(&self, request_line: &str, lines: &str, statuses: &[u16]) -> Answer {
        let (answer, received) = self.send(request_line, lines);
        let what = format!("{:?} {request_line} {lines:?}", self.proxy);
        assert!(received.is_empty(), "{what}: {received:?}");
        let head = String::from_utf8_lossy(&answer.head).to_lowercase();
        assert!(statuses.contains(&answer.status), "{what}\n{head}");
        assert!(
            !head.contains("x-guichet-") && !head.contains("x-forward-auth"),
            "{what}\n{head}"
        );
        answer
    }

    /// An anonymous visitor comes to a page, is led to the login, and comes back to that page.
    pub(super) fn signs_in(&mut self) {
        let (browser, page) = (Browser::new(), format!("{}/dossier/12?etape=3", self.origin));
        browser.reaches(&self.origin, self.address());
        let asked = to_the_provider(&browser, &page);
        assert_eq!(self.gateway.application.byte_count(), 0);
        let arrived = self.gateway.provider().sign_in(&browser, &asked, ZOE);
        assert_eq!(
            (arrived.status(), &arrived.url),
            (200, &page),
            "{:?}: {}",
            self.proxy,
            arrived.text()
        );
        let received = self.gateway.application.only();
        assert_eq!(received.request_line(), "GET /dossier/12?etape=3 HTTP/1.1");
        self.is_about_zoe(&received);
        assert_eq!(received.values("host"), [&*self.host]);
        assert_eq!(received.values("x-forwarded-proto"), ["https"]);
        let cookie = browser.cookie("localhost", SESSION).expect("no session");
        self.cookie = format!("{SESSION}={cookie}");
    }

    pub(super) fn is_about_zoe(&self, received: &Received) {
        let (people, what) = (people(), self.proxy);
        assert_eq!(received.values("x-guichet-status"), ["authenticated"], "{what:?}");
        assert_eq!(
            received.values("x-guichet-sub"),
            [people[ZOE]["sub"].as_str().unwrap()],
            "{what:?}"
        );
        let assertion = received.values("x-guichet-assertion");
        assert_eq!(assertion.len(), 1, "{what:?}");
        assert_eq!(
            (&claims(&assertion[0])["sub"], &claims(&assertion[0])["aud"]),
            (&people[ZOE]["sub"], &"urbanisme".into())
        );
        assert_eq!(
            received.values("x-guichet-family-name"),
            ["LE%20GO%C3%9BT-N%C5%92UV%C3%89GLISE"],
            "{what:?}"
        );
        assert_eq!(received.values("x-request-id")[0].len(), 16, "{what:?}");
        self.tells_no_more(received);
    }

    /// Of a claim that nobody knows no value, and nothing of ours or of the proxy's question.
    pub(super) fn tells_no_more(&self, received: &Received) {
        let head = String::from_utf8_lossy(&received.head).to_lowercase();
        assert!(
            received
                .values("x-guichet-preferred-username")
                .iter()
                .all(String::is_empty),
            "{head}"
        );
        for word in [
            "evil",
            "guichet-session",
            "guichet-login",
            "guichet-lang",
            "x-forward-auth",
            SECRET,
        ] {
            assert!(!head.contains(word), "{:?}: {word} in {head}", self.proxy);
        }
    }

    /// Every spelling that some server folds into ours, and fields that only Guichet or a proxy may say.
    fn nobody_forges(&self) {
        for name in [
            "X-Guichet-Sub",
            "X_Guichet_Sub",
            "X.Guichet.Sub",
            "X-Guichet_Sub",
            "X_Guichet-Sub",
            "x~guichet~sub",
            "X!Guichet!Sub",
            "X'Guichet+Sub",
            "X-Guichet-Assertion",
            "X_Guichet_Assertion",
            "X-Guichet-Preferred-Username",
            "X_Guichet_Preferred_Username",
            "X-Guichet-Status",
            "X-Request-Id",
        ] {
            let forged = format!("{name}: evil\r\n");
            for (path, lines) in [
                ("GET /dossier", format!("{forged}Cookie: {{session}}\r\n")),
                ("GET /dossier", format!("Cookie: {{session}}\r\n{forged}{forged}")),
                ("GET /public/logo", forged.clone()),
                ("GET /optional", forged.clone()),
            ] {
                let (answer, received) = self.send(path, &lines);
                let what = format!("{:?} {path} {lines:?}", self.proxy);
                // Refused is good as well.
                if received.is_empty() {
                    assert_eq!(answer.status, 400, "{what}");
                    continue;
                }
                let [received] = &received[..] else {
                    panic!("{what}: {received:?}")
                };
                self.tells_no_more(received);
                if path == "GET /dossier" {
                    self.is_about_zoe(received);
                } else {
                    assert!(
                        received.values("x-guichet-sub").iter().all(String::is_empty),
                        "{what}"
                    );
                }
            }
        }
    }

    /// A browser that says what only a proxy may say is not believed, and passes as who it is.
    fn its_own_words_count(&self) {
        for lines in [
            format!(
                "X-Original-Method: POST\r\nX-Original-URL: {}/public\r\n",
                self.origin
            ),
            "X-Original-Method: POST\r\n".to_owned(),
            "X-Forwarded-Method: POST\r\nX-Forwarded-Uri: /public\r\n".to_owned(),
            "X-Forwarded-Host: other.example\r\nX-Forwarded-Proto: http\r\nX-Forwarded-For: 203.0.113.9\r\n"
                .to_owned(),
        ] {
            let (answer, received) = self.send("GET /dossier", &format!("{lines}Cookie: {{session}}\r\n"));
            assert_eq!(
                (answer.status, received.len()),
                (200, 1),
                "{:?} {lines:?}",
                self.proxy
            );
            self.is_about_zoe(&received[0]);
            for (name, value) in [
                ("x-forwarded-for", "127.0.0.1"),
                ("x-forwarded-host", &*self.host),
                ("x-forwarded-proto", "https"),
            ] {
                assert_eq!(received[0].values(name), [value], "{:?} {lines:?}", self.proxy);
            }
            let port = self.host.split(':').next_back().unwrap().to_owned();
            let said = if self.proxy == Proxy::Caddy {
                vec![]
            } else {
                vec![port]
            };
            assert_eq!(received[0].values("x-forwarded-port"), said, "{:?}", self.proxy);
        }
        // Nor is Guichet told of another client: in the question, on its own pages, and where it answers in their place.
        for path in ["/api", "/_guichet/login?return_to=/", "/_guichet/jwks.json"] {
            self.send(&format!("GET {path}"), "X-Forwarded-For: 203.0.113.9\r\n");
        }
        self.gateway.until("the last one is told", || {
            self.gateway.said("/_guichet/jwks.json") > 0
        });
        assert_eq!(self.gateway.said("203.0.113.9"), 0, "{:?}", self.proxy);
    }

    /// Every byte that the application received, in lower case.
    fn heard(&self) -> String {
        let received = self.gateway.application.received();
        let bytes = received
            .iter()
            .flat_map(|one| [&one.head[..], &one.wire_body[..]]);
        String::from_utf8_lossy(&bytes.collect::<Vec<_>>().concat()).to_lowercase()
    }

    /// What is judged for another host is not given to this application.
    fn another_host_is_not_this_one(&self) {
        for (target, host) in [
            ("/public/logo".to_owned(), "localhost:1"),
            (format!("{}/public/logo", self.origin), "other.example"),
        ] {
            self.gateway.application.forget();
            let words = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let answer = RawClient::connect(self.address()).send(words).try_answer("GET");
            // An address in the request line counts more than `Host` (RFC 9112, section 3.2.2): Caddy puts it there.
            let received = self.gateway.application.received();
            let is_ours = |one: &Received| one.values("host") == [&*self.host];
            assert!(
                received.iter().all(is_ours),
                "{:?} {host}: {answer:?} {received:?}",
                self.proxy
            );
        }
    }

    /// A browser neither takes a field of ours away, nor puts one behind the content, nor switches to another protocol, nor
    /// says what only a proxy may say.
    fn a_head_is_all_there_is(&self) {
        let nominated =
            "Connection: X-Guichet-Assertion, X-Guichet-Sub, X-Guichet-Status\r\nCookie: {session}\r\n";
        let (_, received) = self.send("GET /dossier", nominated);
        for received in &received {
            self.is_about_zoe(received);
        }
        let socket = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
        let nominated = "Connection: Upgrade, X-Guichet-Sub\r\nCookie: {session}\r\n";
        let (_, received) = self.send("GET /dossier", &format!("{socket}{nominated}"));
        for received in &received {
            self.is_about_zoe(received);
            let named = received.values("connection").concat().to_lowercase();
            assert!(!named.contains("x-guichet"), "{:?}: {named}", self.proxy);
        }

        let trailers = "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Guichet-Sub: evil\r\nRemote-User: evil\r\n\r\n";
        self.send("POST /public/logo", trailers);
        assert!(!self.heard().contains("evil"), "{:?}", self.proxy);

        let switch = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n";
        self.send("GET /public/logo", switch);
        for word in ["h2c", "http2-settings"] {
            assert!(!self.heard().contains(word), "{:?} {word}", self.proxy);
        }

        for name in [
            "Auth-User",
            "Forwarded",
            "Proxy",
            "Remote-User",
            "X-Auth-Request-Email",
            "X-Auth-Request-User",
            "X-Forward-Auth-Secret",
            "X-Forwarded-Method",
            "X-Forwarded-Port",
            "X-Forwarded-Prefix",
            "X-Forwarded-Server",
            "X-Forwarded-Uri",
            "X-Forwarded-User",
            "X-HTTP-Method-Override",
            "X-Original-URL",
            "X-Rewrite-URL",
            "X-Real-IP",
            "X_Forwarded_For",
            "Remote-Name",
            "X-Consumer-Username",
            "X-Forwarded-Email",
            "X-Forwarded-Groups",
            "X-Remote-User",
            "X-User-Id",
            "X-WEBAUTH-USER",
        ] {
            self.send("GET /public/logo", &format!("{name}: evil\r\n"));
            assert!(!self.heard().contains("evil"), "{:?} {name}", self.proxy);
        }

        // As many fields as the proxy takes: whatever it answers, it is there afterwards.
        self.send("GET /public/logo", &"X-P: a\r\n".repeat(96));
        let (answer, received) = self.send("GET /public/logo", "");
        assert_eq!((answer.status, received.len()), (200, 1), "{:?}", self.proxy);
    }

    /// The application gets its own cookies, and none of ours.
    fn cookies_of_ours_stay(&self) {
        let more = "a=1; {session}; b=\"2\"; __Host-guichet-login-x=evil; __Host-guichet-lang=fr; c=3";
        let long = "x".repeat(6000);
        for (sent, arrives) in [
            (
                format!("Cookie: {more}\r\n"),
                vec!["a=1; b=\"2\"; c=3".to_owned()],
            ),
            ("Cookie: {session}\r\n".to_owned(), vec![]),
            (
                format!("Cookie: {{session}}; a={long}\r\n"),
                vec![format!("a={long}")],
            ),
        ] {
            for path in ["GET /dossier", "GET /public/logo"] {
                let (answer, received) = self.send(path, &sent);
                assert_eq!(answer.status, 200, "{:?}", self.proxy);
                let cookies: Vec<String> = received[0]
                    .values("cookie")
                    .into_iter()
                    .filter(|value| !value.is_empty())
                    .collect();
                assert_eq!(cookies, arrives, "{:?}: {path}", self.proxy);
            }
        }
    }

    /// Who is not let in, and what they are told.
    fn nobody_else_gets_in(&self) {
        let answer = self.nothing_arrives("GET /dossier?x=1", "Sec-Fetch-Mode: navigate\r\n", &[302, 303]);
        let login = answer.field("location").unwrap();
        assert!(
            login.ends_with("/_guichet/login?return_to=/dossier%3Fx%3D1"),
            "{login}"
        );
        let answer = self.nothing_arrives("GET /api", "Sec-Fetch-Mode: cors\r\n", &[401]);
        assert_eq!(
            answer.field("content-type"),
            Some("application/problem+json"),
            "{:?}",
            self.proxy
        );
        let form = "Content-Length: 4\r\nSec-Fetch-Mode: navigate\r\n\r\na=1&";
        self.nothing_arrives("POST /form", form, &[401]);
        let secret = format!("X-Forward-Auth-Secret: {SECRET}\r\n");
        let about = format!(
            "X-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: {}\r\nX-Forwarded-Uri: /public\r\n",
            self.host
        );
        let original = format!(
            "X-Original-Method: GET\r\nX-Original-URL: {}/public\r\n",
            self.origin
        );
        // Neither the question itself nor its words are a browser's to say.
        for path in [
            "/_guichet/auth",
            "/_guichet/%61uth",
            "/_guichet//auth",
            "/_guichet/x/../auth",
            "/_GUICHET/auth",
        ] {
            for lines in [&about, &original, &format!("{about}{secret}"), ""] {
                let lines = format!("{lines}Cookie: {{session}}\r\n");
                self.nothing_arrives(&format!("GET {path}"), &lines, &[400, 404, 421]);
            }
        }
        // Nor is what lies at the prefix itself, or behind it, the application's.
        for path in ["/_guichet", "/_guichet/", "/_guichet/nothing"] {
            self.nothing_arrives(&format!("GET {path}"), "Cookie: {session}\r\n", &[301, 404]);
        }
        self.nothing_arrives("GET /dossier", &about, &[302, 303]);
        self.nothing_arrives("GET /dossier", &original, &[302, 303]);
        for path in [
            "/public/../dossier",
            "/public/%2e%2e/dossier",
            "/public%2f..%2fdossier",
            "//dossier",
            "/public/..;/dossier",
        ] {
            self.nothing_arrives(&format!("GET {path}"), "Cookie: {session}\r\n", &[400]);
        }
    }

    /// A form of whoever is signed in arrives whole.
    fn forms_arrive(&self) {
        let lines = "Cookie: {session}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4\r\n\r\na=1&";
        let (answer, received) = self.send("POST /form?x=%C3%A9", lines);
        assert_eq!((answer.status, received.len()), (200, 1), "{:?}", self.proxy);
        assert_eq!(received[0].request_line(), "POST /form?x=%C3%A9 HTTP/1.1");
        assert_eq!(received[0].body, b"a=1&");
        self.is_about_zoe(&received[0]);
    }

    /// Without Guichet nobody passes.
    fn fails_closed(&mut self) {
        self.gateway.signal("KILL");
        self.gateway.ended();
        for path in ["GET /dossier", "GET /public/logo"] {
            self.nothing_arrives(path, "Cookie: {session}\r\n", &[500, 502, 503]);
        }
    }
}

fn stands_before(proxy: Proxy) {
    let mut stage = Stage::start(proxy);
    stage.signs_in();
    stage.forms_arrive();
    stage.nobody_forges();
    stage.its_own_words_count();
    stage.another_host_is_not_this_one();
    stage.a_head_is_all_there_is();
    stage.cookies_of_ours_stay();
    sockets::pass_for_whoever_is_signed_in(&stage);
    sockets::open_for_nobody_else(&stage);
    stage.nobody_else_gets_in();
    stage.fails_closed();
}

#[test]
fn nginx_with_the_shipped_configuration_lets_the_right_requests_through_and_no_other() {
    stands_before(Proxy::Nginx);
}

#[test]
fn caddy_with_the_shipped_configuration_lets_the_right_requests_through_and_no_other() {
    stands_before(Proxy::Caddy);
}

#[test]
fn haproxy_with_the_shipped_configuration_lets_the_right_requests_through_and_no_other() {
    stands_before(Proxy::Haproxy);
}
