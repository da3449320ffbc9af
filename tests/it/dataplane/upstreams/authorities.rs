//! An application under a private authority (`ca_file`): that one vouches, and nobody else does, the machine neither.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::stage::asked;
use super::stage::edited;
use crate::support::authority::Authority;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::command::GUICHET;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::tunnel::Tunnel;
use crate::support::upstream::Upstream;

/// A gateway whose machine believes `machine`, and whose app believes what is in `ca_file`.
fn gateway(server: &Tunnel, ca_file: &Path, machine: &Authority) -> Executable {
    let port = server.address().port();
    let keys =
        format!("upstreams = [\"https://localhost:{port}\"]\nca_file = {ca_file:?}\nkeep_alive = \"1m\"\n");
    Executable::start(&Start {
        edit: &|place, usual| edited(place, usual, &keys),
        command: &|_| {
            let mut command = Command::new(GUICHET);
            command.env("SSL_CERT_FILE", machine.root());
            command
        },
        ..Start::default()
    })
}

fn status(gateway: &Executable) -> u16 {
    asked(gateway, 1, "GET", "", "").status
}

#[test]
fn the_authority_of_the_app_vouches_and_the_machine_s_do_not() {
    let (private, machine) = (Authority::new(), Authority::new());
    let application = Upstream::start();
    let under_private = Tunnel::out_of_tls(application.address(), &private.issue("a", LOCALHOST, LONG));
    let under_machine = Tunnel::out_of_tls(application.address(), &machine.issue("b", LOCALHOST, LONG));
    let other_name = private.issue("c", "DNS:app.example", LONG);
    let other_name = Tunnel::out_of_tls(application.address(), &other_name);

    let good = gateway(&under_private, &private.root(), &machine);
    assert_eq!(status(&good), 200);
    let doctor = good.command(&["doctor"]).out;
    assert!(doctor.contains("✔ TLS"), "{doctor}");
    application.forget();
    for wrong in [&under_machine, &other_name] {
        let gateway = gateway(wrong, &private.root(), &machine);
        assert_eq!(status(&gateway), 502);
        assert_eq!(application.byte_count(), 0);
        let doctor = gateway.command(&["doctor"]).out;
        assert!(doctor.contains("✘ TLS"), "{doctor}");
    }
}

/// The file has the same name and other authorities: no connection of before is used, and no session of TLS resumed.
#[test]
fn a_reload_reads_the_file_again_and_uses_no_connection_of_before() {
    let (first, second, machine) = (Authority::new(), Authority::new(), Authority::new());
    let application = Upstream::start();
    let server = Tunnel::out_of_tls(application.address(), &first.issue("a", LOCALHOST, LONG));
    let file = machine.path("in-force.pem");
    fs::copy(first.root(), &file).unwrap();
    let gateway = gateway(&server, &file, &machine);
    assert_eq!((status(&gateway), status(&gateway)), (200, 200));
    assert!(application.open_connections() > 0, "they are kept");

    let reload = |authority: &Authority, times: usize| {
        fs::copy(authority.root(), &file).unwrap();
        gateway.signal("HUP");
        gateway.until("it is in force", || {
            gateway.said("the new configuration is in force") == times
        });
    };
    application.forget();
    reload(&second, 1);
    for _ in 0..4 {
        assert_eq!(status(&gateway), 502);
    }
    assert_eq!(application.byte_count(), 0);
    reload(&first, 2);
    assert_eq!(status(&gateway), 200);

    // A file that cannot be read changes nothing.
    fs::write(&file, "none").unwrap();
    gateway.signal("HUP");
    gateway.until("it is refused", || gateway.log().contains("C116"));
    assert_eq!(status(&gateway), 200);
}
