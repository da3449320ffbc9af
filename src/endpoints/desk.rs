//! What every endpoint works with.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::access;
use crate::access::Uncounted;
use crate::clock::Clock;
use crate::endpoints::callers::Callers;
use crate::endpoints::destination::Destination;
use crate::endpoints::login_limit::LoginLimit;
use crate::identity_headers::assertion::Assertions;
use crate::lifecycle::Lifecycle;
use crate::oidc::RelyingParty;
use crate::oidc::attempts::Attempts;
use crate::oidc::replay::Replays;
use crate::pages::official_button::OfficialButton;
use crate::pages::organisation::Organisation;
use crate::provider::entry_name::EntryName;
use crate::routing::Router;
use crate::routing::app::App;
use crate::seal::Keyring;
use crate::session::Sessions;
use crate::session::session::Session;
use crate::session::store::StoreError;
use crate::telemetry::telemetry::Telemetry;
use crate::wire::cookies::CookieScheme;
use crate::wire::host::Host;
use crate::wire::own_paths::OwnPaths;
use crate::wire::request::Request;
use crate::wire::scheme::Scheme;

/// The gateway's own counter: who speaks, whom it knows, and what it may use.
pub struct Desk {
    /// Host and path to application.
    pub router: Router,
    /// Who is logged in.
    pub sessions: Arc<Sessions>,
    /// Which login attempts were used.
    pub attempts: Arc<dyn Attempts>,
    /// Which logout tokens came before.
    pub replays: Arc<dyn Replays>,
    /// How often one client may try.
    pub logins: Arc<LoginLimit>,
    /// One relying party per provider entry.
    pub providers: BTreeMap<EntryName, Arc<RelyingParty>>,
    /// What seals our cookies.
    pub keyring: Keyring,
    /// How our cookies are set.
    pub cookies: CookieScheme,
    /// How browsers reach us.
    pub scheme: Scheme,
    /// Where a visitor who is nowhere finds something: the address of the first app at the public URL.
    pub start: String,
    /// Who is speaking on our pages.
    pub organisation: Organisation,
    /// The provider's official button, if the operator imported it.
    pub official_button: Option<OfficialButton>,
    /// Every redirect URI of every entry, in the order of the configuration.
    pub redirect_uris: Vec<String>,
    /// What applications are told, and the keys to verify it.
    pub assertions: Arc<Assertions>,
    /// Who may ask for a decision alone. Absent: nobody.
    pub forward_auth: Option<Callers>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who is told what happens.
    pub telemetry: Arc<Telemetry>,
    /// Whether the process is ending, and what it waits for then.
    pub lifecycle: Arc<Lifecycle>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("router", &self.router)
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// The host of a request in the one form under which sessions and attempts are sealed.
    pub fn host(&self, request: &Request) -> Host {
        request.host.without_default_port(self.scheme)
    }

    /// Which paths are ours.
    pub fn own_paths(&self) -> &OwnPaths {
        self.router.own_paths()
    }

    /// The live sessions of this browser that open an application, the most recent login first.
    pub async fn sessions_for(&self, request: &Request, app: &App) -> Result<Vec<Session>, StoreError> {
        self.sessions
            .load(&app.host, &request.cookies, &app.providers)
            .await
    }

    /// The session of this browser that counts at a destination, or why none does.
    pub async fn counting_for(
        &self,
        request: &Request,
        destination: &Destination,
    ) -> Result<Result<Session, Uncounted>, StoreError> {
        let sessions = self.sessions_for(request, &destination.app).await?;
        let requirement = destination.route().requirement.as_ref();
        Ok(access::counting(requirement, sessions, self.clock.now()))
    }

    /// Every live session of this browser at this host, the most recent login first.
    pub async fn all_sessions(&self, request: &Request) -> Result<Vec<Session>, StoreError> {
        let entries: Vec<EntryName> = self.providers.keys().cloned().collect();
        self.sessions
            .load(&self.host(request), &request.cookies, &entries)
            .await
    }
}
