//! The token endpoint, and revocation.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::json;

use crate::provider::client::Client;
use crate::provider::engine::ACCESS_TOKEN;
use crate::provider::engine::AccessToken;
use crate::provider::engine::Engine;
use crate::provider::engine::GRANT;
use crate::provider::oauth_error;
use crate::provider::oauth_error::OAuthError;
use crate::random;
use crate::site;
use crate::site::Answer;
use crate::site::Asked;

/// Between the look at a code and its consumption. FranceConnect's are not one step: two requests at once may both redeem.
const BEFORE_CONSUMPTION: Duration = Duration::from_millis(25);

impl Engine {
    /// `POST /token`.
    pub(crate) async fn token(&self, asked: &Asked) -> io::Result<Answer> {
        self.token_requests.fetch_add(1, Ordering::SeqCst);
        let (client, id) = match self.redeemable(asked) {
            Ok(redeemable) => redeemable,
            Err(refused) => return Ok(refused.answer()),
        };
        let Some(code) = self.memory().codes.get(&id).cloned() else {
            return Ok(OAuthError::grant("authorization code not found", "Y049E20B").answer());
        };
        if code.consumed {
            self.memory().tokens.retain(|_, token| token.code != id);
            return Ok(OAuthError::grant("authorization code already consumed", "Y0416228").answer());
        }
        if !self.is_live(&code.session) {
            return Ok(oauth_error::session_gone(
                self.profile,
                "text/html; charset=utf-8",
            ));
        }
        tokio::time::sleep(BEFORE_CONSUMPTION).await;
        let access_token = random::opaque()?;
        let expires = self.clock.now() + ACCESS_TOKEN;
        let claims = self.id_token(client, (&id, &code), &access_token)?;
        {
            let mut memory = self.memory();
            if let Some(kept) = memory.codes.get_mut(&id) {
                kept.consumed = true;
            }
            memory
                .tokens
                .insert(access_token.clone(), AccessToken { code: id, expires });
        }
        let id_token = match self.signed(client, &claims).await {
            Ok(id_token) => id_token,
            Err(not_made) => return not_made.answer(),
        };
        let body = json!({
            "access_token": access_token,
            "expires_in": ACCESS_TOKEN.as_secs(),
            "id_token": id_token,
            "scope": code.request.scope,
            "token_type": "Bearer",
        });
        let mut answer = site::answer(
            StatusCode::OK,
            "application/json; charset=utf-8",
            body.to_string(),
        );
        site::set(&mut answer, "cache-control", "no-store");
        Ok(answer)
    }

    /// The client and the code of a request that nothing is wrong with. A refused request leaves its code usable.
    fn redeemable(&self, asked: &Asked) -> Result<(&Client, String), OAuthError> {
        let form = token_form(asked)?;
        let client = self.authenticate(asked, &form)?;
        if site::value(&form, "grant_type") != Some("authorization_code") {
            return Err(OAuthError {
                error: "unsupported_grant_type",
                ..OAuthError::request("unsupported grant_type requested", "Y04C2044")
            });
        }
        let id = site::value(&form, "code")
            .filter(|code| !code.is_empty())
            .ok_or(OAuthError::request(
                "missing required parameter(s) 'code'",
                "Y048017B",
            ))?;
        let memory = self.memory();
        let code = memory
            .codes
            .get(id)
            .filter(|code| self.clock.now().saturating_sub(code.clicked) <= GRANT)
            .ok_or(OAuthError::grant("authorization code not found", "Y049E20B"))?;
        if code.request.client_id != client.client_id {
            return Err(OAuthError::grant("client mismatch", "Y047A2EA"));
        }
        if site::value(&form, "redirect_uri") != Some(code.request.redirect_uri.as_str()) {
            return Err(OAuthError::grant(
                "authorization code redirect_uri mismatch",
                "Y04F8199",
            ));
        }
        let verifier = site::value(&form, "code_verifier").map(challenge_of);
        if verifier != code.request.challenge {
            return Err(OAuthError::grant("PKCE verification failed", "Y0446550"));
        }
        Ok((client, id.to_owned()))
    }

    /// By a secret, in the body or in `Authorization: Basic`, or by an assertion.
    fn authenticate(&self, asked: &Asked, form: &[(String, String)]) -> Result<&Client, OAuthError> {
        if let Some(assertion) = site::value(form, "client_assertion") {
            return self.by_assertion(form, assertion);
        }
        let basic = asked.header("authorization").and_then(basic_credentials);
        let in_body = site::value(form, "client_secret");
        let (client_id, secret) = match (basic, site::value(form, "client_id"), in_body) {
            (Some(_), _, Some(_)) => {
                return Err(OAuthError::request(
                    "client authentication must only be provided using one mechanism",
                    "Y04DADA6",
                ));
            }
            (Some((client_id, secret)), _, None) => (client_id, secret),
            (None, None, _) => {
                return Err(OAuthError::request(
                    "no client authentication mechanism provided",
                    "Y044FEB3",
                ));
            }
            (None, Some(_), None) => {
                return Err(OAuthError::client(
                    "client_secret must be provided in the body",
                    "Y044D82C",
                ));
            }
            (None, Some(client_id), Some(secret)) => (client_id.to_owned(), secret.to_owned()),
        };
        let client = self
            .client(&client_id)
            .ok_or(OAuthError::client("client not found", "Y04EA6EF"))?;
        if client.keys.is_some() || client.client_secret != secret {
            return Err(OAuthError::client("invalid secret provided", "Y0434A7B"));
        }
        Ok(client)
    }

    /// `POST /token/revocation`: exactly three fields; an unknown token is revoked as well.
    pub(crate) fn revoke(&self, asked: &Asked) -> Answer {
        let form = asked.form();
        let known = |name: &str| matches!(name, "token" | "client_id" | "client_secret");
        let token = site::value(&form, "token").unwrap_or_default();
        if form.len() != 3 || !form.iter().all(|(name, _)| known(name)) || token.len() < 43 {
            let mut page = self.page(StatusCode::BAD_REQUEST, "Y000400", None);
            site::set(&mut page, "content-type", "application/json; charset=utf-8");
            return page;
        }
        match self.authenticate(asked, &form) {
            Ok(_client) => {
                self.memory().tokens.remove(token);
                site::text(StatusCode::OK, "")
            }
            Err(refused) => refused.answer(),
        }
    }
}

/// The form of a token request, if it is one.
fn token_form(asked: &Asked) -> Result<Vec<(String, String)>, OAuthError> {
    if asked.headers.contains_key("origin") {
        return Err(OAuthError::request(
            "origin not allowed for this client",
            "Y0489AFE",
        ));
    }
    if asked.headers.contains_key("dpop") {
        return Err(OAuthError {
            error: "invalid_dpop_proof",
            ..OAuthError::request("invalid DPoP key binding", "Y0496E4B")
        });
    }
    let media_type = asked.header("content-type").unwrap_or_default();
    if media_type.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err(OAuthError::request(
            "only application/x-www-form-urlencoded content-type bodies are supported",
            "Y043C322",
        ));
    }
    let form = asked.form();
    let twice = form
        .iter()
        .any(|(name, _)| form.iter().filter(|(each, _)| each == name).count() > 1);
    if twice {
        return Err(OAuthError::request(
            "parameters must not be provided twice",
            "Y0496E4A",
        ));
    }
    Ok(form)
}

/// RFC 6749, section 2.3.1: both halves are form-encoded before they are joined.
fn basic_credentials(header: &str) -> Option<(String, String)> {
    let encoded = header.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    let decode = |part: &str| {
        form_urlencoded::parse(part.as_bytes())
            .next()
            .map(|(name, _)| name.into_owned())
            .unwrap_or_default()
    };
    Some((decode(client_id), decode(secret)))
}

/// What a challenge must have been for this verifier (RFC 7636, section 4.6).
fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}
