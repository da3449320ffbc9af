//! What is added to a request must fit, also for a person with long names: found here, not by that person.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::SystemClock;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::identity_headers::Audience;
use crate::identity_headers::BUDGET;
use crate::identity_headers::assertion::Assertions;
use crate::identity_headers::bytes_of_the_longest_person;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::routing::app::App;

/// Signs about the longest person for every app, with a throw-away key, and measures.
pub fn report_oversized(issuer: &str, apps: &[App], findings: &mut Findings) {
    let Ok(keys) = SigningKeys::in_memory() else {
        return;
    };
    let clock = Arc::new(SystemClock);
    let assertions = Assertions::new(issuer.to_owned(), Duration::from_mins(1), Arc::new(keys), clock);
    for app in apps {
        let audience = Audience {
            app: &app.name,
            told: &app.told,
        };
        let Some(longest_entry) = app.providers.iter().max_by_key(|entry| entry.as_str().len()) else {
            continue;
        };
        let bytes = bytes_of_the_longest_person(audience, longest_entry, &assertions).unwrap_or(usize::MAX);
        if bytes > BUDGET {
            findings.error(
                Code::HeaderBudget,
                &Key::ROOT.name("apps").item(app.position).name("claims"),
                format!(
                    "a person with long names would take {bytes} bytes of header fields, {BUDGET} are allowed"
                ),
                "name fewer claims, or fewer of them again in plain_headers",
            );
        }
    }
}
