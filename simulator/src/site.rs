//! A small HTTP/1.1 server on loopback that keeps the bytes of every request as they came.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use bytes::Bytes;
use http::HeaderMap;
use http::Method;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::header::COOKIE;
use http::header::LOCATION;
use http_body_util::BodyExt;
use http_body_util::Full;
use http_body_util::Limited;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;

/// No page here takes a longer form.
const LONGEST_BODY: usize = 256 * 1024;

/// What a site answers.
pub(crate) type Answer = Response<Full<Bytes>>;

/// A request, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// The path, as written.
    pub(crate) path: String,
    /// The query, as written.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The bytes as they came over the connection, head and body.
    pub(crate) raw: Vec<u8>,
}

impl Asked {
    /// The cookie `name`, the first of several.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let fields = self.headers.get_all(COOKIE).iter();
        fields
            .filter_map(|field| field.to_str().ok())
            .flat_map(|field| field.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(each, value)| (each == name).then_some(value))
    }

    /// A header that is visible ASCII and came once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().filter(|_first| values.next().is_none())?;
        value.to_str().ok()
    }

    /// The parameters of the query.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        pairs(self.query.as_deref().unwrap_or_default().as_bytes())
    }

    /// The parameters of a form in the body.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// The first value of `name`.
pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find_map(|(each, value)| (each == name).then_some(value.as_str()))
}

/// Something that answers requests.
pub(crate) trait Site: Send + Sync + 'static {
    /// The longest request head, in bytes. A longer one gets 431.
    const LONGEST_HEAD: usize;

    fn answer(self: Arc<Self>, asked: Asked) -> impl Future<Output = Answer> + Send;
}

/// A site that listens. Dropping it closes the listener and every connection.
#[derive(Debug)]
pub(crate) struct Listening {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listening {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the listener and every connection, and waits until that is done.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        // The task was told to end: that it ended by being told to is no news.
        drop((&mut self.task).await);
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Binds `address`, or another port of the same host if that one is taken and `fallback` allows it.
pub(crate) async fn bind(address: SocketAddr, fallback: Fallback) -> io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{address} is not a loopback address: a simulation listens nowhere else"),
        ));
    }
    match (TcpListener::bind(address).await, fallback) {
        (Err(error), Fallback::AnyPort) if error.kind() == io::ErrorKind::AddrInUse => {
            TcpListener::bind(SocketAddr::new(address.ip(), 0)).await
        }
        (bound, _) => bound,
    }
}

/// What to do about a port that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fallback {
    /// Fail.
    None,
    /// Take any port that is free.
    AnyPort,
}

/// Serves `site` until the returned value is stopped or dropped.
pub(crate) fn serve<S: Site>(listener: TcpListener, site: Arc<S>) -> io::Result<Listening> {
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            if let Ok((stream, _peer)) = listener.accept().await {
                connections.spawn(connection(stream, Arc::clone(&site)));
            }
            while connections.try_join_next().is_some() {}
        }
    });
    Ok(Listening { address, task })
}

async fn connection<S: Site>(stream: TcpStream, site: Arc<S>) {
    let read = Arc::new(Mutex::new(Vec::new()));
    let recorder = Recorder {
        stream,
        read: Arc::clone(&read),
    };
    let service = service_fn(move |request| {
        let (site, read) = (Arc::clone(&site), Arc::clone(&read));
        async move { Ok::<_, io::Error>(exchange(site, request, &read).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .max_buf_size(S::LONGEST_HEAD)
        .serve_connection(TokioIo::new(recorder), service)
        .await;
    // A browser that hangs up is no failure of a simulation.
    drop(served);
}

async fn exchange<S: Site>(site: Arc<S>, request: Request<Incoming>, read: &Mutex<Vec<u8>>) -> Answer {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LONGEST_BODY).collect().await else {
        return text(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large");
    };
    let raw = std::mem::take(&mut *read.lock().unwrap_or_else(PoisonError::into_inner));
    site.answer(Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body: body.to_bytes(),
        raw,
    })
    .await
}

/// A connection that remembers what was read from it.
struct Recorder {
    stream: TcpStream,
    read: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Recorder {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let fresh = buffer.filled().get(before..).unwrap_or_default();
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(fresh);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// An answer of a given media type.
pub(crate) fn answer(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE.as_str(), media_type);
    answer
}

pub(crate) fn text(status: StatusCode, body: &'static str) -> Answer {
    answer(status, "text/plain; charset=utf-8", body)
}

pub(crate) fn html(status: StatusCode, body: String) -> Answer {
    answer(status, "text/html; charset=utf-8", body)
}

/// A redirect with an empty body.
pub(crate) fn redirect(status: StatusCode, location: &str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::new()));
    *answer.status_mut() = status;
    set(&mut answer, LOCATION.as_str(), location);
    answer
}

/// Sets a header. A value that is no header value is left out: nothing from outside can split a response here.
pub(crate) fn set(answer: &mut Answer, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        answer.headers_mut().insert(name, value);
    }
}

/// Adds a header beside others of its name.
pub(crate) fn add(answer: &mut Answer, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        answer.headers_mut().append(name, value);
    }
}
