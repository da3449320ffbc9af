//! How the process ends: what is under way ends first, also where nobody waits for it any more, but not for ever.

use std::thread;
use std::time::Duration;

use super::login::a_login_under_way;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::raw::RawClient;
use crate::support::raw::exchange;
use crate::support::redis::Redis;
use crate::support::scene::redis_store;
use crate::support::upstream::Reply;

#[test]
fn a_login_whose_browser_hung_up_ends_before_the_process_does() {
    let redis = Redis::start();
    let mut executable = Executable::start(&Start {
        provider: true,
        store: &|place| redis_store(place, &redis),
        ..Start::default()
    });
    let (_, request) = a_login_under_way(&executable);
    let provider = executable.provider();
    let mut client = RawClient::connect(executable.address());
    client.send(request);
    executable.until("the token request", || !provider.requests_to("/token").is_empty());
    drop(client);
    executable.signal("TERM");
    assert_eq!(executable.ended().code(), Some(0));
    assert_eq!(redis.sessions(), 1);
}

#[test]
fn what_takes_longer_than_the_time_to_drain_is_cut_off() {
    let mut executable = Executable::start(&Start {
        edit: &|_, usual| usual.replace("[server]", "[server]\ndrain_timeout = \"1s\""),
        ..Start::default()
    });
    executable.application.otherwise(Reply::silence());
    let (address, request) = (executable.address(), executable.request("/public"));
    let cut_off = thread::spawn(move || RawClient::connect(address).send(request).try_answer("GET"));
    executable.until("the request", || !executable.application.received().is_empty());
    executable.signal("TERM");
    assert_eq!(executable.ended().code(), Some(0));
    assert!(cut_off.join().unwrap().is_err());
    executable.until("the log says it", || {
        executable.said("they took longer than the time to drain") == 1
    });
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut executable = Executable::start(&Start {
        edit: &|_, usual| usual.replace("[server]", "[server]\nshutdown_delay = \"10m\""),
        ..Start::default()
    });
    executable.signal("TERM");
    executable.until("it leaves", || executable.said("still serving") == 1);
    assert_eq!(executable.status("/public"), 200);
    assert!(!executable.has_ended());
    // Long before the ten minutes are over.
    executable.signal("INT");
    assert_eq!(executable.ended().code(), Some(0));
}

#[test]
fn the_way_to_end_is_that_of_the_newest_configuration() {
    let mut executable = Executable::start(&Start {
        edit: &|_, usual| usual.replace("[server]", "[server]\nshutdown_delay = \"10m\""),
        ..Start::default()
    });
    executable.rewrite(|text| text.replace("shutdown_delay = \"10m\"", "shutdown_delay = \"0s\""));
    executable.signal("HUP");
    executable.until("the reload", || executable.said("is in force") == 1);
    executable.signal("TERM");
    assert_eq!(executable.ended().code(), Some(0));
}

/// The rules of a large house: reading them takes longer than ending does.
fn a_large_house(usual: &str) -> String {
    let rule = |number| format!("\n  [[apps.routes]]\n  path = \"/r{number}\"\n  access = \"public\"\n");
    let rules: Vec<String> = (0..900).map(rule).collect();
    format!("{usual}{}", rules.concat())
}

/// A reload that went on behind the end asked for random numbers of a library that had ended: the process was aborted.
#[test]
fn a_reload_that_was_asked_for_before_the_end_is_over_before_it() {
    for round in 0..15 {
        let mut executable = Executable::start(&Start {
            edit: &|_, usual| a_large_house(usual),
            ..Start::default()
        });
        executable.signal("HUP");
        // Told to end once or twice: waiting for it, and at once.
        executable.signal("TERM");
        if round % 3 == 2 {
            executable.signal("TERM");
        }
        assert_eq!(
            executable.ended().code(),
            Some(0),
            "{round}: {}",
            executable.log()
        );
        let reloaded = executable.audit().matches("\"config_reloaded\"").count();
        assert_eq!(reloaded, 1, "{round}: {}", executable.log());
    }
}

#[test]
fn a_health_check_is_well_for_as_long_as_the_process_answers() {
    let mut executable = Executable::start(&Start {
        // As whoever tries it has it: what a start needs and nobody named is made at the start.
        edit: &|_, usual| {
            let named = |line: &&str| !line.starts_with("secret = ") && !line.starts_with("keys_dir = ");
            usual.lines().filter(named).collect::<Vec<_>>().join("\n")
        },
        ..Start::default()
    });
    let check = |executable: &Executable| executable.command(&["healthcheck"]).code;
    assert_eq!(check(&executable), 0);
    executable.signal("STOP");
    assert_eq!(check(&executable), 1, "it is there, and says nothing");
    executable.signal("CONT");
    executable.signal("TERM");
    assert_eq!(executable.ended().code(), Some(0));
    assert_eq!(check(&executable), 1, "nobody is there");
}

#[test]
fn an_answer_under_way_is_the_last_of_its_connection() {
    let mut executable = Executable::start(&Start::default());
    executable
        .application
        .otherwise(Reply::new(200, &[], "late").after(Duration::from_secs(1)));
    let (address, request) = (executable.address(), executable.request("/public"));
    let under_way = thread::spawn(move || exchange(address, request));
    executable.until("the request", || !executable.application.received().is_empty());
    executable.signal("TERM");
    let answer = under_way.join().unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "late"));
    assert_eq!(answer.field("connection"), Some("close"));
    assert_eq!(executable.ended().code(), Some(0));
}
