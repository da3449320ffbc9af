//! An application behind https: whoever cannot prove to be it receives nothing. Area R.

use std::process::Command;

use crate::attack::Proof;
use crate::listener::exchange;
use crate::listener::executable::Executable;
use crate::listener::executable::GUICHET;
use crate::support::table;
use crate::support::tls::Authority;
use crate::support::tls::EXPIRED;
use crate::support::tls::LONG;
use crate::support::tls::Tunnel;
use crate::support::upstream::Upstream;

fn app(name: &str, tunnel: &Tunnel) -> String {
    let port = tunnel.address().port();
    format!(
        "[[apps]]\nname = \"{name}\"\npath = \"/{name}\"\nproviders = [\"fc\"]\n\
         upstreams = [\"https://localhost:{port}\"]\n[[apps.routes]]\npath = \"/public\"\naccess = \"public\"\n"
    )
}

fn only_the_application_itself_is_asked(application: &Upstream) {
    let (ours, foreign) = (Authority::new(), Authority::new());
    let names = "DNS:localhost,IP:127.0.0.1";
    let tunnel = |pair| Tunnel::out_of_tls(application.address(), &pair);
    let right = tunnel(ours.issue("right", names, LONG));
    let wrong = [
        ("alone", tunnel(ours.self_signed("alone", names))),
        ("foreign", tunnel(foreign.issue("foreign", names, LONG))),
        (
            "othername",
            tunnel(ours.issue("othername", "DNS:app.example", LONG)),
        ),
        ("expired", tunnel(ours.issue("expired", names, EXPIRED))),
    ];
    let apps: Vec<String> = wrong.iter().map(|(name, tunnel)| app(name, tunnel)).collect();
    let apps = format!("{}{}", app("right", &right), apps.concat());
    let gateway = Executable::start(Command::new(GUICHET).env("SSL_CERT_FILE", ours.root()), &apps);
    let ask = |name: &str| {
        let port = gateway.address.port();
        let head = format!("GET /{name}/public HTTP/1.1\r\nHost: localhost:{port}");
        exchange(gateway.address, &head)
    };
    for (name, _) in &wrong {
        let answer = ask(name);
        assert_eq!(answer.status, 502, "{name}: {}", answer.text());
        assert_eq!(application.byte_count(), 0, "{name}");
    }
    assert_eq!(ask("right").status, 200);
    assert_eq!(application.only().request_line(), "GET /right/public HTTP/1.1");
}

const ROWS: &[Proof<Upstream>] = &[Proof {
    ids: &["T452"],
    sentence: "an application whose certificate is not its own, not for its name or not valid is not asked",
    holds: only_the_application_itself_is_asked,
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
