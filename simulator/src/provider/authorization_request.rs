//! The authorization request, held to FranceConnect's closed list of parameters.

use http::StatusCode;
use serde_json::Value;
use url::Url;

use crate::provider::client::AmrRight;
use crate::provider::client::Client;
use crate::provider::scopes;
use crate::provider::scopes::SCOPES;

/// Every parameter that may be sent. One more, and the browser never comes back.
const PARAMETERS: &[&str] = &[
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "acr_values",
    "claims",
    "prompt",
    "idp_hint",
    "ui_locales",
];
/// Those that must be there.
const REQUIRED: &[&str] = &[
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "acr_values",
];
/// What the provider's code asks of a nonce; its documents ask for 32.
const SHORTEST_NONCE: usize = 22;

/// A request that leads to the choice page.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    /// The very string that was sent: the token request must repeat it.
    pub(crate) redirect_uri: String,
    /// The known and granted scopes, in the order asked.
    pub(crate) scope: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) claims: WantedClaims,
}

/// What the `claims` parameter asked for (OpenID Connect Core 1.0, section 5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WantedClaims {
    /// Nothing, or nothing that changes anything.
    Nothing,
    /// `amr` in the ID token.
    Amr,
    /// A claim that the provider does not grant this way: it answers 409 after the person's last click.
    Ungranted,
}

/// Why a request does not lead to the choice page.
#[derive(Debug)]
pub(crate) enum Refused {
    /// An error page at the provider.
    Page(StatusCode, &'static str),
    /// The provider's own code failed.
    Crash,
    /// Back to the service.
    Redirect(ErrorRedirect),
}

/// An error on its way to the redirection endpoint.
#[derive(Debug)]
pub(crate) struct ErrorRedirect {
    pub(crate) redirect_uri: String,
    pub(crate) error: &'static str,
    pub(crate) description: String,
    pub(crate) scope: Option<String>,
    pub(crate) state: String,
    pub(crate) form: RedirectForm,
}

/// How the error travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectForm {
    Query,
    Fragment,
    /// With 302, as FranceConnect's own code redirects, instead of its library's 303.
    Found,
}

const INVALID: Refused = Refused::Page(StatusCode::BAD_REQUEST, "Y030007");

impl AuthorizationRequest {
    /// Judges the parameters in FranceConnect's order.
    pub(crate) fn read(pairs: &[(String, String)], clients: &[Client]) -> Result<Self, Refused> {
        let parameters = Parameters::closed(pairs)?;
        let client = parameters.client(clients)?;
        let redirect_uri = parameters.redirect_uri(client)?;
        let refuse = |error, description: &str| {
            Refused::Redirect(ErrorRedirect {
                redirect_uri: redirect_uri.to_owned(),
                error,
                description: description.to_owned(),
                scope: None,
                state: parameters.get("state").to_owned(),
                form: RedirectForm::Query,
            })
        };
        response_type(parameters.get("response_type"), &refuse)?;
        let scope = scope(parameters.get("scope"), client, &refuse)?;
        if !parameters.get("idp_hint").is_empty() {
            return Err(Refused::Redirect(ErrorRedirect {
                redirect_uri: redirect_uri.to_owned(),
                error: "invalid_idp_hint",
                description: "An idp_hint was provided but is not allowed".to_owned(),
                scope: None,
                state: "undefined".to_owned(),
                form: RedirectForm::Found,
            }));
        }
        let claims = claims(parameters.get("claims"), &refuse)?;
        if claims == WantedClaims::Amr && client.amr == AmrRight::Refused {
            return Err(Refused::Page(StatusCode::BAD_REQUEST, "Y100009"));
        }
        acr(parameters.get("acr_values"), &refuse)?;
        Ok(Self {
            client_id: client.client_id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            scope,
            state: parameters.get("state").to_owned(),
            nonce: parameters.get("nonce").to_owned(),
            claims,
        })
    }
}

/// Parameters whose names are all known, each there at most once.
struct Parameters<'a>(&'a [(String, String)]);

impl<'a> Parameters<'a> {
    fn closed(pairs: &'a [(String, String)]) -> Result<Self, Refused> {
        let times = |name: &str| pairs.iter().filter(|(each, _)| each == name).count();
        if times("acr_values") > 1 {
            return Err(Refused::Crash);
        }
        let open = pairs
            .iter()
            .any(|(name, _)| !PARAMETERS.contains(&name.as_str()) || times(name) > 1);
        if open || REQUIRED.iter().any(|name| times(name) == 0) {
            return Err(INVALID);
        }
        let parameters = Self(pairs);
        let nonce_is_short = parameters.get("nonce").chars().count() < SHORTEST_NONCE;
        if parameters.get("client_id").is_empty() || nonce_is_short || !parameters.prompt_is_allowed() {
            return Err(INVALID);
        }
        Ok(parameters)
    }

    fn get(&self, name: &str) -> &'a str {
        crate::site::value(self.0, name).unwrap_or_default()
    }

    /// One allowed value in the list is enough.
    fn prompt_is_allowed(&self) -> bool {
        crate::site::value(self.0, "prompt")
            .is_none_or(|prompt| prompt.split(' ').any(|each| matches!(each, "login" | "consent")))
    }

    fn client<'c>(&self, clients: &'c [Client]) -> Result<&'c Client, Refused> {
        let redirect_uri = Url::parse(self.get("redirect_uri"));
        if !redirect_uri.is_ok_and(|uri| matches!(uri.scheme(), "http" | "https")) {
            return Err(INVALID);
        }
        clients
            .iter()
            .find(|client| client.client_id == self.get("client_id"))
            .ok_or(Refused::Page(StatusCode::BAD_REQUEST, "Y04EA6EF"))
    }

    /// Compared as a parsed URL: the case of the host and a default port do not count, everything else does.
    fn redirect_uri(&self, client: &Client) -> Result<&'a str, Refused> {
        let sent = self.get("redirect_uri");
        let parsed = Url::parse(sent).ok();
        let registered = client
            .redirect_uris
            .iter()
            .any(|registered| parsed.is_some() && Url::parse(registered).ok() == parsed);
        registered
            .then_some(sent)
            .ok_or(Refused::Page(StatusCode::BAD_REQUEST, "Y04C013C"))
    }
}

fn response_type(value: &str, refuse: &dyn Fn(&'static str, &str) -> Refused) -> Result<(), Refused> {
    if value.is_empty() {
        return Err(refuse(
            "invalid_request",
            "missing required parameter 'response_type'",
        ));
    }
    if value.split(' ').all(|each| each == "code") {
        return Ok(());
    }
    let mut refused = refuse("unsupported_response_type", "unsupported response_type requested");
    let names_a_token = value.split(' ').any(|each| matches!(each, "token" | "id_token"));
    if let (true, Refused::Redirect(redirect)) = (names_a_token, &mut refused) {
        redirect.form = RedirectForm::Fragment;
    }
    Err(refused)
}

/// Unknown scopes are dropped in silence; known ones that were not granted are refused.
fn scope(
    value: &str,
    client: &Client,
    refuse: &dyn Fn(&'static str, &str) -> Refused,
) -> Result<String, Refused> {
    let asked: Vec<&str> = value.split(' ').filter(|scope| scopes::is_known(scope)).collect();
    if !asked.contains(&"openid") {
        return Err(refuse(
            "invalid_request",
            "openid scope must be requested when using the acr_values parameter",
        ));
    }
    let granted = |scope: &str| scope == "openid" || client.scopes.iter().any(|each| each == scope);
    if let Some(first) = asked.iter().find(|scope| !granted(scope)) {
        let mut refused = refuse("invalid_scope", "requested scope is not allowed");
        if let Refused::Redirect(redirect) = &mut refused {
            redirect.scope = Some((*first).to_owned());
        }
        return Err(refused);
    }
    let mut kept: Vec<&str> = Vec::new();
    for scope in asked {
        if !kept.contains(&scope) {
            kept.push(scope);
        }
    }
    Ok(kept.join(" "))
}

fn claims(value: &str, refuse: &dyn Fn(&'static str, &str) -> Refused) -> Result<WantedClaims, Refused> {
    if value.is_empty() {
        return Ok(WantedClaims::Nothing);
    }
    let parsed: Value = serde_json::from_str(value)
        .map_err(|_not_json| refuse("invalid_request", "could not parse the claims parameter JSON"))?;
    let parsed = parsed
        .as_object()
        .ok_or_else(|| refuse("invalid_request", "claims parameter should be a JSON object"))?;
    let members: Vec<(&str, &Value)> = ["id_token", "userinfo"]
        .into_iter()
        .filter_map(|member| Some((member, parsed.get(member)?)))
        .collect();
    if members.is_empty() {
        return Err(refuse(
            "invalid_request",
            "claims parameter should have userinfo or id_token properties",
        ));
    }
    let mut wanted = WantedClaims::Nothing;
    for (member, value) in members {
        let value = value
            .as_object()
            .ok_or_else(|| refuse("invalid_request", "claims parameter members should be objects"))?;
        for (claim, detail) in value {
            match claim.as_str() {
                "amr" if member == "id_token" && wanted == WantedClaims::Nothing => {
                    wanted = WantedClaims::Amr;
                }
                claim if is_ungranted(claim, detail) => wanted = WantedClaims::Ungranted,
                _ => {}
            }
        }
    }
    Ok(wanted)
}

/// Identity claims asked for by name, a `sub` or an `acr` of another value: even those whose scope was asked.
fn is_ungranted(claim: &str, detail: &Value) -> bool {
    let value = detail.get("value").and_then(Value::as_str);
    match claim {
        "acr" => value.is_some_and(|value| value != "eidas1"),
        "sub" => value.is_some(),
        _ => SCOPES.iter().any(|(_, claims)| claims.contains(&claim)),
    }
}

/// The lowest known level is what was asked for; only unknown ones mean the default.
fn acr(value: &str, refuse: &dyn Fn(&'static str, &str) -> Refused) -> Result<(), Refused> {
    let lowest = value
        .split(' ')
        .filter(|each| matches!(*each, "eidas1" | "eidas2" | "eidas3"))
        .min()
        .unwrap_or("eidas1");
    if lowest == "eidas1" {
        return Ok(());
    }
    Err(refuse(
        "invalid_acr",
        &format!(
            "acr_value is not valid, should be equal one of these values, expected eidas1, got {lowest}"
        ),
    ))
}
