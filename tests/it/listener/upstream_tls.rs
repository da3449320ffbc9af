//! An application behind https: whoever cannot prove to be it receives nothing. Area R.

use std::process::Command;

use crate::cases;
use crate::support::authority::Authority;
use crate::support::authority::EXPIRED;
use crate::support::authority::LOCALHOST;
use crate::support::authority::LONG;
use crate::support::command::GUICHET;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::table::Proof;
use crate::support::table::on;
use crate::support::tunnel::Tunnel;
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
    let tunnel = |pair| Tunnel::out_of_tls(application.address(), &pair);
    let right = tunnel(ours.issue("right", LOCALHOST, LONG));
    let wrong = [
        ("alone", tunnel(ours.self_signed("alone", LOCALHOST))),
        ("foreign", tunnel(foreign.issue("foreign", LOCALHOST, LONG))),
        (
            "othername",
            tunnel(ours.issue("othername", "DNS:app.example", LONG)),
        ),
        ("expired", tunnel(ours.issue("expired", LOCALHOST, EXPIRED))),
    ];
    let apps: Vec<String> = wrong.iter().map(|(name, tunnel)| app(name, tunnel)).collect();
    let apps = format!("{}{}", app("right", &right), apps.concat());
    let gateway = Executable::start(&Start {
        edit: &|_, usual| format!("{usual}{apps}"),
        command: &|_| {
            let mut command = Command::new(GUICHET);
            command.env("SSL_CERT_FILE", ours.root());
            command
        },
        ..Start::default()
    });
    for (name, _) in &wrong {
        assert_eq!(gateway.status(&format!("/{name}/public")), 502, "{name}");
        assert_eq!(application.byte_count(), 0, "{name}");
    }
    assert_eq!(gateway.status("/right/public"), 200);
    assert_eq!(application.only().request_line(), "GET /right/public HTTP/1.1");
}

cases! {
    Proof<Upstream>,
    run = on(Upstream::start()),
    rows = [
        Proof {
            ids: &["T452"],
            sentence: "an application whose certificate is not its own, not for its name or not valid is not asked",
            holds: only_the_application_itself_is_asked,
        },
    ]
}
