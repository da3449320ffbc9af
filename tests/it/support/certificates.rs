//! An authority that openssl makes in a folder of a test, and the certificates that it signs.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// An authority of a minute's work: `ca.crt` and `ca.key`.
#[derive(Debug)]
pub(crate) struct Authority {
    folder: PathBuf,
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Authority {
    /// In a folder that has none yet.
    pub(crate) fn new(folder: &Path) -> Self {
        let authority = Self {
            folder: folder.to_owned(),
        };
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=tests -keyout ca.key -out ca.crt",
        );
        authority
    }

    /// Its own certificate.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    /// A certificate for `name` (if it is `localhost`, for 127.0.0.1 too), as `{file}.crt` and `{file}.key`.
    pub(crate) fn certify(&self, file: &str, name: &str) -> Certificate {
        let address = if name == "localhost" { ",IP:127.0.0.1" } else { "" };
        fs::write(
            self.folder.join("names"),
            format!("subjectAltName=DNS:{name}{address}\n"),
        )
        .unwrap();
        self.request(file, name);
        self.openssl(&format!(
            "x509 -req -in {file}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile names -out {file}.crt"
        ));
        self.read(file)
    }

    /// The same, but its time is over since 2020-02-01.
    pub(crate) fn certify_in_the_past(&self, file: &str, name: &str) -> Certificate {
        fs::write(self.folder.join("index.txt"), "").unwrap();
        fs::write(self.folder.join("names"), format!("subjectAltName=DNS:{name}\n")).unwrap();
        fs::write(
            self.folder.join("ca.cnf"),
            "[ca]\ndefault_ca = a\n[a]\ndatabase = index.txt\nnew_certs_dir = .\npolicy = p\ndefault_md = sha256\n\
             rand_serial = yes\n[p]\ncommonName = supplied\n",
        )
        .unwrap();
        self.request(file, name);
        self.openssl(&format!(
            "ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -in {file}.csr -out {file}.crt -extfile names \
             -startdate 20200101000000Z -enddate 20200201000000Z"
        ));
        self.read(file)
    }

    fn request(&self, file: &str, name: &str) {
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -keyout {file}.key -out {file}.csr"
        ));
    }

    fn read(&self, file: &str) -> Certificate {
        let read = |ending| fs::read_to_string(self.folder.join(format!("{file}.{ending}"))).unwrap();
        Certificate {
            chain: read("crt"),
            key: read("key"),
        }
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .current_dir(&self.folder)
            .args(arguments.split(' '))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "openssl {arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
