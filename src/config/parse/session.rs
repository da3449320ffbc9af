//! `session`: where sessions are kept, for how long, and what they are sealed with.

use std::time::Duration;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::parse::secrets;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::redis_url::Guard;
use crate::config::redis_url::guard;
use crate::config::settings::SessionSettings;
use crate::config::settings::StoreSettings;
use crate::config::surroundings::Surroundings;
use crate::session::redis::RedisStore;
use crate::session::session::Lifetimes;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const MONTH: Duration = Duration::from_hours(31 * 24);

/// Reads the table.
pub fn session(
    raw: Option<raw::Session>,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<SessionSettings> {
    let key = Key::ROOT.name("session");
    let raw = raw?;
    let lifetimes = lifetimes(&key, raw.idle_timeout, raw.absolute_timeout, findings);
    let shared = raw.store.as_deref() == Some("redis");
    let secrets = match &raw.secret {
        Some(sources) => secrets::session_secrets(&key.name("secret"), sources, surroundings, findings),
        None if shared => {
            if !findings.refused(&key.name("secret")) {
                findings.error(
                    Code::MissingKey,
                    &key.name("secret"),
                    "`secret` is missing in `session`, and store = \"redis\" needs one",
                    "every process needs the same: secret = { file = \"/run/secrets/guichet_session\" }",
                );
            }
            None
        }
        // One process needs nobody to agree with it.
        None => Some(Vec::new()),
    };
    let store = if shared {
        redis(&key.name("redis"), raw.redis, surroundings, findings)
    } else {
        raw.store.map(|_memory| StoreSettings::Memory)
    };
    Some(SessionSettings {
        store: store?,
        secrets: secrets?,
        lifetimes: lifetimes?,
    })
}

fn lifetimes(
    key: &Key,
    idle: Option<String>,
    absolute: Option<String>,
    findings: &mut Findings,
) -> Option<Lifetimes> {
    let (idle_key, absolute_key) = (key.name("idle_timeout"), key.name("absolute_timeout"));
    let idle = words::duration(&idle_key, idle, (MINUTE, DAY), findings);
    let absolute = words::duration(&absolute_key, absolute, (MINUTE, MONTH), findings);
    let (idle, absolute) = (idle?, absolute?);
    if idle > absolute {
        findings.error(
            Code::DurationOutOfBounds,
            &idle_key,
            format!(
                "`{idle_key}` ({}) is longer than `{absolute_key}` ({})",
                humantime::format_duration(idle),
                humantime::format_duration(absolute)
            ),
            "shorten it: a session cannot rest for longer than it lives",
        );
        return None;
    }
    Some(Lifetimes { idle, absolute })
}

fn redis(
    key: &Key,
    raw: Option<raw::Redis>,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<StoreSettings> {
    let raw = findings.required(key, raw, "redis = { url = { env = \"REDIS_URL\" } }")?;
    let url_key = key.name("url");
    let source = findings.required(&url_key, raw.url, "url = { env = \"REDIS_URL\" }");
    let prefix = raw
        .prefix
        .and_then(|prefix| words::token(&key.name("prefix"), prefix, findings));
    let url = secrets::secret(&url_key, &source?, surroundings, findings)?;
    match guard(&url) {
        Ok(Guard::ThisMachine | Guard::Encrypted) => {}
        Ok(Guard::InTheOpen) => findings.warning(
            Code::RedisInTheOpen,
            &url_key,
            "Redis is on another machine and spoken to without TLS: its password travels in the open",
            "write rediss:// if that Redis has TLS",
        ),
        Ok(Guard::NoPassword) => {
            findings.error(
                Code::RedisPassword,
                &url_key,
                "Redis is on another machine and asks for no password: whoever reaches it can end every session",
                "give Redis a password (requirepass or an ACL user) and write redis://user:password@host:6379/0",
            );
            return None;
        }
        Err(error) => {
            let help = "write redis://host:6379/0, or rediss:// for TLS";
            findings.error(
                Code::RedisUrl,
                &url_key,
                format!("the URL of Redis {error}"),
                help,
            );
            return None;
        }
    }
    let prefix = prefix?;
    // What the client itself cannot read is found now, not at the first login.
    if let Err(error) = RedisStore::new(&url, prefix.clone()) {
        let help = "write redis://host:6379/0, or rediss:// for TLS";
        findings.error(
            Code::RedisUrl,
            &url_key,
            format!("the URL of Redis is {error}"),
            help,
        );
        return None;
    }
    Some(StoreSettings::Redis { url, prefix })
}
