//! A private key has one purpose (RFC 8725, section 3.12; NIST SP 800-57 part 1, section 5.2): what the one reader believes
//! could otherwise be made by asking for the other.

use std::path::Path;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::parse::provider::Entry;
use crate::config::settings::AssertionSettings;
use crate::config::settings::KeySource;
use crate::config::surroundings::Reach;
use crate::config::surroundings::Surroundings;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::jose::jwk_set::PublicJwk;
use crate::oidc::client_settings::ClientCredential;
use crate::oidc::client_settings::ClientSettings;

/// A key, what it is for and where the configuration names it.
struct Named<'a> {
    kid: &'a str,
    purpose: Purpose,
    at: Key,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Assertions,
    Authentication,
    Decryption,
}

impl Purpose {
    fn in_words(self) -> &'static str {
        match self {
            Self::Assertions => "signs assertions for applications",
            Self::Authentication => "proves at a provider who we are",
            Self::Decryption => "opens what a provider encrypts for us",
        }
    }
}

/// Finds a key that stands in two places of different purposes.
pub fn report_shared(
    assertion: Option<&AssertionSettings>,
    entries: &[Entry],
    surroundings: &Surroundings,
    findings: &mut Findings,
) {
    let signing = match assertion.map(|assertion| &assertion.keys) {
        Some(KeySource::Folder(folder)) if surroundings.reach() != Reach::TextAlone => signing_kids(folder),
        _ => Vec::new(),
    };
    let assertions = signing.iter().map(|kid| Named {
        kid,
        purpose: Purpose::Assertions,
        at: Key::ROOT.name("assertion").name("keys_dir"),
    });
    let named: Vec<Named<'_>> = assertions
        .chain(
            entries
                .iter()
                .filter_map(|entry| entry.settings.as_ref())
                .flat_map(of_entry),
        )
        .collect();
    for (index, one) in named.iter().enumerate() {
        let mut before = named.iter().take(index);
        let Some(other) = before.find(|other| other.kid == one.kid && other.purpose != one.purpose) else {
            continue;
        };
        findings.error(
            Code::SharedKey,
            &one.at,
            format!(
                "the key {} {}, and in `{}` it {}",
                one.kid,
                one.purpose.in_words(),
                other.at,
                other.purpose.in_words()
            ),
            "make a key for each: `guichet keys generate`, with `--provider` for one that decrypts, openssl for a client_key",
        );
    }
}

/// What is wrong with the folder itself was found where it was read first.
fn signing_kids(folder: &Path) -> Vec<String> {
    let Ok(keys) = SigningKeys::read(folder) else {
        return Vec::new();
    };
    let published = keys.jwk_set().keys;
    published.into_iter().map(|key| key.kid().to_owned()).collect()
}

fn of_entry(settings: &ClientSettings) -> impl Iterator<Item = Named<'_>> {
    let entry = Key::ROOT.name("providers").name(settings.entry.as_str());
    let authentication = match &settings.credential {
        ClientCredential::PrivateKeyJwt(key, _audience) => Some(Named {
            kid: key.kid(),
            purpose: Purpose::Authentication,
            at: entry.name("client_key"),
        }),
        ClientCredential::SecretPost(_) | ClientCredential::SecretBasic(_) => None,
    };
    let at = entry.name("keys_dir");
    let decryption = settings.keys.published().map(PublicJwk::kid);
    authentication.into_iter().chain(decryption.map(move |kid| Named {
        kid,
        purpose: Purpose::Decryption,
        at: at.clone(),
    }))
}
