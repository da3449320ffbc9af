//! A row that is one request in bytes: the status, what the application received, and what became of the connection.

use std::net::SocketAddr;

use super::raw::Connection;
use super::raw::RawClient;
use super::upstream::Upstream;

/// Byte strings, and what must come of each of them.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) ids: &'static [&'static str],
    pub(crate) sentence: &'static str,
    /// Byte for byte; each must come to the same.
    pub(crate) inputs: &'static [&'static str],
    pub(crate) status: u16,
    pub(crate) application: Application,
    /// Fields at the application and every value of each, in order.
    pub(crate) values: &'static [(&'static str, &'static [&'static str])],
    pub(crate) connection: Afterwards,
}

crate::case!(Exchange);

/// What the application received.
#[derive(Debug)]
pub(crate) enum Application {
    /// No byte.
    Nothing,
    /// One request with all of the first, byte for byte, and none of the second, in any case of letters.
    Request {
        with: &'static [&'static str],
        without: &'static [&'static str],
    },
}

/// Whether the client's connection takes another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterwards {
    Open,
    Closed,
}

impl Exchange {
    /// Sends each input and compares. `filled` knows what the words of a row stand for.
    pub(crate) fn holds_at(
        &self,
        gateway: SocketAddr,
        application: &Upstream,
        filled: impl Fn(&str) -> String,
    ) {
        for input in self.inputs {
            application.forget();
            let mut client = RawClient::connect(gateway);
            let method = input.split(' ').next().unwrap_or("");
            let answer = client
                .send(filled(input))
                .try_answer(method)
                .unwrap_or_else(|error| panic!("{input:?}: {error}"));
            let head = String::from_utf8_lossy(&answer.head);
            assert_eq!(answer.status, self.status, "{input:?}\n{head}");
            self.arrived_as_it_should(application, input, &filled);
            let wanted = match self.connection {
                Afterwards::Open => Connection::Open,
                Afterwards::Closed => Connection::Closed,
            };
            assert_eq!(client.afterwards(), wanted, "{input:?}");
        }
    }

    fn arrived_as_it_should(&self, application: &Upstream, input: &str, filled: &impl Fn(&str) -> String) {
        let Application::Request { with, without } = self.application else {
            let received = application.received();
            assert_eq!(application.byte_count(), 0, "{input:?}: {received:?}");
            return;
        };
        let received = application.only();
        let text = String::from_utf8_lossy(&received.bytes()).into_owned();
        for part in with.iter().map(|part| filled(part)) {
            assert!(text.contains(&part), "{input:?}: no {part:?} in\n{text}");
        }
        // Whatever a row forges is called evil.
        for part in without.iter().chain(&["evil"]) {
            let part = filled(part).to_lowercase();
            assert!(
                !text.to_lowercase().contains(&part),
                "{input:?}: {part:?} in\n{text}"
            );
        }
        for (name, values) in self.values {
            let values: Vec<_> = values.iter().map(|value| filled(value)).collect();
            assert_eq!(received.values(name), values, "{input:?}: {name} in\n{text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;
    use std::panic::catch_unwind;

    use super::*;

    const INPUT: &str = "GET /{a} HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: 2\r\n\r\n";

    const RIGHT: Exchange = Exchange {
        ids: &[],
        sentence: "a request arrives as it was sent",
        inputs: &[INPUT],
        status: 200,
        application: Application::Request {
            with: &["GET /{a} HTTP/1.1\r\n", "X-A: 1"],
            without: &["x-b"],
        },
        values: &[("x-a", &["1", "2"]), ("x-b", &[])],
        connection: Afterwards::Open,
    };

    /// Whether the row holds at an application that is asked without a gateway.
    fn holds(row: &Exchange) -> bool {
        let upstream = Upstream::start();
        let filled = |words: &str| words.replace("{a}", "b");
        catch_unwind(AssertUnwindSafe(|| {
            row.holds_at(upstream.address(), &upstream, filled);
        }))
        .is_ok()
    }

    const fn request(with: &'static [&'static str], without: &'static [&'static str]) -> Exchange {
        Exchange {
            application: Application::Request { with, without },
            ..RIGHT
        }
    }

    #[test]
    fn a_row_notices_a_byte_too_many_or_too_few() {
        assert!(holds(&RIGHT));
        for (what, wrong) in [
            ("status", Exchange { status: 204, ..RIGHT }),
            (
                "bytes",
                Exchange {
                    application: Application::Nothing,
                    ..RIGHT
                },
            ),
            (
                "connection",
                Exchange {
                    connection: Afterwards::Closed,
                    ..RIGHT
                },
            ),
            ("too many", request(&[], &["x-A: 1"])),
            ("too few", request(&["X-A: 3"], &[])),
            (
                "forged",
                Exchange {
                    inputs: &["GET /{a} HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: 2\r\nX-C: evil\r\n\r\n"],
                    ..RIGHT
                },
            ),
            (
                "order",
                Exchange {
                    values: &[("x-a", &["2", "1"])],
                    ..RIGHT
                },
            ),
            (
                "one of several",
                Exchange {
                    inputs: &[INPUT, "GET /c HTTP/1.1\r\nHost: h\r\n\r\n"],
                    ..RIGHT
                },
            ),
        ] {
            assert!(!holds(&wrong), "{what}");
        }
    }
}
