//! An event: what happened, where it came from, and what is told about it. Names of claims, never a value; the person as a
//! keyed tag that nobody turns back without the gateway's secret.

use std::net::SocketAddr;

use serde_json::Value;
use serde_json::json;

use crate::seal::Tag;
use crate::telemetry::audit::action::Action;
use crate::wire::printable::printable;
use crate::wire::request_id::RequestId;

/// Most claims whose names are told.
const MOST_CLAIMS: usize = 64;

/// What happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum AuditEvent<'a> {
    /// Somebody signed in.
    Login {
        /// The application that they were on the way to.
        app: &'a str,
        /// The entry.
        provider: &'a str,
        /// The level that was reached.
        acr: &'a str,
        /// The names of the claims that the provider gave.
        claims: &'a [&'a str],
        /// The person.
        subject: Option<&'a Tag>,
        /// The session's reference.
        session: &'a str,
    },
    /// A login did not end in a session.
    LoginFailed {
        /// The application, if it is known.
        app: Option<&'a str>,
        /// The entry; empty where no attempt is known.
        provider: &'a str,
        /// The code that the page shows.
        code: &'static str,
        /// The cause, in one word.
        reason: &'static str,
    },
    /// The person turned back at the provider.
    LoginCancelled {
        /// The application.
        app: &'a str,
        /// The entry.
        provider: &'a str,
    },
    /// Somebody signed out.
    Logout {
        /// The entry of the session.
        provider: &'a str,
        /// The level of the session.
        acr: &'a str,
        /// The person.
        subject: Option<&'a Tag>,
        /// The session's reference.
        session: &'a str,
        /// Whether the browser was sent to the provider's end of session as well.
        at_provider: SignedOut,
    },
    /// A provider said that a session of its own has ended, or every session of somebody.
    BackchannelLogout {
        /// The entry.
        provider: &'a str,
        /// What it named: `sid` or `subject`.
        by: &'static str,
        /// The person, where one was named.
        subject: Option<&'a Tag>,
        /// How many sessions ended here.
        count: usize,
    },
    /// A browser showed a session that is over: expired, ended elsewhere, or never there.
    SessionOver {
        /// The application.
        app: &'a str,
        /// The entry.
        provider: &'a str,
        /// The session's reference: its login has the same.
        session: &'a str,
    },
    /// A request was refused for what it was.
    Refused {
        /// The application, if it is known.
        app: Option<&'a str>,
        /// The code that the page shows.
        code: &'static str,
        /// The cause, in one word.
        reason: &'static str,
    },
    /// A client sent fields that name an identity. Neither their names nor their values are told: both are the client's.
    Spoofed {
        /// The application, if it is known.
        app: Option<&'a str>,
        /// How many.
        fields: usize,
        /// What became of them: `stripped`, or `refused` with the request.
        handling: &'static str,
    },
    /// An operator ended sessions.
    Revoked {
        /// By what they were chosen: `reference`, `subject`, `provider`, `all`.
        by: &'static str,
        /// The entry, where one was named.
        provider: Option<&'a str>,
        /// The reference, where one was named.
        session: Option<&'a str>,
        /// The person, where one was named.
        subject: Option<&'a Tag>,
        /// How many sessions ended; nobody knows where the store failed on the way.
        count: Option<usize>,
    },
    /// A configuration was read anew and is in force.
    Reloaded,
    /// A configuration was read anew and refused; the one before is in force.
    ReloadRefused,
    /// Another key signs assertions.
    KeysRotated {
        /// Its name.
        kid: &'a str,
    },
    /// Our own keys at a provider are others, or in another order.
    ClientKeysRotated {
        /// The entry.
        provider: &'a str,
        /// Their names as they are published now.
        kids: &'a [&'a str],
    },
}

/// How far a logout went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedOut {
    /// Here, and the browser is on its way to the provider's end of session.
    Everywhere,
    /// Here only.
    HereOnly,
}

impl SignedOut {
    /// In one word, for metrics and events.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Everywhere => "complete",
            Self::HereOnly => "partial",
        }
    }
}

/// Where it came from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A request of a browser, or of a provider.
    Request {
        /// Its number.
        id: &'a str,
        /// Whose it is.
        client: SocketAddr,
        /// The host that was asked for, if it could be read.
        host: Option<&'a str>,
    },
    /// Whoever runs the gateway.
    Operator,
}

impl<'a> Source<'a> {
    /// A request of which nothing could be read.
    pub fn unread(id: &'a RequestId, client: SocketAddr) -> Self {
        Self::Request {
            id: id.as_str(),
            client,
            host: None,
        }
    }
}

impl AuditEvent<'_> {
    /// What it is called.
    pub fn action(&self) -> Action {
        match self {
            Self::Login { .. } => Action::Login,
            Self::LoginFailed { .. } => Action::LoginFailed,
            Self::LoginCancelled { .. } => Action::LoginCancelled,
            Self::Logout { .. } => Action::Logout,
            Self::BackchannelLogout { .. } => Action::BackchannelLogout,
            Self::SessionOver { .. } => Action::SessionOver,
            Self::Refused { .. } => Action::RequestRefused,
            Self::Spoofed { .. } => Action::IdentitySpoofed,
            Self::Revoked { .. } => Action::SessionsRevoked,
            Self::Reloaded => Action::ConfigReloaded,
            Self::ReloadRefused => Action::ConfigRefused,
            Self::KeysRotated { .. } => Action::AssertionKeysRotated,
            Self::ClientKeysRotated { .. } => Action::ClientKeysRotated,
        }
    }

    /// `event.outcome`.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Revoked { count: None, .. } => "failure",
            _ => self.action().outcome(),
        }
    }

    /// What is particular about it: names under `labels`, then fields of their own.
    pub(super) fn details(&self) -> (Value, Value) {
        match *self {
            Self::Login {
                app,
                provider,
                acr,
                claims,
                subject,
                session,
            } => (
                json!({ "app": app, "provider": provider, "acr": acr, "claims": names(claims) }),
                json!({ "user.hash": hash(subject), "guichet.session": session }),
            ),
            Self::LoginFailed {
                app,
                provider,
                code,
                reason,
            } => (
                json!({ "app": app, "provider": provider }),
                json!({ "event.code": code, "event.reason": reason }),
            ),
            Self::LoginCancelled { app, provider } => (
                json!({ "app": app, "provider": provider }),
                json!({ "event.reason": "access_denied" }),
            ),
            Self::Logout {
                provider,
                acr,
                subject,
                session,
                at_provider,
            } => (
                json!({ "provider": provider, "acr": acr, "logout": at_provider.word() }),
                json!({ "user.hash": hash(subject), "guichet.session": session }),
            ),
            Self::SessionOver {
                app,
                provider,
                session,
            } => (
                json!({ "app": app, "provider": provider }),
                json!({ "guichet.session": session }),
            ),
            Self::Refused { app, code, reason } => (
                json!({ "app": app }),
                json!({ "event.code": code, "event.reason": reason }),
            ),
            Self::Spoofed {
                app,
                fields,
                handling,
            } => (
                json!({ "app": app, "fields": fields, "handling": handling }),
                json!({}),
            ),
            _ => self.details_of_others(),
        }
    }

    /// The same of what happened without a browser: a provider, an operator or the gateway itself did it.
    fn details_of_others(&self) -> (Value, Value) {
        match *self {
            Self::BackchannelLogout {
                provider,
                by,
                subject,
                count,
            } => (
                json!({ "provider": provider, "by": by, "count": count }),
                json!({ "user.hash": hash(subject) }),
            ),
            Self::Revoked {
                by,
                provider,
                session,
                subject,
                count,
            } => (
                json!({ "by": by, "provider": provider, "count": count }),
                json!({ "user.hash": hash(subject), "guichet.session": session }),
            ),
            Self::KeysRotated { kid } => (json!({ "kid": kid }), json!({})),
            Self::ClientKeysRotated { provider, kids } => {
                (json!({ "provider": provider, "kids": kids.join(",") }), json!({}))
            }
            _ => (json!({}), json!({})),
        }
    }
}

fn hash(subject: Option<&Tag>) -> Option<String> {
    subject.map(|tag| format!("hmac-sha256:{}", tag.as_str()))
}

fn names(claims: &[&str]) -> String {
    let names: Vec<&str> = claims.iter().copied().take(MOST_CLAIMS).collect();
    names.join(",").chars().flat_map(printable).collect()
}
