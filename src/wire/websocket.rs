//! The opening handshake of a WebSocket (RFC 6455, section 4): which request is one, and which answer agrees to it.
//!
//! It is one in every part or not at all. A request that asks for another protocol (`h2c`), or in another version, is an
//! ordinary one: what it says about an upgrade belongs to its own connection and stays here.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http::Version;
use http::header::CONNECTION;
use http::header::SEC_WEBSOCKET_ACCEPT;
use http::header::SEC_WEBSOCKET_KEY;
use http::header::SEC_WEBSOCKET_VERSION;
use http::header::UPGRADE;
use http::request::Parts;

use crate::wire::connection;
use crate::wire::framing;

/// The one protocol that is switched to.
const PROTOCOL: HeaderValue = HeaderValue::from_static("websocket");
/// The one version that there is.
const VERSION: &str = "13";
/// Joined to the key; whoever answers it has read the handshake (section 1.3).
const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Length of the nonce in a key.
const NONCE: usize = 16;

/// The request would switch protocols in a way that no browser does: by another method than `GET`, or with a body, which one
/// side may read as the first bytes of the other protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a WebSocket is opened by a GET without a body")]
pub struct HandshakeError;

/// A handshake of version 13, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// What an application says that read the key.
    accept: String,
}

impl Handshake {
    /// The handshake in the head of a request, if it is one.
    pub fn of(head: &Parts) -> Result<Option<Self>, HandshakeError> {
        if head.version != Version::HTTP_11 || !switches_to_websocket(&head.headers) {
            return Ok(None);
        }
        if head.method != Method::GET || framing::announces_content(&head.headers) {
            return Err(HandshakeError);
        }
        let is_ours = one(&head.headers, &SEC_WEBSOCKET_VERSION).is_some_and(|version| version == VERSION);
        let key = one(&head.headers, &SEC_WEBSOCKET_KEY).filter(|key| is_a_key(key));
        Ok(key.filter(|_| is_ours).map(|key| Self {
            accept: accept(key.as_bytes()),
        }))
    }

    /// Whether an answer with the status 101 agrees to this handshake and to nothing else.
    pub fn is_agreed_to(&self, answer: &HeaderMap) -> bool {
        switches_to_websocket(answer)
            && one(answer, &SEC_WEBSOCKET_ACCEPT).is_some_and(|said| said == self.accept.as_str())
    }
}

/// Says that a connection switches to a WebSocket.
pub fn switch(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, PROTOCOL);
}

fn switches_to_websocket(headers: &HeaderMap) -> bool {
    let protocol = one(headers, &UPGRADE);
    protocol.is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(PROTOCOL.as_bytes()))
        && connection::words(headers).any(|word| word.eq_ignore_ascii_case(b"upgrade"))
}

fn is_a_key(key: &HeaderValue) -> bool {
    BASE64_STANDARD
        .decode(key.as_bytes())
        .is_ok_and(|nonce| nonce.len() == NONCE)
}

fn accept(key: &[u8]) -> String {
    let digest = digest::digest(
        &digest::SHA1_FOR_LEGACY_USE_ONLY,
        &[key, MAGIC.as_bytes()].concat(),
    );
    BASE64_STANDARD.encode(digest)
}

/// The value of a field that is there once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: (&str, &str) = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    const WHOLE: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        KEY,
    ];

    fn read(method: &str, fields: &[(&str, &str)]) -> Result<Option<Handshake>, HandshakeError> {
        let mut request = http::Request::builder().method(method).uri("/socket");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        Handshake::of(&request.body(()).unwrap().into_parts().0)
    }

    /// The whole handshake with one field in another way; gone, if it says nothing.
    fn with(name: &str, value: &str) -> Vec<(&'static str, String)> {
        let fields = WHOLE.map(|(each, said)| (each, if each == name { value } else { said }.to_owned()));
        fields
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    fn is_one(fields: &[(&'static str, String)]) -> bool {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        read("GET", &fields).unwrap().is_some()
    }

    fn answer(fields: &[(&str, &str)]) -> HeaderMap {
        let fields = fields.iter().map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        });
        let mut headers = HeaderMap::new();
        fields.for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    #[test]
    fn a_handshake_is_whole_or_none() {
        assert!(read("GET", &WHOLE).unwrap().is_some());
        for (name, value) in [
            ("connection", "keep-alive"),
            ("connection", ""),
            ("upgrade", "h2c"),
            ("upgrade", "h2c, websocket"),
            ("upgrade", "websocket2"),
            ("upgrade", ""),
            ("sec-websocket-version", "1337"),
            ("sec-websocket-version", ""),
            ("sec-websocket-key", "short"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ"),
            ("sec-websocket-key", ""),
        ] {
            assert!(!is_one(&with(name, value)), "{name}: {value}");
        }
        let twice = [&WHOLE[..], &[KEY]].concat();
        assert_eq!(read("GET", &twice), Ok(None));
    }

    #[test]
    fn another_method_or_a_body_is_refused() {
        for method in ["POST", "HEAD", "OPTIONS"] {
            assert_eq!(read(method, &WHOLE), Err(HandshakeError), "{method}");
        }
        for field in [("content-length", "2"), ("transfer-encoding", "chunked")] {
            let fields = [&WHOLE[..], &[field]].concat();
            assert_eq!(read("GET", &fields), Err(HandshakeError), "{field:?}");
        }
        let empty = [&WHOLE[..], &[("content-length", "0")]].concat();
        assert!(read("GET", &empty).unwrap().is_some());
    }

    #[test]
    fn another_version_of_http_has_no_such_handshake() {
        let mut request = http::Request::builder().version(Version::HTTP_10);
        for (name, value) in WHOLE {
            request = request.header(name, value);
        }
        let head = request.body(()).unwrap().into_parts().0;
        assert_eq!(Handshake::of(&head), Ok(None));
    }

    /// The example of RFC 6455, section 1.3.
    #[test]
    fn an_answer_agrees_in_every_part() {
        let handshake = read("GET", &WHOLE).unwrap().unwrap();
        let agreed = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ];
        assert!(handshake.is_agreed_to(&answer(&agreed)));
        for missing in 0..agreed.len() {
            let mut fields = agreed.to_vec();
            fields.remove(missing);
            assert!(!handshake.is_agreed_to(&answer(&fields)), "{missing}");
        }
        for wrong in [
            ("connection", "close"),
            ("upgrade", "h2c"),
            ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO="),
        ] {
            let fields = agreed.map(|each| if each.0 == wrong.0 { wrong } else { each });
            assert!(!handshake.is_agreed_to(&answer(&fields)), "{wrong:?}");
        }
        let twice = [&agreed[..], &agreed[2..]].concat();
        assert!(!handshake.is_agreed_to(&answer(&twice)));
    }
}
