//! Requests that no well-behaved client would send: bytes in, bytes out.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// An answer that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(3);

/// What came back before the other side closed, or fell silent.
#[derive(Clone, Debug)]
pub(crate) struct RawAnswer {
    text: String,
}

impl RawAnswer {
    /// Whether the gateway said no, or sent the person to the login: an answer of its own, and no failure.
    pub(crate) fn is_refusal(&self) -> bool {
        let status = self.text.split(' ').nth(1).unwrap_or_default();
        status == "303" || (status.len() == 3 && status.starts_with('4'))
    }

    /// Status line and `Location`, which say enough on a page.
    pub(crate) fn summary(&self) -> String {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let mut lines = head.lines();
        let status = lines.next().unwrap_or_default();
        let location = lines.find(|line| line.to_ascii_lowercase().starts_with("location:"));
        match (status, location) {
            ("", _) => "connexion fermée sans réponse".to_owned(),
            (status, None) => status.to_owned(),
            (status, Some(location)) => format!("{status}\n{location}"),
        }
    }
}

pub(crate) async fn send(to: SocketAddr, request: &str) -> io::Result<RawAnswer> {
    let mut bytes = Vec::new();
    let exchange = async {
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_end(&mut bytes).await
    };
    match tokio::time::timeout(PATIENCE, exchange).await {
        Ok(Err(error)) if error.kind() != io::ErrorKind::ConnectionReset => return Err(error),
        _ended_or_silent => {}
    }
    Ok(RawAnswer {
        text: String::from_utf8_lossy(&bytes).into_owned(),
    })
}
