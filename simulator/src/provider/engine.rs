//! What the provider remembers: browsers' sessions with their one attempt each, codes, access tokens.

use std::collections::HashMap;
use std::collections::HashSet;
use std::io;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use http::StatusCode;

use crate::people::Person;
use crate::provider::authorization_request::AuthorizationRequest;
use crate::provider::client::Client;
use crate::provider::clock::MovableClock;
use crate::provider::keys::Keys;
use crate::provider::pages::Failure;
use crate::provider::profile::Profile;
use crate::random;
use crate::site;
use crate::site::Answer;
use crate::site::Asked;

/// The browser's session and its interaction live this long.
pub(crate) const SESSION: Duration = Duration::from_mins(30);
/// The code and the grant, both from the person's last click.
pub(crate) const GRANT: Duration = Duration::from_secs(30);
/// An access token, from its issue.
pub(crate) const ACCESS_TOKEN: Duration = Duration::from_mins(1);
/// The cookie of the provider's session.
pub(crate) const SESSION_COOKIE: &str = "fc_session_id";
/// The cookie of its library's session, which outlives the other.
pub(crate) const LIBRARY_COOKIE: &str = "_session";

/// The whole provider, without its socket.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) profile: &'static Profile,
    pub(crate) issuer: String,
    pub(crate) clients: Vec<Client>,
    pub(crate) people: Vec<Person>,
    pub(crate) keys: Keys,
    pub(crate) clock: MovableClock,
    pub(crate) token_requests: AtomicUsize,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) tokens: HashMap<String, AccessToken>,
    /// `jti` of the client assertions that were taken: each is good for one request.
    pub(crate) assertions: HashSet<String>,
}

/// One browser at the provider.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) last_seen: Duration,
    /// In the page that was shown last; an older page's is refused.
    pub(crate) csrf: String,
    /// The one attempt that is running: a newer one takes its place.
    pub(crate) attempt: Option<Attempt>,
    /// Whoever signed in; the next service does not ask again.
    pub(crate) person: Option<Person>,
    /// A sign-out that waits for its confirmation.
    pub(crate) sign_out: Option<SignOut>,
}

/// An authorization request on its way through the pages.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) uid: String,
    pub(crate) request: AuthorizationRequest,
    pub(crate) started: Duration,
    pub(crate) stage: Stage,
}

/// How far the person came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Choosing, or reading what will be transmitted.
    Asking,
    /// Clicked "continue": this code waits at the resume address.
    Clicked(String),
}

/// Where a sign-out leads.
#[derive(Clone, Debug)]
pub(crate) struct SignOut {
    pub(crate) xsrf: String,
    pub(crate) location: Option<String>,
}

/// An authorization code and the grant behind it.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) request: AuthorizationRequest,
    pub(crate) session: String,
    pub(crate) person: Person,
    pub(crate) clicked: Duration,
    pub(crate) consumed: bool,
}

/// An access token.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(crate) code: String,
    pub(crate) expires: Duration,
}

impl Engine {
    pub(crate) fn new(profile: &'static Profile, issuer: String, clients: Vec<Client>) -> io::Result<Self> {
        clients
            .iter()
            .try_for_each(|client| client.is_registrable_at(profile))?;
        Ok(Self {
            profile,
            issuer,
            clients,
            people: profile.everybody()?,
            keys: Keys::generate()?,
            clock: MovableClock::default(),
            token_requests: AtomicUsize::new(0),
            memory: Mutex::default(),
        })
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }

    pub(crate) fn service(&self, client_id: &str) -> &str {
        self.client(client_id)
            .map_or("un service", |client| client.name.as_str())
    }

    /// The identifier of the browser's live session. One that was left alone for too long is forgotten.
    pub(crate) fn session_of(&self, asked: &Asked) -> Option<String> {
        let id = asked.cookie(SESSION_COOKIE)?;
        self.is_live(id).then(|| id.to_owned())
    }

    pub(crate) fn is_live(&self, session: &str) -> bool {
        let now = self.clock.now();
        let mut memory = self.memory();
        let live = memory
            .sessions
            .get(session)
            .is_some_and(|session| now.saturating_sub(session.last_seen) < SESSION);
        if !live {
            memory.sessions.remove(session);
        }
        live
    }

    /// An error page, with a code and an incident number.
    pub(crate) fn page(&self, status: StatusCode, code: &str, back: Option<&str>) -> Answer {
        let incident = random::uuid().unwrap_or_default();
        Failure {
            provider: self.profile.title,
            status,
            code,
            incident: &incident,
            back,
        }
        .answer()
    }

    /// The page of an error that should not happen in a simulation.
    pub(crate) fn broken(error: &io::Error) -> Answer {
        site::html(
            StatusCode::INTERNAL_SERVER_ERROR,
            crate::text::escape(&format!("Simulateur : {error}")),
        )
    }
}

/// The cookie that the browser keeps for as long as it moves.
pub(crate) fn renew(answer: &mut Answer, session: &str) {
    let cookie = format!("{SESSION_COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=1800");
    site::add(answer, "set-cookie", &cookie);
}
