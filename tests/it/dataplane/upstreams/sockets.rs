//! An application on a Unix socket: gunicorn, as Debian's users start it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::stage::asked;
use super::stage::gateway;
use crate::support::process::Process;
use crate::support::pyjwt;
use crate::support::wait::until;

/// Says what it was asked, and leads to itself.
const APPLICATION: &str = r"
def application(environ, start_response):
    body = environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0))
    names = ['REQUEST_METHOD', 'PATH_INFO', 'HTTP_HOST', 'HTTP_X_FORWARDED_FOR']
    said = ' '.join(environ.get(name, '-') for name in names)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [said.encode(), b' ', body]
";

fn gunicorn(folder: &Path) -> Process {
    fs::write(folder.join("application.py"), APPLICATION).unwrap();
    let mut command = Command::new(pyjwt::python());
    command
        .current_dir(folder)
        .args(["-m", "gunicorn", "--bind", "unix:app.sock", "application"]);
    let process = Process::start(command.stderr(std::process::Stdio::null()));
    until("gunicorn listens", || folder.join("app.sock").exists());
    process
}

#[test]
fn an_application_on_a_socket_is_asked_as_one_on_a_port() {
    let folder = TempDir::new().unwrap();
    let address = format!("unix:{}", folder.path().join("app.sock").display());
    let gateway = gateway(
        &[&address],
        "health = { path = \"/healthz\", interval = \"100ms\" }",
    );
    let answer = asked(&gateway, 1, "GET", "", "");
    assert_eq!(answer.status, 502, "nobody is there yet");
    let doctor = gateway.command(&["doctor"]);
    assert!(doctor.out.contains("✘ HTTP"), "{}", doctor.out);

    let _process = gunicorn(folder.path());
    gateway.until("it is back", || {
        gateway.said("a server of an application is back") == 1
    });
    let host = gateway.place().host();
    for _ in 0..3 {
        let answer = asked(&gateway, 7, "POST", "Content-Length: 5\r\n", "a=b&c");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text(), format!("POST /public/7 {host} 192.0.2.7 a=b&c"));
    }
    let doctor = gateway.command(&["doctor"]);
    for good in ["✔ HTTP", "✔ health", &address] {
        assert!(doctor.out.contains(good), "{}", doctor.out);
    }
    let explained = gateway.command(&["explain", "/public"]);
    assert!(explained.out.contains(&address), "{}", explained.out);
}
