//! A browser's HTTP/2 connection over TLS: hyper's client, which sends the fields that it is given.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::Full;
use hyper::client::conn::http2;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsConnector;

use super::raw::Answer;

/// One connection.
#[derive(Debug)]
pub(crate) struct H2 {
    runtime: Runtime,
    sender: http2::SendRequest<Full<Bytes>>,
}

impl H2 {
    /// Shakes hands with a gateway that must choose HTTP/2.
    pub(crate) fn connect(gateway: SocketAddr, client: ClientConfig, name: &str) -> Self {
        // Its connection lives on while the test thinks.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let sender = runtime.block_on(async {
            let stream = TcpStream::connect(gateway).await.unwrap();
            let connector = TlsConnector::from(Arc::new(client));
            let stream = connector.connect(name, stream).await.unwrap();
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
            let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
            tokio::spawn(connection);
            sender
        });
        Self { runtime, sender }
    }

    /// GET, with these fields.
    pub(crate) fn get(&self, url: &str, fields: &[(&str, &str)]) -> Answer {
        self.send("GET", url, fields, "")
            .unwrap_or_else(|error| panic!("{url} {fields:?}: {error}"))
    }

    /// Asks, and takes it back (`RST_STREAM`) before there is an answer. Says whether the connection still takes requests.
    pub(crate) fn takes_back(&self, url: &str) -> bool {
        let mut sender = self.sender.clone();
        self.runtime.block_on(async {
            if sender.ready().await.is_err() {
                return false;
            }
            let request = http::Request::get(url).body(Full::default()).unwrap();
            let asked = sender.send_request(request);
            // Long enough for the frame to leave.
            drop(tokio::time::timeout(Duration::from_millis(2), asked).await);
            true
        })
    }

    /// A target that no URL has, such as `*`.
    pub(crate) fn ask(&self, method: &str, authority: &str, target: &str) -> hyper::Result<Answer> {
        let uri = http::Uri::builder().scheme("https").authority(authority);
        let uri = uri.path_and_query(target).build().unwrap();
        self.exchange(http::Request::builder().method(method).uri(uri), "")
    }

    /// One request, and its answer, which never has trailers, or how the stream ended.
    pub(crate) fn send(
        &self,
        method: &str,
        url: &str,
        fields: &[(&str, &str)],
        body: &str,
    ) -> hyper::Result<Answer> {
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        self.exchange(request, body)
    }

    fn exchange(&self, request: http::request::Builder, body: &str) -> hyper::Result<Answer> {
        let request = request.body(Full::from(body.to_owned())).unwrap();
        let mut sender = self.sender.clone();
        self.runtime.block_on(async {
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = body.collect().await?;
            assert!(body.trailers().is_none(), "trailers: {:?}", body.trailers());
            let body = body.to_bytes();
            let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let fields = head.headers.iter();
            Ok(Answer {
                status: head.status.as_u16(),
                head: Vec::new(),
                fields: fields
                    .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                    .collect(),
                body: body.to_vec(),
                interim: Vec::new(),
            })
        })
    }
}
