//! `session`: where sessions are kept, for how long, and what they are sealed with.

use std::time::Duration;

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::key::Key;
use crate::config::parse::files;
use crate::config::parse::secrets;
use crate::config::parse::words;
use crate::config::raw;
use crate::config::redis_url::Guard;
use crate::config::redis_url::guard;
use crate::config::settings::SessionSettings;
use crate::config::settings::StoreSettings;
use crate::config::surroundings::Reach;
use crate::config::surroundings::Surroundings;
use crate::session::redis::RedisStore;
use crate::session::redis::link::RedisClientCertificate;
use crate::session::redis::link::RedisTls;
use crate::session::redis::link::RedisUrlError;
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
        Some(sources) => secrets::strong_secrets(
            &key.name("secret"),
            ("session secret", sources),
            surroundings,
            findings,
        ),
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
    let tls = redis_tls(key, &raw, surroundings, findings);
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
    let (prefix, tls) = (prefix?, tls?);
    // What the client itself cannot read is found now, not at the first login.
    if surroundings.reach() == Reach::Everything
        && let Err(error) = RedisStore::over_tls(&url, &tls, prefix.clone())
    {
        unusable(key, error, findings);
        return None;
    }
    Some(StoreSettings::Redis { url, prefix, tls })
}

fn unusable(key: &Key, error: RedisUrlError, findings: &mut Findings) {
    let (code, key, problem, help) = match error {
        RedisUrlError::TlsWithoutTls => (
            Code::RedisTls,
            key.clone(),
            format!("certificates are given for a Redis that is spoken to without TLS: {error}"),
            "write rediss:// in the URL, or leave the files out",
        ),
        RedisUrlError::Certificates => (
            Code::Certificates,
            key.clone(),
            error.to_string(),
            "ca_file and cert_file hold certificates in PEM, key_file the private key of the first one in cert_file",
        ),
        _ => (
            Code::RedisUrl,
            key.name("url"),
            error.to_string(),
            "write redis://host:6379/0, or rediss:// for TLS, without a fragment; name an authority of your own in ca_file",
        ),
    };
    findings.error(code, &key, problem, help);
}

/// What the files hold, read now so that `check` and a reload find out.
fn redis_tls(
    key: &Key,
    raw: &raw::Redis,
    surroundings: &Surroundings,
    findings: &mut Findings,
) -> Option<RedisTls> {
    let mut found = Some(RedisTls::default());
    if let Some(path) = &raw.ca_file {
        let authorities = files::certificates(&key.name("ca_file"), path, surroundings, findings);
        found = found.zip(authorities).map(|(tls, authorities)| RedisTls {
            authorities: Some(authorities),
            ..tls
        });
    }
    match (&raw.cert_file, &raw.key_file) {
        (None, None) => found,
        (Some(chain), Some(private)) => {
            let chain = files::certificates(&key.name("cert_file"), chain, surroundings, findings);
            let private = files::private_key(&key.name("key_file"), private, surroundings, findings);
            let client = RedisClientCertificate {
                chain: chain?,
                key: private?,
            };
            found.map(|tls| RedisTls {
                client: Some(client),
                ..tls
            })
        }
        (there, _) => {
            let (there, lacking) = if there.is_some() {
                ("cert_file", "key_file")
            } else {
                ("key_file", "cert_file")
            };
            let problem = format!("`{there}` is given without `{lacking}`");
            let help = "a certificate and its private key belong together: give both, or none";
            findings.error(Code::RedisTls, &key.name(there), problem, help);
            None
        }
    }
}
