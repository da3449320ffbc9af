//! The path that the application sees is the one that was judged, byte for byte, or it sees none: area C.

use crate::cases;
use crate::listener::stage::Secure;
use crate::store::outage::behind_a_liar;
use crate::support::browser::Browser;
use crate::support::provider::Alg;
use crate::support::raw::Answer;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::scene::with_agents;
use crate::support::table::Proof;
use crate::support::table::on;

/// Everything is protected but `/public` and `/healthz`; another application is at `/agents`, and one at `/only` of a host
/// that has nothing else. Zoé is signed in at the first.
struct Stage {
    scene: Scene,
    cookie: String,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anonymous,
    Zoe,
}

impl Stage {
    fn start() -> Self {
        let scene = Scene::start_with(Alg::Es256, Store::Memory, |place, usual| {
            let open = "\n  [[apps.routes]]\n  path = \"/healthz\"\n  access = \"public\"\n";
            let usual = with_agents(&format!("{usual}{open}"));
            let only = usual.split_once("[[apps]]\nname = \"agents\"").unwrap().1;
            let host = format!("host = \"only.localhost:{}\"\n", place.port());
            let only = only.replace("path = \"/agents\"", "path = \"/only\"");
            format!("{usual}\n[[apps]]\nname = \"only\"\n{host}{only}")
        });
        let browser = Browser::new();
        scene.sign_in(&browser, "/dossier");
        let cookie = browser.cookie("localhost", SESSION).unwrap();
        scene.application.forget();
        Self { scene, cookie }
    }

    /// Sends these bytes as the first line, and says what came of it and of the connection.
    fn ask(&self, who: Who, line: &[u8], fields: &str) -> (Answer, Connection) {
        self.scene.application.forget();
        let cookie = match who {
            Who::Anonymous => String::new(),
            Who::Zoe => format!("Cookie: {SESSION}={}\r\n", self.cookie),
        };
        let head = format!("\r\nHost: {}\r\n{cookie}{fields}\r\n", self.scene.host());
        let mut client = RawClient::connect(self.scene.gateway.address());
        let method = String::from_utf8_lossy(line.split(|byte| *byte == b' ').next().unwrap()).into_owned();
        let answer = client.send([line, head.as_bytes()].concat()).try_answer(&method);
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", line.escape_ascii()));
        let afterwards = self.afterwards(&mut client);
        (answer, afterwards)
    }

    /// Whether the connection takes another request: one that no application hears of.
    fn afterwards(&self, client: &mut RawClient) -> Connection {
        let head = format!("OPTIONS * HTTP/1.1\r\nHost: {}\r\n\r\n", self.scene.host());
        match client.send(head).try_answer("OPTIONS") {
            Ok(answer) if answer.status == 204 => Connection::Open,
            Ok(answer) => Connection::Speaks(answer.head),
            Err(_) => Connection::Closed,
        }
    }

    /// The application receives no byte, nobody is sent anywhere, and the connection is over. Zoé's session changes nothing.
    fn refuses(&self, status: u16, line: impl AsRef<[u8]>) {
        let shown = line.as_ref().escape_ascii().to_string();
        for who in [Who::Anonymous, Who::Zoe] {
            let (answer, afterwards) = self.ask(who, line.as_ref(), "");
            assert_eq!(answer.status, status, "{who:?} {shown}");
            assert_eq!(answer.field("location"), None, "{shown}");
            assert_eq!(answer.field("set-cookie"), None, "{shown}");
            assert_eq!(self.scene.application.byte_count(), 0, "{shown}");
            assert_eq!(afterwards, Connection::Closed, "{shown}");
        }
    }

    fn refuses_paths(&self, targets: &[&str]) {
        for target in targets {
            self.refuses(400, format!("GET {target} HTTP/1.1"));
            self.refuses(400, format!("GET {target}?a=b HTTP/1.1"));
        }
    }

    /// The application receives this line, byte for byte, and the connection takes another request.
    fn forwards(&self, who: Who, line: &str, fields: &str) -> Answer {
        let (answer, afterwards) = self.ask(who, line.as_bytes(), fields);
        assert_eq!(answer.status, 200, "{who:?} {line}");
        assert_eq!(afterwards, Connection::Open, "{line}");
        let received = self.scene.application.only();
        assert_eq!(received.request_line(), line);
        let identity = received.values("x-guichet-assertion").len();
        assert_eq!(
            identity == 0,
            received.values("x-guichet-status").is_empty(),
            "{line}"
        );
        answer
    }

    /// Without a session the application receives no byte; with one, exactly this line.
    fn protects(&self, line: &str, fields: &str) {
        let (answer, afterwards) = self.ask(Who::Anonymous, line.as_bytes(), fields);
        assert!(matches!(answer.status, 303 | 401), "{line}: {}", answer.status);
        if answer.status == 303 {
            assert!(
                answer.field("location").unwrap().starts_with("/_guichet/login"),
                "{line}"
            );
        }
        assert_eq!(self.scene.application.byte_count(), 0, "{line}");
        assert_eq!(afterwards, Connection::Open, "{line}");
        self.forwards(Who::Zoe, line, fields);
        let received = self.scene.application.only();
        assert_eq!(received.values("x-guichet-status"), ["authenticated"], "{line}");
    }

    /// Whoever asks: the application receives exactly this line, and hears of nobody.
    fn is_open_at(&self, line: &str, fields: &str) {
        for who in [Who::Anonymous, Who::Zoe] {
            self.forwards(who, line, fields);
            let received = self.scene.application.only();
            assert!(received.values("x-guichet-status").is_empty(), "{line}");
        }
    }
}

cases! {
    Proof<Stage>,
    run = on(Stage::start()),
    rows = [
        Proof {
            ids: &["T061"],
            sentence: "no dot segment is judged in one way and sent in another",
            holds: |stage| stage.refuses_paths(&[
                "/public/../admin", "/public/./../admin", "/public/%2e%2e/admin", "/.%2e/", "/public/%2E/x", "/..", "/public/.",
                "/public/..",
            ]),
        },
        Proof {
            ids: &["T062"],
            sentence: "a slash or a backslash is never escaped, in either case, nor is a backslash there at all",
            holds: |stage| stage.refuses_paths(&[
                "/public%2f..%2fadmin", "/public%2F..%2Fadmin", "/public%2fadmin", "/public%2Fadmin", "/public%5cadmin",
                "/public%5C..%5Cadmin", "/public\\..\\admin", "/public\\admin",
            ]),
        },
        Proof {
            ids: &["T063"],
            sentence: "what would be an escape once decoded is refused",
            holds: |stage| stage.refuses_paths(&[
                "/public/%252e%252e/admin", "/public%252fadmin", "/public%252Fadmin", "/public%255cadmin", "/public/%25252e/x",
                "/public/%2525",
            ]),
        },
        Proof {
            ids: &["T064"],
            sentence: "what is no UTF-8, or too long a form of it, is refused",
            holds: |stage| {
                stage.refuses_paths(&["/public/%c0%ae%c0%ae/admin", "/public/%e0%80%af", "/public/%ff", "/public/%ed%a0%80"]);
                for line in [&b"GET /public/\xff HTTP/1.1"[..], b"GET /public/\xc0\xae HTTP/1.1"] {
                    stage.refuses(400, line);
                }
                stage.refuses_paths(&["/public/\u{e9}"]);
            },
        },
        Proof {
            ids: &["T065"],
            sentence: "no control character is in a path, as itself or escaped",
            holds: |stage| stage.refuses_paths(&[
                "/public/\0", "/public/\u{1}", "/public/\u{7f}", "/public/%00", "/public/%0d%0aX-A:b", "/public/%0a",
                "/public/%7F", "/public/\t",
            ]),
        },
        Proof {
            ids: &["T067"],
            sentence: "two slashes are not one, and no host",
            holds: |stage| stage.refuses_paths(&[
                "//admin", "/public//../admin", "//evil.example/x", "/public//x", "///", "//", "/public/x//",
            ]),
        },
        Proof {
            ids: &["T068"],
            sentence: "a fragment is no part of a request, as itself or escaped",
            holds: |stage| stage.refuses_paths(&[
                "/public#/../admin",
                "/public#",
                "/#/public",
                "/public/secret%23/x",
                "/public?a#b",
            ]),
        },
        Proof {
            ids: &["T069"],
            sentence: "a query opens nothing",
            holds: |stage| {
                for target in ["/dossier?x=/public", "/dossier?/healthz", "/dossier?x=/../public", "/?/public/x", "/dossier??public"] {
                    stage.protects(&format!("GET {target} HTTP/1.1"), "");
                }
                stage.is_open_at("GET /public?next=//evil;%2f/../x HTTP/1.1", "");
            },
        },
        Proof {
            ids: &["T070"],
            sentence: "an escaped question mark does not end a path",
            holds: |stage| stage.refuses_paths(&["/admin%3f/public", "/admin%3F/public", "/public%3fx"]),
        },
        Proof {
            ids: &["T071"],
            sentence: "a route ends at the border of a segment",
            holds: |stage| {
                stage.refuses_paths(&["/healthz/../admin"]);
                for target in ["/healthzzz", "/admin/healthz", "/health", "/publicity", "/public.html"] {
                    stage.protects(&format!("GET {target} HTTP/1.1"), "");
                }
                for target in ["/healthz", "/healthz/", "/healthz/x"] {
                    stage.is_open_at(&format!("GET {target} HTTP/1.1"), "");
                }
            },
        },
        Proof {
            ids: &["T072"],
            sentence: "a long path is compared like a short one, and one that is too long is refused",
            holds: |stage| {
                let long = "a".repeat(30_000);
                stage.protects(&format!("GET /{long} HTTP/1.1"), "");
                stage.is_open_at(&format!("GET /public/{long} HTTP/1.1"), "");
                stage.refuses(431, format!("GET /{long}{long}{} HTTP/1.1", "a".repeat(4_000)));
            },
        },
        Proof {
            ids: &["T074"],
            sentence: "what ends otherwise and is the same page asks for the same",
            holds: |stage| {
                stage.refuses_paths(&["/admin.", "/admin%20", "/admin/.", "/admin./x", "/admin%20/x", "/public/...", "/admin%2e"]);
                for target in ["/admin", "/admin/", "/ADMIN/"] {
                    stage.protects(&format!("GET {target} HTTP/1.1"), "");
                }
            },
        },
        Proof {
            ids: &["T075"],
            sentence: "a route asks the same of every method, and no field says another one",
            holds: |stage| {
                for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
                    stage.protects(&format!("{method} /dossier HTTP/1.1"), "Content-Length: 0\r\n");
                }
                stage.refuses(405, "get /public HTTP/1.1");
                let fields = "X-HTTP-Method-Override: POST\r\nX-Method-Override: POST\r\nX_HTTP_Method_Override: POST\r\n";
                stage.is_open_at("GET /public HTTP/1.1", fields);
                let received = String::from_utf8(stage.scene.application.only().bytes()).unwrap();
                assert!(!received.to_lowercase().contains("override"), "{received}");
            },
        },
        Proof {
            ids: &["T076"],
            sentence: "a preflight is a request like any other",
            holds: |stage| {
                let fields = "Origin: https://other.example\r\nAccess-Control-Request-Method: POST\r\n";
                stage.protects("OPTIONS /dossier HTTP/1.1", fields);
                let forged = format!("{fields}X-Guichet-Sub: evil\r\n");
                stage.is_open_at("OPTIONS /public HTTP/1.1", &forged);
                assert!(!stage.scene.application.only().contains("evil"));
            },
        },
        Proof {
            ids: &["T077"],
            sentence: "a method that echoes, tunnels or is unknown is not served",
            holds: |stage| {
                for line in ["TRACE /public", "TRACK /public", "FOO-BAR /public", "get /public", "Get /public", "CONNECT localhost:1"] {
                    stage.refuses(405, format!("{line} HTTP/1.1"));
                }
                // A second path, in `Destination`, that nobody judges.
                for method in ["COPY", "MOVE"] {
                    stage.refuses(405, format!("{method} /public HTTP/1.1\r\nDestination: http://{}/admin", stage.scene.host()));
                }
            },
        },
        Proof {
            ids: &["T078"],
            sentence: "what is no path is refused, and a question about the server is answered by it",
            holds: no_path,
        },
        Proof {
            ids: &["T079"],
            sentence: "a space in the first line is not repaired",
            holds: |stage| {
                for line in [
                    "GET /public/a b HTTP/1.1", "GET /public HTTP/1.1 x HTTP/1.1", "GET  /public HTTP/1.1", "GET /public  HTTP/1.1",
                    "GET /public", "GET /public HTTP/1.2", "GET\t/public\tHTTP/1.1",
                ] {
                    stage.refuses(400, line);
                }
            },
        },
        Proof {
            ids: &["T081"],
            sentence: "an application's path ends at the border of a segment, and is not cut away",
            holds: |stage| {
                stage.refuses_paths(&["/agents../admin", "/agents%2e%2e/admin", "/agents/../admin"]);
                for target in ["/agents/x", "/agents", "/agents/"] {
                    let (answer, _) = stage.ask(Who::Zoe, format!("GET {target} HTTP/1.1").as_bytes(), "");
                    assert_eq!(answer.status, 303, "another application, another session: {target}");
                    assert_eq!(stage.scene.application.byte_count(), 0);
                }
                stage.protects("GET /agentsx/admin HTTP/1.1", "");
                stage.protects("GET /x/agents/admin HTTP/1.1", "");
            },
        },
        Proof {
            ids: &["T082"],
            sentence: "one path is judged and sent, in the bytes in which it came",
            holds: |stage| {
                stage.refuses_paths(&["/public/a%2fb", "/a%2Fb"]);
                for target in ["/public/a%20b", "/public/%C3%A9t%c3%a9", "/public/100%25", "/public/~u/%7Eu", "/public/a:b@c,d=e+f?%2f"] {
                    stage.is_open_at(&format!("GET {target} HTTP/1.1"), "");
                }
                stage.protects("GET /%C3%A9t%c3%a9 HTTP/1.1", "");
            },
        },
        Proof {
            ids: &["T083"],
            sentence: "no other spelling of a path of ours is ours, or the application's",
            holds: |stage| {
                stage.refuses_paths(&[
                    "/_guichet/../_guichet/callback", "/%5fguichet/callback", "/%5Fguichet/callback", "/_guichet//callback",
                    "/_guichet/./callback", "/_guichet;x/callback", "/_guichet/callback;x", "/_guichet%2Fcallback", "//_guichet/callback",
                ]);
                for target in ["/_GUICHET/callback", "/_Guichet/jwks.json", "/_guichet/CALLBACK", "/_guichet/callback/", "/_guichet/x"] {
                    let (answer, afterwards) = stage.ask(Who::Zoe, format!("GET {target} HTTP/1.1").as_bytes(), "");
                    assert_eq!((answer.status, afterwards), (404, Connection::Open), "{target}");
                    assert_eq!(stage.scene.application.byte_count(), 0, "{target}");
                }
            },
        },
        Proof {
            ids: &["T084"],
            sentence: "no name of a program opens anything",
            holds: |stage| {
                for agent in ["GoogleHC/1.0", "", "kube-probe/1.27", "ELB-HealthChecker/2.0"] {
                    stage.protects("GET /admin HTTP/1.1", &format!("User-Agent: {agent}\r\n"));
                }
            },
        },
        Proof {
            ids: &["T085"],
            sentence: "the monitor's paths are the application's on the public listener",
            holds: |stage| {
                for target in ["/metrics", "/livez", "/readyz", "/debug", "/-/ready", "/health"] {
                    stage.protects(&format!("GET {target} HTTP/1.1"), "");
                }
            },
        },
        Proof {
            ids: &["T086"],
            sentence: "what no route lists asks for a session, and what no application has is nobody's",
            holds: unlisted,
        },
        Proof {
            ids: &["T088"],
            sentence: "an error of the store is not an anonymous visitor",
            holds: |_| store_error(),
        },
        Proof {
            ids: &["T090"],
            sentence: "nobody asks the application before there is a decision",
            holds: |stage| {
                let before = stage.scene.application.connection_count();
                for method in ["GET", "HEAD", "POST"] {
                    let (answer, afterwards) = stage.ask(Who::Anonymous, format!("{method} /admin HTTP/1.1").as_bytes(), "Content-Length: 0\r\n");
                    assert!(matches!(answer.status, 303 | 401), "{method}");
                    assert_eq!(afterwards, Connection::Open, "nothing follows the page: {method}");
                }
                assert_eq!(stage.scene.application.byte_count(), 0);
                assert_eq!(stage.scene.application.connection_count(), before);
            },
        },
        Proof {
            ids: &["T091"],
            sentence: "a page that looks like a picture or a style sheet is protected, and kept by no cache",
            holds: |stage| {
                stage.refuses_paths(&["/account;x.js", "/account%0a.css", "/account%00.css", "/account%3fx.css"]);
                for target in ["/account/profile.css", "/account/x.js", "/account.png", "/account/robots.txt"] {
                    stage.protects(&format!("GET {target} HTTP/1.1"), "");
                    let answer = stage.forwards(Who::Zoe, &format!("GET {target} HTTP/1.1"), "");
                    assert_eq!(answer.fields("cache-control"), ["private, no-store"], "{target}");
                }
            },
        },
    ]
}

fn no_path(stage: &Stage) {
    for line in [
        "GET *",
        "HEAD *",
        "POST *",
        "GET admin",
        "GET public",
        "OPTIONS public",
        "GET *public",
        "OPTIONS **",
        "GET ?public",
    ] {
        stage.refuses(400, format!("{line} HTTP/1.1"));
    }
    for who in [Who::Anonymous, Who::Zoe] {
        let (answer, afterwards) = stage.ask(who, b"OPTIONS * HTTP/1.1", "");
        assert_eq!((answer.status, afterwards), (204, Connection::Open));
        assert!(
            answer.field("allow").unwrap().contains("GET"),
            "{:?}",
            answer.fields
        );
        assert_eq!(stage.scene.application.byte_count(), 0);
    }
    let secure = Secure::start();
    let asterisk = |method: &str| secure.h2().ask(method, &secure.host(), "*");
    assert_eq!(asterisk("OPTIONS").unwrap().status, 204);
    assert_eq!(asterisk("GET").unwrap().status, 400);
    assert_eq!(secure.scene.application.byte_count(), 0);
}

fn unlisted(stage: &Stage) {
    for target in ["/", "/unlisted", "/index.php", "/favicon.ico"] {
        stage.protects(&format!("GET {target} HTTP/1.1"), "");
    }
    let host = format!("only.localhost:{}", stage.scene.gateway.place().port());
    for (target, status) in [
        ("/only/x", 303),
        ("/", 404),
        ("/unlisted", 404),
        ("/onlyx", 404),
        ("/only%2Fx", 400),
    ] {
        stage.scene.application.forget();
        let mut client = RawClient::connect(stage.scene.gateway.address());
        let answer = client
            .send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
            .answer();
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(stage.scene.application.byte_count(), 0, "{target}");
    }
}

fn store_error() {
    let (stage, liar, zoe) = behind_a_liar();
    let connections = stage.scene.application.connection_count();
    stage.scene.application.forget();
    for error in [
        "-ERR unknown\r\n-ERR unknown\r\n",
        "-BUSY Redis is busy\r\n-BUSY\r\n",
    ] {
        liar.says(error);
        let page = zoe.open_once(&stage.scene.url("/dossier"));
        assert_eq!((page.status(), liar.has_lied()), (503, true), "{error}");
        assert_eq!(page.answer.field("location"), None);
    }
    assert_eq!(stage.scene.application.byte_count(), 0);
    assert_eq!(stage.scene.application.connection_count(), connections);
}
