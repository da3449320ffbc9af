//! What goes on and on ends with the session that it began with: a WebSocket, an event stream, and whatever says no length.

use std::thread;
use std::time::Duration;

use crate::cases;
use crate::dataplane::websocket;
use crate::support::browser::Browser;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::provider::Alg;
use crate::support::raw::Connection;
use crate::support::raw::RawClient;
use crate::support::scene::SESSION;
use crate::support::scene::Scene;
use crate::support::scene::Store;
use crate::support::steps::sign_out;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Reply;
use crate::support::wait::until;

const MINUTE: Duration = Duration::from_mins(1);
const EVENTS: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const EVENT: &str = "A\r\ndata: un\n\n\r\n";

/// Zoé with a socket and an event stream open, of which something has come already.
struct Open {
    scene: Scene,
    browser: Browser,
    socket: RawClient,
    events: RawClient,
}

impl Open {
    fn start(store: Store) -> Self {
        let scene = Scene::start(Alg::Es256, store);
        let browser = Browser::new();
        scene.sign_in(&browser, "/");
        let cookie = browser.cookie("localhost", SESSION).unwrap();
        let cookie = format!("{SESSION}={cookie}");
        let socket = open_socket(&scene, &cookie);
        let events = open_events(&scene, "/evenements", &cookie);
        Self {
            scene,
            browser,
            socket,
            events,
        }
    }

    /// So much later, and looked at once more.
    fn after(&self, duration: Duration) {
        let looked = looks(&self.scene);
        self.scene.advance(&self.browser, duration);
        until("both were looked up", || looks(&self.scene) >= looked + 2);
    }

    fn both_go_on(&mut self) {
        self.socket.send("ping");
        assert_eq!(self.socket.hears(4).unwrap(), "ping");
        assert_eq!(self.events.afterwards(), Connection::Open);
    }

    fn both_end(&mut self) {
        self.socket.until_closed();
        let rest = self.events.until_closed();
        assert!(
            !rest.ends_with(b"0\r\n\r\n"),
            "what was cut off does not look whole"
        );
        let application = &self.scene.application;
        until("the application is let go", || {
            application.open_connections() == 0
        });
        let told = || {
            self.scene
                .gateway
                .logs()
                .lines_with("reason=\"session_ended\"")
                .len()
        };
        until("both are told", || told() == 2);
    }
}

/// How often the store was asked for a session.
fn looks(scene: &Scene) -> u64 {
    let metrics = scene.gateway.metrics();
    let lines = metrics.lines();
    let lines = lines.filter(|line| line.starts_with("guichet_session_store_duration_seconds_count"));
    let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

fn open_socket(scene: &Scene, cookie: &str) -> RawClient {
    scene.application.next(websocket::agrees());
    let mut socket = RawClient::connect(scene.gateway.address());
    let lines = format!(
        "Host: {}\r\nCookie: {cookie}\r\n{}",
        scene.host(),
        websocket::handshake()
    );
    socket.send(format!("GET /socket HTTP/1.1\r\n{lines}\r\n"));
    assert_eq!(socket.answer().status, 101);
    socket.send("ping");
    assert_eq!(socket.hears(4).unwrap(), "ping");
    socket
}

fn open_events(scene: &Scene, path: &str, cookie: &str) -> RawClient {
    let reply = Reply::bytes(format!("{EVENTS}{EVENT}"));
    scene.application.next(reply.then_silence());
    let mut events = RawClient::connect(scene.gateway.address());
    let lines = format!("Host: {}\r\nCookie: {cookie}\r\n", scene.host());
    events.send(format!("GET {path} HTTP/1.1\r\n{lines}\r\n"));
    let head = events.head();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(events.hears(EVENT.len()).unwrap(), EVENT);
    events
}

/// Where the sessions are, and how this one ends.
type End = (Store, fn(&mut Open));

fn what_goes_on_ends_within_a_minute_after_its_session() {
    let ends: [End; 4] = [
        (Store::Memory, |open| {
            sign_out(&open.scene, &open.browser);
            open.scene.advance(&open.browser, MINUTE);
        }),
        // To be looked at is not activity: the idle time goes on from the last request.
        (Store::Memory, |open| {
            open.after(Duration::from_mins(19));
            open.both_go_on();
            open.after(Duration::from_mins(9));
            open.both_go_on();
            open.scene.advance(&open.browser, Duration::from_mins(1));
        }),
        // Whoever is active is not signed out, until the absolute end.
        (Store::Redis, |open| {
            for _ in 0..20 {
                open.after(Duration::from_mins(24));
                if open.scene.is_signed_in(&open.browser) {
                    open.both_go_on();
                } else {
                    return;
                }
            }
            panic!("it never ends");
        }),
        (Store::Redis, |open| {
            open.scene.redis().say(&["FLUSHALL"]);
            open.scene.advance(&open.browser, MINUTE);
        }),
    ];
    for (store, end) in ends {
        let mut open = Open::start(store);
        open.after(MINUTE);
        open.both_go_on();
        end(&mut open);
        open.both_end();
        assert!(!open.scene.is_signed_in(&open.browser));
    }
}

fn an_event_stream_lives_as_long_as_it_says_something() {
    let scene = Scene::start_with(Alg::Es256, Store::Memory, |_, usual| {
        usual.replace("plain_headers = ", "idle_timeout = \"400ms\"\nplain_headers = ")
    });
    // The first event is there before the application says another one.
    let mut events = open_events(&scene, "/public", "a=b");
    for _ in 0..6 {
        thread::sleep(Duration::from_millis(200));
        scene.application.says(EVENT);
        assert_eq!(events.hears(EVENT.len()).unwrap(), EVENT);
    }
    assert!(events.until_closed().is_empty());
    until("the application is let go", || {
        scene.application.open_connections() == 0
    });
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["T137"], sentence: "what goes on ends within a minute after its session, however that ended", plays: what_goes_on_ends_within_a_minute_after_its_session },
        Play { ids: &["F042"], sentence: "an event stream is passed on at once and lives as long as it says something", plays: an_event_stream_lives_as_long_as_it_says_something },
    ]
}

#[test]
fn a_store_that_is_away_for_a_moment_ends_nothing_and_one_that_stays_away_does() {
    let mut open = Open::start(Store::Redis);
    let unknown = |open: &Open| {
        open.scene
            .gateway
            .logs()
            .lines_with("may go on is not known")
            .len()
    };
    let look = |open: &Open| {
        let before = unknown(open);
        open.scene.gateway.clock().advance(MINUTE);
        until("both were looked up", || unknown(open) == before + 2);
    };
    open.scene.redis.as_mut().unwrap().kill();
    look(&open);
    look(&open);
    open.both_go_on();
    look(&open);
    open.both_end();
}

#[test]
fn a_gateway_that_ends_waits_for_sockets_and_event_streams_but_not_for_ever() {
    let mut executable = Executable::start(&Start {
        edit: &|_, usual| usual.replace("[server]", "[server]\ndrain_timeout = \"1s\""),
        ..Start::default()
    });
    let (address, host) = (executable.address(), executable.place().host());
    let open = |reply: Reply, lines: &str| {
        executable.application.next(reply);
        let mut client = RawClient::connect(address);
        client.send(format!("GET /public HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n"));
        client
    };
    let mut socket = open(websocket::agrees(), &websocket::handshake());
    assert_eq!(socket.answer().status, 101);
    let events = Reply::bytes(format!("{EVENTS}{EVENT}")).then_silence();
    let mut events = open(events, "");
    events.head();
    executable.signal("TERM");
    executable.until("it drains", || {
        executable.said("waiting for the last exchanges") == 1
    });
    // Both go on.
    socket.send("ping");
    assert_eq!(socket.hears(4).unwrap(), "ping");
    executable.application.says(EVENT);
    assert_eq!(events.hears(2 * EVENT.len()).unwrap(), [EVENT, EVENT].concat());
    assert_eq!(executable.ended().code(), Some(0));
    socket.until_closed();
    events.until_closed();
    executable.until("the log says it", || {
        executable.said("they took longer than the time to drain") == 1
    });
}
