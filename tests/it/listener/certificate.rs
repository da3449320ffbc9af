//! The certificate is replaced while connections are open: nobody notices but who comes next.

use std::fs;

use crate::listener::stage::Secure;
use crate::support::authority::Authority;
use crate::support::authority::LONG;
use crate::support::raw::RawClient;
use crate::support::tunnel::Tunnel;

impl Secure {
    /// Puts a certificate of another authority in the place of the one in use; nobody reads it yet.
    fn renew(&self, by: &Authority) {
        let next = by.issue("next", "DNS:localhost", LONG);
        fs::copy(next.cert_file, self.authority.path("gateway.pem")).unwrap();
        fs::copy(next.key_file, self.authority.path("gateway.key")).unwrap();
    }

    /// A way in for somebody who believes this authority alone.
    fn for_who_believes(&self, authority: &Authority) -> Tunnel {
        let client = authority.client("http/1.1");
        Tunnel::into_tls(self.scene.gateway.address(), client, "localhost")
    }
}

#[test]
fn a_connection_keeps_its_certificate_and_the_next_one_has_the_new_one() {
    let mut secure = Secure::start();
    let request = format!("GET /public HTTP/1.1\r\nHost: {}\r\n\r\n", secure.host());
    let before = secure.for_who_believes(&secure.authority);
    let mut open = RawClient::connect(before.address());
    assert_eq!(open.send(&request).answer().status, 200);
    let h2 = secure.h2();
    assert_eq!(h2.get(&secure.url("/public"), &[]).status, 200);

    let successor = Authority::new();
    secure.renew(&successor);
    secure.scene.gateway.reload(str::to_owned).unwrap();
    assert_eq!(open.send(&request).answer().status, 200);
    assert_eq!(h2.get(&secure.url("/public"), &[]).status, 200);
    let next = secure.for_who_believes(&successor);
    assert_eq!(
        RawClient::connect(next.address()).send(&request).answer().status,
        200
    );
    let stale = secure.for_who_believes(&secure.authority);
    let refused = RawClient::connect(stale.address())
        .send(&request)
        .try_answer("GET");
    assert!(refused.is_err());
}

#[test]
fn a_certificate_that_cannot_be_served_leaves_the_one_before_in_force_with_everything_else() {
    let mut secure = Secure::start();
    let said = |secure: &Secure| {
        let of = |path: &str| {
            let answer = secure.raw(&format!("GET {path} HTTP/1.1\r\nHost: {{host}}"));
            answer.fields("strict-transport-security").concat()
        };
        ["/public", "/_guichet/login", "/_guichet/nothing"].map(of)
    };
    let year = "max-age=31536000";
    assert_eq!(said(&secure), [year; 3]);
    let key = secure.authority.path("gateway.key");
    let right = fs::read(&key).unwrap();
    fs::write(&key, "no key").unwrap();
    let edit = |text: &str| text.replace("[server]", "[server]\nhsts = \"off\"");
    let refusal = secure.scene.gateway.reload(edit).unwrap_err();
    assert!(
        refusal.contains("error[C090]") && refusal.contains("server.tls.key_file"),
        "{refusal}"
    );
    assert_eq!(said(&secure), [year; 3]);
    fs::write(&key, right).unwrap();
    secure.scene.gateway.reload(edit).unwrap();
    assert_eq!(said(&secure), [""; 3], "our own pages say nothing else");
    let edit = |text: &str| text.replace("\"off\"", "\"subdomains\"");
    secure.scene.gateway.reload(edit).unwrap();
    assert_eq!(said(&secure), ["max-age=31536000; includeSubDomains"; 3]);
}
