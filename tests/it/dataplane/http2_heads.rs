//! Heads of HTTP/2 that begin and do not end, beside a request that is under way: they have the time that any head has.

use std::time::Duration;

use tokio::time::Instant;

use super::slow_and_long::refusals;
use crate::listener::stage::Secure;
use crate::support::frames::CONTINUATION;
use crate::support::frames::END_HEADERS;
use crate::support::frames::END_STREAM;
use crate::support::frames::Frames;
use crate::support::frames::HEADERS;
use crate::support::frames::Outcome;
use crate::support::frames::block;
use crate::support::frames::frame;
use crate::support::frames::pseudo;
use crate::support::tunnel::Tunnel;
use crate::support::upstream::Reply;
use crate::support::usual::with_limits;

#[test]
fn a_head_without_an_end_ends_its_connection_in_time() {
    let secure = Secure::start_with(|usual| with_limits(usual, "head_timeout = \"1s\""));
    let tunnel = Tunnel::into_tls(
        secure.scene.gateway.address(),
        secure.authority.client("h2"),
        "localhost",
    );
    let host = secure.host();
    let fields = block(&pseudo("GET", &host, "/public"));
    let (begun, rest) = fields.split_at(20);
    let begun = frame((HEADERS, END_STREAM), 3, begun);
    let part = frame((CONTINUATION, 0), 3, &rest[..5]);
    let half = &part[..part.len() - 2];
    secure.scene.application.at("/public/hangs", Reply::silence());
    for (number, said) in [&begun[..], &begun[..12], &[&begun[..], half].concat()]
        .into_iter()
        .enumerate()
    {
        let mut client = Frames::connect(tunnel.address());
        assert!(client.get(1, (&host, "/public/hangs"), &[]));
        assert!(client.is_answered());
        assert!(client.send(said));
        let clock = Instant::now();
        assert_eq!(client.ended(), None, "{number}");
        assert!(clock.elapsed() < Duration::from_secs(10), "{:?}", clock.elapsed());
        assert_eq!(refusals(&secure.scene, "head_timeout"), 1 + number as u64);
    }

    // In its time, in as many parts as it likes.
    let mut client = Frames::connect(tunnel.address());
    let whole = [begun, frame((CONTINUATION, END_HEADERS), 3, rest)].concat();
    for piece in whole.chunks(10) {
        std::thread::sleep(Duration::from_millis(20));
        assert!(client.send(piece));
    }
    assert_eq!(client.outcome(3), Outcome::Answered(200));
}
