//! Everybody at once, for a while: people at work, clients that mean harm, a store and an application that go away.

mod application;
mod faults;
mod hostile;
mod person;
mod stage;
mod tally;

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use crate::cases;
use crate::support::command::GUICHET;
use crate::support::table::Play;
use crate::support::table::play;
use hostile::HOSTILE;
use stage::Stage;
use tally::Memory;

cases! {
    Play,
    run = play,
    rows = [Play {
        ids: &["T474"],
        sentence: "people at work among hostile clients get no answer of another, while the store and the application restart",
        plays: || {
            soak(&Soak {
                program: GUICHET.into(),
                people: 12,
                lasts: Duration::from_secs(7),
                between_faults: Duration::from_millis(1500),
            });
        },
    }]
}

#[test]
#[ignore = "ten minutes; benches/soak runs it, with the program as it is released"]
fn for_ten_minutes() {
    let report = soak(&Soak::as_released(Duration::from_mins(10)));
    report.memory.has_not_grown();
    fs::write(written().join("soak.md"), report.table).unwrap();
}

#[test]
#[ignore = "the same for two minutes, to try it"]
fn for_two_minutes() {
    let report = soak(&Soak::as_released(Duration::from_mins(2)));
    fs::write(written().join("soak.md"), report.table).unwrap();
}

/// How much of it.
#[derive(Debug)]
struct Soak {
    program: PathBuf,
    people: usize,
    lasts: Duration,
    between_faults: Duration,
}

/// What came of it.
#[derive(Debug)]
struct Report {
    table: String,
    memory: Memory,
}

impl Soak {
    fn as_released(lasts: Duration) -> Self {
        let program = written().parent().unwrap().join("release/guichet");
        assert!(program.exists(), "`deploy/release` makes {}", program.display());
        Self {
            program,
            people: 200,
            lasts,
            between_faults: Duration::from_secs(25),
        }
    }
}

/// Where tests write what outlives them.
fn written() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn soak(soak: &Soak) -> Report {
    let stage = Stage::start(&soak.program, soak.people);
    let people = stage.all_sign_in();
    let begin = Instant::now();
    let memory = thread::scope(|scope| {
        let stage = &stage;
        for person in people {
            scope.spawn(move || person::works(person, stage));
        }
        for hostile in HOSTILE {
            scope.spawn(move || hostile::goes_on(hostile, stage));
        }
        // Whatever fails here, the others have to be told that it is over.
        let _over = stage.is_over_at_the_end();
        let mut early = None;
        while begin.elapsed() < soak.lasts {
            let left = soak.lasts.saturating_sub(begin.elapsed());
            thread::sleep(soak.between_faults.min(left));
            // Minute 3 of 10.
            if begin.elapsed() >= soak.lasts * 3 / 10 && early.is_none() {
                early = Some(stage.memory());
            }
            if begin.elapsed() < soak.lasts {
                stage.something_fails();
            }
        }
        Memory {
            early: early.unwrap(),
            late: stage.memory(),
        }
    });
    stage.tally.is_clean(&stage.log());
    Report {
        table: stage.tally.table(soak, &memory),
        memory,
    }
}
