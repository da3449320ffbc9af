//! Many at once: nobody gets the answer of somebody else, and nobody who signed out comes back.

use super::people::WITH;
use crate::cases;
use crate::journey::stage::Stage;
use crate::session_store;
use crate::session_store::bench::on_a_runtime;
use crate::support::browser::Browser;
use crate::support::jws::claims;
use crate::support::provider::people;
use crate::support::raw::RawClient;
use crate::support::scene::SESSION;
use crate::support::scene::Store;
use crate::support::table::Play;
use crate::support::table::play;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["T344"],
            sentence: "two people's 4 000 requests (of the case's 100 000; 50 000 at the store itself), half of them given up, \
                       reach the application under the right name",
            plays: two_people_and_a_crowd,
        },
        Play {
            ids: &["T357"],
            sentence: "a sign-out amid twenty requests that prolong the session is final",
            plays: || on_a_runtime(session_store::journey::a_logout_amid_requests_is_final()),
        },
    ]
}

const CLIENTS: usize = 8;
const REQUESTS: usize = 500;

fn two_people_and_a_crowd() {
    on_a_runtime(session_store::outage::a_request_that_is_dropped_gives_its_answer_to_nobody());
    let stage = Stage::start(WITH, Store::Redis);
    let people = people();
    let cookies = [0, 1].map(|person| {
        let browser = Browser::new();
        let page = stage.scene.to_the_provider(&browser, "/");
        stage.scene.provider.sign_in(&browser, &page, person);
        Stage::session_cookie(&browser).unwrap()
    });
    stage.scene.application.forget();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (stage, cookie) = (&stage, &cookies[client % 2]);
            scope.spawn(move || asks_and_gives_up(stage, client % 2, cookie));
        }
    });
    let received = stage.scene.application.received();
    // Half wait for their answer, so that at least these arrived.
    assert!(received.len() >= CLIENTS * REQUESTS / 2, "{}", received.len());
    for one in received {
        let line = one.request_line();
        let person: usize = line.split('/').nth(1).unwrap().parse().unwrap();
        let sub = people[person]["sub"].as_str().unwrap();
        assert_eq!(one.values("x-guichet-sub"), [sub], "{line}");
        let claims = claims(&one.values("x-guichet-assertion")[0]);
        assert_eq!(claims["sub"], sub, "{line}");
    }
}

/// Every other request is given up: before it is whole, right after it, or with the connection full of them.
fn asks_and_gives_up(stage: &Stage, person: usize, cookie: &str) {
    let host = stage.scene.host();
    let address = stage.scene.gateway.address();
    let mut kept = RawClient::connect(address);
    for number in 0..REQUESTS {
        let request =
            format!("GET /{person}/{number} HTTP/1.1\r\nHost: {host}\r\nCookie: {SESSION}={cookie}\r\n\r\n");
        if number % 2 == 0 {
            assert_eq!(kept.send(&request).answer().status, 200);
        } else {
            let sent = if number % 3 == 0 {
                request.len() / 2
            } else {
                request.len()
            };
            RawClient::connect(address).send(&request.as_bytes()[..sent]);
        }
    }
}
