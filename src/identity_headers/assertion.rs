//! The signed assertion: one compact JWS (RFC 7515) that says to one application who is asking.
//!
//! Registered claims are set last, so no claim of the provider can take their place; nothing in its header names a key by
//! address or value.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use serde_json::Map;
use serde_json::Value;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::identity_headers::signing_keys::SigningKeys;
use crate::identity_headers::told::Told;
use crate::jose::signing::SigningError;
use crate::seal;
use crate::seal::RandomError;
use crate::seal::SealError;
use crate::session::session::Session;

/// The `typ` of our assertion: no token of a provider has it, so none can be taken for one (RFC 8725, section 3.11).
pub const TYPE: &str = "guichet+jwt";
/// The claims that are the gateway's own (RFC 7519, section 4.1; OpenID Connect Core 1.0, section 2). A claim of the provider
/// of that name is not told.
pub const REGISTERED_CLAIMS: [&str; 12] = [
    "iss",
    "aud",
    "sub",
    "iat",
    "nbf",
    "exp",
    "jti",
    "sid",
    "idp",
    "acr",
    "auth_time",
    "amr",
];
/// The longest that `assertion.lifetime` can be.
pub const LONGEST_LIFETIME: Duration = Duration::from_mins(10);
/// An assertion is used again until this long before its end, so that no application gets one that expires on the way.
const MARGIN: Duration = Duration::from_secs(10);
/// How many assertions are kept; beyond it the least useful one is signed again when it is needed.
const MOST_KEPT: usize = 20_000;

/// Why there is no assertion.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssertionError {
    /// The key refused to sign.
    #[error("the assertion could not be signed")]
    Signing(#[from] SigningError),
    /// The system gave no random bytes for `jti`.
    #[error("the assertion could not be numbered")]
    Random(#[from] RandomError),
    /// The pseudonym could not be made.
    #[error("no pseudonym could be made")]
    Pseudonym(#[from] SealError),
    /// A compact JWS is base64url and points; this cannot be.
    #[error("the assertion is not a field value")]
    NotAField(#[source] http::header::InvalidHeaderValue),
}

/// Makes assertions, and keeps each per session and audience for as long as it is fresh.
#[derive(Debug)]
pub struct Assertions {
    issuer: String,
    lifetime: Duration,
    keys: Arc<SigningKeys>,
    clock: Arc<dyn Clock>,
    kept: Cache<Occasion, Kept>,
}

/// For whom and about whom: session, then application. Two applications with one audience may be told different claims.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Occasion {
    session: String,
    app: String,
}

/// The same, to look for it.
#[derive(Hash)]
struct Sought<'a> {
    session: &'a str,
    app: &'a str,
}

impl Equivalent<Occasion> for Sought<'_> {
    fn equivalent(&self, occasion: &Occasion) -> bool {
        self.session == occasion.session && self.app == occasion.app
    }
}

#[derive(Clone)]
struct Kept {
    value: HeaderValue,
    ends_at: Timestamp,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("ends_at", &self.ends_at)
            .finish_non_exhaustive()
    }
}

impl Assertions {
    /// `issuer` is the assertion's `iss`; `lifetime` is what `exp` is later than `iat`.
    pub fn new(issuer: String, lifetime: Duration, keys: Arc<SigningKeys>, clock: Arc<dyn Clock>) -> Self {
        Self {
            issuer,
            lifetime,
            keys,
            clock,
            kept: Cache::new(MOST_KEPT),
        }
    }

    /// The keys with which an application verifies.
    pub fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// The moment of which facts are told.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The assertion about a session for the application `app`.
    pub fn about(&self, session: &Session, app: &str, told: &Told) -> Result<HeaderValue, AssertionError> {
        let now = self.clock.now();
        let sought = Sought {
            session: session.reference.as_str(),
            app,
        };
        // One that was signed while the clock was ahead is not valid yet.
        let latest = now.plus(self.lifetime);
        let fresh = |kept: &Kept| now.plus(MARGIN) < kept.ends_at && kept.ends_at <= latest;
        if let Some(kept) = self.kept.get(&sought).filter(fresh) {
            return Ok(kept.value);
        }
        let ends_at = latest;
        let claims = self.claims(session, told, now, ends_at)?;
        let token = self.keys.current().sign(TYPE, &claims)?;
        let mut value = HeaderValue::from_str(&token).map_err(AssertionError::NotAField)?;
        value.set_sensitive(true);
        self.kept.insert(
            Occasion {
                session: sought.session.to_owned(),
                app: app.to_owned(),
            },
            Kept {
                value: value.clone(),
                ends_at,
            },
        );
        Ok(value)
    }

    fn claims(
        &self,
        session: &Session,
        told: &Told,
        now: Timestamp,
        ends_at: Timestamp,
    ) -> Result<Map<String, Value>, AssertionError> {
        let mut claims = Map::new();
        for name in &told.claims {
            if let Some(value) = session.identity.claims.get(name) {
                claims.insert(name.clone(), value.clone());
            }
        }
        for fact in &told.derived {
            // A claim of the same name is none of this: it was refused in the configuration, and here it gives way.
            match fact.of(&session.identity.claims, now) {
                Some(value) => claims.insert(fact.to_string(), value),
                None => claims.remove(&fact.to_string()),
            };
        }
        let optional = [
            ("sub", told.sub(session)?.map(Value::from)),
            ("sid", told.sid(session)?.map(Value::from)),
            ("auth_time", told.auth_time(session).map(|at| at.as_unix().into())),
            // There when the provider said them, and never from userinfo.
            ("acr", level(session)),
            ("amr", methods(session)),
        ];
        for (name, value) in optional {
            match value {
                Some(value) => claims.insert(name.to_owned(), value),
                None => claims.remove(name),
            };
        }
        let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        set("iss", self.issuer.as_str().into());
        set("aud", told.audience.as_str().into());
        set("iat", now.as_unix().into());
        set("nbf", now.as_unix().into());
        set("exp", ends_at.as_unix().into());
        set("jti", seal::base64url(&seal::random::<16>()?).into());
        set("idp", session.entry.as_str().into());
        Ok(claims)
    }
}

/// None where the provider does not say.
fn level(session: &Session) -> Option<Value> {
    let acr = session.authentication.acr.as_str();
    (!acr.is_empty()).then(|| acr.into())
}

/// None where the provider does not say.
fn methods(session: &Session) -> Option<Value> {
    let methods = session.authentication.amr.as_slice();
    (!methods.is_empty()).then(|| methods.into())
}
