//! What happened at our own paths, and what was decided about requests for applications, as the audit stream and the
//! metrics tell it.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::access::permit::Passes;
use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::endpoints::login_failure::LoginFailure;
use crate::identity::identity::Subject;
use crate::identity_headers;
use crate::identity_headers::IdentityHeadersError;
use crate::judge::Admission;
use crate::judge::JudgeError;
use crate::provider::entry_name::EntryName;
use crate::routing::app::App;
use crate::seal::Tag;
use crate::session::session::NewSession;
use crate::session::session::Session;
use crate::telemetry::audit::event::AuditEvent;
use crate::telemetry::audit::event::SignedOut;
use crate::telemetry::audit::event::Source;
use crate::telemetry::labels::LoginResult;
use crate::telemetry::metrics::happened::Login;
use crate::wire::cookies::SetCookie;
use crate::wire::request::Request;
use crate::wire::request_id::RequestId;

/// A login that became a session, kept until it is told: the session itself is handed over to the store.
#[derive(Debug)]
pub struct SignedIn {
    app: String,
    entry: EntryName,
    acr: String,
    counted_acr: String,
    claims: Vec<String>,
    subject: Option<Tag>,
}

/// What a level is counted as that nobody listed or asked for: a provider may say as many as it likes, a metric not.
const OTHER_LEVEL: &str = "other";

impl SignedIn {
    /// Names only: of the person a tag, of the claims what they are called. `asked` is the level that was asked for.
    pub fn of(desk: &Desk, app: &App, (new, asked): (&NewSession, &str)) -> Self {
        let acr = new.authentication.acr.as_str();
        let party = desk.providers.get(&new.entry);
        let is_listed = party.is_some_and(|party| !party.settings().profile.rules.acr_values.is_open());
        let counted = if is_listed || acr.is_empty() || acr == asked {
            acr
        } else {
            OTHER_LEVEL
        };
        Self {
            app: app.name.to_string(),
            entry: new.entry.clone(),
            acr: acr.to_owned(),
            counted_acr: counted.to_owned(),
            claims: new.identity.claims.keys().cloned().collect(),
            subject: desk.sessions.audit_tag(&new.entry, &new.identity.subject),
        }
    }

    /// Tells it, now that the browser gets this cookie.
    pub fn tell(&self, desk: &Desk, request: &Request, cookie: &SetCookie) {
        let provider = self.entry.as_str();
        let claims: Vec<&str> = self.claims.iter().map(String::as_str).collect();
        let session = desk.sessions.reference(cookie);
        let event = AuditEvent::Login {
            app: &self.app,
            provider,
            acr: &self.acr,
            claims: &claims,
            subject: self.subject.as_ref(),
            session: session.as_ref().map_or("", |session| session.as_str()),
        };
        desk.telemetry.audit(&source(request), &event);
        desk.telemetry.metrics.login(Login {
            provider,
            app: &self.app,
            acr: &self.counted_acr,
            result: LoginResult::Success,
        });
    }
}

/// The person turned back at the provider.
pub fn cancelled(desk: &Desk, request: &Request, app: &App, entry: &EntryName) {
    let (app, provider) = (&*app.name, entry.as_str());
    desk.telemetry
        .audit(&source(request), &AuditEvent::LoginCancelled { app, provider });
    desk.telemetry.metrics.login(Login {
        provider,
        app,
        acr: "",
        result: LoginResult::Cancelled,
    });
}

/// Somebody signed out.
pub fn signed_out(desk: &Desk, request: &Request, session: &Session, at_provider: SignedOut) {
    let subject = desk.sessions.audit_tag(&session.entry, &session.identity.subject);
    let event = AuditEvent::Logout {
        provider: session.entry.as_str(),
        acr: &session.authentication.acr,
        subject: subject.as_ref(),
        session: session.reference.as_str(),
        at_provider,
    };
    desk.telemetry.audit(&source(request), &event);
    desk.telemetry.metrics.logouts("person", at_provider.word(), 1);
}

/// A provider said that sessions at this entry have ended.
pub fn ended_by_provider(
    desk: &Desk,
    request: &Request,
    (entry, by, subject): (&EntryName, &'static str, Option<&Subject>),
    count: usize,
) {
    let subject = subject.and_then(|subject| desk.sessions.audit_tag(entry, subject));
    let event = AuditEvent::BackchannelLogout {
        provider: entry.as_str(),
        by,
        subject: subject.as_ref(),
        count,
    };
    desk.telemetry.audit(&source(request), &event);
    let everywhere = SignedOut::Everywhere.word();
    desk.telemetry.metrics.logouts("provider", everywhere, count);
}

/// A request goes to its application.
pub fn judged(desk: &Desk, app: &App, admission: &Admission) {
    let metrics = &desk.telemetry.metrics;
    metrics.decided(
        &app.name,
        match admission.passes {
            Passes::SignedIn(_) => "signed_in",
            Passes::Anonymous => "anonymous",
            Passes::Unasked => "unasked",
        },
    );
    metrics.told(
        &app.name,
        identity_headers::size_of_fields(admission.identity.fields()),
    );
    if admission.session().is_some() {
        metrics.assertion_issued(&app.name);
    }
}

/// Nothing could be decided, or nothing told.
pub fn not_judged(desk: &Desk, app: &App, error: &JudgeError) {
    let metrics = &desk.telemetry.metrics;
    metrics.decided(&app.name, "failed");
    if let JudgeError::Identity(IdentityHeadersError::OverBudget { .. }) = error {
        metrics.over_budget(&app.name);
    }
}

/// A request brought a session that is not enough. The refusal is told where it is answered.
pub fn not_enough(desk: &Desk, app: &App) {
    desk.telemetry.metrics.decided(&app.name, "refused");
}

/// A request needs a session: if it brought one that is over, that is worth an event, once.
pub fn session_needed(desk: &Desk, request: &Request, app: &App) {
    desk.telemetry.metrics.decided(&app.name, "login_needed");
    for (entry, session) in desk.sessions.claimed(&request.cookies, &app.providers) {
        let event = AuditEvent::SessionOver {
            app: &app.name,
            provider: entry.as_str(),
            session: session.as_str(),
        };
        desk.telemetry
            .audit_once(session.as_str(), &source(request), &event);
    }
}

/// A client named an identity. The fields are left away; whether the request goes on is the application's to say.
pub fn spoofed(desk: &Desk, request: &Request, app: Option<&Arc<App>>) {
    let handling = match app {
        Some(app) if app.tolerance.refuses(request.spoofed) => "refused",
        _ => "stripped",
    };
    let (app, client) = (app.map_or("", |app| &*app.name), request.provenance.client);
    desk.telemetry.metrics.spoofed(app, request.spoofed);
    let event = AuditEvent::Spoofed {
        app: (!app.is_empty()).then_some(app),
        fields: request.spoofed,
        handling,
    };
    desk.telemetry.audit(&source(request), &event);
    tracing::warn!(
        request = request.id.as_str(),
        app,
        client = %client.ip().to_canonical(),
        port = (client.port() != 0).then(|| client.port()),
        fields = request.spoofed,
        handling,
        "a client sent fields that name an identity"
    );
}

/// A request was refused for what it is.
pub fn refused(desk: &Desk, request: &Request, app: Option<&App>, failure: &Failure) {
    let event = failure.event(app.map(|app| &*app.name));
    desk.telemetry.audit(&source(request), &event);
}

/// A sub-request of a front proxy was refused before anybody knew whose request was meant.
pub fn sub_request_refused(desk: &Desk, (client, id): (SocketAddr, &RequestId), failure: &Failure) {
    let source = Source::unread(id, client);
    desk.telemetry.audit(&source, &failure.event(None));
}

/// The same, once for each peer and reason: a proxy asks with every request.
pub fn sub_request_refused_once(desk: &Desk, (peer, id): (SocketAddr, &RequestId), failure: &Failure) {
    let name = format!("{} {}", failure.reason(), peer.ip());
    let source = Source::unread(id, peer);
    desk.telemetry.audit_once(&name, &source, &failure.event(None));
}

/// A login did not end in a session.
pub fn login_failed(desk: &Desk, request: &Request, app: Option<&App>, login: &LoginFailure) {
    let app = app.map(|app| &*app.name);
    let event = AuditEvent::LoginFailed {
        app,
        provider: login.entry(),
        code: login.code(),
        reason: login.reason(),
    };
    desk.telemetry.audit(&source(request), &event);
    desk.telemetry.metrics.login(Login {
        provider: login.entry(),
        app: app.unwrap_or_default(),
        acr: "",
        result: login.result(),
    });
}

fn source(request: &Request) -> Source<'_> {
    Source::Request {
        id: request.id.as_str(),
        client: request.provenance.client,
        host: Some(request.host.as_str()),
    }
}
