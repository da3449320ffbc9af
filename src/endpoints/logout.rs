//! Signing out (OpenID Connect RP-Initiated Logout 1.0): a page that asks; then the session ends here first, and the browser
//! goes on to the provider's end of session.

use std::time::Duration;

use http::HeaderValue;
use http::Method;
use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::endpoints::clear_cookies::CLEAR_SITE_DATA;
use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::endpoints::login_failure::LoginFailure;
use crate::endpoints::page_context::PageContext;
use crate::endpoints::refusal;
use crate::endpoints::witness;
use crate::pages::sign_out::LiveSession;
use crate::pages::sign_out::NothingToSignOut;
use crate::pages::sign_out::PartlySignedOut;
use crate::pages::sign_out::SignOutPage;
use crate::provider::entry_name::EntryName;
use crate::seal;
use crate::seal::purpose::Purpose;
use crate::session::session::Session;
use crate::telemetry::audit::event::SignedOut;
use crate::wire::cookies::CookieScheme;
use crate::wire::own_paths::OwnPath;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// How long the way through the provider may take.
pub const LIFETIME: Duration = Duration::from_mins(10);
/// The cookie of a logout under way.
pub const COOKIE: &str = "logout";

/// A logout under way, sealed in a cookie of this browser: only the browser that left comes back with its `state`.
#[derive(Serialize, Deserialize)]
#[expect(missing_debug_implementations, reason = "holds the state")]
pub struct PendingLogout {
    /// What the provider has to send back.
    pub state: String,
    /// When it began.
    pub started_at: Timestamp,
    /// At which entry, for the words of the page.
    pub entry: EntryName,
}

impl PendingLogout {
    /// Opens the cookie of this host, if it is one of ours and not too old.
    pub fn open(desk: &Desk, request: &Request) -> Option<Self> {
        let sealed = seal::from_base64url(request.cookies.get(&desk.cookies.full_name(COOKIE))?)?;
        let host = desk.host(request);
        let opened = desk
            .keyring
            .open(Purpose::LogoutCookie, &[host.as_str().as_bytes()], &sealed)
            .ok()?;
        let pending: Self = serde_json::from_slice(&opened).ok()?;
        (desk.clock.now() < pending.started_at.plus(LIFETIME)).then_some(pending)
    }

    fn seal(&self, desk: &Desk, request: &Request) -> Result<String, Failure> {
        let plain = serde_json::to_vec(self)
            .map_err(|_unserialisable| Failure::Internal("a logout could not be written"))?;
        let host = desk.host(request);
        Ok(seal::base64url(&desk.keyring.seal(
            Purpose::LogoutCookie,
            &[host.as_str().as_bytes()],
            &plain,
        )?))
    }
}

/// GET asks, POST signs out.
pub async fn answer(desk: &Desk, request: &Request) -> Result<Response, Failure> {
    match request.method {
        Method::GET | Method::HEAD => question(desk, request).await,
        Method::POST => sign_out(desk, request).await,
        _ => Err(Failure::Method("GET, HEAD, POST")),
    }
}

async fn question(desk: &Desk, request: &Request) -> Result<Response, Failure> {
    let sessions = desk.all_sessions(request).await?;
    let context = PageContext::of(desk, request, None);
    if sessions.is_empty() {
        return Ok(NothingToSignOut.respond(&context.frame()));
    }
    let mut origins: Vec<Option<String>> = Vec::new();
    for session in &sessions {
        origins.push(provider_origin(desk, session).await);
    }
    let live: Vec<LiveSession<'_>> = sessions
        .iter()
        .zip(&origins)
        .map(|(session, origin)| LiveSession {
            entry: session.entry.as_str(),
            provider: provider_name(desk, session),
            origin: origin.as_deref(),
        })
        .collect();
    let start = desk
        .router
        .start_of(&request.host)
        .map_or_else(|| "/".to_owned(), |app| app.path.as_location());
    Ok(SignOutPage {
        sessions: &live,
        stay: &start,
    }
    .respond(&context.frame()))
}

/// The local session ends first: whatever happens on the way to the provider, this browser is signed out here.
async fn sign_out(desk: &Desk, request: &Request) -> Result<Response, Failure> {
    if request.is_cross_site() {
        return Err(Failure::CrossSite);
    }
    let named = form_urlencoded::parse(&request.form)
        .find(|(name, _)| name == "provider")
        .map(|(_, value)| value);
    let sessions = desk.all_sessions(request).await?;
    let chosen = sessions
        .iter()
        .find(|session| named.as_deref().is_none_or(|name| name == session.entry.as_str()));
    let Some(session) = chosen else {
        return Ok(Response::see_other(&desk.own_paths().path(OwnPath::Logout)));
    };
    end(desk, request, session).await
}

/// Ends a session here, then leads on to the provider's end of session; where that cannot be reached, a page says so.
pub async fn end(desk: &Desk, request: &Request, session: &Session) -> Result<Response, Failure> {
    forget(desk, request, session).await?;
    let towards = towards_provider(desk, request, session).await;
    let at_provider = match &towards {
        Ok(Some(_)) => SignedOut::Everywhere,
        Ok(None) | Err(_) => SignedOut::HereOnly,
    };
    witness::signed_out(desk, request, session, at_provider);
    let response = match towards {
        Ok(Some(response)) => response,
        Ok(None) => PartlySignedOut {
            provider: provider_name(desk, session),
        }
        .respond(&PageContext::of(desk, request, None).frame()),
        Err(failure) => {
            refusal::log(request, &failure);
            let context =
                PageContext::of(desk, request, None).with_reference(failure.code(), request.id.as_str());
            PartlySignedOut {
                provider: provider_name(desk, session),
            }
            .respond(&context.frame())
        }
    };
    let mut response = response.with_cookie(&desk.sessions.clear(&session.entry));
    if desk.cookies == CookieScheme::Secure {
        // Pages that the browser kept were this person's. Browsers heed it from secure origins only.
        response
            .headers
            .insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
    }
    Ok(response)
}

/// Ends a session here and nowhere else.
pub async fn end_here(desk: &Desk, request: &Request, session: &Session) -> Result<(), Failure> {
    forget(desk, request, session).await?;
    witness::signed_out(desk, request, session, SignedOut::HereOnly);
    Ok(())
}

async fn forget(desk: &Desk, request: &Request, session: &Session) -> Result<(), Failure> {
    desk.sessions.end(session).await?;
    tracing::info!(request = %request.id, provider = %session.entry, session = %session.reference, "signed out");
    Ok(())
}

/// `None` where the provider has no end of session.
async fn towards_provider(
    desk: &Desk,
    request: &Request,
    session: &Session,
) -> Result<Option<Response>, Failure> {
    let relying_party = desk
        .providers
        .get(&session.entry)
        .ok_or(Failure::Internal("a session of an unknown provider"))?;
    let state = seal::hex(&seal::random::<32>()?);
    let back = desk
        .own_paths()
        .post_logout_redirect_uri(desk.scheme, &desk.host(request));
    let id_token = session.id_token.token();
    let id_token = id_token.ok_or(Failure::Internal("a session without its ID token"))?;
    let end_session = relying_party.end_session(&id_token, &back, &state).await;
    let url = end_session.map_err(|cause| LoginFailure::provider(relying_party, cause, None))?;
    let Some(url) = url else {
        return Ok(None);
    };
    let pending = PendingLogout {
        state,
        started_at: desk.clock.now(),
        entry: session.entry.clone(),
    };
    let cookie = desk
        .cookies
        .set(COOKIE, &pending.seal(desk, request)?, Some(LIFETIME));
    Ok(Some(Response::see_other(&url).with_cookie(&cookie)))
}

fn provider_name<'a>(desk: &'a Desk, session: &Session) -> &'a str {
    desk.providers.get(&session.entry).map_or("", |relying_party| {
        relying_party.settings().profile.rules.button.name.as_str()
    })
}

/// Where the answer to the form leads on to; browsers hold the page's `form-action` against it.
async fn provider_origin(desk: &Desk, session: &Session) -> Option<String> {
    desk.providers.get(&session.entry)?.end_session_origin().await
}
