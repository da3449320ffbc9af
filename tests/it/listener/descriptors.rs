//! More connections than the process may have files: it waits, and serves again when they are gone. Area R.

use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use crate::attack::Proof;
use crate::listener::exchange;
use crate::listener::executable::Executable;
use crate::listener::executable::GUICHET;
use crate::support::table;
use crate::support::upstream::Upstream;

/// As many as the process may have; the listeners, the runtime and the standard streams are among them.
const LIMIT: usize = 256;
const CONNECTIONS: usize = 1000;

fn a_flood_of_connections_passes(application: &Upstream) {
    let apps = format!(
        "[[apps]]\nname = \"urbanisme\"\nproviders = [\"fc\"]\nupstreams = [\"{}\"]\n\
         [[apps.routes]]\npath = \"/public\"\naccess = \"public\"\n",
        application.url()
    );
    let limited = format!("ulimit -n {LIMIT}; exec \"$0\" \"$@\"");
    let mut gateway = Executable::start(Command::new("sh").args(["-c", &limited, GUICHET]), &apps);
    let port = gateway.address.port();
    let head = format!("GET /public HTTP/1.1\r\nHost: localhost:{port}");
    // A flood that passes, and one that stays: those who say nothing are asked to leave.
    for connections in [CONNECTIONS, LIMIT + 50] {
        let mut silent = flood(&gateway, connections);
        while gateway.descriptors() < LIMIT {
            assert!(gateway.is_running(), "it ended");
            std::thread::yield_now();
        }
        if connections == CONNECTIONS {
            silent.clear();
        }
        assert_eq!(
            exchange(gateway.address, &head).status,
            200,
            "{} stay",
            silent.len()
        );
    }
    assert!(gateway.is_running());
    assert_eq!(application.received().len(), 2);
}

/// Beyond what the system queues for the process, a connection is not even begun.
fn flood(gateway: &Executable, connections: usize) -> Vec<TcpStream> {
    let begin = |_| TcpStream::connect_timeout(&gateway.address, Duration::from_millis(20)).ok();
    let held: Vec<TcpStream> = (0..connections).filter_map(begin).collect();
    assert!(held.len() > LIMIT, "{} of {connections}", held.len());
    held
}

const ROWS: &[Proof<Upstream>] = &[Proof {
    ids: &["T454"],
    sentence: "a process without a file left to open goes on, and serves when there is one again",
    holds: a_flood_of_connections_passes,
}];

/// The numbers of this file's rows.
pub(crate) fn ids() -> Vec<&'static str> {
    table::ids(ROWS)
}

#[test]
fn every_row_holds() {
    let application = Upstream::start();
    table::run(ROWS, |row| (row.holds)(&application));
}
