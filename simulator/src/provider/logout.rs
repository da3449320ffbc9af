//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): a closed list, what has to be in it, a page in between.

use std::io;

use http::StatusCode;
use serde_json::Value;

use crate::provider::engine::Engine;
use crate::provider::engine::LIBRARY_COOKIE;
use crate::provider::engine::SESSION_COOKIE;
use crate::provider::engine::Session;
use crate::provider::engine::SignOut;
use crate::provider::keys::HintFault;
use crate::provider::oauth_error::OAuthError;
use crate::provider::pages;
use crate::random;
use crate::site;
use crate::site::Answer;
use crate::site::Asked;
use crate::text;

/// The cookie that ties the confirmation to the page that asked.
const LOGOUT_COOKIE: &str = "_logout";

impl Engine {
    /// `GET /session/end`.
    pub(crate) fn end_session(&self, asked: &Asked) -> io::Result<Answer> {
        let parameters = asked.parameters();
        let get = |name: &str| site::value(&parameters, name).filter(|value| !value.is_empty());
        let rules = &self.profile.logout;
        let knows = |name: &str| rules.required.contains(&name) || rules.optional.contains(&name);
        let closed = parameters.iter().all(|(name, _)| knows(name));
        let complete = rules.required.iter().all(|name| get(name).is_some());
        let state = get("state").unwrap_or_default();
        if !closed || !complete || state.chars().count() < rules.shortest_state {
            return Ok(self.page(StatusCode::BAD_REQUEST, "Y000400", None));
        }
        let (hint, client_id) = (get("id_token_hint"), get("client_id"));
        let location = match self.return_address(hint, client_id, get("post_logout_redirect_uri")) {
            Ok(location) => location,
            Err(refused) => return Ok(refused.answer()),
        };
        let library = asked.cookie(LIBRARY_COOKIE);
        if library.is_some_and(|session| !self.is_live(session)) {
            return Ok(OAuthError::request("session not found", "Y040001").answer());
        }
        let xsrf = random::opaque()?;
        let waiting = SignOut {
            xsrf: xsrf.clone(),
            location: location.map(|uri| match get("state") {
                Some(state) => text::with_query(&uri, &[("state", state)]),
                None => uri,
            }),
        };
        let mut answer = pages::sign_out(self.profile, &xsrf);
        let live = library.map(str::to_owned).or_else(|| self.session_of(asked));
        let id = live.map_or_else(random::opaque, Ok)?;
        let fresh = Session {
            last_seen: self.clock.now(),
            csrf: String::new(),
            attempt: None,
            person: None,
            sign_out: None,
        };
        self.memory().sessions.entry(id.clone()).or_insert(fresh).sign_out = Some(waiting);
        let cookie = format!("{LOGOUT_COOKIE}={id}; Path=/api/v2/session/end; HttpOnly; SameSite=Lax");
        site::add(&mut answer, "set-cookie", &cookie);
        Ok(answer)
    }

    /// For whom an ID token was made. Its expiry does not matter, its signature does.
    fn audience(&self, hint: &str) -> Result<String, OAuthError> {
        let claims = self.keys.open(hint).map_err(|fault| match fault {
            HintFault::Undecodable => OAuthError::request("could not decode id_token_hint", "Y04FEDB9"),
            HintFault::BadSignature => OAuthError::request("could not validate id_token_hint", "Y045AFAE"),
        })?;
        let audience = claims.get("aud").and_then(Value::as_str);
        Ok(audience.unwrap_or_default().to_owned())
    }

    /// Where to go afterwards: an address of the client whose hint it is, or whose name.
    fn return_address(
        &self,
        hint: Option<&str>,
        client_id: Option<&str>,
        uri: Option<&str>,
    ) -> Result<Option<String>, OAuthError> {
        let audience = match hint {
            Some(hint) => self.audience(hint)?,
            None => client_id.unwrap_or_default().to_owned(),
        };
        let client = self.client(&audience).ok_or(OAuthError::request(
            "could not validate id_token_hint",
            "Y045AFAE",
        ))?;
        if client_id.is_some_and(|each| each != audience) {
            return Err(OAuthError::request(
                "client_id does not match the provided id_token_hint",
                "Y0467882",
            ));
        }
        match uri {
            None => Ok(None),
            Some(uri) if client.post_logout_redirect_uris.iter().any(|each| each == uri) => {
                Ok(Some(uri.to_owned()))
            }
            Some(_) => Err(OAuthError::request(
                "post_logout_redirect_uri not registered",
                "Y04CFAEF",
            )),
        }
    }

    /// `POST /session/end/confirm`: the session ends with its tokens; other services keep theirs.
    pub(crate) fn confirm_end(&self, asked: &Asked) -> Answer {
        let form = asked.form();
        let xsrf = site::value(&form, "xsrf");
        let id = asked.cookie(LOGOUT_COOKIE).unwrap_or_default();
        let mut memory = self.memory();
        let waiting = memory
            .sessions
            .get(id)
            .and_then(|session| session.sign_out.clone())
            .filter(|waiting| xsrf == Some(waiting.xsrf.as_str()));
        let Some(waiting) = waiting else {
            return OAuthError::request("xsrf token invalid", "Y0404F8C").answer();
        };
        memory.sessions.remove(id);
        let ended: Vec<String> = memory
            .codes
            .iter()
            .filter(|(_, code)| code.session == id)
            .map(|(code, _)| code.clone())
            .collect();
        memory.tokens.retain(|_, token| !ended.contains(&token.code));
        let location = waiting
            .location
            .unwrap_or_else(|| "/api/v2/session/end/success".to_owned());
        let mut answer = site::redirect(StatusCode::SEE_OTHER, &location);
        for (name, path) in [
            (SESSION_COOKIE, "/"),
            (LIBRARY_COOKIE, "/"),
            (LOGOUT_COOKIE, "/api/v2/session/end"),
        ] {
            let cookie = format!("{name}=; Path={path}; HttpOnly; SameSite=Lax; Max-Age=0");
            site::add(&mut answer, "set-cookie", &cookie);
        }
        answer
    }
}
