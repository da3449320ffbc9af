//! The handshake: what is refused, what is chosen, and what a session ticket is good for. Area R.

use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::cases;
use crate::listener::stage::OTHER;
use crate::listener::stage::Secure;
use crate::support::table::Proof;
use crate::support::table::on;

/// A message of its type and length.
fn framed(kind: &[u8], width: usize, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [kind, &length[4 - width..], body].concat()
}

fn numbers(list: &[u16]) -> Vec<u8> {
    list.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// The first words of a client that speaks this version and nothing newer (RFC 5246, section 7.4.1.2).
fn hello(version: u16, suites: &[u16], groups: &[u16]) -> Vec<u8> {
    // ECDSA and RSA with SHA-256, and what TLS 1.0 had.
    let signatures = [0x0403, 0x0401, 0x0804, 0x0203, 0x0201];
    let extensions = [
        framed(&[0, 10], 2, &framed(&[], 2, &numbers(groups))),
        framed(&[0, 11], 2, &framed(&[], 1, &[0])),
        framed(&[0, 13], 2, &framed(&[], 2, &numbers(&signatures))),
    ];
    let body = [
        version.to_be_bytes().to_vec(),
        vec![7; 32],
        framed(&[], 1, &[]),
        framed(&[], 2, &numbers(suites)),
        framed(&[], 1, &[0]),
        framed(&[], 2, &extensions.concat()),
    ];
    framed(&[22, 3, 1], 2, &framed(&[1], 3, &body.concat()))
}

/// The answer to it: an alert's description, or `None` for a server's hello.
fn alert(secure: &Secure, hello: &[u8]) -> Option<u8> {
    let mut stream = TcpStream::connect(secure.scene.gateway.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(hello).unwrap();
    let mut begins = [0; 7];
    stream.read_exact(&mut begins).unwrap();
    match begins[0] {
        21 => {
            assert_eq!(begins[5], 2, "a fatal one");
            Some(begins[6])
        }
        22 => None,
        other => panic!("neither an alert nor a handshake: {other}"),
    }
}

const P256: &[u16] = &[23];
const GOOD: &[u16] = &[0xC02B, 0xC02F];
const PROTOCOL_VERSION: Option<u8> = Some(70);
const HANDSHAKE_FAILURE: Option<u8> = Some(40);

fn what_is_weak_is_refused(secure: &Secure) {
    secure.scene.application.forget();
    assert_eq!(
        alert(secure, &hello(0x0303, GOOD, P256)),
        None,
        "the client itself is good"
    );
    for version in [0x0300, 0x0301, 0x0302] {
        let answer = alert(secure, &hello(version, &[0xC009, 0xC013, 0x002F, 0xC02B], P256));
        assert_eq!(answer, PROTOCOL_VERSION, "{version:x}");
    }
    let weak: &[(&str, &[u16])] = &[
        ("RC4", &[0x0005, 0x0004, 0xC007, 0xC011]),
        ("3DES", &[0x000A, 0xC008, 0xC012]),
        ("static RSA", &[0x009C, 0x009D, 0x003C, 0x002F, 0x0035]),
        ("CBC", &[0xC023, 0xC024, 0xC027, 0xC009, 0xC00A, 0xC013]),
        ("finite fields", &[0x009E, 0x009F, 0x0033]),
        ("nobody", &[0x0034, 0x00A6, 0xC018]),
        ("nothing", &[0x0000, 0x0002, 0xC006]),
        ("export", &[0x0003, 0x0006, 0x0008]),
    ];
    for (what, suites) in weak {
        assert_eq!(
            alert(secure, &hello(0x0303, suites, P256)),
            HANDSHAKE_FAILURE,
            "{what}"
        );
    }
    // sect163k1, secp192r1, secp256k1, secp521r1, ffdhe2048: not on the list of groups.
    for group in [1, 19, 22, 25, 256] {
        let answer = alert(secure, &hello(0x0303, GOOD, &[group]));
        assert_eq!(answer, HANDSHAKE_FAILURE, "group {group}");
    }
    assert_eq!(secure.scene.application.byte_count(), 0);
    for (arguments, chosen) in [
        (&["-tls1_3"][..], "TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384"),
        (&["-tls1_2"], "TLSv1.2, Cipher is ECDHE-ECDSA-AES256-GCM-SHA384"),
        (
            &["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"],
            "ECDHE-ECDSA-CHACHA20-POLY1305",
        ),
        (&["-tls1_3", "-groups", "P-384"], "TLSv1.3"),
        (&["-alpn", "h2,http/1.1"], "ALPN protocol: h2"),
        (&["-alpn", "http/1.1"], "ALPN protocol: http/1.1"),
    ] {
        let said = asks(secure, "localhost", arguments);
        assert!(said.contains(chosen), "{arguments:?}: {said}");
        assert!(
            said.contains("Verify return code: 0 (ok)"),
            "{arguments:?}: {said}"
        );
    }
}

/// What a client sees that asks for one page. On HTTP/2 this is no request; the gateway says so, and ends the connection
/// just as well.
fn asks(secure: &Secure, name: &str, arguments: &[&str]) -> String {
    let host = secure.host();
    let request = format!("GET /public HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let arguments = [&["-ign_eof"], arguments].concat();
    let server = (secure.scene.gateway.address(), name);
    secure.authority.s_client(server, &arguments, &request)
}

fn a_ticket_is_for_one_name(secure: &Secure) {
    for version in ["-tls1_2", "-tls1_3"] {
        let file = secure.authority.path(&format!("ticket{version}"));
        let file = file.display().to_string();
        let said = asks(secure, "localhost", &[version, "-sess_out", &file]);
        assert!(said.contains("New, TLS"), "{version}: {said}");
        let said = asks(secure, OTHER, &[version, "-sess_in", &file]);
        assert!(
            said.contains("New, TLS"),
            "{version}: a whole handshake at another name: {said}"
        );
        let said = asks(secure, "localhost", &[version, "-sess_in", &file]);
        assert!(said.contains("Reused, TLS"), "{version}: {said}");
        // Nothing of a request is read before the handshake is over.
        assert!(!said.contains("Max Early Data: 1"), "{version}: {said}");
        assert!(!said.contains("Early data was accepted"), "{version}: {said}");
    }
}

cases! {
    Proof<Secure>,
    run = on(Secure::start()),
    rows = [
        Proof {
            ids: &["T449"],
            sentence: "old versions, weak suites and odd groups are refused in the handshake",
            holds: what_is_weak_is_refused,
        },
        Proof {
            ids: &["T450"],
            sentence: "a session ticket opens for the name that it was made for, and for no other",
            holds: a_ticket_is_for_one_name,
        },
    ]
}
