//! How connections of HTTP/2 end that do nothing wrong: idle, or with the process.

use std::iter;
use std::thread;

use crate::cases;
use crate::dataplane::http2_floods::Stage;
use crate::lifecycle::login::a_login_under_way;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::frames::Frames;
use crate::support::raw::RawClient;
use crate::support::redis::Redis;
use crate::support::scene::redis_store;
use crate::support::table::Play;
use crate::support::table::play;

/// Connections that ask for nothing.
const IDLE: usize = 60;

fn idle_connections_are_let_go() {
    let stage = Stage::start();
    let idle: Vec<Frames> = iter::repeat_with(|| stage.frames()).take(IDLE).collect();
    let held = || {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", stage.executable.id()));
        descriptors.unwrap().count()
    };
    stage
        .executable
        .until("all of them are connected", || held() > IDLE);
    // Each is told to go before it is closed, and no request of theirs is lost by it.
    for mut connection in idle {
        assert_eq!(connection.ended(), Some(NO_ERROR));
    }
    stage
        .executable
        .until("nothing is held of them", || held() < IDLE);
}

const NO_ERROR: u32 = 0;

fn a_login_ends_before_the_process_does() {
    let redis = Redis::start();
    let mut executable = Executable::start(&Start {
        provider: true,
        store: &|place| redis_store(place, &redis),
        ..Start::default()
    });
    let (_, request) = a_login_under_way(&executable);
    let address = executable.address();
    let asking = thread::spawn(move || RawClient::connect(address).send(request).answer());
    let asked = || executable.provider().requests_to("/token").len();
    executable.until("the token request", || asked() == 1);
    executable.signal("TERM");
    let answer = asking.join().unwrap();
    assert_eq!(answer.status, 303);
    assert!(
        answer
            .fields("set-cookie")
            .iter()
            .any(|cookie| cookie.starts_with("guichet-session-fc="))
    );
    assert_eq!(answer.field("connection"), Some("close"));
    assert_eq!(asked(), 1, "the code was spent once");
    assert_eq!(redis.sessions(), 1);
    assert_eq!(executable.ended().code(), Some(0));
}

cases! {
    Play,
    run = play,
    rows = [
        Play { ids: &["T151"], sentence: "connections that ask for nothing are told to go", plays: idle_connections_are_let_go },
        Play { ids: &["T153"], sentence: "a login under way ends before the process does, its code spent once", plays: a_login_ends_before_the_process_does },
    ]
}
