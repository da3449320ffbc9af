//! The exchange of a code for tokens (OpenID Connect Core 1.0, section 3.1.3): one request, sent once. What comes back is
//! read here and not by the library, which takes an ID token apart before it was looked at, and does not keep its bytes.

use serde_json::Map;
use serde_json::Value;

use crate::back_channel::Form;
use crate::back_channel::answer::Answer;
use crate::back_channel::answer::AnswerError;
use crate::jose::strict_json;
use crate::jose::strict_json::StrictJsonError;
use crate::oidc::authorization_code::AcceptedCode;
use crate::oidc::authorization_response::Support;
use crate::oidc::client_authentication;
use crate::oidc::client_authentication::ClientAuthenticationError;
use crate::oidc::client_authentication::Occasion;
use crate::oidc::client_settings::ClientSettings;
use crate::provider::profile::Pkce;
use crate::secret::Secret;
use crate::wire::untrusted::Untrusted;

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// We cannot prove who we are.
    #[error(transparent)]
    Client(#[from] ClientAuthenticationError),
    /// The provider refused, in its own words (RFC 6749, section 5.2).
    #[error("the token endpoint refused with status {status}: error={error} {support}")]
    Refused {
        /// The status.
        status: u16,
        /// `error`.
        error: Untrusted,
        /// `error_description`.
        description: Option<Untrusted>,
        /// What the provider's support asks for.
        support: Support,
    },
    /// No answer of a token endpoint: an error page, HTML, another media type.
    #[error("the token endpoint {0}")]
    Answer(#[from] AnswerError),
    /// Not one unambiguous object.
    #[error("the token response is {0}")]
    Json(#[from] StrictJsonError),
    /// A member that is missing, of another type, or holds characters that a token cannot have.
    #[error("`{0}` of the token response is missing or malformed")]
    Member(&'static str),
}

impl TokenError {
    /// One stable word for logs and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Client(error) => error.reason(),
            Self::Refused { .. } => "token_refused",
            Self::Answer(_) => "token_endpoint_failed",
            Self::Json(_) | Self::Member(_) => "token_response_malformed",
        }
    }
}

/// An access token: base64url-like characters only, so that it can stand in a header (RFC 6750, section 2.1).
#[derive(Clone, Debug)]
pub struct AccessToken(Secret);

impl AccessToken {
    fn parse(text: &str) -> Option<Self> {
        let bare = text.trim_end_matches('=');
        let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        (!bare.is_empty() && bare.bytes().all(is_token_byte)).then(|| Self(Secret::new(text)))
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.0
    }
}

/// What the token endpoint gave. Nothing in it is verified.
#[derive(Debug)]
pub struct TokenResponse {
    /// For the userinfo endpoint.
    pub access_token: AccessToken,
    /// The ID token, byte for byte: it is the hint of the logout later.
    pub id_token: Secret,
}

/// The token request.
pub(super) fn request(
    settings: &ClientSettings,
    code: &AcceptedCode,
    occasion: Occasion<'_>,
) -> Result<Form, TokenError> {
    let pending = code.pending();
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code.code().expose_str().unwrap_or_default())
        .append_pair("redirect_uri", pending.redirect_uri());
    if settings.pkce == Pkce::S256 {
        form.append_pair("code_verifier", pending.code_verifier());
    }
    let authorization = client_authentication::authenticate(settings, occasion, &mut form)?;
    Ok(Form {
        body: form.finish().into_bytes(),
        authorization,
    })
}

impl TokenResponse {
    /// Reads the answer: its status first, then its media type, then its body.
    pub fn read(answer: &Answer) -> Result<Self, TokenError> {
        let body = answer
            .document(&["application/json"])
            .map_err(|error| refusal(answer).unwrap_or(TokenError::Answer(error)))?;
        let members = strict_json::object(body)?;
        if !text(&members, "token_type")?.eq_ignore_ascii_case("Bearer") {
            return Err(TokenError::Member("token_type"));
        }
        let access_token = text(&members, "access_token")?;
        Ok(Self {
            access_token: AccessToken::parse(access_token).ok_or(TokenError::Member("access_token"))?,
            id_token: Secret::new(text(&members, "id_token")?),
        })
    }
}

fn text<'m>(members: &'m Map<String, Value>, name: &'static str) -> Result<&'m str, TokenError> {
    let value = members.get(name).and_then(Value::as_str);
    value.ok_or(TokenError::Member(name))
}

/// The refusal in the body of an answer that is not 200, if there is one.
fn refusal(answer: &Answer) -> Option<TokenError> {
    if answer.status().is_success() {
        return None;
    }
    let members = strict_json::object(answer.body()).ok()?;
    let text = |name| members.get(name).and_then(Value::as_str);
    Some(TokenError::Refused {
        status: answer.status().as_u16(),
        error: Untrusted::new(text("error")?),
        description: text("error_description").map(Untrusted::new),
        support: text("error_uri").map(Support::of).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::test_support;
    use crate::wire::provider_url::ProviderUrl;
    use http::StatusCode;
    use serde_json::json;

    const JSON: &str = "application/json; charset=utf-8";

    fn read(status: StatusCode, media_type: &str, body: &str) -> Result<TokenResponse, TokenError> {
        TokenResponse::read(&test_support::answer(status, media_type, body))
    }

    fn reason(status: StatusCode, media_type: &str, body: &str) -> &'static str {
        read(status, media_type, body).map_or_else(|error| error.reason(), |_tokens| "none")
    }

    #[test]
    fn tokens_are_kept_byte_for_byte() {
        let body = json!({"access_token": "a-._~+/b=", "expires_in": 60, "id_token": "x.y.z ", "scope": "openid",
            "token_type": "bearer"});
        let tokens = read(StatusCode::OK, JSON, &body.to_string()).unwrap();
        assert_eq!(tokens.access_token.secret().expose(), b"a-._~+/b=");
        assert_eq!(tokens.id_token.expose(), b"x.y.z ");
    }

    fn pairs(settings: &ClientSettings, code: &AcceptedCode) -> Vec<(String, String)> {
        let endpoint = ProviderUrl::parse(&format!("{}/token", test_support::ISSUER)).unwrap();
        let occasion = Occasion {
            endpoint: &endpoint,
            now: test_support::NOW,
        };
        let form = request(settings, code, occasion).unwrap();
        assert_eq!(form.authorization, None);
        form_urlencoded::parse(&form.body).into_owned().collect()
    }

    #[tokio::test]
    async fn the_verifier_of_the_attempt_is_sent_where_its_challenge_was() {
        let code = test_support::accepted_code("c").await;
        let settings = test_support::settings_of("oidc");
        let sent = pairs(&settings, &code);
        assert_eq!(
            sent[3],
            (
                "code_verifier".to_owned(),
                code.pending().code_verifier().to_string()
            )
        );
    }

    #[tokio::test]
    async fn the_request_has_the_five_fields_and_the_secret_in_the_body() {
        let code = test_support::accepted_code("c+d").await;
        let pairs = pairs(&test_support::settings(), &code);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            pairs,
            [
                pair("grant_type", "authorization_code"),
                pair("code", "c+d"),
                pair(
                    "redirect_uri",
                    "https://demarches.ville.example/_guichet/callback"
                ),
                pair("client_id", "client-1"),
                pair("client_secret", "s3cret & more"),
            ]
        );
    }

    #[test]
    fn a_refusal_is_read_whatever_its_media_type() {
        let body = json!({"error": "invalid_grant", "error_description": "grant request is invalid (x)",
            "error_uri": "https://docs.example/?code=Y0416228&id=77"})
        .to_string();
        for media_type in [JSON, "text/plain"] {
            let Err(TokenError::Refused {
                status,
                error,
                support,
                ..
            }) = read(StatusCode::BAD_REQUEST, media_type, &body)
            else {
                panic!("{media_type}")
            };
            assert_eq!((status, error.raw()), (400, "invalid_grant"));
            assert_eq!(support.code.unwrap().raw(), "Y0416228");
            assert_eq!(support.id.unwrap().raw(), "77");
        }
    }

    #[test]
    fn what_is_no_token_response_is_refused() {
        let good = r#"{"access_token":"a","id_token":"i","token_type":"Bearer"}"#;
        assert_eq!(reason(StatusCode::OK, JSON, good), "none");
        for (status, media_type, body, expected) in [
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                JSON,
                "",
                "token_endpoint_failed",
            ),
            (
                StatusCode::UNAUTHORIZED,
                "text/html",
                "<html>",
                "token_endpoint_failed",
            ),
            (StatusCode::FOUND, JSON, good, "token_endpoint_failed"),
            (StatusCode::CREATED, JSON, good, "token_endpoint_failed"),
            (StatusCode::OK, "text/html", good, "token_endpoint_failed"),
            (StatusCode::OK, JSON, "[]", "token_response_malformed"),
            (
                StatusCode::OK,
                JSON,
                r#"{"error":"x"}"#,
                "token_response_malformed",
            ),
            (
                StatusCode::OK,
                JSON,
                r#"{"access_token":"a","access_token":"b","id_token":"i","token_type":"Bearer"}"#,
                "token_response_malformed",
            ),
            (
                StatusCode::OK,
                JSON,
                r#"{"access_token":"a\r\nX: y","id_token":"i","token_type":"Bearer"}"#,
                "token_response_malformed",
            ),
            (
                StatusCode::OK,
                JSON,
                r#"{"access_token":"a","id_token":"i","token_type":"DPoP"}"#,
                "token_response_malformed",
            ),
            (
                StatusCode::OK,
                JSON,
                r#"{"access_token":"a","token_type":"Bearer"}"#,
                "token_response_malformed",
            ),
        ] {
            assert_eq!(
                reason(status, media_type, body),
                expected,
                "{status} {media_type} {body}"
            );
        }
    }
}
