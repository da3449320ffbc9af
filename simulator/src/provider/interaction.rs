//! The person's way through the provider: authorize, choose, read, continue, or leave.
//!
//! FranceConnect keeps one attempt for each browser. The pages carry a token of the page shown last; an older tab's form is
//! refused, and an older tab that is reloaded goes on with the newest attempt.

use std::io;

use http::StatusCode;

use crate::people::Person;
use crate::provider::authorization_request::AuthorizationRequest;
use crate::provider::authorization_request::ErrorRedirect;
use crate::provider::authorization_request::RedirectForm;
use crate::provider::authorization_request::Refused;
use crate::provider::engine;
use crate::provider::engine::Attempt;
use crate::provider::engine::Code;
use crate::provider::engine::Engine;
use crate::provider::engine::LIBRARY_COOKIE;
use crate::provider::engine::SESSION;
use crate::provider::engine::Session;
use crate::provider::engine::Stage;
use crate::provider::pages::Choice;
use crate::provider::pages::Information;
use crate::provider::profile::ResponseForm;
use crate::random;
use crate::site;
use crate::site::Answer;
use crate::site::Asked;
use crate::text;

impl Engine {
    /// The authorization endpoint.
    pub(crate) fn authorize(&self, asked: &Asked) -> io::Result<Answer> {
        let request = match AuthorizationRequest::read(self.profile, &asked.parameters(), &self.clients) {
            Ok(request) => request,
            Err(Refused::Page(status, code)) => return Ok(self.page(status, code, None)),
            Err(Refused::Crash) => {
                return Ok(site::text(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Internal Server Error",
                ));
            }
            Err(Refused::Redirect(redirect)) => return Ok(self.error_redirect(&redirect)),
        };
        let uid = random::opaque()?;
        let session = self.session_of(asked).map_or_else(random::opaque, Ok)?;
        let attempt = Attempt {
            uid: uid.clone(),
            request,
            started: self.clock.now(),
            stage: Stage::Asking,
        };
        let fresh = Session {
            last_seen: self.clock.now(),
            csrf: random::opaque()?,
            attempt: None,
            person: None,
            sign_out: None,
        };
        let mut memory = self.memory();
        let kept = memory.sessions.entry(session.clone()).or_insert(fresh);
        kept.last_seen = self.clock.now();
        kept.csrf = random::opaque()?;
        kept.attempt = Some(attempt);
        let mut answer = site::redirect(StatusCode::SEE_OTHER, &format!("/api/v2/interaction/{uid}"));
        engine::renew(&mut answer, &session);
        Ok(answer)
    }

    /// The issuer, in an authorization response that says it.
    fn names_itself(&self) -> Option<(&'static str, &str)> {
        let names = self.profile.answers.response == ResponseForm::NamesItsIssuer;
        names.then_some(("iss", self.issuer.as_str()))
    }

    fn error_redirect(&self, refused: &ErrorRedirect) -> Answer {
        let mut pairs = vec![
            ("error", refused.error),
            ("error_description", refused.description.as_str()),
        ];
        pairs.extend(refused.scope.as_deref().map(|scope| ("scope", scope)));
        pairs.push(("state", refused.state.as_str()));
        pairs.extend(self.names_itself());
        let (status, location) = match refused.form {
            RedirectForm::Query => (
                StatusCode::SEE_OTHER,
                text::with_query(&refused.redirect_uri, &pairs),
            ),
            RedirectForm::Found => (StatusCode::FOUND, text::with_query(&refused.redirect_uri, &pairs)),
            RedirectForm::Fragment => (
                StatusCode::SEE_OTHER,
                format!("{}#{}", refused.redirect_uri, text::form(&pairs)),
            ),
        };
        site::redirect(status, &location)
    }

    /// A page of the interaction. Its `uid` does not matter: the browser's running attempt is shown.
    pub(crate) fn interaction(&self, asked: &Asked, step: Step) -> io::Result<Answer> {
        let Some(id) = self.session_of(asked) else {
            return Ok(self.page(StatusCode::UNAUTHORIZED, "Y190001", None));
        };
        let csrf = random::opaque()?;
        let now = self.clock.now();
        let mut memory = self.memory();
        let Some(session) = memory.sessions.get_mut(&id) else {
            return Ok(self.page(StatusCode::UNAUTHORIZED, "Y190001", None));
        };
        let Some(attempt) = session
            .attempt
            .clone()
            .filter(|attempt| !attempt.request.state.is_empty())
        else {
            return Ok(self.page(StatusCode::CONFLICT, "Y190004", None));
        };
        if now.saturating_sub(attempt.started) >= SESSION {
            session.attempt = None;
            let back = self.lost_link(&attempt);
            return Ok(self.page(StatusCode::INTERNAL_SERVER_ERROR, "Y000000", Some(&back)));
        }
        session.last_seen = now;
        let mut answer = match (step, &session.person) {
            (Step::Abort, _) => {
                session.attempt = None;
                self.aborted(&attempt)
            }
            (Step::Choose, Some(_)) => {
                let consent = format!("/api/v2/interaction/{}/consent", attempt.uid);
                site::redirect(StatusCode::SEE_OTHER, &consent)
            }
            (Step::Consent, Some(person)) => {
                session.csrf.clone_from(&csrf);
                self.information(&attempt, person, &csrf)
            }
            (Step::Choose | Step::Consent, None) => {
                session.csrf.clone_from(&csrf);
                Choice {
                    provider: self.profile,
                    service: self.service(&attempt.request.client_id),
                    uid: &attempt.uid,
                    csrf: &csrf,
                    people: &self.people,
                }
                .answer()
            }
        };
        engine::renew(&mut answer, &id);
        Ok(answer)
    }

    fn information(&self, attempt: &Attempt, person: &Person, csrf: &str) -> Answer {
        let mut claims = self.profile.claims_of(&attempt.request.scope);
        claims.retain(|claim| *claim != "sub");
        Information {
            provider: self.profile.title,
            service: self.service(&attempt.request.client_id),
            uid: &attempt.uid,
            csrf,
            person,
            claims: &claims,
        }
        .answer()
    }

    fn aborted(&self, attempt: &Attempt) -> Answer {
        self.error_redirect(&ErrorRedirect {
            redirect_uri: attempt.request.redirect_uri.clone(),
            error: "access_denied",
            description: "User auth aborted".to_owned(),
            scope: None,
            state: attempt.request.state.clone(),
            form: RedirectForm::Query,
        })
    }

    /// The choice of a person: the form of the choice page.
    pub(crate) fn choose(&self, asked: &Asked) -> Answer {
        let form = asked.form();
        let (id, attempt) = match self.running(asked, site::value(&form, "csrfToken")) {
            Ok(running) => running,
            Err(answer) => return *answer,
        };
        let slug = site::value(&form, "person").unwrap_or_default();
        let Some(person) = self.people.iter().find(|person| person.slug == slug) else {
            return self.page(StatusCode::BAD_REQUEST, "Y020019", None);
        };
        if let Some(session) = self.memory().sessions.get_mut(&id) {
            session.person = Some(person.clone());
        }
        let consent = format!("/api/v2/interaction/{}/consent", attempt.uid);
        let mut answer = site::redirect(StatusCode::SEE_OTHER, &consent);
        engine::renew(&mut answer, &id);
        answer
    }

    /// The click on "continue": the grant begins here, and lives for 30 seconds.
    pub(crate) fn continue_to_service(&self, asked: &Asked) -> io::Result<Answer> {
        let (id, attempt) = match self.running(asked, site::value(&asked.form(), "csrfToken")) {
            Ok(running) => running,
            Err(answer) => return Ok(*answer),
        };
        if !attempt.request.claims.ungranted.is_empty() {
            return Ok(self.page(StatusCode::CONFLICT, "Y190004", None));
        }
        let code = random::opaque()?;
        let mut memory = self.memory();
        let Some(person) = memory
            .sessions
            .get(&id)
            .and_then(|session| session.person.clone())
        else {
            return Ok(self.page(StatusCode::CONFLICT, "Y190004", None));
        };
        if let Some(session) = memory.sessions.get_mut(&id) {
            session.attempt = Some(Attempt {
                stage: Stage::Clicked(code.clone()),
                ..attempt.clone()
            });
        }
        memory.codes.insert(
            code,
            Code {
                request: attempt.request,
                session: id.clone(),
                person,
                clicked: self.clock.now(),
                consumed: false,
            },
        );
        let resume = format!("/api/v2/authorize/{}", attempt.uid);
        let mut answer = site::redirect(StatusCode::SEE_OTHER, &resume);
        engine::renew(&mut answer, &id);
        let library = format!("{LIBRARY_COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax");
        site::add(&mut answer, "set-cookie", &library);
        Ok(answer)
    }

    /// The resume address: leads to the service once.
    pub(crate) fn resume(&self, asked: &Asked, uid: &str) -> Answer {
        let used = || self.page(StatusCode::BAD_REQUEST, "Y04D5AB7", None);
        let Some(id) = self.session_of(asked) else {
            return used();
        };
        let mut memory = self.memory();
        let Some(session) = memory.sessions.get_mut(&id) else {
            return used();
        };
        match session.attempt.take() {
            Some(Attempt {
                uid: running,
                request,
                stage: Stage::Clicked(code),
                ..
            }) if running == uid => {
                let mut pairs = vec![("code", code.as_str()), ("state", request.state.as_str())];
                pairs.extend(self.names_itself());
                site::redirect(
                    StatusCode::SEE_OTHER,
                    &text::with_query(&request.redirect_uri, &pairs),
                )
            }
            other => {
                session.attempt = other;
                used()
            }
        }
    }

    /// The session and the attempt that a form belongs to, if it is the form of the page shown last.
    fn running(&self, asked: &Asked, csrf: Option<&str>) -> Result<(String, Attempt), Box<Answer>> {
        let refuse = |status, code, back: Option<&str>| Box::new(self.page(status, code, back));
        let id = self
            .session_of(asked)
            .ok_or_else(|| refuse(StatusCode::UNAUTHORIZED, "Y190001", None))?;
        let memory = self.memory();
        let session = memory
            .sessions
            .get(&id)
            .ok_or_else(|| refuse(StatusCode::UNAUTHORIZED, "Y190001", None))?;
        let same_page = csrf == Some(session.csrf.as_str());
        match &session.attempt {
            Some(attempt) if attempt.stage != Stage::Asking => {
                Err(refuse(StatusCode::UNAUTHORIZED, "Y470004", None))
            }
            Some(attempt) if same_page => Ok((id, attempt.clone())),
            Some(attempt) => {
                let back = self.back_link(attempt, &text::component(&attempt.request.state));
                Err(refuse(StatusCode::UNAUTHORIZED, "Y470001", Some(&back)))
            }
            None if same_page => Err(refuse(StatusCode::UNAUTHORIZED, "Y470004", None)),
            None => Err(refuse(StatusCode::CONFLICT, "Y190004", None)),
        }
    }

    /// "Back to the service" on an error page, with an error under the running attempt's state.
    fn back_link(&self, attempt: &Attempt, state: &str) -> String {
        let redirect_uri = text::component(&attempt.request.redirect_uri);
        let description = "authentication+aborted+due+to+a+technical+error+on+the+authorization+server";
        format!(
            "{}/redirect-to-sp-with-error?error=server_error&error_description={description}&state={state}&redirect_uri={redirect_uri}",
            self.issuer
        )
    }

    /// The link once the interaction is lost: FranceConnect then writes the state as it is, without encoding it.
    fn lost_link(&self, attempt: &Attempt) -> String {
        self.back_link(attempt, &attempt.request.state).replacen(
            "error=server_error",
            "error=access_denied",
            1,
        )
    }

    /// FranceConnect's own link back: whoever knows a registered address can have any error sent there.
    pub(crate) fn redirect_with_error(&self, asked: &Asked) -> Answer {
        let parameters = asked.parameters();
        let get = |name| site::value(&parameters, name);
        let known = get("redirect_uri").filter(|uri| {
            self.clients
                .iter()
                .any(|client| client.redirect_uris.iter().any(|each| each == uri))
        });
        let Some(redirect_uri) = known else {
            return self.page(StatusCode::INTERNAL_SERVER_ERROR, "Y030030", None);
        };
        if let Some(id) = self.session_of(asked)
            && let Some(session) = self.memory().sessions.get_mut(&id)
        {
            session.attempt = None;
        }
        let mut pairs = vec![
            ("error", get("error").unwrap_or("undefined")),
            (
                "error_description",
                get("error_description").unwrap_or("undefined"),
            ),
            ("state", get("state").unwrap_or("undefined")),
        ];
        pairs.extend(self.names_itself());
        site::redirect(StatusCode::FOUND, &text::with_query(redirect_uri, &pairs))
    }
}

/// Which page of the interaction is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Choose,
    Consent,
    Abort,
}
