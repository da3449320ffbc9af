//! Puts sessions into Redis by way of the program's own session module, as many as are asked for.
//!
//! `sessions URL PREFIX SECRET_FILE HOST ISSUER COUNT COOKIES_FILE`: the cookies of the first ones go into the last file, one a
//! line. See `benches/run sessions`.

use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use guichet::clock::Clock;
use guichet::clock::SystemClock;
use guichet::identity::identity::Authentication;
use guichet::identity::identity::Identity;
use guichet::identity::identity::Subject;
use guichet::provider::entry_name::EntryName;
use guichet::seal;
use guichet::seal::Keyring;
use guichet::secret::Secret;
use guichet::session::SessionSettings;
use guichet::session::Sessions;
use guichet::session::redis::RedisStore;
use guichet::session::session::Lifetimes;
use guichet::session::session::NewSession;
use guichet::wire::cookies::CookieScheme;
use guichet::wire::host::Host;
use serde_json::json;
use tokio::task::JoinSet;

/// Logins at once.
const HANDS: usize = 64;
/// How many cookies are written down.
const KNOWN: usize = 4096;

/// What every login has in common.
struct Login {
    host: Host,
    issuer: String,
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [url, prefix, secret_file, host, issuer, count, cookies] = given.as_slice() else {
        return Err("URL PREFIX SECRET_FILE HOST ISSUER COUNT COOKIES_FILE".into());
    };
    let store = RedisStore::new(&Secret::new(url.as_str()), prefix.clone())?;
    let settings = SessionSettings {
        keyring: Keyring::new(&[Secret::new(fs::read_to_string(secret_file)?)])?,
        lifetimes: Lifetimes {
            idle: Duration::from_mins(30),
            absolute: Duration::from_hours(8),
        },
        cookies: CookieScheme::PlainLoopback,
        terms: [].into(),
    };
    let sessions = Arc::new(Sessions::new(Arc::new(store), settings, Arc::new(SystemClock)));
    let login = Arc::new(Login {
        host: Host::parse(host)?,
        issuer: issuer.clone(),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let made = runtime.block_on(establish(&sessions, &login, count.parse()?))?;
    Ok(fs::write(cookies, made.join("\n"))?)
}

/// Makes them, and returns the first cookies as a browser says them.
async fn establish(
    sessions: &Arc<Sessions>,
    login: &Arc<Login>,
    count: usize,
) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
    let mut hands = JoinSet::new();
    for first in 0..HANDS {
        let (sessions, login) = (Arc::clone(sessions), Arc::clone(login));
        hands.spawn(async move {
            let mut known = Vec::new();
            for number in (first..count).step_by(HANDS) {
                let cookie = sessions.establish(login.of(number)?).await?;
                if number < KNOWN {
                    known.extend(cookie.as_str().split(';').next().map(str::to_owned));
                }
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(known)
        });
    }
    let mut known = Vec::new();
    while let Some(hand) = hands.join_next().await {
        known.extend(hand??);
    }
    Ok(known)
}

impl Login {
    /// A person of their own each time, with the claims of the pivot identity and a token as long as FranceConnect's.
    fn of(&self, number: usize) -> Result<NewSession, Box<dyn Error + Send + Sync>> {
        let now = SystemClock.now();
        let sub = format!("{number:064x}v1");
        let claims = json!({
            "given_name": "Maëlle Solange Odile", "given_name_array": ["Maëlle", "Solange", "Odile"],
            "family_name": "TESTAUBIER", "birthdate": "1984-04-17", "gender": "female", "birthplace": "2A004",
            "birthcountry": "99100", "email": format!("maelle.testaubier.{number}@example.org"),
        });
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "k".repeat(43) });
        let payload = json!({
            "sub": sub, "aud": "a".repeat(64), "nonce": "n".repeat(64), "iss": self.issuer, "acr": "eidas1",
            "auth_time": now.as_unix(), "iat": now.as_unix(), "exp": now.as_unix() + 60, "at_hash": "h".repeat(22),
        });
        let part = |value: &serde_json::Value| seal::base64url(value.to_string().as_bytes());
        Ok(NewSession {
            entry: EntryName::parse("fc").ok_or("no name")?,
            host: self.host.clone(),
            identity: Identity {
                subject: Subject {
                    issuer: self.issuer.clone(),
                    sub,
                },
                claims: claims.as_object().cloned().unwrap_or_default(),
            },
            authentication: Authentication {
                acr: "eidas1".to_owned(),
                amr: Vec::new(),
                auth_time: Some(now),
            },
            id_token: Secret::new(format!(
                "{}.{}.{}",
                part(&header),
                part(&payload),
                seal::base64url(&[7; 64])
            )),
            claimed_at: now.minus(Duration::from_secs(2)),
            provider_sid: None,
            replaces: Vec::new(),
        })
    }
}
