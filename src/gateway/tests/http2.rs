//! The end of an HTTP/2 connection that nobody uses, or whose browser takes nothing, without a socket and in no time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::Empty;
use hyper::client::conn::http2::Builder;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use super::house::PassAll;
use super::house::app;
use super::house::at;
use super::house::telemetry;
use crate::gateway::application::servers::Servers;
use crate::gateway::application::upstream::Upstreams;
use crate::gateway::browser::http2;
use crate::gateway::exchange::Exchange;
use crate::gateway::listener::Caller;
use crate::gateway::listener::Rules;
use crate::gateway::live::Live;
use crate::judge::AnswerCache;
use crate::lifecycle::Ending;
use crate::lifecycle::Lifecycle;
use crate::lifecycle::Phase;

pub(super) struct Browser {
    pub(super) sender: SendRequest<Empty<Bytes>>,
    served: JoinHandle<()>,
    lifecycle: Arc<Lifecycle>,
}

impl Browser {
    /// Takes so many bytes of an answer before it reads the first.
    pub(super) async fn with_window(window: u32) -> Self {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let pipeline = PassAll {
            telemetry: telemetry(),
            app: app(at(SocketAddr::from(([127, 0, 0, 1], 1)))),
            cache: AnswerCache::AsItIs,
        };
        let upstreams = Upstreams::new(Arc::new(Servers::new(Arc::clone(&pipeline.telemetry))));
        let live = Arc::new(Live::new(Arc::new(pipeline)));
        let exchange = Arc::new(Exchange::new(live, upstreams, Arc::default()));
        let peer = SocketAddr::from(([192, 0, 2, 1], 9));
        let caller =
            Caller::connect(peer, &Live::new(Arc::new(Rules::default())), exchange.clients()).unwrap();
        let lifecycle = Arc::new(Lifecycle::new(Ending {
            shutdown_delay: Duration::from_hours(1),
            drain_timeout: Duration::from_hours(1),
        }));
        let under_way = lifecycle.begin();
        let served = tokio::spawn(async move {
            drop(http2::serve(exchange, theirs, caller, under_way).await);
        });
        let (sender, connection) = Builder::new(TokioExecutor::new())
            .initial_stream_window_size(window)
            .handshake(TokioIo::new(ours))
            .await
            .unwrap();
        drop(tokio::spawn(connection));
        Self {
            sender,
            served,
            lifecycle,
        }
    }

    async fn ask(&mut self) -> http::Response<hyper::body::Incoming> {
        let request = http::Request::get("https://a.example/_guichet/refused");
        let request = request.body(Empty::new()).unwrap();
        self.sender.send_request(request).await.unwrap()
    }

    /// The gateway is told to end, and serves on for an hour.
    async fn leaves(&self) {
        let lifecycle = Arc::clone(&self.lifecycle);
        drop(tokio::spawn(async move { lifecycle.end().await }));
        self.lifecycle.reached(Phase::Leaving).await;
    }

    async fn is_served_for(&mut self, seconds: u64) -> bool {
        tokio::time::timeout(Duration::from_secs(seconds), &mut self.served)
            .await
            .is_err()
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_ends() {
    let mut browser = Browser::with_window(65_535).await;
    assert!(browser.is_served_for(9).await);
    assert!(!browser.is_served_for(2).await);

    let mut browser = Browser::with_window(65_535).await;
    let answer = browser.ask().await;
    assert_eq!(answer.collect().await.unwrap().to_bytes(), "refused");
    assert!(browser.is_served_for(74).await);
    assert!(!browser.is_served_for(2).await);
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_reads_none_of_its_answers_is_given_up() {
    let mut browser = Browser::with_window(0).await;
    let unread = browser.ask().await;
    assert_eq!(unread.status(), 401);
    assert!(browser.is_served_for(59).await);
    assert!(!browser.is_served_for(20).await);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_leaves_lets_a_connection_go_after_its_answers_and_one_that_drains_at_once() {
    let mut used = Browser::with_window(65_535).await;
    let answer = used.ask().await;
    assert_eq!(answer.collect().await.unwrap().to_bytes(), "refused");
    used.leaves().await;
    assert!(!used.is_served_for(1).await);

    let mut fresh = Browser::with_window(65_535).await;
    fresh.leaves().await;
    assert!(fresh.is_served_for(1).await, "it may still ask");
    let answer = fresh.ask().await;
    assert_eq!(answer.collect().await.unwrap().to_bytes(), "refused");
    assert!(!fresh.is_served_for(1).await);

    let mut unused = Browser::with_window(65_535).await;
    assert!(unused.is_served_for(1).await);
    unused.lifecycle.end_at_once();
    assert!(!unused.is_served_for(1).await);
}
