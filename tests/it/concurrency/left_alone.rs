//! Whoever asked goes away in the middle of a login or a logout, at every moment at which the gateway waits for somebody.
//! What was begun ends: no half of a session, no code that is sent twice, nobody who stays signed in.

use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::cases;
use crate::logout::stage;
use crate::support::browser::Browser;
use crate::support::provider::ZOE;
use crate::support::redis::Redis;
use crate::support::redis::gate::Gate;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::steps::cookie_line;
use crate::support::steps::to_the_callback;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::wait::until;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T464"],
            sentence: "a login whose browser goes away at any moment is one login, of which a second click gets the session",
            plays: a_login,
        },
        Play {
            ids: &[],
            sentence: "a logout whose browser goes away at any moment ends the session",
            plays: a_logout,
        },
        Play {
            ids: &[],
            sentence: "a logout token whose sender goes away at any moment ends the session",
            plays: a_logout_token,
        },
    ]
}

/// More moments than there are: a row ends at the first one that does not come.
const ENOUGH: usize = 30;

struct Stage {
    scene: Scene,
    gate: Gate,
}

/// When somebody went away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Went {
    /// While something was waited for.
    Early,
    /// Not at all: they have their answer.
    Not,
}

impl Stage {
    fn start() -> Self {
        let redis = Redis::start();
        let gate = Gate::before(&redis);
        let scene = stage::over(redis, |place, usual| {
            place.secret("redis_url", &gate.url());
            usual
        });
        Self { scene, gate }
    }

    /// Sends a request, and goes away when so many pieces were said to Redis and the next one is held.
    fn goes_away_after(&self, pieces: usize, request: &str) -> Went {
        self.scene.gateway.logs().forget();
        self.gate.closes_after(pieces);
        let went = self.goes_away_when(request, || self.gate.holds());
        self.gate.opens();
        went
    }

    /// The same when something else has come to pass. The gateway has noticed before this returns.
    fn goes_away_when(&self, request: &str, is_time: impl Fn() -> bool) -> Went {
        let mut client = TcpStream::connect(self.scene.gateway.address()).unwrap();
        client.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        loop {
            match client.read(&mut [0; 1024]) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                answered => {
                    assert!(answered.unwrap() > 0, "it was hung up on");
                    return Went::Not;
                }
            }
            if is_time() {
                drop(client);
                until("the gateway notices", || {
                    !self.scene.gateway.logs().lines_with("broken_off").is_empty()
                });
                return Went::Early;
            }
        }
    }

    fn get(&self, path: &str, browser: &Browser) -> String {
        let (host, cookies) = (self.scene.host(), cookie_line(browser));
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{cookies}\r\n")
    }

    fn post(&self, path: &str, fields: &str, body: &str) -> String {
        let (host, length) = (self.scene.host(), body.len());
        format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n{fields}Content-Length: {length}\r\n\r\n{body}")
    }

    fn sessions(&self) -> usize {
        self.scene.redis().sessions()
    }

    fn forgets(&self) {
        self.scene.redis().ask(&[b"FLUSHDB"]);
        self.scene.provider.reset();
    }
}

/// The login went on alone: whoever comes back with the same answer is signed in, and the code was sent once.
fn is_one_login(stage: &Stage, browser: &Browser, callback: &str) {
    let page = browser.open(callback);
    let log = stage.scene.gateway.logs().text();
    assert_eq!(
        (page.url, page.answer.status),
        (stage.scene.url("/dossier"), 200),
        "{log}"
    );
    assert_eq!(stage.scene.provider.requests_to("/token").len(), 1);
    assert_eq!(stage.sessions(), 1);
    assert!(stage.scene.is_signed_in(browser));
}

fn a_login() {
    let stage = Stage::start();
    let begins = || {
        stage.forgets();
        let browser = Browser::new();
        let callback = to_the_callback(&stage.scene, &browser, "/dossier", ZOE);
        let path = callback.split_at(callback.find("/_guichet").unwrap()).1;
        (stage.get(path, &browser), browser, callback.clone())
    };
    let mut moments = 0;
    for pieces in 0..ENOUGH {
        let (request, browser, callback) = begins();
        if stage.goes_away_after(pieces, &request) == Went::Not {
            break;
        }
        moments += 1;
        is_one_login(&stage, &browser, &callback);
    }
    // The claim, the session with its lists and the marks, and what the second click reads.
    assert!((3..ENOUGH).contains(&moments), "{moments}");
    for endpoint in ["token", "userinfo"] {
        let (request, browser, callback) = begins();
        stage.scene.gateway.logs().forget();
        stage
            .scene
            .provider
            .lie(&json!({ "target": endpoint, "delay": 300 }));
        let path = format!("/{endpoint}");
        let went = stage.goes_away_when(&request, || !stage.scene.provider.requests_to(&path).is_empty());
        assert_eq!(went, Went::Early, "{endpoint}");
        is_one_login(&stage, &browser, &callback);
    }
}

/// Zoé, signed in while nothing is held.
fn zoe(stage: &Stage) -> Browser {
    stage.forgets();
    let browser = stage::zoe_with(&stage.scene, stage::SID);
    assert_eq!(stage.sessions(), 1);
    browser
}

/// How many moments there are at which the sender of a request that ends Zoé's session can go away; each time it is over.
fn ends_however_soon_they_leave(stage: &Stage, request: impl Fn(&Browser) -> String) -> usize {
    for pieces in 0..ENOUGH {
        let browser = zoe(stage);
        let went = stage.goes_away_after(pieces, &request(&browser));
        until("the session is over", || stage.sessions() == 0);
        assert!(
            browser.cookie("localhost", SESSION).is_some(),
            "nobody told the browser"
        );
        assert!(!stage.scene.is_signed_in(&browser));
        if went == Went::Not {
            return pieces;
        }
        // In the second of an end no login begins anew.
        stage.scene.advance(&browser, Duration::from_secs(2));
    }
    ENOUGH
}

fn a_logout() {
    let stage = Stage::start();
    let moments = ends_however_soon_they_leave(&stage, |browser| {
        let fields = format!("{}Sec-Fetch-Site: same-origin\r\n", cookie_line(browser));
        stage.post("/_guichet/logout", &fields, "")
    });
    assert!((2..ENOUGH).contains(&moments), "{moments}");
}

fn a_logout_token() {
    let stage = Stage::start();
    let moments = ends_however_soon_they_leave(&stage, |_browser| {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("logout_token", &stage::token(&stage.scene, &json!({})))
            .finish();
        stage.post(
            stage::PATH,
            "Content-Type: application/x-www-form-urlencoded\r\n",
            &form,
        )
    });
    assert!((4..ENOUGH).contains(&moments), "{moments}");
}
