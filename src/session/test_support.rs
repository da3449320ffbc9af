//! Sessions for the unit tests of the floors above.

use serde_json::json;

use crate::clock::Timestamp;
use crate::identity::identity::Authentication;
use crate::identity::identity::Identity;
use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::secret::Secret;
use crate::session::kept_token::KeptToken;
use crate::session::key::SessionKey;
use crate::session::session::Session;
use crate::wire::host::Host;

/// A session of `sub` that ends at `ends_at`.
pub(crate) fn session(sub: &str, ends_at: Timestamp) -> Session {
    let claims = json!({
        "given_name": "Zoé Éléonore",
        "family_name": "LE GOÛT-NŒUVÉGLISE",
        "birthdate": "1962-08-24",
        "birthplace": "",
        "email": "zoe@example.org",
    });
    let Some(claims) = claims.as_object().cloned() else {
        panic!("an object")
    };
    let subject = Subject {
        issuer: "https://fc.example/api/v2".to_owned(),
        sub: sub.to_owned(),
    };
    Session {
        entry: EntryName::parse("fc").unwrap(),
        host: Host::parse("a.example").unwrap(),
        identity: Identity { subject, claims },
        authentication: Authentication {
            acr: "eidas1".to_owned(),
            amr: Vec::new(),
            auth_time: None,
        },
        logged_in_at: Timestamp::from_unix(0),
        ends_at,
        lapses_at: ends_at,
        id_token: KeptToken::of(&Secret::new("e30.e30.AA")),
        reference: SessionKey::generate().unwrap().locator().unwrap(),
    }
}
