//! The redirection endpoint (RFC 6749, section 3.1.2), "the callback": the life of a login after the provider, on one page.
//!
//! Every step needs the value that only the step before can make: a response matched with its attempt, a code that is
//! claimed once, tokens that were verified, a session under a new key.

use http::Method;

use crate::endpoints::desk::Desk;
use crate::endpoints::destination::Destination;
use crate::endpoints::double_click;
use crate::endpoints::double_click::Ended;
use crate::endpoints::failure::Failure;
use crate::endpoints::initiate_login::cookie_name;
use crate::endpoints::login_failure::LoginFailure;
use crate::endpoints::login_failure::Trouble;
use crate::endpoints::refusal;
use crate::endpoints::witness;
use crate::endpoints::witness::SignedIn;
use crate::identity::claims_mapping;
use crate::oidc::RelyingParty;
use crate::oidc::authorization_code::AcceptedCode;
use crate::oidc::authorization_code::ClaimOutcome;
use crate::oidc::authorization_response::AuthorizationResponse;
use crate::oidc::authorization_response::CodeResponse;
use crate::oidc::authorization_response::ErrorKind;
use crate::oidc::authorization_response::ErrorResponse;
use crate::oidc::pending_authorization::COOKIE_NAME;
use crate::oidc::pending_authorization::PendingAuthorization;
use crate::session::establish_error::EstablishError;
use crate::session::session::NewSession;
use crate::wire::client_network::ClientNetwork;
use crate::wire::cookies::SetCookie;
use crate::wire::request::Asker;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// Answers a response of the provider.
pub async fn answer(desk: &Desk, request: &Request) -> Result<Response, Failure> {
    if request.method != Method::GET {
        return Err(Failure::Method("GET"));
    }
    if request.asker() == Asker::Script {
        // A look ahead must not use the code up.
        return Err(Failure::NotANavigation);
    }
    let response = match AuthorizationResponse::parse(request.target.query().unwrap_or_default()) {
        Ok(response) => response,
        Err(cause) => return lead_on_or(desk, request, Trouble::Malformed(cause)).await,
    };
    let Some(attempt) = Attempt::find(desk, request, state_of(&response)) else {
        return lead_on_or(desk, request, Trouble::UnknownAttempt).await;
    };
    let destination = attempt.destination.clone();
    let spent = desk.cookies.clear(&cookie_name(attempt.pending.id()));
    match response {
        AuthorizationResponse::Error(error) => {
            let answered = turned_back(&attempt, error);
            lead_on_late(desk, request, &destination, answered).await
        }
        // The attempt's cookie goes in the end, unless the store was away or the client has to wait: then nothing is spent.
        AuthorizationResponse::Code(code) => {
            let answered = attempt.redeem(code).await;
            let response = lead_on_late(desk, request, &destination, answered).await?;
            Ok(response.with_cookie(&spent))
        }
    }
}

/// Whoever is signed in already goes on instead of reading that an answer came late, twice, or as an error.
async fn lead_on_late(
    desk: &Desk,
    request: &Request,
    destination: &Destination,
    answered: Result<Response, Failure>,
) -> Result<Response, Failure> {
    match answered {
        Err(Failure::Login(login)) if login.is_late() => {
            if desk.sessions_for(request, &destination.app).await?.is_empty() {
                let failure = Failure::Login(login);
                return Ok(refusal::answer_for(desk, request, &destination.app, &failure));
            }
            Ok(Response::see_other(destination.return_to.as_str()))
        }
        Err(later @ (Failure::StoreUnavailable(_) | Failure::TooManyLogins(_))) => Err(later),
        Err(failure) => Ok(refusal::answer_for(desk, request, &destination.app, &failure)),
        Ok(response) => Ok(response),
    }
}

/// `state` alone finds the attempt.
fn state_of(response: &AuthorizationResponse) -> Option<&str> {
    match response {
        AuthorizationResponse::Code(code) => Some(code.state()),
        AuthorizationResponse::Error(error) => error.state.as_deref(),
    }
}

/// A response that belongs to no attempt of this browser: late, repeated, bookmarked or forged. Whoever is signed in goes on.
async fn lead_on_or(desk: &Desk, request: &Request, trouble: Trouble) -> Result<Response, Failure> {
    let start = desk
        .router
        .start_of(&request.host)
        .map(|app| app.path.as_location());
    match start {
        Some(start) if !desk.all_sessions(request).await?.is_empty() => Ok(Response::see_other(&start)),
        _ => Err(LoginFailure::unattached(trouble).into()),
    }
}

/// An error answer spends nothing and deletes nothing: anybody can make one.
fn turned_back(attempt: &Attempt<'_>, error: ErrorResponse) -> Result<Response, Failure> {
    match error.kind {
        ErrorKind::AccessDenied => {
            let (id, provider) = (&attempt.request.id, attempt.pending.entry());
            tracing::info!(request = %id, %provider, "the person turned back at the provider");
            witness::cancelled(attempt.desk, attempt.request, &attempt.destination.app, provider);
            let chooser = attempt.destination.chooser_after_cancel(attempt.desk.own_paths());
            Ok(Response::see_other(&chooser))
        }
        _ => Err(attempt.failed(Trouble::Error(error)).into()),
    }
}

/// A response together with the attempt that it answers.
struct Attempt<'a> {
    desk: &'a Desk,
    request: &'a Request,
    relying_party: &'a RelyingParty,
    pending: PendingAuthorization,
    destination: Destination,
}

impl<'a> Attempt<'a> {
    /// The attempt with this state, out of the sealed cookies of this browser.
    fn find(desk: &'a Desk, request: &'a Request, state: Option<&str>) -> Option<Self> {
        let state = state?;
        let host = desk.host(request);
        let prefix = desk.cookies.full_name(COOKIE_NAME);
        let held: Vec<(&str, &str)> = request.cookies.starting_with(&prefix).collect();
        let pending = PendingAuthorization::find(&desk.keyring, &host, &held, state)?;
        let relying_party = desk.providers.get(pending.entry())?;
        let destination = Destination::of(&desk.router, &host, pending.destination().return_to.clone())?;
        Some(Self {
            desk,
            request,
            relying_party,
            pending,
            destination,
        })
    }

    fn failed(&self, trouble: Trouble) -> LoginFailure {
        LoginFailure::of(self.relying_party, trouble, Some(&self.destination))
    }

    /// A code: the response is matched, the attempt claimed, the code redeemed, the session made.
    async fn redeem(self, code: CodeResponse) -> Result<Response, Failure> {
        let Self {
            desk,
            request,
            relying_party,
            pending,
            destination,
        } = self;
        let failed = |trouble| LoginFailure::of(relying_party, trouble, Some(&destination));
        let now = desk.clock.now();
        let claimable = pending
            .accept(code, now)
            .map_err(|cause| failed(Trouble::Response(cause)))?;
        desk.logins
            .answer(ClientNetwork::of(request.provenance.client.ip()))?;
        match claimable.claim(&*desk.attempts, now).await? {
            ClaimOutcome::Accepted(code) => {
                let other_click = double_click::Winner::of(desk, code.pending())?;
                let signed_in = sign_in(desk, request, relying_party, code, &destination).await;
                other_click.tell(Ended::of(&signed_in)).await;
                Ok(Response::see_other(destination.return_to.as_str()).with_cookie(&signed_in?))
            }
            ClaimOutcome::Already { age, pending } => {
                match double_click::wait_for_winner(desk, &pending, age).await? {
                    double_click::Seen::Done(cookie) => {
                        Ok(Response::see_other(destination.return_to.as_str()).with_cookie(&cookie))
                    }
                    double_click::Seen::LongAgo => Ok(Response::see_other(destination.return_to.as_str())),
                    double_click::Seen::Failed => Err(failed(Trouble::Interrupted).into()),
                }
            }
        }
    }
}

/// Redeems the code and makes the session; the one that this browser held at the entry ends.
async fn sign_in(
    desk: &Desk,
    request: &Request,
    relying_party: &RelyingParty,
    code: AcceptedCode,
    destination: &Destination,
) -> Result<SetCookie, Failure> {
    let failed = |trouble| LoginFailure::of(relying_party, trouble, Some(destination));
    let entry = relying_party.settings().entry.clone();
    let host = desk.host(request);
    let (begun_at, claimed_at) = (code.pending().started_at(), code.claimed_at());
    let asked = code.pending().acr().to_owned();
    let signed_in = relying_party
        .redeem(code)
        .await
        .map_err(|cause| failed(Trouble::Redeem(cause)))?;
    let replaces = desk
        .sessions
        .load(&host, &request.cookies, std::slice::from_ref(&entry))
        .await?;
    let authentication = claims_mapping::authentication(&signed_in.id_token);
    let acr = authentication.acr.clone();
    let new = NewSession {
        entry: entry.clone(),
        host,
        authentication,
        id_token: signed_in.id_token.raw().clone(),
        provider_sid: signed_in.id_token.sid().map(str::to_owned),
        identity: claims_mapping::identity(&signed_in.id_token, signed_in.userinfo),
        claimed_at,
        replaces,
    };
    let witnessed = SignedIn::of(desk, &destination.app, (&new, &asked));
    let cookie = desk.sessions.establish(new).await.map_err(|cause| match cause {
        EstablishError::Store(cause) => cause.into(),
        EstablishError::EndedMeanwhile => failed(Trouble::EndedMeanwhile).into(),
        EstablishError::Random(cause) => cause.into(),
        EstablishError::Record(_) => Failure::Internal("a session could not be sealed"),
    })?;
    tracing::debug!(request = %request.id, provider = %entry, app = &*destination.app.name, acr, "signed in");
    witnessed.tell(desk, request, &cookie);
    let away = desk.clock.now().since(begun_at);
    desk.telemetry.metrics.login_took(entry.as_str(), away);
    Ok(cookie)
}
