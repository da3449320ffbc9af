//! Certificates of a minute's work, and a server that puts TLS in front of one that has none.

use std::fmt::Write as _;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::StreamOwned;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;

/// Whether a certificate is of our time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    Now,
    Ended,
}

/// An authority that nobody trusts but who is told to, and one certificate of it.
#[derive(Debug)]
pub(crate) struct Certificates(TempDir);

impl Certificates {
    pub(crate) fn new(names: &str, validity: Validity) -> Self {
        let folder = TempDir::new().unwrap();
        let (from, until) = match validity {
            Validity::Now => ("20200101000000Z", "20991231000000Z"),
            Validity::Ended => ("20200101000000Z", "20200201000000Z"),
        };
        let mut settings = String::new();
        for line in [
            "[ca]\ndefault_ca = a\n[a]\ndatabase = index.txt\nnew_certs_dir = .\npolicy = p",
            "default_md = sha256\nrand_serial = yes\n[p]\ncommonName = supplied",
        ] {
            writeln!(settings, "{line}").unwrap();
        }
        std::fs::write(folder.path().join("ca.cnf"), settings).unwrap();
        std::fs::write(folder.path().join("index.txt"), "").unwrap();
        std::fs::write(folder.path().join("names"), format!("subjectAltName={names}\n")).unwrap();
        for command in [
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=tests -keyout ca.key -out ca.crt"
                .to_owned(),
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr"
                .to_owned(),
            format!(
                "ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -in server.csr -out server.crt -extfile names \
                 -startdate {from} -enddate {until}"
            ),
        ] {
            let output = Command::new("openssl")
                .current_dir(folder.path())
                .args(command.split_whitespace())
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "openssl {command}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Self(folder)
    }

    /// A file of the folder: `server.crt`, `server.key`, `ca.crt`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn server(&self) -> ServerConfig {
        let file = |name: &str| self.file(name);
        let chain = CertificateDer::pem_file_iter(file("server.crt")).unwrap();
        let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.map(Result::unwrap).collect(), key)
            .unwrap()
    }
}

/// Answers https for a server behind it, one request a connection; returns where. It ends with the tests.
pub(crate) fn in_front_of(server: SocketAddr, certificates: &Certificates) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let config = Arc::new(certificates.server());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let config = Arc::clone(&config);
            // A client that does not believe us hangs up, and so do we.
            thread::spawn(move || drop(exchange(stream, config, server)));
        }
    });
    address
}

fn exchange(stream: TcpStream, config: Arc<ServerConfig>, server: SocketAddr) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut client = BufReader::new(StreamOwned::new(connection, stream));
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    head.truncate(head.len() - 2);
    let mut behind = TcpStream::connect(server)?;
    behind.write_all(&head)?;
    behind.write_all(b"Connection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    behind.read_to_end(&mut answer)?;
    let client = client.get_mut();
    client.write_all(&answer)?;
    client.conn.send_close_notify();
    client.flush()
}
