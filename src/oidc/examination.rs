//! What a provider says, one step after the other, for an operator who asks why nobody can sign in. Nothing is kept.

use http::HeaderValue;
use http::StatusCode;
use http::header::ACCEPT;
use serde_json::Map;
use serde_json::Value;

use crate::back_channel::BackChannel;
use crate::back_channel::BackChannelError;
use crate::back_channel::Bounds;
use crate::back_channel::answer::Answer;
use crate::clock::Timestamp;
use crate::jose::strict_json;
use crate::oidc::authorization_request;
use crate::oidc::authorization_request::AuthorizationUrl;
use crate::oidc::authorization_request::Wishes;
use crate::oidc::client_settings::ClientSettings;
use crate::oidc::jwks::KeySetError;
use crate::oidc::jwks::ProviderKeys;
use crate::oidc::pending_authorization::Destination;
use crate::oidc::provider;
use crate::oidc::provider::ProviderError;
use crate::oidc::provider_metadata;
use crate::oidc::provider_metadata::MetadataError;
use crate::oidc::provider_metadata::ProviderMetadata;
use crate::provider::authorization_parameter::Refusal;
use crate::wire::provider_url::ProviderUrl;
use crate::wire::untrusted::Untrusted;

/// A page for people.
const PAGE: Bounds = Bounds {
    within: std::time::Duration::from_secs(10),
    at_most: 1024 * 1024,
};

/// A client at a provider, about to ask.
#[derive(Clone, Copy, Debug)]
pub struct Examination<'a> {
    /// What the configuration says.
    pub settings: &'a ClientSettings,
    /// How the provider is reached.
    pub back_channel: &'a BackChannel,
}

/// A discovery document, and what came with it.
#[derive(Debug)]
pub struct Discovered {
    /// What a login would make of it.
    pub metadata: Result<ProviderMetadata, MetadataError>,
    /// What else it announces.
    pub announced: Announced,
    /// The provider's clock.
    pub date: Option<Timestamp>,
}

/// Lists of a discovery document.
#[derive(Debug, Default)]
pub struct Announced(Map<String, Value>);

impl Announced {
    /// What the list `member` holds, if there is one without this value. An absent list denies nothing.
    pub fn instead_of(&self, member: &str, value: &str) -> Option<Vec<Untrusted>> {
        let list = self.0.get(member)?.as_array()?;
        let texts = || list.iter().filter_map(Value::as_str);
        (!texts().any(|each| each == value)).then(|| texts().map(Untrusted::new).collect())
    }

    /// Whether a member is `true`.
    pub fn says(&self, member: &str) -> bool {
        self.0.get(member).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// What came of an authorization request that nobody looks at.
#[derive(Debug)]
pub enum Reaction {
    /// The person would be asked to sign in.
    Accepted,
    /// The browser would be sent back with an error (RFC 6749, section 4.1.2.1).
    SentBack {
        /// `error`.
        error: Untrusted,
        /// `error_description`.
        description: Untrusted,
        /// Which scope is meant, where the provider says it.
        scope: Option<Untrusted>,
    },
    /// A page of the provider, from which the browser does not come back.
    Page {
        /// Its status.
        status: StatusCode,
        /// The code on it that is known, and what it means.
        refusal: Option<(String, Refusal)>,
    },
}

impl Examination<'_> {
    /// Asks for the discovery document.
    pub async fn discovery(&self) -> Result<Discovered, ProviderError> {
        let profile = &self.settings.profile;
        let address = provider_metadata::address(&profile.issuer)?;
        let answer = provider::document(self.back_channel, &address, "application/json").await?;
        Ok(Discovered {
            metadata: ProviderMetadata::read(&answer, profile),
            announced: Announced(strict_json::object(answer.body()).unwrap_or_default()),
            date: answer.date(),
        })
    }

    /// Asks for the keys.
    pub async fn keys(
        &self,
        jwks_uri: &ProviderUrl,
    ) -> Result<Result<ProviderKeys, KeySetError>, BackChannelError> {
        let answer = provider::document(self.back_channel, jwks_uri, provider::KEY_SET).await?;
        Ok(ProviderKeys::read(&answer))
    }

    /// The request of a login to this destination, as it would be sent.
    pub fn authorization_request(
        &self,
        metadata: &ProviderMetadata,
        destination: Destination,
        now: Timestamp,
    ) -> Result<AuthorizationUrl, ProviderError> {
        let asked = (destination, &Wishes::default());
        let (_pending, url) = authorization_request::begin(self.settings, metadata, asked, now)?;
        Ok(url)
    }

    /// The parameters of a request that this provider would answer with an error page: those that it does not take, and
    /// those that came twice.
    pub fn refused_parameters(&self, url: &AuthorizationUrl) -> Vec<String> {
        let accepted = &self.settings.profile.rules.accepted_parameters;
        let mut names = url.parameters();
        names.sort();
        let twice = names.windows(2).filter(|pair| matches!(pair, [a, b] if a == b));
        let twice: Vec<String> = twice.flatten().take(1).cloned().collect();
        names.retain(|name| accepted.as_ref().is_some_and(|accepted| !accepted.contains(name)));
        names.extend(twice);
        names
    }

    /// Sends the request without a browser, and looks at the answer only.
    pub async fn try_out(
        &self,
        url: &AuthorizationUrl,
        redirect_uri: &str,
    ) -> Result<Reaction, ProviderError> {
        let address = ProviderUrl::parse(url.as_str())?;
        let headers = [(ACCEPT, HeaderValue::from_static("text/html"))];
        let answer = self.back_channel.get(&address, &headers, PAGE).await?;
        Ok(reaction(
            &answer,
            redirect_uri,
            &self.settings.profile.rules.refusals,
        ))
    }
}

fn reaction(
    answer: &Answer,
    redirect_uri: &str,
    refusals: &std::collections::BTreeMap<String, Refusal>,
) -> Reaction {
    if answer.status().is_redirection()
        && let Some(location) = answer.location()
    {
        return match location.strip_prefix(redirect_uri) {
            Some(rest) if rest.starts_with(['?', '#']) => sent_back(rest),
            _ => Reaction::Accepted,
        };
    }
    if answer.status().is_success() {
        return Reaction::Accepted;
    }
    let page = String::from_utf8_lossy(answer.body());
    let known = refusals.iter().find(|(code, _)| page.contains(code.as_str()));
    Reaction::Page {
        status: answer.status(),
        refusal: known.map(|(code, refusal)| (code.clone(), *refusal)),
    }
}

fn sent_back(parameters: &str) -> Reaction {
    let value = |name: &str| {
        let pairs = form_urlencoded::parse(parameters.trim_start_matches(['?', '#']).as_bytes());
        let mut values = pairs.filter(|(each, _)| each == name);
        values.next().map(|(_, value)| Untrusted::new(&value))
    };
    Reaction::SentBack {
        error: value("error").unwrap_or_else(|| Untrusted::new("")),
        description: value("error_description").unwrap_or_else(|| Untrusted::new("")),
        scope: value("scope"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::test_support;
    use http::HeaderMap;
    use serde_json::json;

    const REDIRECT_URI: &str = "https://ville.example/_guichet/callback";

    fn of(status: StatusCode, location: Option<&str>, body: &str) -> Reaction {
        let mut headers = HeaderMap::new();
        if let Some(location) = location {
            headers.insert(http::header::LOCATION, location.parse().unwrap());
        }
        let answer = Answer::new(status, &headers, body.as_bytes().to_vec());
        reaction(
            &answer,
            REDIRECT_URI,
            &test_support::settings().profile.rules.refusals,
        )
    }

    #[test]
    fn a_redirect_to_the_sign_in_is_good_and_one_back_to_us_is_not() {
        let to = |location: &str| of(StatusCode::SEE_OTHER, Some(location), "");
        for accepted in [
            "/api/v2/interaction/1",
            "https://ville.example/_guichet/callbackx?error=x",
        ] {
            assert!(matches!(to(accepted), Reaction::Accepted), "{accepted}");
        }
        let back = to(&format!(
            "{REDIRECT_URI}?error=invalid_scope&error_description=a+b&scope=birth&state=1"
        ));
        let Reaction::SentBack {
            error,
            description,
            scope,
        } = back
        else {
            panic!("{back:?}")
        };
        assert_eq!((error.raw(), description.raw()), ("invalid_scope", "a b"));
        assert_eq!(scope.unwrap().raw(), "birth");
        assert!(matches!(
            to(&format!("{REDIRECT_URI}#error=x")),
            Reaction::SentBack { .. }
        ));
    }

    #[test]
    fn a_page_is_known_by_its_code() {
        let page = |body: &str| match of(StatusCode::BAD_REQUEST, None, body) {
            Reaction::Page { refusal, .. } => refusal.map(|(_, refusal)| refusal),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            page("<p>code d’erreur : Y04EA6EF</p>"),
            Some(Refusal::UnknownClient)
        );
        assert_eq!(
            page("<p>code d’erreur : Y04C013C</p>"),
            Some(Refusal::RedirectUri)
        );
        assert_eq!(page("<p>?</p>"), None);
    }

    #[test]
    fn an_absent_list_denies_nothing() {
        let announced = Announced(
            json!({"scopes_supported": ["openid"], "iss": true})
                .as_object()
                .unwrap()
                .clone(),
        );
        assert_eq!(announced.instead_of("scopes_supported", "openid"), None);
        assert_eq!(
            announced.instead_of("scopes_supported", "birth").unwrap()[0].raw(),
            "openid"
        );
        assert_eq!(announced.instead_of("acr_values_supported", "eidas1"), None);
        assert!(announced.says("iss") && !announced.says("other"));
    }
}
