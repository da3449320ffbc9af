//! What is added to a request must fit, also for a person with long names: found here, not by that person.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::SystemClock;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::endpoints::callers::Callers;
use crate::endpoints::forward_auth;
use crate::identity_headers::Audience;
use crate::identity_headers::BUDGET;
use crate::identity_headers::assertion::Assertions;
use crate::identity_headers::fields_of_the_longest_person;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::identity_headers::size_of_fields;
use crate::routing::app::App;
use crate::routing::app::Mode;

/// Signs about the longest person for every app, with a throw-away key, and measures.
pub fn report_oversized(issuer: &str, front: Option<&Callers>, apps: &[App], findings: &mut Findings) {
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
        let fields = fields_of_the_longest_person(audience, longest_entry, &assertions);
        if let (Mode::ForwardAuth, Some(front), Some(fields)) = (&app.mode, front, &fields) {
            let head = forward_auth::fields(audience.told, fields, None);
            report_long_head(app, forward_auth::size_of_head(&head), front, findings);
        }
        let bytes = fields.map_or(usize::MAX, |fields| size_of_fields(&fields));
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

/// The visitor's own cookies come on top: their length is known when they come.
fn report_long_head(app: &App, bytes: usize, front: &Callers, findings: &mut Findings) {
    let most = front.max_answer_head;
    if bytes > most {
        findings.error(
            Code::ForwardAuthHead,
            &Key::ROOT.name("apps").item(app.position).name("claims"),
            format!("an answer about a person with long names would have a head of {bytes} bytes, {most} are read"),
            "name fewer claims, or raise forward_auth.max_answer_head and what the front proxy reads (nginx: proxy_buffer_size)",
        );
    }
}
