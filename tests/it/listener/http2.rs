//! HTTP/2: the bounds, the bodies and the end of a connection.

use std::thread;
use std::time::Duration;

use crate::listener::stage::Secure;
use crate::support::upstream::Reply;
use crate::support::wait::until;

#[test]
fn requests_pass_in_the_words_that_the_application_knows_and_bounds_are_kept() {
    let secure = Secure::start();
    let application = &secure.scene.application;
    let h2 = secure.h2();

    let body = "a=1&b=2".repeat(20_000);
    let form = [("content-type", "text/plain"), ("te", "trailers")];
    let answer = h2
        .send("POST", &secure.url("/public/a?b=c"), &form, &body)
        .unwrap();
    assert_eq!(answer.status, 200);
    let received = application.only();
    assert_eq!(received.request_line(), "POST /public/a?b=c HTTP/1.1");
    assert_eq!(received.values("host"), [secure.host()]);
    assert_eq!(received.values("content-length"), [body.len().to_string()]);
    assert_eq!(received.values("te"), [""; 0]);
    assert!(received.contains(&body));

    application.forget();
    let large = "0123456789".repeat(100_000);
    application.next(Reply::new(
        200,
        &[("Connection", "x-mine"), ("X-Mine", "1"), ("Keep-Alive", "5")],
        &large,
    ));
    let answer = h2.get(&secure.url("/public"), &[]);
    assert_eq!(answer.text(), large);
    for gone in ["connection", "x-mine", "keep-alive", "transfer-encoding"] {
        assert_eq!(answer.field(gone), None, "{gone}");
    }

    application.forget();
    let names: Vec<String> = (0..120).map(|number| format!("x-{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(h2.get(&secure.url("/public"), &many).status, 431);
    let long = "1".repeat(40 * 1024);
    assert_eq!(
        h2.get(&secure.url("/public"), &[("x-long", long.as_str())])
            .status,
        431
    );
    assert_eq!(
        h2.send("TRACE", &secure.url("/public"), &[], "").unwrap().status,
        405
    );
    assert_eq!(h2.send("CONNECT", &secure.host(), &[], "").unwrap().status, 405);
    for target in ["/a//b", "/%2e%2e/a", "/a;b"] {
        assert_eq!(h2.get(&secure.url(target), &[]).status, 400, "{target}");
    }
    assert_eq!(application.byte_count(), 0);

    // Every cookie is a field of its own here: two hundred are one.
    let crumbs: Vec<(&str, &str)> = names
        .iter()
        .chain(&names)
        .map(|name| ("cookie", name.as_str()))
        .collect();
    assert_eq!(h2.get(&secure.url("/public"), &crumbs).status, 200);
    assert_eq!(application.only().values("cookie").len(), 1);
}

#[test]
fn a_gateway_that_ends_answers_what_it_took_and_takes_nothing_new() {
    let mut secure = Secure::start();
    let (under_way, after) = (secure.h2(), secure.h2());
    let url = secure.url("/public");
    secure
        .scene
        .application
        .otherwise(Reply::new(200, &[], "late").after(Duration::from_secs(1)));
    let asked = url.clone();
    let asking = thread::spawn(move || {
        let first = under_way.get(&asked, &[]);
        (first, under_way.send("GET", &asked, &[], "").is_err())
    });
    until("the request", || !secure.scene.application.received().is_empty());
    secure.scene.gateway.stop();
    let (first, second_is_refused) = asking.join().unwrap();
    assert_eq!((first.status, first.text().as_str()), (200, "late"));
    assert!(second_is_refused);
    assert!(after.send("GET", &url, &[], "").is_err());
    assert_eq!(secure.scene.application.received().len(), 1);
}

#[test]
fn whoever_takes_requests_back_all_the_time_loses_the_connection() {
    let secure = Secure::start();
    secure.scene.application.otherwise(Reply::silence());
    let h2 = secure.h2();
    let taken_back = (0..2000)
        .take_while(|_| h2.takes_back(&secure.url("/public")))
        .count();
    assert!((200..1000).contains(&taken_back), "{taken_back}");
    // The connection was closed, and nobody else's was.
    secure.scene.application.otherwise(Reply::new(200, &[], "well"));
    assert_eq!(secure.h2().get(&secure.url("/public"), &[]).status, 200);
}
