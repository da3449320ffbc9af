//! What a provider says about itself (OpenID Connect Discovery 1.0, section 4), believed only as far as the profile goes.

use serde_json::Map;
use serde_json::Value;

use crate::back_channel::answer::Answer;
use crate::back_channel::answer::AnswerError;
use crate::jose::strict_json;
use crate::jose::strict_json::StrictJsonError;
use crate::oidc::pending_authorization::IssuerInResponse;
use crate::provider::profile::EndSessionEndpoint;
use crate::provider::profile::EndpointPlace;
use crate::provider::profile::ProviderProfile;
use crate::wire::provider_url::ProviderUrl;
use crate::wire::provider_url::ProviderUrlError;
use crate::wire::untrusted::Untrusted;

/// The path below the issuer.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// RFC 9207, section 3.
pub(super) const ANNOUNCES_ISSUER: &str = "authorization_response_iss_parameter_supported";

/// Why a discovery document was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Not a 200 with JSON.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// Not one unambiguous object.
    #[error(transparent)]
    Json(#[from] StrictJsonError),
    /// The document belongs to another issuer; one character is enough (section 4.3).
    #[error("the document names the issuer `{found}`, the configuration `{configured}`")]
    Issuer {
        /// What the document says.
        found: Untrusted,
        /// What was asked for.
        configured: String,
    },
    /// A member that is needed and is not there, or is not text.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// An endpoint at which nothing may be sent.
    #[error("`{member}` cannot be used: {cause}")]
    Endpoint {
        /// The member.
        member: &'static str,
        /// What is wrong.
        #[source]
        cause: ProviderUrlError,
    },
    /// An endpoint on another machine than the issuer's, or in the open where the issuer is not.
    #[error("`{0}` leads to another origin than the issuer's, or out of TLS")]
    Elsewhere(&'static str),
}

/// The addresses of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderMetadata {
    /// Where the browser is sent for a login.
    pub authorization_endpoint: ProviderUrl,
    /// Where the code is exchanged.
    pub token_endpoint: ProviderUrl,
    /// Where the claims come from.
    pub userinfo_endpoint: ProviderUrl,
    /// Where the keys are.
    pub jwks_uri: ProviderUrl,
    /// Where the browser is sent to end the session; absent where the provider has no such place.
    pub end_session_endpoint: Option<ProviderUrl>,
    /// Whether the provider says that its answers name their issuer (RFC 9207, section 3).
    pub issuer_in_response: IssuerInResponse,
}

/// The address of the discovery document.
pub(super) fn address(issuer: &ProviderUrl) -> Result<ProviderUrl, ProviderUrlError> {
    let issuer = issuer.as_str();
    ProviderUrl::parse(&format!(
        "{}{WELL_KNOWN}",
        issuer.strip_suffix('/').unwrap_or(issuer)
    ))
}

impl ProviderMetadata {
    /// Reads a discovery document for this profile.
    pub fn read(answer: &Answer, profile: &ProviderProfile) -> Result<Self, MetadataError> {
        let document = strict_json::object(answer.document(&["application/json"])?)?;
        let issuer = text(&document, "issuer")?;
        if issuer != profile.issuer.as_str() {
            return Err(MetadataError::Issuer {
                found: Untrusted::new(issuer),
                configured: profile.issuer.as_str().to_owned(),
            });
        }
        let endpoint = |member| endpoint(&document, member, profile);
        let may_be_without = profile.rules.end_session_endpoint == EndSessionEndpoint::Optional
            && !document.contains_key("end_session_endpoint");
        Ok(Self {
            authorization_endpoint: endpoint("authorization_endpoint")?,
            token_endpoint: endpoint("token_endpoint")?,
            userinfo_endpoint: endpoint("userinfo_endpoint")?,
            jwks_uri: endpoint("jwks_uri")?,
            end_session_endpoint: match endpoint("end_session_endpoint") {
                Err(MetadataError::Missing(_)) if may_be_without => None,
                found => Some(found?),
            },
            issuer_in_response: match document.get(ANNOUNCES_ISSUER) {
                Some(Value::Bool(true)) => IssuerInResponse::Due,
                _ => IssuerInResponse::NotAnnounced,
            },
        })
    }
}

fn text<'d>(document: &'d Map<String, Value>, member: &'static str) -> Result<&'d str, MetadataError> {
    let value = document.get(member).and_then(Value::as_str);
    value.ok_or(MetadataError::Missing(member))
}

fn endpoint(
    document: &Map<String, Value>,
    member: &'static str,
    profile: &ProviderProfile,
) -> Result<ProviderUrl, MetadataError> {
    let url = ProviderUrl::parse(text(document, member)?)
        .map_err(|cause| MetadataError::Endpoint { member, cause })?;
    match profile.rules.endpoints {
        EndpointPlace::IssuerOrigin if !url.is_same_origin(&profile.issuer) => {
            Err(MetadataError::Elsewhere(member))
        }
        // Whoever is asked over TLS is not to lead us into the open.
        EndpointPlace::Anywhere if profile.issuer.is_https() && !url.is_https() => {
            Err(MetadataError::Elsewhere(member))
        }
        EndpointPlace::IssuerOrigin | EndpointPlace::Anywhere => Ok(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::test_support;
    use crate::oidc::test_support::ISSUER;
    use http::StatusCode;
    use serde_json::json;

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "userinfo_endpoint": format!("{ISSUER}/userinfo"),
            "jwks_uri": format!("{ISSUER}/jwks"),
            "end_session_endpoint": format!("{ISSUER}/session/end"),
            "code_challenge_methods_supported": ["S256"],
        })
    }

    fn read(document: &Value) -> Result<ProviderMetadata, MetadataError> {
        read_as("franceconnect", document)
    }

    fn read_as(preset: &str, document: &Value) -> Result<ProviderMetadata, MetadataError> {
        let answer = test_support::answer(
            StatusCode::OK,
            "application/json; charset=utf-8",
            &document.to_string(),
        );
        ProviderMetadata::read(&answer, &test_support::settings_of(preset).profile)
    }

    #[test]
    fn a_generic_provider_may_have_its_endpoints_elsewhere_and_no_end_of_session() {
        let mut document = document();
        let metadata = read_as("oidc", &document).unwrap();
        assert_eq!(metadata.issuer_in_response, IssuerInResponse::NotAnnounced);
        document["userinfo_endpoint"] = json!("https://openidconnect.example/v1/userinfo");
        document["authorization_response_iss_parameter_supported"] = json!(true);
        document.as_object_mut().unwrap().remove("end_session_endpoint");
        let metadata = read_as("oidc", &document).unwrap();
        assert_eq!(metadata.end_session_endpoint, None);
        assert_eq!(metadata.issuer_in_response, IssuerInResponse::Due);
        assert!(matches!(
            read(&document),
            Err(MetadataError::Elsewhere("userinfo_endpoint"))
        ));
        for (member, url) in [
            ("userinfo_endpoint", json!("http://127.0.0.1:6379/")),
            ("token_endpoint", json!("http://provider.example/token")),
            ("end_session_endpoint", json!(7)),
        ] {
            let mut document = document.clone();
            document[member] = url;
            assert!(read_as("oidc", &document).is_err(), "{member}");
        }
    }

    #[test]
    fn an_issuer_that_ends_in_a_slash_has_its_document_below_it() {
        let issuer = ProviderUrl::parse("https://secure.login.gov/").unwrap();
        assert_eq!(
            address(&issuer).unwrap().as_str(),
            "https://secure.login.gov/.well-known/openid-configuration"
        );
    }

    #[test]
    fn a_document_of_the_issuer_is_read() {
        let metadata = read(&document()).unwrap();
        assert_eq!(metadata.token_endpoint.as_str(), format!("{ISSUER}/token"));
        let address = address(&ProviderUrl::parse(ISSUER).unwrap()).unwrap();
        assert_eq!(
            address.as_str(),
            format!("{ISSUER}/.well-known/openid-configuration")
        );
    }

    #[test]
    fn a_document_of_another_issuer_is_refused() {
        let long = format!("{ISSUER}/");
        let upper = ISSUER.to_uppercase();
        for issuer in [long.as_str(), upper.as_str(), "https://evil.example/api/v2", ""] {
            let mut document = document();
            document["issuer"] = json!(issuer);
            assert!(
                matches!(read(&document), Err(MetadataError::Issuer { .. })),
                "{issuer}"
            );
        }
    }

    #[test]
    fn an_endpoint_that_leads_elsewhere_is_refused() {
        for member in [
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "jwks_uri",
            "end_session_endpoint",
        ] {
            for url in [
                "https://evil.example/token",
                "https://169.254.169.254/",
                "https://fcp-low.sbx.dev-franceconnect.fr:8443/x",
                "https://fcp-low.sbx.dev-franceconnect.fr.evil.example/x",
            ] {
                let mut document = document();
                document[member] = json!(url);
                assert!(
                    matches!(read(&document), Err(MetadataError::Elsewhere(found)) if found == member),
                    "{member} {url}"
                );
            }
            for url in [
                "http://fcp-low.sbx.dev-franceconnect.fr/x",
                "/x",
                "https://a\r\nb/",
            ] {
                let mut document = document();
                document[member] = json!(url);
                assert!(
                    matches!(read(&document), Err(MetadataError::Endpoint { .. })),
                    "{url}"
                );
            }
            let mut document = document();
            document[member] = json!(["x"]);
            assert!(matches!(read(&document), Err(MetadataError::Missing(found)) if found == member));
        }
    }

    #[test]
    fn an_error_page_is_no_document() {
        let profile = &test_support::settings().profile;
        let text = document().to_string();
        for (status, media_type) in [
            (StatusCode::SERVICE_UNAVAILABLE, "application/json"),
            (StatusCode::FOUND, "application/json"),
            (StatusCode::OK, "text/html"),
        ] {
            let answer = test_support::answer(status, media_type, &text);
            assert!(matches!(
                ProviderMetadata::read(&answer, profile),
                Err(MetadataError::Answer(_))
            ));
        }
    }
}
