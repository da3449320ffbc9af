//! The listener of the monitor: three paths, asked with GET or HEAD, over few connections.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::Method;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header::ALLOW;
use http::header::CACHE_CONTROL;
use http::header::CONTENT_TYPE;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::task::AbortHandle;

use crate::monitor::readiness::Probe;
use crate::monitor::readiness::Status;
use crate::monitor::readiness::Watched;
use crate::telemetry::telemetry::Telemetry;

/// Probes and scrapers are few. Where there are more connections than this, the oldest goes: a probe is answered as soon as it
/// comes, and whoever only holds connections keeps nobody from it.
const MOST_CONNECTIONS: usize = 64;
/// For a head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// For a connection in all, which is one question and its answer: whoever does not read gives its place back.
const LONGEST_CONNECTION: Duration = Duration::from_secs(10);
const LONGEST_HEAD: usize = 8 * 1024;
const MOST_FIELDS: usize = 50;

/// Whether the process is alive.
pub const LIVEZ: &str = "/livez";
const READYZ: &str = "/readyz";
const METRICS: &str = "/metrics";
/// What is counted for any other path.
const OTHER: &str = "";

/// What is asked.
#[derive(Debug)]
struct Monitor<W> {
    probe: Probe<W>,
    telemetry: Arc<Telemetry>,
}

/// Listens at `address`; bound before anything serves, so that a wrong address is found at the start.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Answers on a thread of its own, until the process ends: also when every other thread has much to do.
pub fn start<W: Watched>(listener: TcpListener, watched: W, telemetry: Arc<Telemetry>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let serving = move || runtime.block_on(serve(listener, watched, telemetry));
    std::thread::Builder::new()
        .name("monitor".to_owned())
        .spawn(move || {
            if let Err(error) = serving() {
                tracing::error!(%error, "the monitor cannot listen");
            }
        })
        .map(drop)
}

/// Answers for as long as it is polled.
pub async fn serve<W: Watched>(
    listener: TcpListener,
    watched: W,
    telemetry: Arc<Telemetry>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    let monitor = Arc::new(Monitor {
        probe: Probe::new(watched),
        telemetry,
    });
    loop {
        match listener.accept().await {
            Ok((stream, _whoever)) => {
                open.retain(|connection| !connection.is_finished());
                if open.len() >= MOST_CONNECTIONS
                    && let Some(oldest) = open.pop_front()
                {
                    oldest.abort();
                }
                let connection = tokio::spawn(Arc::clone(&monitor).connection(stream));
                open.push_back(connection.abort_handle());
            }
            Err(error) => {
                tracing::warn!(%error, "a connection of the monitor could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

impl<W: Watched> Monitor<W> {
    async fn connection(self: Arc<Self>, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let answer = service_fn(move |request| {
            let monitor = Arc::clone(&self);
            async move { Ok::<_, Infallible>(monitor.answer(&request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .keep_alive(false)
            .max_headers(MOST_FIELDS)
            .max_header_size(LONGEST_HEAD)
            .max_buf_size(LONGEST_HEAD)
            .serve_connection(TokioIo::new(stream), answer);
        match tokio::time::timeout(LONGEST_CONNECTION, connection).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a connection of the monitor ended"),
            Err(_elapsed) => tracing::debug!("a connection of the monitor took too long"),
        }
    }

    /// Counted, and not in the access log: a probe comes every few seconds and says nothing by coming.
    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let endpoint = match request.uri().path() {
            LIVEZ => LIVEZ,
            READYZ => READYZ,
            METRICS => METRICS,
            _ => OTHER,
        };
        let asks = matches!(*request.method(), Method::GET | Method::HEAD);
        let response = match endpoint {
            OTHER => plain(StatusCode::NOT_FOUND, "not found\n"),
            _ if !asks => refused(),
            LIVEZ => plain(StatusCode::OK, "alive\n"),
            READYZ => self.readiness().await,
            _ => self.metrics(),
        };
        let status = response.status().as_u16();
        self.telemetry.metrics.probed(endpoint, status);
        response
    }

    async fn readiness(&self) -> Response<Full<Bytes>> {
        let readiness = self.probe.readiness().await;
        let status = match readiness.status {
            Status::Ready => StatusCode::OK,
            Status::NotReady | Status::Leaving => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut body = serde_json::to_vec(&readiness).unwrap_or_default();
        body.push(b'\n');
        of(status, "application/json", body)
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        let text = self.telemetry.metrics_text();
        of(
            StatusCode::OK,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            text,
        )
    }
}

fn refused() -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only to be read\n");
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    of(status, "text/plain; charset=utf-8", text)
}

fn of(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    fields.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::monitor::readiness::Store;
    use crate::telemetry::audit::stream::Audit;

    const QUESTION: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: m\r\n\r\n";

    #[derive(Debug)]
    struct Well;

    impl Watched for Well {
        fn is_leaving(&self) -> bool {
            false
        }

        async fn store_answers(&self) -> Store {
            Store::Answers
        }
    }

    fn monitor() -> Arc<Monitor<Well>> {
        Arc::new(Monitor {
            probe: Probe::new(Well),
            telemetry: Arc::new(Telemetry::new(Audit::to(io::sink()).unwrap(), None)),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_and_does_not_read_loses_the_connection() {
        let (mut client, server) = tokio::io::duplex(256);
        client.write_all(&QUESTION.repeat(5)).await.unwrap();
        let began = tokio::time::Instant::now();
        let ended = tokio::time::timeout(Duration::from_hours(1), monitor().connection(server)).await;
        assert!(ended.is_ok(), "the place is never given back");
        assert_eq!(began.elapsed(), LONGEST_CONNECTION);
        drop(client);
    }

    #[tokio::test]
    async fn a_probe_does_not_wait_behind_those_who_only_hold_connections() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let telemetry = Arc::new(Telemetry::new(Audit::to(io::sink()).unwrap(), None));
        drop(tokio::spawn(serve(listener, Well, telemetry)));
        let mut held = Vec::new();
        for _ in 0..3 * MOST_CONNECTIONS {
            held.push(tokio::net::TcpStream::connect(address).await.unwrap());
        }
        let mut probe = tokio::net::TcpStream::connect(address).await.unwrap();
        probe.write_all(QUESTION).await.unwrap();
        let mut answer = String::new();
        let answered = tokio::time::timeout(Duration::from_secs(3), probe.read_to_string(&mut answer)).await;
        assert!(answered.is_ok_and(|read| read.is_ok()), "it waits");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let mut oldest = held.swap_remove(0);
        assert_eq!(oldest.read(&mut [0]).await.unwrap(), 0, "the oldest had to go");
    }

    #[tokio::test]
    async fn a_connection_is_one_question_and_its_whole_answer() {
        let (mut client, server) = tokio::io::duplex(64 * 1024);
        client.write_all(&QUESTION.repeat(2)).await.unwrap();
        monitor().connection(server).await;
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(answer.ends_with("# EOF\n"), "{answer}");
    }
}
