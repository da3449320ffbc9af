//! The redirection endpoint (RFC 6749, section 3.1.2), "the callback": the life of a login after the provider, on one page.
//!
//! Every step needs the value that only the step before can make: a response matched with its attempt, a code that is
//! claimed once, tokens that were verified, a session under a new key.

use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde::Serialize;

use crate::endpoints::desk::Desk;
use crate::endpoints::destination::Destination;
use crate::endpoints::failure::Failure;
use crate::endpoints::initiate_login::cookie_name;
use crate::identity::claims_mapping;
use crate::oidc::authorization_response::AuthorizationError;
use crate::oidc::authorization_response::AuthorizationResponse;
use crate::oidc::authorization_response::ClaimOutcome;
use crate::oidc::authorization_response::ErrorResponse;
use crate::oidc::pending_authorization::OutcomeSeal;
use crate::oidc::pending_authorization::PendingAuthorization;
use crate::oidc::pending_authorization;
use crate::session::session::NewSession;
use crate::wire::cookies::SetCookie;
use crate::wire::request::Asker;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// How often the loser of a double click looks for how the winner ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long the loser looks: as long as the winner may take.
const LOOK_FOR: Duration = Duration::from_secs(15);
/// The winner's end is kept this long; a response that comes later only leads on.
const OUTCOME_KEPT: Duration = Duration::from_mins(1);

/// How a claimed attempt ended, for the other click of a double click.
#[derive(Serialize, Deserialize)]
enum Ended {
    Failed,
    Done { set_cookie: String },
}

/// Answers a response of the provider.
pub async fn answer(desk: &Desk, request: &Request) -> Result<Response, Failure> {
    if request.method != Method::GET {
        return Err(Failure::Method("GET"));
    }
    if request.asker() == Asker::Script {
        // A look ahead must not use the code up.
        return Err(Failure::NotANavigation);
    }
    let response = AuthorizationResponse::parse(request.target.query().unwrap_or_default());
    let response = match response {
        Ok(response) => response,
        Err(cause) => return lead_on_or(desk, request, Failure::MalformedResponse(cause)).await,
    };
    let prefix = desk.cookies.full_name("login-");
    let held = request.cookies.starting_with(&prefix);
    let host = request.host.without_default_port(desk.scheme);
    let pending = pending_authorization::find(held, &desk.keyring, &host, response.state());
    let Some(pending) = pending else {
        return lead_on_or(desk, request, Failure::UnknownAttempt).await;
    };
    let destination = Destination::of(&desk.router, &host, pending.return_to().clone()).ok_or(Failure::NotFound)?;
    match response {
        AuthorizationResponse::Error(error) => refused_by_provider(desk, request, &pending, &error, destination).await,
        AuthorizationResponse::Code(code) => {
            let spent = desk.cookies.clear(&cookie_name(pending.id().as_str()));
            let answer = finish(desk, request, Attempt { pending, code, destination: destination.clone() }).await;
            let keeps_the_attempt = matches!(answer, Err(Failure::StoreUnavailable(_)));
            let response = answer.unwrap_or_else(|failure| crate::endpoints::failure::answer_for(desk, request, &destination.app, failure));
            Ok(if keeps_the_attempt { response } else { response.with_cookie(&spent) })
        }
    }
}
