//! Files of certificates and keys: read once, where the configuration is, so that `check` and a reload find out.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::parse::secrets;
use crate::config::secret_source::SecretSource;
use crate::config::surroundings::Reach;
use crate::config::surroundings::Surroundings;
use crate::secret::Secret;

/// The certificates of a file, in PEM: at least one, unless nothing is read.
pub fn certificates(
    key: &Key,
    path: &str,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Vec<u8>> {
    if surroundings.reach() == Reach::TextAlone {
        return Some(Vec::new());
    }
    let source = SecretSource {
        file: Some(path.to_owned()),
        ..SecretSource::default()
    };
    // Everybody may read a certificate, so no word about that.
    let found = source.read(surroundings).map_err(|error| error.to_string());
    let found = found.and_then(|found| {
        let pem = found.secret.expose();
        let begins = pem.windows(BEGIN.len()).any(|window| window == BEGIN);
        begins
            .then(|| pem.to_owned())
            .ok_or_else(|| format!("the file `{}` holds none", surroundings.resolve(path).display()))
    });
    match found {
        Ok(pem) => Some(pem),
        Err(problem) => {
            let help = "name a file with one or more certificates in PEM that this user can read";
            findings.error(
                Code::Certificates,
                key,
                format!("no certificate for `{key}`: {problem}"),
                help,
            );
            None
        }
    }
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The private key of a file, in PEM.
pub fn private_key(
    key: &Key,
    path: &str,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Secret> {
    let source = SecretSource {
        file: Some(path.to_owned()),
        ..SecretSource::default()
    };
    secrets::of_any_form(key, &source, surroundings, findings)
}
