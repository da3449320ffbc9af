//! The certificate is replaced while connections are open: nobody notices but who comes next.

use guichet::gateway::listener::Rules;
use guichet::gateway::tls::Certificate;

use crate::listener::Secure;
use crate::support::raw::RawClient;
use crate::support::tls::Authority;
use crate::support::tls::LONG;
use crate::support::tls::Pair;
use crate::support::tls::Tunnel;

fn rules(pair: &Pair) -> Rules {
    Rules {
        certificate: Some(Certificate::load(&pair.cert_file, &pair.key_file).unwrap()),
        ..Rules::default()
    }
}

#[test]
fn a_connection_keeps_its_certificate_and_the_next_one_has_the_new_one() {
    let secure = Secure::start();
    let gateway = &secure.scene.gateway;
    let request = format!("GET /public HTTP/1.1\r\nHost: {}\r\n\r\n", secure.host());
    let into = |authority: &Authority| {
        Tunnel::into_tls(gateway.address(), authority.client("http/1.1"), "localhost")
    };
    let before = into(&secure.authority);
    let mut open = RawClient::connect(before.address());
    assert_eq!(open.send(&request).answer().status, 200);
    let h2 = secure.h2();
    assert_eq!(h2.get(&secure.url("/public"), &[]).status, 200);

    let successor = Authority::new();
    gateway
        .rules()
        .replace(rules(&successor.issue("next", "DNS:localhost", LONG)));
    assert_eq!(open.send(&request).answer().status, 200);
    assert_eq!(h2.get(&secure.url("/public"), &[]).status, 200);
    let after = into(&successor);
    assert_eq!(
        RawClient::connect(after.address()).send(&request).answer().status,
        200
    );
    let stale = into(&secure.authority);
    assert!(
        RawClient::connect(stale.address())
            .send(&request)
            .try_answer("GET")
            .is_err()
    );
}
