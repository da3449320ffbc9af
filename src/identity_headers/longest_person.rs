//! The longest person that we can think of: who configures more than fits learns it before anybody signs in.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::clock::Timestamp;
use crate::identity::identity::Authentication;
use crate::identity::identity::Identity;
use crate::identity::identity::Subject;
use crate::provider::entry_name::EntryName;
use crate::secret::Secret;
use crate::session::key::SessionKey;
use crate::session::session::Session;
use crate::wire::host::Host;

/// Seven given names, a birth name of 52 letters, a usage name, a long address: each as long as FranceConnect's own test
/// file has it, accents where they cost most.
fn claims() -> Map<String, Value> {
    let given_names = [
        "Hippolyte",
        "Barnabé",
        "Casimir",
        "Dieudonné",
        "Évariste",
        "Ferréol",
        "Gédéon",
    ];
    let long_name = "ABRACADABRANTESQUEVALIDATIONINTERMINABLEDEPATRONYMÉS";
    let claims = [
        ("given_name", json!(given_names.join(" "))),
        ("given_name_array", json!(given_names)),
        ("family_name", json!(long_name)),
        ("preferred_username", json!(long_name)),
        ("birthdate", json!("1915-12-10")),
        ("idp_birthdate", json!("1915-12-00")),
        ("gender", json!("unspecified")),
        ("birthplace", json!("97411")),
        ("birthcountry", json!("99132")),
        (
            "email",
            json!("un.tres.long.courriel.de.test+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@sous-domaine.example.org"),
        ),
        ("idp_id", json!("f0f0f0f0-f0f0-4f0f-8f0f-f0f0f0f0f0f0")),
    ];
    claims
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Their session at an entry. `None` if the system gives no random bytes.
pub(super) fn session(entry: &EntryName) -> Option<Session> {
    let key = SessionKey::generate().ok()?;
    let moment = Timestamp::from_unix(4_102_444_800);
    Some(Session {
        entry: entry.clone(),
        host: Host::parse("localhost").ok()?,
        identity: Identity {
            // FranceConnect's: 64 hexadecimal digits and a version.
            subject: Subject {
                issuer: String::new(),
                sub: format!("{}v1", "f".repeat(64)),
            },
            claims: claims(),
        },
        authentication: Authentication {
            acr: "eidas1".to_owned(),
            amr: vec!["fc".to_owned(), "pwd".to_owned(), "mail".to_owned()],
            auth_time: Some(moment),
        },
        logged_in_at: moment,
        ends_at: moment,
        lapses_at: moment,
        id_token: Secret::new(""),
        reference: key.locator()?,
        sid: key.public_sid()?,
    })
}
