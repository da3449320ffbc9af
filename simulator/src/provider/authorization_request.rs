//! The authorization request, held to the profile's list of parameters.

use http::StatusCode;
use serde_json::Value;
use url::Url;

use crate::provider::client::AmrRight;
use crate::provider::client::Client;
use crate::provider::profile::Beyond;
use crate::provider::profile::ByName;
use crate::provider::profile::Levels;
use crate::provider::profile::LevelsAsked;
use crate::provider::profile::Profile;
use crate::provider::profile::RequestRules;

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
    /// The level that this login reaches.
    pub(crate) level: Option<&'static str>,
    /// `code_challenge` (RFC 7636): whoever redeems the code has to know what it is the hash of.
    pub(crate) challenge: Option<String>,
}

/// What the `claims` parameter asked for (OpenID Connect Core 1.0, section 5.5).
#[derive(Clone, Debug, Default)]
pub(crate) struct WantedClaims {
    /// `amr` in the ID token.
    pub(crate) amr: bool,
    /// Claims that the provider does not grant this way: it answers 409 after the person's last click.
    pub(crate) ungranted: Vec<String>,
    /// Values of `acr` in the ID token.
    pub(crate) levels: Vec<String>,
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

/// Makes a refusal that goes back to the service.
type Refuse<'a> = dyn Fn(&'static str, &str) -> Refused + 'a;

impl AuthorizationRequest {
    /// Judges the parameters in FranceConnect's order.
    pub(crate) fn read(
        profile: &'static Profile,
        pairs: &[(String, String)],
        clients: &[Client],
    ) -> Result<Self, Refused> {
        let parameters = Parameters::known(&profile.request, pairs)?;
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
        let scope = scope(profile, parameters.get("scope"), client, &refuse)?;
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
        let claims = claims(profile, parameters.get("claims"), &refuse)?;
        if claims.amr && client.amr == AmrRight::Refused {
            return Err(Refused::Page(StatusCode::BAD_REQUEST, "Y100009"));
        }
        let level = level(&profile.levels, parameters.get("acr_values"), &claims, &refuse)?;
        let challenge = challenge(&parameters, &refuse)?;
        Ok(Self {
            client_id: client.client_id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            scope,
            state: parameters.get("state").to_owned(),
            nonce: parameters.get("nonce").to_owned(),
            claims,
            level,
            challenge,
        })
    }
}

/// Parameters whose names are all known, each there at most once.
struct Parameters<'a> {
    pairs: Vec<(&'a str, &'a str)>,
    rules: &'static RequestRules,
}

impl<'a> Parameters<'a> {
    fn known(rules: &'static RequestRules, pairs: &'a [(String, String)]) -> Result<Self, Refused> {
        let times = |name: &str| pairs.iter().filter(|(each, _)| each == name).count();
        if rules.crashes_on.iter().any(|name| times(name) > 1) {
            return Err(Refused::Crash);
        }
        let refused = || Refused::Page(StatusCode::BAD_REQUEST, rules.refusal);
        let is_too_much = |name: &str| {
            if rules.knows(name) {
                times(name) > 1
            } else {
                rules.beyond == Beyond::Refused
            }
        };
        let open = pairs.iter().any(|(name, _)| is_too_much(name));
        if open || rules.required.iter().any(|name| times(name) == 0) {
            return Err(refused());
        }
        let known = pairs.iter().filter(|(name, _)| rules.knows(name));
        let parameters = Self {
            pairs: known
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect(),
            rules,
        };
        let is_long = |name: &str, shortest: usize| parameters.get(name).chars().count() >= shortest;
        let opaque = is_long("nonce", rules.shortest_nonce) && is_long("state", rules.shortest_state);
        if parameters.get("client_id").is_empty() || !opaque || !parameters.prompt_is_allowed() {
            return Err(refused());
        }
        Ok(parameters)
    }

    fn find(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.pairs.iter();
        pairs.find_map(|(each, value)| (*each == name).then_some(*value))
    }

    fn get(&self, name: &str) -> &'a str {
        self.find(name).unwrap_or_default()
    }

    /// One allowed value in the list is enough.
    fn prompt_is_allowed(&self) -> bool {
        let allowed = |each: &str| self.rules.prompts.contains(&each);
        self.find("prompt")
            .is_none_or(|prompt| prompt.split(' ').any(allowed))
    }

    fn client<'c>(&self, clients: &'c [Client]) -> Result<&'c Client, Refused> {
        let redirect_uri = Url::parse(self.get("redirect_uri"));
        if !redirect_uri.is_ok_and(|uri| matches!(uri.scheme(), "http" | "https")) {
            return Err(Refused::Page(StatusCode::BAD_REQUEST, self.rules.refusal));
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

fn response_type(value: &str, refuse: &Refuse<'_>) -> Result<(), Refused> {
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
fn scope(profile: &Profile, value: &str, client: &Client, refuse: &Refuse<'_>) -> Result<String, Refused> {
    let asked: Vec<&str> = value
        .split(' ')
        .filter(|scope| profile.knows_scope(scope))
        .collect();
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

fn claims(profile: &Profile, value: &str, refuse: &Refuse<'_>) -> Result<WantedClaims, Refused> {
    let mut wanted = WantedClaims::default();
    if value.is_empty() {
        return Ok(wanted);
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
    for (member, value) in members {
        let value = value
            .as_object()
            .ok_or_else(|| refuse("invalid_request", "claims parameter members should be objects"))?;
        for (claim, detail) in value {
            match (member, claim.as_str()) {
                ("id_token", "amr") => wanted.amr = true,
                ("id_token", "acr") if profile.levels.asked == LevelsAsked::ByClaims => {
                    wanted.levels = values_of(detail);
                }
                (_, claim) if is_ungranted(profile, claim, detail) => wanted.ungranted.push(claim.to_owned()),
                _ => {}
            }
        }
    }
    Ok(wanted)
}

/// `value`, or `values`, of a claim that is asked for.
fn values_of(detail: &Value) -> Vec<String> {
    let several = detail.get("values").and_then(Value::as_array);
    let all = detail
        .get("value")
        .into_iter()
        .chain(several.into_iter().flatten());
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Identity claims asked for by name, a `sub` or an `acr` of another value: even those whose scope was asked.
fn is_ungranted(profile: &Profile, claim: &str, detail: &Value) -> bool {
    if profile.request.by_name == ByName::Ignored {
        return false;
    }
    let value = detail.get("value").and_then(Value::as_str);
    match claim {
        "acr" => value.is_some_and(|value| !profile.levels.served.contains(&value)),
        "sub" => value.is_some(),
        _ => profile.knows_claim(claim),
    }
}

/// The level that is reached: the one that counts of those asked for; unknown ones are not heard.
fn level(
    levels: &'static Levels,
    acr_values: &str,
    claims: &WantedClaims,
    refuse: &Refuse<'_>,
) -> Result<Option<&'static str>, Refused> {
    let known = |asked: &str| levels.known.iter().position(|known| *known == asked);
    let place = match levels.asked {
        LevelsAsked::ByParameter => acr_values.split(' ').filter_map(known).min(),
        LevelsAsked::ByClaims => claims.levels.iter().find_map(|asked| known(asked)),
    };
    let Some(level) = place
        .and_then(|place| levels.known.get(place).copied())
        .or(levels.otherwise)
    else {
        return Ok(None);
    };
    if levels.served.contains(&level) {
        return Ok(Some(level));
    }
    let expected = levels.served.join(",");
    Err(refuse(
        "invalid_acr",
        &format!(
            "acr_value is not valid, should be equal one of these values, expected {expected}, got {level}"
        ),
    ))
}

/// A challenge that is a hash; none where none is sent.
fn challenge(parameters: &Parameters<'_>, refuse: &Refuse<'_>) -> Result<Option<String>, Refused> {
    let Some(challenge) = parameters.find("code_challenge") else {
        return Ok(None);
    };
    if parameters.get("code_challenge_method") != "S256" {
        return Err(refuse(
            "invalid_request",
            "not supported value of code_challenge_method",
        ));
    }
    Ok(Some(challenge.to_owned()))
}
