//! The userinfo endpoint: a signed JWT on success, and HTML under the same media type when the session is gone.

use std::io;

use http::StatusCode;
use serde_json::Map;
use serde_json::Value;

use crate::provider::engine::Engine;
use crate::provider::engine::GRANT;
use crate::provider::oauth_error;
use crate::provider::oauth_error::OAuthError;
use crate::provider::scopes;
use crate::site;
use crate::site::Answer;
use crate::site::Asked;

const JWT: &str = "application/jwt; charset=utf-8";

impl Engine {
    /// `GET /userinfo`.
    pub(crate) fn userinfo(&self, asked: &Asked) -> io::Result<Answer> {
        let token = match presented(asked) {
            Ok(token) => token,
            Err(refused) => return Ok(self.challenge(refused)),
        };
        let now = self.clock.now();
        let found = {
            let memory = self.memory();
            let token = memory
                .tokens
                .get(&token)
                .filter(|token| now < token.expires)
                .cloned();
            token.and_then(|token| Some((memory.codes.get(&token.code).cloned()?, token)))
        };
        let Some((code, token)) = found else {
            return Ok(self.challenge(OAuthError::token("access token not found", "Y040001")));
        };
        if now.saturating_sub(code.clicked) > GRANT {
            return Ok(self.challenge(OAuthError::token("grant not found", "Y0489D15")));
        }
        if !self.is_live(&code.session) {
            return Ok(oauth_error::session_gone(JWT));
        }
        let Some(client) = self.client(&code.request.client_id) else {
            return Ok(self.challenge(OAuthError::token("client mismatch", "Y040001")));
        };
        let mut claims: Map<String, Value> = scopes::claims_of(&code.request.scope)
            .into_iter()
            .filter_map(|claim| Some((claim.to_owned(), code.person.claims.get(claim)?.clone())))
            .collect();
        claims.insert("aud".to_owned(), Value::from(client.client_id.as_str()));
        claims.insert("exp".to_owned(), Value::from(token.expires.as_secs()));
        claims.insert("iat".to_owned(), Value::from(now.as_secs()));
        claims.insert("iss".to_owned(), Value::from(self.issuer.as_str()));
        let signed = self.keys.sign(client.signing, &Value::Object(claims))?;
        let mut answer = site::answer(StatusCode::OK, JWT, signed);
        site::set(&mut answer, "cache-control", "no-store");
        Ok(answer)
    }

    fn challenge(&self, refused: OAuthError) -> Answer {
        let mut answer = refused.answer();
        if refused.status == StatusCode::UNAUTHORIZED {
            let challenge = format!(
                r#"Bearer realm="{}", error="{}", error_description="{}""#,
                self.issuer, refused.error, refused.description
            );
            site::set(&mut answer, "www-authenticate", &challenge);
        }
        answer
    }
}

/// The access token, from the header or the query, not from both.
fn presented(asked: &Asked) -> Result<String, OAuthError> {
    if asked.headers.contains_key("origin") {
        return Err(OAuthError::request(
            "origin not allowed for this client",
            "Y0489AFE",
        ));
    }
    let header = asked.header("authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    let query = site::value(&asked.parameters(), "access_token").map(str::to_owned);
    match (header, query) {
        (Some(_), Some(_)) => Err(OAuthError::request(
            "access token must only be provided using one mechanism",
            "Y04514E0",
        )),
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (None, None) => Err(OAuthError {
            description: "no access token provided",
            ..OAuthError::token("undefined", "Y04146A2")
        }),
    }
}
