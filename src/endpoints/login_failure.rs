//! Why a login did not end in a session: what the log says, and which page leads the person on.

use crate::endpoints::destination::Destination;
use crate::oidc::RelyingParty;
use crate::oidc::authorization_code::AuthorizationError;
use crate::oidc::authorization_response::ErrorKind;
use crate::oidc::authorization_response::ErrorResponse;
use crate::oidc::authorization_response::ResponseError;
use crate::oidc::id_token::id_token_error::IdTokenError;
use crate::oidc::login_error::LoginError;
use crate::oidc::login_error::LoginFault;
use crate::oidc::provider::ProviderError;
use crate::pages::frame::Frame;
use crate::pages::login_pages::LoginExpired;
use crate::pages::login_pages::LoginInterrupted;
use crate::pages::login_pages::LoginUnknown;
use crate::pages::login_pages::ProviderErrorPage;
use crate::pages::login_pages::ProviderTrouble;
use crate::pages::login_pages::ProviderUnavailable;
use crate::pages::login_pages::Refusal;
use crate::pages::login_pages::SignInRefused;
use crate::pages::service_pages::BadRequest;
use crate::telemetry::labels::LoginResult;
use crate::wire::own_paths::OwnPath;
use crate::wire::request_id::RequestId;
use crate::wire::response::Response;

/// What happened, at which entry, and where the person wanted to go.
#[derive(Debug, thiserror::Error)]
#[error("{trouble}")]
pub struct LoginFailure {
    #[source]
    trouble: Trouble,
    /// Name of the entry, for the log; empty where no attempt is known.
    entry: String,
    /// The provider's name, for the page.
    provider: String,
    /// Where the person wanted to go, if that is known: the login begins anew from there.
    destination: Option<Destination>,
}

/// What happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The query is no authorization response.
    #[error("the authorization response was refused")]
    Malformed(#[source] ResponseError),
    /// No cookie of this browser has the attempt.
    #[error("no attempt of this browser has this state")]
    UnknownAttempt,
    /// The response does not belong to the attempt.
    #[error("the authorization response was refused")]
    Response(#[source] AuthorizationError),
    /// The provider answered with an error that is not the person's own choice.
    #[error("the provider answered with an error")]
    Error(ErrorResponse),
    /// Its addresses are not known.
    #[error("the provider cannot be used")]
    Provider(#[source] ProviderError),
    /// The code did not become a person.
    #[error("the sign-in was refused")]
    Redeem(#[source] LoginError),
    /// The other click of a double click did not end well, or did not end.
    #[error("the other response to this attempt did not end in a session")]
    Interrupted,
    /// The subject's sessions were ended while the login was under way.
    #[error("the sessions of this subject were ended during the login")]
    EndedMeanwhile,
}

impl LoginFailure {
    /// Without an attempt: nobody knows at which entry or where to.
    pub fn unattached(trouble: Trouble) -> Self {
        let (entry, provider, destination) = (String::new(), String::new(), None);
        Self {
            trouble,
            entry,
            provider,
            destination,
        }
    }

    /// Of an attempt at a provider.
    pub fn of(relying_party: &RelyingParty, trouble: Trouble, destination: Option<&Destination>) -> Self {
        let settings = relying_party.settings();
        Self {
            trouble,
            entry: settings.entry.to_string(),
            provider: settings.profile.rules.button.name.clone(),
            destination: destination.cloned(),
        }
    }

    /// The provider could not be asked.
    pub fn provider(
        relying_party: &RelyingParty,
        cause: ProviderError,
        destination: Option<&Destination>,
    ) -> Self {
        Self::of(relying_party, Trouble::Provider(cause), destination)
    }

    /// The code of the list of errors.
    pub fn code(&self) -> &'static str {
        match &self.trouble {
            Trouble::Malformed(_) => "L05",
            Trouble::UnknownAttempt => "L06",
            Trouble::Response(AuthorizationError::Expired { .. }) => "L07",
            Trouble::Response(_) => "L08",
            Trouble::Error(_) => "L09",
            Trouble::Provider(_) => "L10",
            Trouble::Redeem(error) if error.fault() == LoginFault::Unavailable => "L10",
            Trouble::Redeem(_) => "L11",
            Trouble::Interrupted => "L12",
            Trouble::EndedMeanwhile => "L13",
        }
    }

    /// Whether it is no news to a person who is signed in already: an answer that came late or twice, or an error.
    pub fn is_late(&self) -> bool {
        let late = matches!(
            self.trouble,
            Trouble::Response(AuthorizationError::Expired { .. })
        );
        late || matches!(self.trouble, Trouble::Error(_) | Trouble::Interrupted)
    }

    /// Name of the entry; empty where no attempt is known.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// How the login ended, as metrics tell it: fewer words than there are causes.
    pub fn result(&self) -> LoginResult {
        match &self.trouble {
            Trouble::Response(AuthorizationError::Expired { .. }) => LoginResult::Expired,
            Trouble::Malformed(_) | Trouble::UnknownAttempt | Trouble::Response(_) => {
                LoginResult::InvalidState
            }
            Trouble::Error(_) => LoginResult::ProviderError,
            Trouble::Provider(_) => LoginResult::ProviderUnavailable,
            Trouble::Redeem(error) if error.fault() == LoginFault::Unavailable => {
                LoginResult::ProviderUnavailable
            }
            Trouble::Redeem(LoginError::IdToken(IdTokenError::AcrTooLow { .. })) => LoginResult::AcrTooLow,
            Trouble::Redeem(_) => LoginResult::InvalidToken,
            Trouble::Interrupted | Trouble::EndedMeanwhile => LoginResult::Interrupted,
        }
    }

    /// One stable word for the cause.
    pub fn reason(&self) -> &'static str {
        match &self.trouble {
            Trouble::Malformed(error) => error.reason(),
            Trouble::UnknownAttempt => "state_unknown",
            Trouble::Response(error) => error.reason(),
            Trouble::Error(error) => error.kind.reason(),
            Trouble::Provider(error) => error.reason(),
            Trouble::Redeem(error) => error.reason(),
            Trouble::Interrupted => "login_interrupted",
            Trouble::EndedMeanwhile => "ended_meanwhile",
        }
    }

    /// Writes the cause for the operator. Of the provider's own error the log has the code and the number that its
    /// support asks for.
    pub fn log(&self, id: &RequestId, cause: &str) {
        let (code, reason, provider) = (self.code(), self.reason(), self.entry.as_str());
        if let Trouble::Error(error) = &self.trouble {
            tracing::warn!(code, reason, request = %id, provider, "{cause}: {error}");
        } else {
            tracing::warn!(code, reason, request = %id, provider, "{cause}");
        }
    }

    /// What the person reads: what to do next, never which check failed.
    pub fn page(&self, frame: &Frame<'_>) -> Response {
        let provider = self.provider.as_str();
        let restart = &match &self.destination {
            Some(destination) => destination.chooser(frame.own_paths),
            None => frame.own_paths.path(OwnPath::Chooser),
        };
        let away = |trouble| {
            ProviderUnavailable {
                provider,
                trouble,
                restart,
            }
            .respond(frame)
        };
        let refused = |refusal| {
            SignInRefused {
                provider,
                refusal,
                restart,
            }
            .respond(frame)
        };
        match &self.trouble {
            Trouble::Malformed(_) => BadRequest.respond(frame),
            Trouble::UnknownAttempt => LoginUnknown.respond(frame),
            Trouble::Response(AuthorizationError::Expired { .. }) => LoginExpired { restart }.respond(frame),
            Trouble::Error(error) if error.kind == ErrorKind::Unavailable => away(ProviderTrouble::NoAnswer),
            Trouble::Error(_) => ProviderErrorPage { provider, restart }.respond(frame),
            Trouble::Provider(error) | Trouble::Redeem(LoginError::Provider(error)) => {
                away(trouble_of(error))
            }
            Trouble::Redeem(LoginError::BackChannel(_) | LoginError::TimedOut(_)) => {
                away(ProviderTrouble::NoAnswer)
            }
            Trouble::Redeem(error) if error.fault() == LoginFault::Unavailable => {
                away(ProviderTrouble::BadAnswer)
            }
            Trouble::Response(_) | Trouble::Redeem(_) => refused(Refusal::Answer),
            Trouble::Interrupted | Trouble::EndedMeanwhile => LoginInterrupted { restart }.respond(frame),
        }
    }
}

fn trouble_of(error: &ProviderError) -> ProviderTrouble {
    match error {
        ProviderError::BackChannel(_) => ProviderTrouble::NoAnswer,
        ProviderError::Before(error) => trouble_of(error),
        _ => ProviderTrouble::BadAnswer,
    }
}
