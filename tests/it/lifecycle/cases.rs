//! The numbered cases of this folder.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::sessions::listed;
use super::sessions::with_socket;
use crate::cases;
use crate::support::browser::Browser;
use crate::support::command::GUICHET;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::gateway::Place;
use crate::support::load::Load;
use crate::support::provider::ZOE;
use crate::support::provider::people;
use crate::support::raw::exchange;
use crate::support::redis::Redis;
use crate::support::scene::redis_store;
use crate::support::steps::cookie_line;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Reply;

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["F035"],
            sentence: "steady requests through SIGTERM: served for the delay, told to go, no failure, exit code 0",
            plays: a_shift_ends,
        },
        Play {
            ids: &["T369"],
            sentence: "revoked at one instance, by person or by reference: refused at the other by its next request",
            plays: a_revocation,
        },
        Play {
            ids: &["T440"],
            sentence: "a process that is aborted under load leaves no core, and nobody of its own user reads its memory",
            plays: an_abort,
        },
        Play {
            ids: &["T447"],
            sentence: "a wrong file at SIGHUP: the log says what `check` says, and nothing else happens",
            plays: a_wrong_file,
        },
        Play {
            ids: &["T455"],
            sentence: "SIGPIPE and storms of SIGHUP under load: no failure; SIGTERM: what was begun is written",
            plays: signals,
        },
    ]
}

const TO_THE_LOGIN: u16 = 303;

fn a_shift_ends() {
    let mut executable = Executable::start(&Start {
        edit: &|_, usual| usual.replace("[server]", "[server]\nshutdown_delay = \"4s\""),
        ..Start::default()
    });
    let load = Load::on(&executable, "/public");
    executable.until("steady requests", || load.answered() > 50);
    // Begun before the end, and over only after the delay.
    let slow = Reply::new(200, &[], "slow").after(Duration::from_secs(6));
    executable.application.at("/public/slow", slow);
    let (address, request) = (executable.address(), executable.request("/public/slow"));
    let slow = thread::spawn(move || exchange(address, request));
    executable.until("the slow request", || {
        let mut received = executable.application.received().into_iter();
        received.any(|received| received.request_line().contains("/public/slow"))
    });
    executable.signal("TERM");
    executable.until("it leaves", || executable.said("still serving") == 1);
    let (answered, last_ones) = (load.answered(), load.last_ones());
    // New connections, too, and each answer is the last one of its connection: so the kept ones come to an end unharmed.
    executable.until("served on", || load.answered() > answered + 100);
    assert!(load.last_ones() > last_ones + 90);
    assert_eq!(load.end(), Vec::<String>::new());
    let slow = slow.join().unwrap();
    assert_eq!((slow.status, slow.text().as_str()), (200, "slow"));
    assert_eq!(executable.ended().code(), Some(0));
    assert!(std::net::TcpStream::connect(executable.address()).is_err());
}

fn a_revocation() {
    let redis = Redis::start();
    let one = Executable::start(&Start {
        provider: true,
        store: &|place| redis_store(place, &redis),
        edit: &with_socket,
        ..Start::default()
    });
    let (public_url, issuer) = (one.place().public_url(), one.provider().issuer());
    // The same site, at another address: what a balancer stands in front of.
    let other = Executable::start(&Start {
        store: &|place| redis_store(place, &redis),
        edit: &|place, usual| {
            let usual = usual.replace("http://localhost:9/none", issuer);
            with_socket(place, &usual.replace(&place.public_url(), &public_url))
        },
        ..Start::default()
    });
    let at = |instance: &Executable, browser: &Browser| {
        instance.application.forget();
        let request = format!(
            "GET /dossier HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}\r\n",
            one.place().host(),
            cookie_line(browser)
        );
        let answer = exchange(instance.address(), request);
        assert_ne!(answer.status, 400, "{}\n{}", answer.text(), instance.log());
        let status = answer.status;
        (status, instance.application.byte_count() > 0)
    };
    let (first, second) = (Browser::new(), Browser::new());
    for browser in [&first, &second] {
        let page = one.sign_in(browser, "/dossier");
        assert_eq!(page.status(), 200, "{}\n{}", page.text(), one.log());
        assert_eq!(at(&other, browser), (200, true));
    }
    let zoe = people().swap_remove(ZOE);
    let sub = zoe["sub"].as_str().unwrap();
    let ended = one.command(&["sessions", "revoke", "--entry", "fc", "--sub", sub]);
    assert_eq!(ended.well(), "2 sessions ended\n");
    for browser in [&first, &second] {
        assert_eq!(at(&other, browser), (TO_THE_LOGIN, false));
        assert_eq!(at(&one, browser), (TO_THE_LOGIN, false));
    }
    // Signed in at the one, in the list of the other, ended there, refused here.
    // Times have whole seconds: a login in the second of the end counts as one that was under way.
    let mut third = Browser::new();
    one.until("a login after that", || {
        third = Browser::new();
        one.sign_in(&third, "/dossier").status() == 200
    });
    let references = listed(&other);
    assert_eq!(references.len(), 1);
    let reference = references[0]["reference"].as_str().unwrap();
    assert_eq!(
        other.command(&["sessions", "revoke", reference]).well(),
        "1 session ended\n"
    );
    assert_eq!(at(&one, &third), (TO_THE_LOGIN, false));
    assert!(!one.log().contains(sub) && !other.log().contains(sub));
}

fn an_abort() {
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let nobody = 65_534;
    let command = |place: &Place| {
        let mut command = Command::new("sh");
        if is_root {
            // What belongs to root looks alike in any case, so it runs as somebody else, from where that one may read.
            hand_over(place.folder(), nobody);
            let own = place.folder().join("guichet");
            std::fs::copy(GUICHET, &own).unwrap();
            command.uid(nobody).arg("-c");
            command.arg(format!("ulimit -c unlimited; exec {} \"$@\"", own.display()));
        } else {
            command.args(["-c", &format!("ulimit -c unlimited; exec {GUICHET} \"$@\"")]);
        }
        command.arg("sh").current_dir(place.folder());
        command
    };
    let mut executable = Executable::start(&Start {
        command: &command,
        ..Start::default()
    });
    let load = Load::on(&executable, "/public");
    executable.until("requests", || load.answered() > 20);
    // The files of a process that may not be looked into belong to root.
    let memory = format!("/proc/{}/mem", executable.id());
    assert_eq!(std::fs::metadata(memory).unwrap().uid(), 0);
    executable.signal("ABRT");
    let ended = executable.ended();
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false));
    drop(load.end());
}

fn hand_over(folder: &Path, user: u32) {
    std::os::unix::fs::chown(folder, Some(user), None).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            hand_over(&path, user);
        }
        std::os::unix::fs::chown(&path, Some(user), None).unwrap();
    }
}

fn a_wrong_file() {
    let executable = Executable::start(&Start {
        provider: true,
        ..Start::default()
    });
    let browser = Browser::new();
    assert_eq!(executable.sign_in(&browser, "/dossier").status(), 200);
    executable.rewrite(|text| {
        let text = text.replace("path = \"/public\"", "path = \"/ouvert\"\nacess = \"public\"");
        text.replace("access = \"optional\"", "access = \"sometimes\"")
    });
    let check = executable.command(&["check"]);
    let errors = check.refused(3);
    let (errors, _count) = errors.trim_end().rsplit_once("\n\n").unwrap();
    assert_eq!(errors.matches("error[").count(), 2, "{errors}");
    executable.signal("HUP");
    executable.until("a refusal", || {
        executable.said("the new configuration was refused") == 1
    });
    executable.until("all of it", || executable.logged_all_of(errors));
    assert_eq!(
        (executable.status("/public"), executable.status("/ouvert")),
        (200, TO_THE_LOGIN)
    );
    assert!(executable.is_signed_in(&browser));

    executable.rewrite(|_| "public_url = ".to_owned());
    executable.signal("HUP");
    executable.until("a refusal", || {
        executable.said("the new configuration was refused") == 2
    });
    assert_eq!(executable.status("/public"), 200);
    assert!(executable.is_signed_in(&browser));
}

fn signals() {
    let redis = Redis::start();
    let mut executable = Executable::start(&Start {
        provider: true,
        store: &|place| redis_store(place, &redis),
        edit: &|_, usual| usual.replace("[server]", "[server]\nshutdown_delay = \"4s\""),
        ..Start::default()
    });
    let browser = Browser::new();
    assert_eq!(executable.sign_in(&browser, "/dossier").status(), 200);
    let load = Load::on(&executable, "/public");
    executable.signal("PIPE");
    for storm in 1..=3 {
        let (before, answered) = (executable.said("is in force"), load.answered());
        for _ in 0..10 {
            executable.signal("HUP");
        }
        executable.until("a reload", || executable.said("is in force") > before);
        executable.until("requests", || load.answered() > answered + 30);
        assert_eq!(executable.status("/dossier"), TO_THE_LOGIN, "{storm}");
    }
    assert!(executable.is_signed_in(&browser));
    assert_eq!(executable.said("was refused"), 0);

    // Whoever logs out while the process ends is logged out.
    let origin = executable.place().public_url();
    let logout = format!(
        "POST /_guichet/logout HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nSec-Fetch-Site: same-origin\r\n{}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\nprovider=fc",
        executable.place().host(),
        cookie_line(&browser)
    );
    executable.signal("TERM");
    executable.until("it leaves", || executable.said("still serving") == 1);
    assert_eq!(exchange(executable.address(), logout).status, 303);
    assert_eq!(load.end(), Vec::<String>::new());
    assert_eq!(executable.ended().code(), Some(0));
    assert_eq!(redis.sessions(), 0);
}
