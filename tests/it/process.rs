//! The executable as an operator runs it: it says that it is well, and it ends well.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::support::raw::exchange;
use crate::support::upstream::Reply;
use crate::support::upstream::Upstream;

const GUICHET: &str = env!("CARGO_BIN_EXE_guichet");

fn configuration(folder: &Path, port: u16, upstream: &str) -> std::path::PathBuf {
    let secret = folder.join("client_secret");
    fs::write(&secret, "a-client-secret").unwrap();
    let file = folder.join("guichet.toml");
    let text = format!(
        r#"public_url = "http://localhost:{port}"
organisation = {{ name = "Ville" }}
server = {{ listen = "127.0.0.1:{port}" }}
[providers.fc]
preset = "franceconnect"
environment = "sandbox"
client_id = "x"
client_secret = {{ file = "client_secret" }}
[[apps]]
name = "urbanisme"
providers = ["fc"]
upstreams = ["{upstream}"]
[[apps.routes]]
path = "/public"
access = "public"
"#
    );
    fs::write(&file, text).unwrap();
    file
}

fn is_healthy(file: &Path) -> bool {
    Command::new(GUICHET)
        .arg("--config")
        .arg(file)
        .arg("healthcheck")
        .output()
        .unwrap()
        .status
        .success()
}

#[test]
fn a_process_that_is_told_to_end_answers_first_and_ends_with_zero() {
    let folder = tempfile::tempdir().unwrap();
    let application = Upstream::start();
    application.otherwise(Reply::new(200, &[], "late").after(Duration::from_secs(1)));
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let file = configuration(folder.path(), port, &application.url());
    assert!(!is_healthy(&file), "nobody is there yet");
    let mut process = Command::new(GUICHET)
        .arg("--config")
        .arg(&file)
        .arg("run")
        .spawn()
        .unwrap();
    while !is_healthy(&file) {
        assert!(process.try_wait().unwrap().is_none(), "it ended");
    }
    let request = format!("GET /public HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    let under_way = thread::spawn(move || exchange(([127, 0, 0, 1], port).into(), request));
    while application.received().is_empty() {
        thread::yield_now();
    }
    let told = Command::new("kill")
        .arg(process.id().to_string())
        .status()
        .unwrap();
    assert!(told.success());
    let answer = under_way.join().unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "late"));
    assert_eq!(process.wait().unwrap().code(), Some(0));
    assert!(!is_healthy(&file));
}
