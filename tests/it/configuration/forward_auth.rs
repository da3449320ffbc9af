//! Applications that another proxy forwards to: who may ask about them, and what cannot work there.

use super::text::HUNTER;
use super::text::SMALLEST;
use super::text::found;
use super::text::load;

const CALLERS: &str =
    "[server]\ntrusted_proxies = [\"10.0.0.0/24\"]\n[forward_auth]\ncallers = [\"10.0.0.5\"]\n";

/// The app behind another proxy, with these lines, and this table.
fn behind(app: &str, table: &str) -> String {
    let upstream = "upstreams = [\"http://127.0.0.1:9000\"]\n";
    assert!(SMALLEST.contains(upstream));
    format!(
        "{}{app}{table}",
        SMALLEST.replace(upstream, "mode = \"forward_auth\"\n")
    )
}

#[test]
fn an_app_behind_another_proxy_has_no_upstream_and_needs_somebody_who_may_ask() {
    assert_eq!(found(load(&behind("", CALLERS))), [""; 0]);
    let secret = "[forward_auth]\nsecret = { env = \"SESSION_SECRET\" }\n";
    assert_eq!(found(load(&behind("", secret))), [""; 0]);
    for nobody in ["", "[forward_auth]\n", "[forward_auth]\ncallers = []\n"] {
        assert_eq!(
            found(load(&behind("", nobody))),
            ["C130 apps[0].mode"],
            "{nobody}"
        );
    }
    let upstream = "upstreams = [\"http://127.0.0.1:9000\"]\n";
    for (line, key) in [
        (upstream, "upstreams"),
        ("ca_file = \"/etc/ssl/ca.pem\"\n", "ca_file"),
        ("health = { path = \"/healthz\" }\n", "health"),
        ("total_timeout = \"5m\"\n", "total_timeout"),
        ("max_body = \"1MiB\"\n", "max_body"),
    ] {
        assert_eq!(
            found(load(&behind(line, CALLERS))),
            [format!("C131 apps[0].{key}")],
            "{line}"
        );
    }
}

#[test]
fn a_proxy_that_asks_is_a_proxy_in_front() {
    for (trusted, callers, expected) in [
        ("[]", "[\"10.0.0.5\"]", vec!["C133 forward_auth.callers[0]"]),
        (
            "[\"10.0.0.6\"]",
            "[\"10.0.0.6\", \"10.0.0.5\"]",
            vec!["C133 forward_auth.callers[1]"],
        ),
        (
            "[\"10.0.0.0/16\"]",
            "[\"10.0.0.0/8\"]",
            vec!["C133 forward_auth.callers[0]"],
        ),
        (
            "[\"10.0.0.0/8\"]",
            "[\"10.1.0.0/16\", \"::ffff:10.0.0.5\"]",
            vec![],
        ),
    ] {
        let table = format!("[server]\ntrusted_proxies = {trusted}\n[forward_auth]\ncallers = {callers}\n");
        let loaded = load(&behind("", &table));
        assert!(loaded.is_ok(), "a warning, and no mistake");
        assert_eq!(found(loaded), expected, "{trusted} {callers}");
    }
}

#[test]
fn what_would_be_believed_in_and_cannot_work_is_refused() {
    let cookies = behind("app_cookies = [\"PHPSESSID\"]\n", CALLERS);
    assert_eq!(found(load(&cookies)), ["C131 apps[0].app_cookies"]);
    let odd = behind("allow_headers = [\"my_app.token\"]\n", CALLERS);
    let found_odd = found(load(&odd));
    assert!(
        found_odd.contains(&"C131 apps[0].allow_headers".to_owned()),
        "{found_odd:?}"
    );
    let sign_out = "[[apps.routes]]\npath = \"/logout\"\nends_session = true\n";
    assert_eq!(
        found(load(&behind(sign_out, CALLERS))),
        ["C131 apps[0].routes[0].ends_session"]
    );
}

#[test]
fn a_caller_is_somebody_in_particular_and_a_secret_is_one() {
    for (line, expected) in [
        ("callers = [\"0.0.0.0/0\"]", "C017 forward_auth.callers[0]"),
        ("callers = [\"proxy.example\"]", "C017 forward_auth.callers[0]"),
        ("secret = \"hunter2\"", "C050 forward_auth.secret"),
        ("secret = { env = \"SHORT\" }", "C054 forward_auth.secret"),
        ("max_answer_head = \"1000B\"", "C019 forward_auth.max_answer_head"),
    ] {
        let text = behind(
            "",
            &format!("{CALLERS}{line}\n").replace("callers = [\"10.0.0.5\"]\ncallers", "callers"),
        );
        let loaded = super::text::load_with(&text, &[("SHORT", "hunter2")]);
        let said = loaded.as_ref().unwrap_err().to_string();
        assert!(!said.contains(HUNTER) && !said.contains("hunter2"), "{said}");
        assert!(found(loaded).contains(&expected.to_owned()), "{said}");
    }
}

#[test]
fn more_about_a_person_than_the_proxy_reads_is_refused() {
    let names = "[\"sub\", \"given_name\", \"family_name\"]";
    let app = format!("claims = {names}\nplain_headers = {names}\n");
    let secret = "client_secret = { env = \"FC_CLIENT_SECRET\" }";
    let scopes = format!("{secret}\nscopes = [\"openid\", \"identite_pivot\"]");
    for (most, expected) in [(1024, vec!["C132 apps[0].claims"]), (4096, vec![])] {
        let table = format!("{CALLERS}max_answer_head = \"{most}B\"\n");
        let text = behind(&app, &table).replace(secret, &scopes);
        assert_eq!(found(load(&text)), expected, "{most}");
    }
}
