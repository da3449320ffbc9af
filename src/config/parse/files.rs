//! Files of certificates and keys: read once, where the configuration is, so that `check` and a reload find out.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::key::bounded;
use crate::config::parse::secrets;
use crate::config::secret_source::SecretSource;
use crate::config::surroundings::Reach;
use crate::config::surroundings::Surroundings;
use crate::secret::Secret;
use crate::wire::authorities::Authorities;

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

/// Those who may vouch for a server, if a file of them is named and read. `None` where it was and is wrong.
pub fn authorities(
    key: &Key,
    path: Option<String>,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<Option<Authorities>> {
    let Some(path) = path.filter(|_| surroundings.reach() == Reach::Everything) else {
        return Some(None);
    };
    let pem = certificates(key, &path, surroundings, findings)?;
    let authorities = Authorities::from_pem(&pem);
    if authorities.is_none() {
        let problem = format!("a certificate in `{}` cannot be read", bounded(&path));
        let help = "name a file with one or more certificates in PEM";
        findings.error(Code::Certificates, key, problem, help);
    }
    authorities.map(Some)
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
