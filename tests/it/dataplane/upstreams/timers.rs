//! What takes too long: which timer ends it, what it is called in front of a person and in the log, and who does not notice.

use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::stage::gateway;
use crate::cases;
use crate::support::executable::Executable;
use crate::support::executable::Start;
use crate::support::raw::RawClient;
use crate::support::raw::exchange;
use crate::support::table::Play;
use crate::support::table::play;
use crate::support::upstream::Reply;
use crate::support::upstream::Upstream;

/// A second application beside the usual one.
fn beside(usual: &str, upstream: &str, keys: &str) -> String {
    format!(
        "{usual}\n[[apps]]\nname = \"lent\"\ntitle = \"Le lent\"\npath = \"/lent\"\nproviders = [\"fc\"]\n\
         upstreams = [\"{upstream}\"]\n{keys}\n[[apps.routes]]\npath = \"/\"\naccess = \"public\"\n"
    )
}

fn with_a_slow_app(upstream: &str, keys: &str) -> Executable {
    Executable::start(&Start {
        edit: &|_, usual| beside(usual, upstream, keys),
        ..Start::default()
    })
}

/// The report takes a third of what its app allows, and three times what the other one does.
fn a_long_report_arrives_and_a_short_patience_is_said() {
    let took = Duration::from_millis(900);
    let slow = Upstream::start();
    slow.otherwise(Reply::new(200, &[], "the report").after(took));
    for (patience, status) in [("3s", 200), ("300ms", 504)] {
        let keys = format!("response_timeout = \"{patience}\"");
        let gateway = with_a_slow_app(&slow.url(), &keys);
        let request = gateway
            .request("/lent/rapport")
            .replace("\r\n\r\n", "\r\nAccept: text/html\r\n\r\n");
        let answer = exchange(gateway.address(), request);
        assert_eq!(answer.status, status, "{}", answer.text());
        if status == 504 {
            assert!(
                answer.text().contains("Le lent met trop de temps à répondre"),
                "{}",
                answer.text()
            );
            assert!(answer.text().contains("P06"), "{}", answer.text());
            gateway.until("the log names the timer and its key", || {
                gateway.said("no answer within `response_timeout`") == 1
            });
        } else {
            assert_eq!(answer.text(), "the report");
        }
    }
}

/// A server that says the beginning of its answer at once, and then a byte now and then, for ever.
struct Trickling {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Trickling {
    fn start(beginning: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, counted) = (stream.unwrap(), Arc::clone(&counted));
                thread::spawn(move || {
                    // A request of these tests fits.
                    if stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
                        counted.fetch_add(1, Ordering::SeqCst);
                    }
                    let mut said = stream.write_all(beginning.as_bytes());
                    // Whoever hangs up ends it.
                    while said.is_ok() {
                        thread::sleep(Duration::from_millis(20));
                        said = stream.write_all(b"x");
                    }
                });
            }
        });
        Self { address, asked }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// What comes of a request at the slow app, to the end of the connection.
fn everything_of(gateway: &Executable) -> String {
    let mut client = TcpStream::connect(gateway.address()).unwrap();
    client.write_all(gateway.request("/lent/").as_bytes()).unwrap();
    let mut all = Vec::new();
    // An answer that is cut may end with a reset; one that is not would go on for hours.
    drop(client.take(2000).read_to_end(&mut all));
    String::from_utf8_lossy(&all).into_owned()
}

fn a_server_that_stalls_is_given_up_and_nobody_else_waits() {
    const BODY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
    let silent = Upstream::start();
    silent.otherwise(Reply::silence());
    let half_a_head = Trickling::start("HTTP/1.1 200 OK\r\nX-Slow: ");
    let short = "response_timeout = \"1s\"\nmax_connections = 1";
    let is_asked: [(String, &dyn Fn() -> bool); 2] = [
        (silent.url(), &|| !silent.received().is_empty()),
        (half_a_head.url(), &|| {
            half_a_head.asked.load(Ordering::SeqCst) > 0
        }),
    ];
    for (upstream, is_asked) in is_asked {
        let gateway = with_a_slow_app(&upstream, short);
        let mut stalled = RawClient::connect(gateway.address());
        stalled.send(gateway.request("/lent/"));
        gateway.until("it is asked", is_asked);
        assert_eq!(gateway.status("/lent/"), 503, "its only place is taken");
        assert_eq!(
            gateway.status("/public"),
            200,
            "the others have places of their own"
        );
        assert_eq!(stalled.answer().status, 504);
        gateway.until("the log names the timer", || {
            gateway.said("`response_timeout`") == 1
        });
    }
    // A byte now and then keeps `idle_timeout` quiet; `total_timeout` counts whatever moves.
    let gateway = with_a_slow_app(
        &Trickling::start(BODY).url(),
        "idle_timeout = \"300ms\"\ntotal_timeout = \"700ms\"",
    );
    let answer = everything_of(&gateway);
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.len() < 1000,
        "{answer}"
    );
    assert!(
        answer.matches('x').count() > 20,
        "it was relayed as it came: {answer}"
    );
    gateway.until("the log names the timer", || gateway.said("`total_timeout`") == 1);
    let gateway = with_a_slow_app(&half_a_head.url(), "total_timeout = \"300ms\"");
    assert_eq!(gateway.status("/lent/"), 504);
    gateway.until("the log names the timer", || {
        gateway.said("no whole answer within `total_timeout`") == 1
    });
}

/// The first choice has all of `connect_timeout`; whoever is tried in its place has as long.
#[test]
fn a_server_that_swallows_connections_is_left_for_another_one() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (_listener, _queue, address) = runtime.block_on(async {
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        let connect = || {
            tokio::time::timeout(
                Duration::from_millis(200),
                tokio::net::TcpStream::connect(address),
            )
        };
        while let Ok(connected) = connect().await {
            queue.push(connected.unwrap());
        }
        (listener, queue, address)
    });
    let well = Upstream::start();
    let gateway = gateway(
        &[format!("http://{address}"), well.url()],
        "connect_timeout = \"300ms\"",
    );
    for visitor in 0..12 {
        assert_eq!(
            super::stage::asked(&gateway, visitor, "POST", "Content-Length: 2\r\n", "ab").status,
            200
        );
    }
    assert_eq!(well.received().len(), 12);
    gateway.until("it is said", || {
        gateway.said("no connection within `connect_timeout`") == 1
    });
}

cases! {
    Play,
    run = play,
    rows = [
        Play {
            ids: &["F044"],
            sentence: "a report that takes long arrives, and an app that may not wait so long says so",
            plays: a_long_report_arrives_and_a_short_patience_is_said,
        },
        Play {
            ids: &["T172"],
            sentence: "a server that stalls is given up by a timer that the log names, and no other app notices",
            plays: a_server_that_stalls_is_given_up_and_nobody_else_waits,
        },
    ]
}
