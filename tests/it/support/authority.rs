//! The certificate authority of a test, made with openssl: what it signs, and who believes it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;

use super::command::tool;

/// A certificate authority of one test.
#[derive(Debug)]
pub(crate) struct Authority(TempDir);

/// A certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) cert_file: PathBuf,
    pub(crate) key_file: PathBuf,
}

/// The names under which this machine reaches itself.
pub(crate) const LOCALHOST: &str = "DNS:localhost,IP:127.0.0.1";
/// From when until when, in the words of `openssl ca`.
pub(crate) const LONG: (&str, &str) = ("20200101000000Z", "20991231235959Z");
/// Over since 2021.
pub(crate) const EXPIRED: (&str, &str) = ("20200101000000Z", "20210101000000Z");

const NEW_KEY: &str = "-new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config configuration";

const CONFIGURATION: &str = "[ca]\ndefault_ca = own\n[own]\ndir = .\ndatabase = index\nnew_certs_dir = .\n\
    certificate = ca.pem\nprivate_key = ca.key\nrand_serial = yes\ndefault_md = sha256\npolicy = policy\n\
    unique_subject = no\ncopy_extensions = copy\n[policy]\ncommonName = supplied\n[req]\n\
    distinguished_name = name\n[name]\n";

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self(TempDir::new().unwrap());
        fs::write(authority.path("configuration"), CONFIGURATION).unwrap();
        fs::write(authority.path("index"), "").unwrap();
        authority.openssl(&format!(
            "req -x509 {NEW_KEY} -subj /CN=authority -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem"
        ));
        authority
    }

    /// A certificate with these names, such as [`LOCALHOST`].
    pub(crate) fn issue(&self, file: &str, names: &str, (from, until): (&str, &str)) -> Pair {
        self.openssl(&format!(
            "req {NEW_KEY} -subj /CN=leaf -addext subjectAltName={names} -keyout {file}.key -out {file}.csr"
        ));
        self.openssl(&format!(
            "ca -batch -notext -config configuration -in {file}.csr -out {file}.pem -startdate {from} -enddate {until}"
        ));
        self.pair(file)
    }

    /// A certificate that nobody else signed.
    pub(crate) fn self_signed(&self, file: &str, names: &str) -> Pair {
        self.openssl(&format!(
            "req -x509 {NEW_KEY} -subj /CN=leaf -addext subjectAltName={names} -keyout {file}.key -out {file}.pem"
        ));
        self.pair(file)
    }

    /// What was issued under this name.
    pub(crate) fn pair(&self, file: &str) -> Pair {
        Pair {
            cert_file: self.path(&format!("{file}.pem")),
            key_file: self.path(&format!("{file}.key")),
        }
    }

    /// The certificate of the authority itself.
    pub(crate) fn root(&self) -> PathBuf {
        self.path("ca.pem")
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// What a client believes who believes this authority alone.
    pub(crate) fn client(&self, alpn: &str) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(self.root()).unwrap())
            .unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        config
    }

    /// Runs openssl in the folder of the authority, with words that hold no space.
    pub(crate) fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        let ended = tool(command.current_dir(self.0.path()).args(arguments.split(' ')), "");
        assert_eq!(ended.code, 0, "openssl {arguments}: {}", ended.err);
    }

    /// What `openssl s_client`, who believes this authority alone, says about a connection to `name` over which it sends
    /// this.
    pub(crate) fn s_client(
        &self,
        (server, name): (SocketAddr, &str),
        arguments: &[&str],
        sent: &str,
    ) -> String {
        let mut client = Command::new("openssl");
        client.args(["s_client", "-connect", &server.to_string(), "-servername", name]);
        client.arg("-CAfile").arg(self.root()).args(arguments);
        tool(&mut client, sent).out
    }
}

impl Pair {
    /// The words of the configuration.
    pub(crate) fn configured(&self) -> String {
        let shown = |path: &Path| path.display().to_string();
        format!(
            "tls = {{ cert_file = {:?}, key_file = {:?} }}",
            shown(&self.cert_file),
            shown(&self.key_file)
        )
    }
}
