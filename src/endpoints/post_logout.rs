//! Where the provider sends the browser after its end of session (OpenID Connect RP-Initiated Logout 1.0, section 3).

use http::Method;

use crate::endpoints::desk::Desk;
use crate::endpoints::destination::query_value;
use crate::endpoints::failure::Failure;
use crate::endpoints::logout::PendingLogout;
use crate::endpoints::page_context::PageContext;
use crate::pages::sign_out::Accounts;
use crate::pages::sign_out::LeftProvider;
use crate::pages::sign_out::SignedOut;
use crate::provider::button;
use crate::provider::button::Button;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// Says what ended. Only the `state` of the logout that this browser began proves that the provider took part; the session
/// here ended before. The cookie stays until it expires, so that the page can be loaded again.
pub fn answer(desk: &Desk, request: &Request) -> Result<Response, Failure> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return Err(Failure::Method("GET, HEAD"));
    }
    let pending = PendingLogout::open(desk, request);
    let confirmed =
        pending.filter(|pending| query_value(request, "state").is_some_and(|state| state == pending.state));
    tracing::info!(request = %request.id, confirmed = confirmed.is_some(), "back from the provider's end of session");
    let context = PageContext::of(desk, request, None);
    let left = confirmed.and_then(|pending| desk.providers.get(&pending.entry));
    let provider = left.map(|relying_party| left_provider(&relying_party.settings().profile.rules.button));
    Ok(SignedOut { provider }.respond(&context.frame()))
}

fn left_provider(button: &Button) -> LeftProvider<'_> {
    LeftProvider {
        name: &button.name,
        accounts: match button.accounts {
            button::Accounts::OfServices => Accounts::OfServices,
            button::Accounts::OfItsOwn => Accounts::OfItsOwn,
        },
    }
}
