//! Which host was meant, on both versions of HTTP: one, valid, ours, whatever the connection was opened for. Area B.

use crate::cases;
use crate::listener::stage::OTHER;
use crate::listener::stage::Secure;
use crate::support::raw::Answer;
use crate::support::table::Proof;
use crate::support::table::on;

/// Nothing happened: no page of an application, no login, no cookie.
fn refused(secure: &Secure, answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}");
    assert_eq!(answer.field("location"), None, "{what}");
    assert_eq!(answer.field("set-cookie"), None, "{what}");
    assert_eq!(secure.scene.application.byte_count(), 0, "{what}");
}

/// The same head on HTTP/1.1, with the session, at a public page and at a page of ours.
fn each_refused(secure: &Secure, host_fields: &str, status: u16) {
    for path in ["/public", "/dossier", "/_guichet/login/fc?return_to=/dossier"] {
        let head = format!("GET {path} HTTP/1.1\r\n{host_fields}Cookie: {{cookie}}");
        refused(secure, &secure.raw(&head), status, &head);
    }
}

fn a_host_that_nobody_configured_is_not_served(secure: &Secure) {
    secure.scene.provider.reset();
    for host in [
        "evil.example",
        "localhost",
        "localhost:1",
        "127.0.0.1",
        "localhost.evil.example",
    ] {
        each_refused(secure, &format!("Host: {host}\r\n"), 421);
    }
    let h2 = secure.h2();
    for path in ["/public", "/dossier", "/_guichet/login/fc"] {
        let answer = h2.get(
            &format!("https://evil.example{path}"),
            &[("cookie", &secure.cookie)],
        );
        refused(secure, &answer, 421, path);
    }
    assert_eq!(secure.scene.provider.requests().len(), 0);
}

fn a_missing_host_is_refused(secure: &Secure) {
    each_refused(secure, "", 400);
    each_refused(secure, "Host:\r\n", 400);
    each_refused(secure, "Host: \r\n", 400);
}

fn two_hosts_are_refused(secure: &Secure) {
    for second in ["{host}", "evil.example"] {
        each_refused(secure, &format!("Host: {{host}}\r\nHost: {second}\r\n"), 400);
        each_refused(secure, &format!("Host: {second}\r\nHost: {{host}}\r\n"), 400);
    }
    let h2 = secure.h2();
    let beside = |host: &str| h2.get(&secure.url("/public"), &[("host", host)]);
    refused(secure, &beside("evil.example"), 400, "Host beside :authority");
    let twice = [("host", secure.host()), ("host", secure.host())];
    let twice = twice.each_ref().map(|(name, value)| (*name, value.as_str()));
    refused(
        secure,
        &h2.get(&secure.url("/public"), &twice),
        400,
        "two of them",
    );
    assert_eq!(beside(&secure.host().to_uppercase()).status, 200, "the same one");
    secure.scene.application.forget();
}

fn user_information_is_refused(secure: &Secure) {
    for host in ["{host}@evil.example", "evil@{host}", "u:p@{host}", "@{host}"] {
        each_refused(secure, &format!("Host: {host}\r\n"), 400);
    }
    for authority in [format!("u@{}", secure.host()), format!("u:p@{}", secure.host())] {
        let answer = secure.h2().get(&format!("https://{authority}/public"), &[]);
        refused(secure, &answer, 400, &authority);
    }
}

fn a_name_is_compared_as_it_is_configured(secure: &Secure) {
    for host in ["xn--localhst-56a", "xn--localhost-", "LOCALHOST.xn--p1ai"] {
        let port = secure.scene.gateway.place().port();
        each_refused(secure, &format!("Host: {host}:{port}\r\n"), 421);
    }
    for host in ["l\u{f6}calhost", "\u{ff4c}ocalhost", "localhost\u{3002}"] {
        each_refused(secure, &format!("Host: {host}\r\n"), 400);
    }
}

fn a_target_of_another_host_is_refused(secure: &Secure) {
    for target in [
        "http://evil/public",
        "https://evil.example/public",
        "http://{host}.evil/public",
        "//evil/public",
    ] {
        let head = format!("GET {target} HTTP/1.1\r\nHost: {{host}}\r\nCookie: {{cookie}}");
        refused(secure, &secure.raw(&head), 400, &head);
    }
}

fn a_whole_target_becomes_a_path(secure: &Secure) {
    secure.scene.application.forget();
    let answer = secure.raw("GET https://{host}/public/a?b=c HTTP/1.1\r\nHost: {host}");
    assert_eq!(answer.status, 200);
    let received = secure.scene.application.only();
    assert_eq!(received.request_line(), "GET /public/a?b=c HTTP/1.1");
    assert_eq!(received.values("host"), [secure.host()]);
    secure.scene.application.forget();
    let answer = secure.raw("GET https://{host}/dossier HTTP/1.1\r\nHost: {host}");
    refused_for_a_login(secure, &answer);
}

fn refused_for_a_login(secure: &Secure, answer: &Answer) {
    assert_eq!(answer.status, 303);
    assert!(answer.field("location").unwrap().starts_with("/_guichet/login"));
    assert_eq!(secure.scene.application.byte_count(), 0);
}

fn the_host_decides_and_not_the_name_of_the_connection(secure: &Secure) {
    let other = secure.host_at(OTHER);
    // Public at one host, protected at the other: the connection's name opens nothing.
    for (sni, host, path) in [
        (OTHER, secure.host(), "/ouvert"),
        ("localhost", other.clone(), "/public"),
    ] {
        secure.scene.application.forget();
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}");
        refused_for_a_login(secure, &secure.raw_as(sni, &head));
        refused_for_a_login(
            secure,
            &secure.h2_as(sni).get(&format!("https://{host}{path}"), &[]),
        );
    }
    // Both hosts have one certificate and one policy, so either may be asked on either connection (RFC 9113, 9.1.1).
    for (sni, host, path) in [(OTHER, secure.host(), "/public"), ("localhost", other, "/ouvert")] {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}");
        assert_eq!(secure.raw_as(sni, &head).status, 200);
        assert_eq!(
            secure
                .h2_as(sni)
                .get(&format!("https://{host}{path}"), &[])
                .status,
            200
        );
    }
    secure.scene.application.forget();
    let answer = secure.raw_as(
        OTHER,
        "GET /public HTTP/1.1\r\nHost: evil.example\r\nCookie: {cookie}",
    );
    refused(secure, &answer, 421, "a third host");
    // A session is for its host, whichever connection brings it.
    let host = secure.host_at(OTHER);
    let head = format!("GET /dossier HTTP/1.1\r\nHost: {host}\r\nCookie: {{cookie}}");
    refused_for_a_login(secure, &secure.raw_as("localhost", &head));
}

cases! {
    Proof<Secure>,
    run = on(Secure::start()),
    rows = [
        Proof {
            ids: &["T050"],
            sentence: "a host that nobody configured is misdirected: no page, no login, no cookie",
            holds: a_host_that_nobody_configured_is_not_served,
        },
        Proof {
            ids: &["T051"],
            sentence: "a request without a host is refused",
            holds: a_missing_host_is_refused,
        },
        Proof {
            ids: &["T053"],
            sentence: "two hosts are refused, the same and different ones, and a Host that contradicts :authority",
            holds: two_hosts_are_refused,
        },
        Proof {
            ids: &["T054"],
            sentence: "user information in the host is refused, on both versions of HTTP",
            holds: user_information_is_refused,
        },
        Proof {
            ids: &["T056"],
            sentence: "only the configured name is served: no other spelling, no other script",
            holds: a_name_is_compared_as_it_is_configured,
        },
        Proof {
            ids: &["T057"],
            sentence: "a target of another host than Host is refused",
            holds: a_target_of_another_host_is_refused,
        },
        Proof {
            ids: &["T058"],
            sentence: "a whole target of this host is judged and forwarded as its path",
            holds: a_whole_target_becomes_a_path,
        },
        Proof {
            ids: &["T060"],
            sentence: "the policy is that of the Host, never that of the name in the handshake",
            holds: the_host_decides_and_not_the_name_of_the_connection,
        },
    ]
}
