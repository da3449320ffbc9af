//! `guichet sessions` and `guichet reload`, through the socket of a running gateway.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

use serde_json::Value;

use super::login::a_login_under_way;
use crate::support::browser::Browser;
use crate::support::command::tool;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::gateway::Place;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::exchange;
use crate::support::redis::Redis;
use crate::support::scene::redis_store;

/// The usual configuration with a socket for the operator.
pub(super) fn with_socket(_: &Place, usual: &str) -> String {
    usual.replace("[server]", "[server]\nadmin_socket = \"admin.sock\"")
}

/// The lines of `sessions list --json`.
pub(super) fn listed(executable: &Executable) -> Vec<Value> {
    let list = executable.command(&["sessions", "list", "--json"]).well();
    list.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A gateway with its socket, at which nobody signs in.
fn alone() -> Executable {
    Executable::start(&Start {
        edit: &with_socket,
        ..Start::default()
    })
}

fn with_sessions_in(redis: &Redis) -> Executable {
    Executable::start(&Start {
        provider: true,
        store: &|place| redis_store(place, redis),
        edit: &with_socket,
        ..Start::default()
    })
}

fn with_people() -> (Executable, Browser, Browser) {
    let executable = Executable::start(&Start {
        provider: true,
        edit: &with_socket,
        ..Start::default()
    });
    let (one, other) = (Browser::new(), Browser::new());
    assert_eq!(executable.sign_in(&one, "/dossier").status(), 200);
    assert_eq!(executable.sign_in(&other, "/dossier").status(), 200);
    (executable, one, other)
}

#[test]
fn an_operator_sees_when_where_and_how_sure_and_never_who() {
    let (executable, ..) = with_people();
    let list = executable.command(&["sessions", "list"]).well();
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(list.ends_with("2 sessions\n"), "{list}");
    let host = executable.place().host();
    assert!(
        list.contains(&format!("Z  fc  eidas1  {host}  lapses in ")),
        "{list}"
    );
    let lines = listed(&executable);
    let of = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    assert_eq!(
        (of(&lines[0], "entry"), of(&lines[0], "host")),
        ("fc".to_owned(), host.clone())
    );
    assert!(lines[0]["lapses_in_seconds"].as_u64().unwrap() > 1700);
    let reference = of(&lines[0], "reference");
    let shown = executable.command(&["sessions", "show", &reference]).well();
    assert!(
        shown.starts_with(&format!("reference  {reference}\n")) && shown.contains("level      eidas1"),
        "{shown}"
    );
    let json = executable
        .command(&["sessions", "show", "--json", &reference])
        .well();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["host"], host);

    let zoe = people().swap_remove(ZOE);
    let everything = [list, shown, json, serde_json::to_string(&lines).unwrap()].concat();
    for (name, value) in zoe.as_object().unwrap() {
        if let Some(text) = value.as_str().filter(|text| text.len() > 5) {
            assert!(!everything.contains(text), "{name} is shown");
        }
    }
    let order = lines
        .iter()
        .map(|line| (line["logged_in_at"].as_i64().unwrap(), of(line, "reference")));
    assert!(order.is_sorted(), "{lines:?}");
    assert_eq!(
        executable
            .command(&["sessions", "list", "--host", &host, "--entry", "fc", "--json"])
            .well()
            .lines()
            .count(),
        2
    );
}

#[test]
fn an_operator_ends_one_session_or_all_of_them() {
    let (executable, one, other) = with_people();
    let reference = listed(&executable)[0]["reference"].as_str().unwrap().to_owned();
    let ended = executable.command(&["sessions", "revoke", &reference, &reference]);
    assert_eq!(ended.well(), "1 session ended\n");
    let still = [&one, &other].map(|browser| executable.is_signed_in(browser));
    assert_eq!(still.iter().filter(|is| **is).count(), 1, "{still:?}");
    let none = executable.command(&["sessions", "show", &reference]).refused(1);
    assert!(none.contains("there is no session"), "{none}");

    let meant = executable.command(&["sessions", "revoke-all"]).refused(2);
    assert!(meant.contains("revoke-all --yes"), "{meant}");
    assert_eq!(listed(&executable).len(), 1, "nothing happened");
    assert_eq!(
        executable.command(&["sessions", "revoke-all", "--yes"]).well(),
        "1 session ended\n"
    );
    assert!(!executable.is_signed_in(&one) && !executable.is_signed_in(&other));
    assert_eq!(executable.application.byte_count(), 0);
    let again = executable.command(&["sessions", "revoke", "--entry", "fc"]);
    assert_eq!(again.well(), "no session ended: there was none\n");
    executable.until("the log says each end", || {
        executable.said("sessions were ended by the operator") == 3
    });
}

#[test]
fn what_cannot_be_is_refused_and_nothing_ends() {
    let (executable, ..) = with_people();
    for (arguments, code, says) in [
        (&["sessions", "revoke"][..], 2, "required"),
        (&["sessions", "revoke", "--sub", "x"], 2, "--entry"),
        (&["sessions", "revoke", "x", "--entry"], 1, "43 characters"),
        (&["sessions", "revoke", "-x"], 1, "43 characters"),
        (&["sessions", "show", "x"], 1, "43 characters"),
        (
            &["sessions", "revoke", "--entry", "FC!"],
            1,
            "not the name of a provider entry",
        ),
        (
            &["sessions", "revoke", "--entry", "pro", "--sub", "x"],
            1,
            "no provider entry `pro`",
        ),
        (
            &["sessions", "revoke", "--entry", "pro"],
            1,
            "no provider entry `pro`",
        ),
        (
            &["sessions", "list", "--entry", "pro"],
            1,
            "no provider entry `pro`",
        ),
        (
            &["sessions", "list", "--entry", "FC!"],
            1,
            "not the name of a provider entry",
        ),
        (
            &["sessions", "list", "--host", "a.example"],
            1,
            "no application is at `a.example`",
        ),
        (
            &["sessions", "list", "--entry", "fc", "--host", "a.example"],
            1,
            "no application is at `a.example`",
        ),
    ] {
        let said = executable.command(arguments).refused(code);
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    assert_eq!(listed(&executable).len(), 2);
}

/// An entry that was taken out of the configuration may still have sessions: they can be listed and ended.
#[test]
fn the_sessions_of_an_entry_that_is_gone_are_listed_and_ended() {
    let redis = Redis::start();
    let executable = with_sessions_in(&redis);
    assert_eq!(executable.sign_in(&Browser::new(), "/dossier").status(), 200);
    executable.rewrite(|text| {
        let renamed = text.replace("[providers.fc]", "[providers.other]");
        renamed.replace("providers = [\"fc\"]", "providers = [\"other\"]")
    });
    executable.command(&["reload"]).well();
    let list = executable.command(&["sessions", "list", "--entry", "fc"]).well();
    assert!(list.ends_with("1 session\n"), "{list}");
    let end = || executable.command(&["sessions", "revoke", "--entry", "fc"]);
    assert_eq!(end().well(), "1 session ended\n");
    let again = end().refused(1);
    assert!(again.contains("no provider entry `fc`"), "{again}");
    assert_eq!(
        executable
            .command(&["sessions", "list", "--entry", "other"])
            .well(),
        "0 sessions\n"
    );
}

#[test]
fn a_login_that_is_under_way_when_everything_is_ended_becomes_no_session() {
    let redis = Redis::start();
    let executable = with_sessions_in(&redis);
    let (browser, request) = a_login_under_way(&executable);
    let provider = executable.provider();
    let address = executable.address();
    let login = thread::spawn(move || exchange(address, request));
    executable.until("the token request", || !provider.requests_to("/token").is_empty());
    let ended = executable.command(&["sessions", "revoke-all", "--yes"]);
    assert_eq!(ended.well(), "no session ended: there was none\n");
    let answer = login.join().unwrap();
    let session = answer.fields("set-cookie").into_iter();
    assert!(
        !session
            .into_iter()
            .any(|cookie| cookie.starts_with("guichet-session-")),
        "{answer:?}"
    );
    assert_eq!(redis.sessions(), 0);
    assert!(!executable.is_signed_in(&browser));
}

#[test]
fn whoever_has_no_gateway_to_ask_is_told_what_to_do() {
    let without = Executable::start(&Start::default());
    let said = without.command(&["sessions", "list"]).refused(4);
    assert!(
        said.contains("names no admin socket") && said.contains("admin_socket = "),
        "{said}"
    );

    let mut executable = alone();
    let socket = executable.place().folder().join("admin.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let second = executable.command(&["run"]);
    assert_eq!(second.code, 1, "{second:?}");
    assert_eq!(executable.command(&["sessions", "list"]).well(), "0 sessions\n");
    executable.signal("TERM");
    assert_eq!(executable.ended().code(), Some(0));
    assert!(!socket.exists(), "the socket goes with the process");
    let said = executable.command(&["reload"]).refused(4);
    assert!(
        said.contains("no gateway answers") && said.contains("is it running"),
        "{said}"
    );
}

#[test]
fn only_its_own_user_and_root_are_answered() {
    let executable = alone();
    let socket = executable.place().folder().join("admin.sock");
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        // Even if the file were open to everybody.
        fs::set_permissions(executable.place().folder(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
        let script = "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\ntry:\n s.send(b'{\"ask\":\"list\"}\\n')\n sys.exit(len(s.recv(99)))\nexcept ConnectionError: pass";
        let mut asked = Command::new("python3");
        let asked = asked.args(["-c", script]).arg(&socket).uid(65_534);
        assert_eq!(tool(asked, "").code, 0, "an answer of no bytes");
        executable.until("the log says it", || {
            executable.said("somebody else asked at the admin socket") == 1
        });
    }
    // What is no question is refused in bounded space, and the next one is answered.
    for nonsense in [
        "\n".to_owned(),
        "{\"ask\":\"everything\"}\n".to_owned(),
        "x".repeat(300_000),
    ] {
        let mut stream = UnixStream::connect(&socket).unwrap();
        // It may be refused before its end.
        drop(stream.write_all(nonsense.as_bytes()));
        let mut line = String::new();
        drop(BufReader::new(stream).read_line(&mut line));
        assert!(line.is_empty() || line.contains("not understood"), "{line}");
    }
    assert_eq!(executable.command(&["sessions", "list"]).well(), "0 sessions\n");
}

#[test]
fn a_reload_says_what_check_says_and_what_needs_a_restart() {
    let executable = alone();
    executable.rewrite(|text| text.replace("path = \"/public\"", "path = \"/ouvert\""));
    let taken = executable.command(&["reload"]);
    assert_eq!(taken.well(), "the new configuration is in force\n");
    assert_eq!(executable.status("/ouvert"), 200);

    executable.rewrite(|text| text.replace("access = \"optional\"", "access = \"sometimes\""));
    let check = executable.command(&["check"]).err;
    let (errors, _count) = check.trim_end().rsplit_once("\n\n").unwrap();
    let said = executable.command(&["reload"]).refused(1);
    assert!(said.contains(errors), "{said}");
    let first = "error: the new configuration was refused, the one before stays in force\n\n";
    assert!(
        said.starts_with(first) && !said.contains("error: error["),
        "{said}"
    );
    executable.until("the log has each error", || executable.logged_all_of(errors));

    executable.rewrite(|text| {
        let text = text.replace("access = \"sometimes\"", "access = \"optional\"");
        text.replace("[server]", "[server]\nmonitor_listen = \"127.0.0.1:9\"")
    });
    let said = executable.command(&["reload"]).refused(1);
    assert_eq!(said, "error: needs a restart: server.monitor_listen\n");
    assert_eq!(executable.status("/ouvert"), 200);
}

#[test]
fn a_pipe_in_the_place_of_the_configuration_keeps_no_later_reload_waiting() {
    let executable = alone();
    let file = executable.place().file();
    let kept = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    executable.signal("HUP");
    executable.until("it is refused", || {
        executable.log().contains("cannot be read: it is no file")
    });
    fs::remove_file(&file).unwrap();
    fs::write(&file, kept).unwrap();
    let taken = executable.command(&["reload"]).well();
    assert_eq!(taken, "the new configuration is in force\n");
}
