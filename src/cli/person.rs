//! Who is asking, as an argument says it: nobody, somebody who does not exist, or somebody described in a file.

use std::path::Path;

use crate::bounded_file;
use crate::clock::Timestamp;
use crate::config::outline::Outline;
use crate::config::outline::OutlinedEntry;
use crate::identity_headers::sample_person::SampleLogin;
use crate::identity_headers::sample_person::SamplePerson;
use crate::provider::acr::AcrValue;
use crate::provider::entry_name::EntryName;
use crate::routing::app::App;
use crate::session::session::Session;

/// The argument for nobody.
pub const ANONYMOUS: &str = "anonymous";
/// Longer than what a provider says of anybody.
const LONGEST: u64 = 64 * 1024;

/// The sessions of this visitor that count at an application: none, or one at `entry`, else at its first entry.
pub fn sessions(
    who: &str,
    (config, app): (&Outline, &App),
    entry: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Session>, String> {
    if who == ANONYMOUS {
        return Ok(Vec::new());
    }
    let settings = entry_of(config, app, entry)?;
    let login = SampleLogin {
        entry: &settings.entry,
        issuer: settings.profile.issuer.as_str(),
        acr: settings.acr.as_ref().map_or("", AcrValue::as_str),
        host: &app.host,
        at: now,
        ends_at: now.plus(config.session_lives_for),
    };
    person(who)?
        .telling(settings.profile.rules.claims_of(&settings.scopes))
        .session(login)
        .map(|session| vec![session])
        .ok_or_else(|| "the system gives no random bytes".to_owned())
}

fn person(who: &str) -> Result<SamplePerson, String> {
    if let Some(person) = SamplePerson::named(who) {
        return Ok(person);
    }
    if Path::new(who)
        .extension()
        .is_some_and(|extension| extension == "json")
    {
        let file = bounded_file::read(Path::new(who), LONGEST)
            .map_err(|error| format!("`{who}` cannot be read: {error}"))?;
        return SamplePerson::read(&file.bytes).map_err(|error| format!("`{who}` describes nobody: {error}"));
    }
    Err(format!(
        "nobody is called `{who}`; there are {}, {ANONYMOUS}, and whoever a FILE.json of claims describes",
        SamplePerson::names().join(", ")
    ))
}

fn entry_of<'c>(config: &'c Outline, app: &App, entry: Option<&str>) -> Result<&'c OutlinedEntry, String> {
    let mut offered = app.providers.iter();
    let name = match entry {
        None => offered.next(),
        Some(wanted) => offered.find(|name| name.as_str() == wanted),
    };
    name.and_then(|name| config.providers.iter().find(|settings| settings.entry == *name))
        .ok_or_else(|| {
            let offered: Vec<&str> = app.providers.iter().map(EntryName::as_str).collect();
            format!(
                "nobody signs in to `{}` at `{}`; its providers are {}",
                app.name,
                entry.unwrap_or_default(),
                offered.join(", ")
            )
        })
}
