//! Where a provider says, by itself and signed, that a session of its own has ended (OpenID Connect Back-Channel Logout 1.0):
//! the sessions here that came from it end as well.
//!
//! No browser is there, so neither cookies nor the origin of the request mean anything: the signature does. What cannot be
//! done for now is never answered as if it were done, and uses no token up.

use http::HeaderMap;
use http::HeaderValue;
use http::Method;
use http::StatusCode;
use http::header::CACHE_CONTROL;

use crate::endpoints::backchannel_logout_error::BackchannelLogoutError;
use crate::endpoints::desk::Desk;
use crate::endpoints::failure::Failure;
use crate::endpoints::logout_form;
use crate::endpoints::witness;
use crate::identity::identity::Subject;
use crate::oidc::RelyingParty;
use crate::oidc::logout_token::Addressee;
use crate::oidc::logout_token::LogoutTokenError;
use crate::oidc::logout_token::VerifiedLogoutToken;
use crate::oidc::logout_token::Whose;
use crate::oidc::replay::Seen;
use crate::provider::profile::BackchannelLogout;
use crate::wire::client_network::ClientNetwork;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// POST only; where no provider sends logout tokens there is nothing here.
pub async fn answer(desk: &Desk, request: &Request) -> Result<Response, Failure> {
    let senders = || {
        desk.providers
            .values()
            .map(AsRef::as_ref)
            .filter(|party| sends(party))
    };
    if senders().next().is_none() {
        return Err(Failure::NotFound);
    }
    if request.method != Method::POST {
        return Err(Failure::Method("POST"));
    }
    let network = ClientNetwork::of(request.provenance.client.ip());
    desk.logins.logout_token(network)?;
    let token =
        logout_form::one_token(&request.headers, &request.form).map_err(BackchannelLogoutError::from)?;
    let told = verified(senders(), &token).await?;
    desk.logins.logout_token_was_true(network);
    act_once(desk, request, &told).await?;
    Ok(done())
}

fn sends(party: &RelyingParty) -> bool {
    party.settings().profile.rules.backchannel_logout == BackchannelLogout::LogoutTokens
}

/// A token, and the client that it is for.
struct Told<'a> {
    party: &'a RelyingParty,
    token: VerifiedLogoutToken,
}

/// What the token says of itself only chooses the entries whose keys are asked; several entries may be one client. It counts
/// at each of them that verified it.
async fn verified<'a>(
    senders: impl Iterator<Item = &'a RelyingParty>,
    token: &str,
) -> Result<Vec<Told<'a>>, BackchannelLogoutError> {
    let addressee = Addressee::named_by(token)?;
    let (mut refused, mut told) = (LogoutTokenError::Issuer, Vec::new());
    for party in senders.filter(|party| addressee.names_the_issuer_of(party.settings())) {
        if !addressee.names(party.settings()) {
            refused = LogoutTokenError::Audience;
            continue;
        }
        match party.logout_token(token).await {
            Ok(token) => told.push(Told { party, token }),
            Err(error) => refused = error,
        }
    }
    if told.is_empty() {
        return Err(refused.into());
    }
    Ok(told)
}

/// All of these are one token, under one name: one issuer, one client. It is remembered in the end, when it has counted at
/// each of its entries: whoever could not act, as the store went away, is told again by the provider.
async fn act_once(desk: &Desk, request: &Request, told: &[Told<'_>]) -> Result<(), Failure> {
    let Some(Told { token, .. }) = told.first() else {
        return Ok(());
    };
    if desk.replays.recall(token.id()).await? == Seen::Before {
        return Err(BackchannelLogoutError::Replayed.into());
    }
    let mut ends = Vec::with_capacity(told.len());
    for told in told {
        ends.push(end(desk, told).await?);
    }
    let lives = token.believed_until().since(desk.clock.now());
    desk.replays.remember(token.id(), lives).await?;
    for (told, (ended, subject)) in told.iter().zip(ends) {
        let entry = &told.party.settings().entry;
        let by = told.token.whose().word();
        tracing::info!(request = %request.id, provider = %entry, by, ended, "a provider said that sessions have ended");
        witness::ended_by_provider(desk, request, (entry, by, subject.as_ref()), ended);
    }
    Ok(())
}

/// Ends what the token names at this entry; how many sessions that were, and of whom, where it says so.
async fn end(desk: &Desk, Told { party, token }: &Told<'_>) -> Result<(usize, Option<Subject>), Failure> {
    let entry = &party.settings().entry;
    match token.whose() {
        Whose::Sid(sid) => Ok((desk.sessions.end_by_sid(entry, sid).await?, None)),
        Whose::Subject(sub) => {
            let (issuer, sub) = (token.issuer().to_owned(), sub.clone());
            let subject = Subject { issuer, sub };
            let ended = desk.sessions.end_by_subject(entry, &subject).await?;
            Ok((ended, Some(subject)))
        }
    }
}

/// Section 2.8: also where nobody was signed in.
fn done() -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Response {
        status: StatusCode::OK,
        headers,
        body: bytes::Bytes::new(),
    }
}
