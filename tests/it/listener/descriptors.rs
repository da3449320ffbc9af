//! More connections than the process may have files: it waits, and serves again when they are gone. Area R.

use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use crate::cases;
use crate::support::command::GUICHET;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::table::Proof;
use crate::support::table::on;

/// As many as the process may have; the listeners, the runtime and the standard streams are among them.
const LIMIT: usize = 256;
const CONNECTIONS: usize = 1000;

fn limited() -> Executable {
    Executable::start(&Start {
        command: &|_| {
            let limited = format!("ulimit -n {LIMIT}; exec \"$0\" \"$@\"");
            let mut command = Command::new("sh");
            command.args(["-c", &limited, GUICHET]);
            command
        },
        ..Start::default()
    })
}

fn a_flood_of_connections_passes(gateway: &Executable) {
    let full = || gateway.said("a connection could not be accepted");
    // A flood that passes, and one that stays: those who say nothing are asked to leave.
    for connections in [CONNECTIONS, LIMIT + 50] {
        let before = full();
        let mut silent = flood(gateway, connections);
        gateway.until("it has no file left", || full() > before);
        if connections == CONNECTIONS {
            silent.clear();
        }
        assert_eq!(gateway.status("/public"), 200, "{} stay", silent.len());
    }
    assert_eq!(gateway.application.received().len(), 2);
}

/// Beyond what the system queues for the process, a connection is not even begun.
fn flood(gateway: &Executable, connections: usize) -> Vec<TcpStream> {
    let begin = |_| TcpStream::connect_timeout(&gateway.address(), Duration::from_millis(20)).ok();
    let held: Vec<TcpStream> = (0..connections).filter_map(begin).collect();
    assert!(held.len() > LIMIT, "{} of {connections}", held.len());
    held
}

cases! {
    Proof<Executable>,
    run = on(limited()),
    rows = [
        Proof {
            ids: &["T454"],
            sentence: "a process without a file left to open goes on, and serves when there is one again",
            holds: a_flood_of_connections_passes,
        },
    ]
}
