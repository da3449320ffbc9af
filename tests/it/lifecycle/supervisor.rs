//! What the service manager hears, over the socket that it would have given.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use crate::support::command::GUICHET;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::gateway::Place;

struct Manager {
    socket: UnixDatagram,
    folder: tempfile::TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        Self { socket, folder }
    }

    fn command(&self, watchdog: &str) -> Command {
        // The manager names the process that it watches.
        let script = format!("export WATCHDOG_PID=$$ {watchdog}; exec {GUICHET} \"$@\"");
        let mut command = Command::new("sh");
        command
            .args(["-c", &script, "sh"])
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        command
    }

    fn hears(&self) -> String {
        let mut bytes = [0; 4096];
        let length = self.socket.recv(&mut bytes).expect("the manager hears nothing");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }
}

#[test]
fn the_service_manager_hears_of_every_change() {
    let manager = Manager::new();
    let command = |_: &Place| manager.command("");
    let mut executable = Executable::start(&Start {
        command: &command,
        ..Start::default()
    });
    assert_eq!(manager.hears().trim_end(), "READY=1");
    executable.signal("HUP");
    let reloading = manager.hears();
    let (first, second) = reloading.trim_end().split_once('\n').unwrap();
    assert_eq!(first, "RELOADING=1");
    let since_start: u64 = second.strip_prefix("MONOTONIC_USEC=").unwrap().parse().unwrap();
    assert!(since_start > 0);
    assert_eq!(manager.hears().trim_end(), "READY=1");
    // One that is refused is over as well: the manager must not wait for ever.
    executable.rewrite(|_| "nonsense".to_owned());
    executable.signal("HUP");
    assert!(manager.hears().starts_with("RELOADING=1"));
    assert_eq!(manager.hears().trim_end(), "READY=1");
    executable.signal("TERM");
    assert_eq!(manager.hears().trim_end(), "STOPPING=1");
    assert_eq!(executable.ended().code(), Some(0));
}

#[test]
fn a_process_that_is_watched_gives_signs_of_life_for_as_long_as_it_answers() {
    let manager = Manager::new();
    let command = |_: &Place| manager.command("WATCHDOG_USEC=400000");
    let executable = Executable::start(&Start {
        command: &command,
        ..Start::default()
    });
    assert_eq!(manager.hears().trim_end(), "READY=1");
    for _ in 0..3 {
        assert_eq!(manager.hears().trim_end(), "WATCHDOG=1");
    }
    executable.signal("STOP");
    // What was said before it stopped may still be on its way; then there is silence.
    manager
        .socket
        .set_read_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    let mut bytes = [0; 64];
    let said = (0..100).take_while(|_| manager.socket.recv(&mut bytes).is_ok());
    assert!(said.count() < 5);
}
