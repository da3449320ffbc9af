//! The request with which a browser is sent to the provider (OpenID Connect Core 1.0, section 3.1.2.1): the parameters
//! that the profile lists and that have a value, in its order, and nothing that anybody typed.

use std::borrow::Cow;
use std::time::Duration;

use form_urlencoded::Serializer;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::clock::Timestamp;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::pending_authorization::Asked;
use crate::oidc::pending_authorization::Destination;
use crate::oidc::pending_authorization::IssuerInResponse;
use crate::oidc::pending_authorization::PendingAuthorization;
use crate::oidc::provider_metadata::ProviderMetadata;
use crate::provider::acr::AcrValue;
use crate::provider::acr::Strength;
use crate::provider::authorization_parameter::AuthorizationParameter;
use crate::provider::profile::AcrRequest;
use crate::provider::profile::Pkce;
use crate::provider::profile::ResponseIssuer;
use crate::seal::RandomError;
use crate::wire::provider_url::ProviderUrl;

/// What is asked for at this login beyond what the entry asks for anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Behind which of its own providers a federation lets the person in. Only a word that the configuration lists.
    pub idp_hint: Option<String>,
    /// A level; the entry's own where that is enough.
    pub acr: Option<AcrValue>,
    /// How long ago the person may have proved who they are, in the words of a route; then they are asked again.
    pub max_age: Option<Duration>,
}

/// Where the browser is sent, with everything in the query.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationUrl(String);

impl AuthorizationUrl {
    /// For a `Location`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names of the parameters, in their order.
    pub fn parameters(&self) -> Vec<String> {
        let query = self.0.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes())
            .map(|(name, _)| name.into_owned())
            .collect()
    }

    /// The request of this attempt.
    pub(super) fn of(
        endpoint: &ProviderUrl,
        settings: &ClientSettings,
        pending: &PendingAuthorization,
        wishes: &Wishes,
    ) -> Self {
        let mut query = Serializer::new(String::new());
        for parameter in &settings.profile.rules.authorization_parameters {
            if let Some(value) = value(*parameter, settings, pending, wishes) {
                query.append_pair(parameter.as_str(), &value);
            }
        }
        Self(with_query(endpoint, &query.finish()))
    }
}

/// What is sent under this name, if anything is.
fn value<'a>(
    parameter: AuthorizationParameter,
    settings: &'a ClientSettings,
    pending: &'a PendingAuthorization,
    wishes: &'a Wishes,
) -> Option<Cow<'a, str>> {
    let extras = &settings.extras;
    match parameter {
        AuthorizationParameter::ClientId => Some(settings.client_id.as_str().into()),
        AuthorizationParameter::ResponseType => Some("code".into()),
        AuthorizationParameter::RedirectUri => Some(pending.redirect_uri().into()),
        AuthorizationParameter::Scope => Some(settings.scopes.join(" ").into()),
        AuthorizationParameter::State => Some(pending.state().into()),
        AuthorizationParameter::Nonce => Some(pending.nonce().into()),
        AuthorizationParameter::AcrValues => acr_values(settings, pending).map(Cow::from),
        AuthorizationParameter::CodeChallenge => match settings.pkce {
            Pkce::S256 => Some(pending.code_challenge().into()),
            Pkce::None => None,
        },
        AuthorizationParameter::CodeChallengeMethod => match settings.pkce {
            Pkce::S256 => Some("S256".into()),
            Pkce::None => None,
        },
        AuthorizationParameter::Claims => claims(settings, pending).map(Cow::from),
        AuthorizationParameter::Prompt => extras.prompt.as_deref().map(Cow::from),
        AuthorizationParameter::MaxAge => max_age(settings, pending).map(Cow::from),
        AuthorizationParameter::IdpHint => wishes.idp_hint.as_deref().map(Cow::from),
    }
}

/// The shorter of what the entry and the page ask for.
fn max_age(settings: &ClientSettings, pending: &PendingAuthorization) -> Option<String> {
    let ages = [settings.extras.max_age, pending.max_age()];
    let shortest = ages.into_iter().flatten().min()?;
    Some(shortest.as_secs().to_string())
}

fn acr_values(settings: &ClientSettings, pending: &PendingAuthorization) -> Option<String> {
    let second = settings.extras.second_level.as_ref();
    let both = [pending.acr(), second.map_or("", |level| level.as_str())];
    let asked: Vec<&str> = both.into_iter().filter(|value| !value.is_empty()).collect();
    (!asked.is_empty()).then(|| asked.join(" "))
}

/// Claims of the ID token (OpenID Connect Core 1.0, section 5.5), each essential.
fn claims(settings: &ClientSettings, pending: &PendingAuthorization) -> Option<String> {
    let rules = &settings.profile.rules;
    let mut id_token = Map::new();
    for name in &settings.extras.id_token_claims {
        id_token.insert(name.clone(), json!({ "essential": true }));
    }
    if rules.acr_request == AcrRequest::ClaimsParameter
        && let Some(wanted) = rules.acr_values.value(pending.acr())
    {
        let enough: Vec<&str> = rules.acr_values.enough_for(&wanted).collect();
        id_token.insert("acr".to_owned(), json!({ "essential": true, "values": enough }));
    }
    (!id_token.is_empty()).then(|| json!({ "id_token": Value::Object(id_token) }).to_string())
}

/// A new attempt at a provider, and the request that begins it.
pub(super) fn begin(
    settings: &ClientSettings,
    metadata: &ProviderMetadata,
    (destination, wishes): (Destination, &Wishes),
    now: Timestamp,
) -> Result<(PendingAuthorization, AuthorizationUrl), RandomError> {
    let acr = match (&settings.acr, &wishes.acr) {
        (Some(own), Some(wanted)) if own.against(wanted) == Strength::Enough => Some(own),
        (own, wanted) => wanted.as_ref().or(own.as_ref()),
    };
    let parameters = &settings.profile.rules.authorization_parameters;
    let asks_again = parameters.contains(&AuthorizationParameter::MaxAge);
    let asked = Asked {
        entry: settings.entry.clone(),
        issuer: settings.profile.issuer.as_str().to_owned(),
        acr: acr.map_or_else(String::new, |acr| acr.as_str().to_owned()),
        max_age: wishes.max_age.filter(|_| asks_again),
        issuer_in_response: match settings.profile.rules.response_issuer {
            ResponseIssuer::Required => IssuerInResponse::Due,
            ResponseIssuer::AsAnnounced => metadata.issuer_in_response,
        },
    };
    let pending = PendingAuthorization::begin(asked, destination, now)?;
    let url = AuthorizationUrl::of(&metadata.authorization_endpoint, settings, &pending, wishes);
    Ok((pending, url))
}

/// State and nonce stay out of a log.
impl std::fmt::Debug for AuthorizationUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let endpoint = self.0.split('?').next().unwrap_or_default();
        f.debug_tuple("AuthorizationUrl").field(&endpoint).finish()
    }
}

/// The endpoint with a query of ours after its own (RFC 6749, section 3.1).
pub(super) fn with_query(endpoint: &ProviderUrl, query: &str) -> String {
    let separator = if endpoint.as_str().contains('?') { '&' } else { '?' };
    format!("{endpoint}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::client_settings::Extras;
    use crate::oidc::test_support;
    use crate::oidc::test_support::ISSUER;

    fn pairs(
        settings: &ClientSettings,
        pending: &PendingAuthorization,
        wishes: &Wishes,
    ) -> Vec<(String, String)> {
        let endpoint = ProviderUrl::parse(&format!("{ISSUER}/authorize")).unwrap();
        let url = AuthorizationUrl::of(&endpoint, settings, pending, wishes);
        let (address, query) = url.as_str().split_once('?').unwrap();
        assert_eq!(address, endpoint.as_str());
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_request_is_the_closed_list_and_nothing_else() {
        let settings = test_support::settings();
        let pending = test_support::pending();
        assert_eq!(
            pairs(&settings, &pending, &Wishes::default()),
            [
                pair("client_id", "client-1"),
                pair("response_type", "code"),
                pair(
                    "redirect_uri",
                    "https://demarches.ville.example/_guichet/callback"
                ),
                pair("scope", "openid identite_pivot email"),
                pair("state", pending.state()),
                pair("nonce", pending.nonce()),
                pair("acr_values", "eidas1"),
            ]
        );
    }

    /// The values of one parameter in the request of a page that wishes this.
    fn sent(settings: &ClientSettings, wish: &Wishes, name: &str) -> Vec<String> {
        let endpoint = || ProviderUrl::parse(&format!("{ISSUER}/authorize")).unwrap();
        let metadata = ProviderMetadata {
            authorization_endpoint: endpoint(),
            token_endpoint: endpoint(),
            userinfo_endpoint: endpoint(),
            jwks_uri: endpoint(),
            end_session_endpoint: None,
            issuer_in_response: IssuerInResponse::Due,
        };
        let wanted = (test_support::destination("/"), wish);
        let (pending, url) = begin(settings, &metadata, wanted, test_support::NOW).unwrap();
        let query = url.as_str().split_once('?').unwrap().1;
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        let sent: Vec<String> = pairs
            .filter(|(given, _)| given == name)
            .map(|(_, value)| value)
            .collect();
        if name == "acr_values" {
            assert_eq!(sent, [pending.acr()]);
        }
        sent
    }

    #[test]
    fn a_page_may_ask_for_a_higher_level_and_never_for_a_lower_one() {
        let mut settings = test_support::settings();
        let level = |text: &str| settings.profile.rules.acr_values.value(text);
        let (one, two, three) = (level("eidas1"), level("eidas2"), level("eidas3"));
        settings.acr.clone_from(&two);
        for (acr, expected) in [
            (None, "eidas2"),
            (one, "eidas2"),
            (two, "eidas2"),
            (three, "eidas3"),
        ] {
            let wish = Wishes {
                acr,
                ..Wishes::default()
            };
            assert_eq!(sent(&settings, &wish, "acr_values"), [expected]);
        }
    }

    #[test]
    fn another_authentication_is_asked_for_only_where_the_provider_takes_it() {
        let mut settings = test_support::settings();
        let wish = || Wishes {
            max_age: Some(Duration::from_mins(15)),
            ..Wishes::default()
        };
        assert_eq!(sent(&settings, &wish(), "max_age"), Vec::<String>::new());
        settings = test_support::settings_of("oidc");
        assert_eq!(sent(&settings, &wish(), "max_age"), ["900"]);
        // The shorter of two.
        settings.extras.max_age = Some(Duration::from_mins(5));
        assert_eq!(sent(&settings, &wish(), "max_age"), ["300"]);
        settings.extras.max_age = Some(Duration::from_mins(50));
        assert_eq!(sent(&settings, &wish(), "max_age"), ["900"]);
        settings.extras.max_age = None;
        assert_eq!(
            sent(&settings, &Wishes::default(), "max_age"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_is_asked_for_beyond_that_is_sent_where_the_profile_has_a_place_for_it() {
        let mut settings = test_support::settings();
        settings.extras = Extras {
            id_token_claims: vec!["amr".to_owned()],
            prompt: Some("login".to_owned()),
            max_age: Some(Duration::from_mins(5)),
            second_level: None,
        };
        let wishes = Wishes {
            idp_hint: Some("impots".to_owned()),
            ..Wishes::default()
        };
        let all = pairs(&settings, &test_support::pending(), &wishes);
        assert_eq!(
            all[7..],
            [
                pair("claims", r#"{"id_token":{"amr":{"essential":true}}}"#),
                pair("idp_hint", "impots"),
            ],
            "FranceConnect takes neither prompt nor max_age from us"
        );
    }

    #[test]
    fn a_generic_provider_is_asked_for_what_the_configuration_says() {
        let mut settings = test_support::settings_of("oidc");
        let pending = test_support::pending();
        let names = |settings: &ClientSettings| -> Vec<String> {
            pairs(settings, &test_support::pending_without_acr(), &Wishes::default())
                .into_iter()
                .map(|(name, _)| name)
                .collect()
        };
        let usual = [
            "client_id",
            "response_type",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
        ];
        assert_eq!(
            names(&settings),
            [&usual[..], &["code_challenge", "code_challenge_method"]].concat()
        );
        settings.pkce = Pkce::None;
        assert_eq!(names(&settings), usual);
        settings.extras.prompt = Some("login".to_owned());
        settings.extras.max_age = Some(Duration::from_mins(5));
        let all = pairs(&settings, &pending, &Wishes::default());
        assert_eq!(
            all[6..],
            [
                pair("acr_values", "eidas1"),
                pair("prompt", "login"),
                pair("max_age", "300")
            ]
        );
    }

    #[test]
    fn the_challenge_is_the_hash_of_the_verifier() {
        let pending = test_support::pending();
        let verifier = pending.code_verifier();
        assert_eq!(verifier.len(), 43);
        let hash = crate::seal::sha256(verifier.as_bytes());
        assert_eq!(pending.code_challenge(), crate::seal::base64url(&hash));
        assert_ne!(*verifier, *test_support::pending().code_verifier());
    }

    #[test]
    fn proconnect_is_asked_for_every_level_that_is_enough_and_login_gov_for_two_levels() {
        let settings = test_support::settings_of("proconnect");
        let pending = test_support::pending_asking_for("eidas1");
        let all = pairs(&settings, &pending, &Wishes::default());
        assert_eq!(
            all[6..],
            [pair(
                "claims",
                r#"{"id_token":{"acr":{"essential":true,"values":["eidas1","eidas1-mfa","eidas2","eidas3"]}}}"#
            )]
        );
        let mut settings = test_support::settings_of("login-gov");
        let second = settings.profile.rules.second_level.clone().unwrap();
        let aal2 = "http://idmanagement.gov/ns/assurance/aal/2";
        settings.extras.second_level = second.values.value(aal2);
        settings.extras.prompt = Some("select_account".to_owned());
        let pending = test_support::pending_asking_for("urn:acr.login.gov:verified");
        let all = pairs(&settings, &pending, &Wishes::default());
        assert_eq!(
            all[6..],
            [
                pair("code_challenge", &pending.code_challenge()),
                pair("code_challenge_method", "S256"),
                pair("acr_values", &format!("urn:acr.login.gov:verified {aal2}")),
                pair("prompt", "select_account"),
            ]
        );
    }

    #[test]
    fn an_endpoint_with_a_query_keeps_it() {
        let endpoint = ProviderUrl::parse("https://a.example/authorize?tenant=1").unwrap();
        assert_eq!(
            with_query(&endpoint, "a=b"),
            "https://a.example/authorize?tenant=1&a=b"
        );
    }
}
