//! The userinfo endpoint: a signed JWT, or JSON; and HTML under the same media type when the session is gone.

use std::io;

use http::StatusCode;
use serde_json::Map;
use serde_json::Value;

use crate::provider::engine::Engine;
use crate::provider::engine::GRANT;
use crate::provider::oauth_error;
use crate::provider::oauth_error::OAuthError;
use crate::provider::profile::UserinfoForm;
use crate::site;
use crate::site::Answer;
use crate::site::Asked;

impl Engine {
    /// `GET /userinfo`.
    pub(crate) async fn userinfo(&self, asked: &Asked) -> io::Result<Answer> {
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
            return Ok(oauth_error::session_gone(self.profile, self.userinfo_type()));
        }
        let Some(client) = self.client(&code.request.client_id) else {
            return Ok(self.challenge(OAuthError::token("client mismatch", "Y040001")));
        };
        let delivered = self.profile.claims_of(&code.request.scope).into_iter();
        let mut claims: Map<String, Value> = delivered
            .filter_map(|claim| Some((claim.to_owned(), code.person.claims.get(claim)?.clone())))
            .collect();
        for name in self.profile.answers.userinfo_says {
            let value = match *name {
                "aud" => client.client_id.as_str().into(),
                "exp" => token.expires.as_secs().into(),
                "iat" => now.as_secs().into(),
                _ => self.issuer.as_str().into(),
            };
            claims.insert((*name).to_owned(), value);
        }
        let claims = Value::Object(claims);
        let body = match self.profile.answers.userinfo {
            UserinfoForm::Json => claims.to_string(),
            UserinfoForm::Signed => match self.signed(client, &claims).await {
                Ok(signed) => signed,
                Err(not_made) => return not_made.answer(),
            },
        };
        let mut answer = site::answer(StatusCode::OK, self.userinfo_type(), body);
        site::set(&mut answer, "cache-control", "no-store");
        Ok(answer)
    }

    fn userinfo_type(&self) -> &'static str {
        match self.profile.answers.userinfo {
            UserinfoForm::Signed => "application/jwt; charset=utf-8",
            UserinfoForm::Json => "application/json; charset=utf-8",
        }
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
