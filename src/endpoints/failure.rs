//! Every failure, and what becomes of it: the ONE table. A person gets a page, a script a problem document, the operator
//! finds the cause under the reference that both show. [`refusal`](crate::endpoints::refusal) says them.

use std::error::Error;

use crate::endpoints::backchannel_logout_error::BackchannelLogoutError;
use crate::endpoints::denial::Denial;
use crate::endpoints::destination::Destination;
use crate::endpoints::forward_auth_error::ForwardAuthError;
use crate::endpoints::login_failure::LoginFailure;
use crate::endpoints::login_limit::TooManyLogins;
use crate::pages::frame::Frame;
use crate::pages::limit_pages;
use crate::pages::limit_pages::BodyTooLong;
use crate::pages::limit_pages::BodyTooSlow;
use crate::pages::limit_pages::HeadTooLong;
use crate::pages::limit_pages::TooManyRequests;
use crate::pages::login_pages::AccessDenied;
use crate::pages::problem::Problem;
use crate::pages::service_pages::ApplicationTooSlow;
use crate::pages::service_pages::ApplicationUnavailable;
use crate::pages::service_pages::BadRequest;
use crate::pages::service_pages::InternalError;
use crate::pages::service_pages::MethodNotAllowed;
use crate::pages::service_pages::Misdirected;
use crate::pages::service_pages::NotFound;
use crate::pages::service_pages::Sent;
use crate::pages::service_pages::SessionExpired;
use crate::pages::service_pages::SessionStoreUnavailable;
use crate::pages::service_pages::TooBusy;
use crate::telemetry::audit::event::AuditEvent;
use crate::telemetry::limit_label::LimitLabel;
use crate::wire::own_paths::OwnPath;
use crate::wire::request::Asker;
use crate::wire::request::RequestError;
use crate::wire::response::Response;

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The head can be read in two ways, or in none.
    #[error("the request was refused")]
    BadRequest(#[source] RequestError),
    /// The body broke its own framing, or stopped.
    #[error("the body of the request could not be read")]
    BadRequestBody,
    /// A form for us that is longer than any of ours.
    #[error("the form is longer than `max_form`")]
    FormTooLong,
    /// More or longer fields than a request may have.
    #[error("the head of the request is longer than `max_head` or `max_fields`")]
    HeadTooLong,
    /// A body that is longer than its application takes.
    #[error("the body of the request is longer than `max_body`")]
    BodyTooLong,
    /// A body that kept us waiting for longer than it may.
    #[error("the body of the request came too slowly")]
    BodyTooSlow,
    /// A body of which nothing came for the app's `idle_timeout`, or a form that did not end.
    #[error("the body of the request stood still")]
    BodyStill,
    /// As many requests of this client as may be are under way.
    #[error("all `requests_per_client` of this address are under way")]
    TooManyRequests,
    /// This client began too many logins, came back too often, or sent too many logout tokens that are none.
    #[error("more than `logins_per_client` of this address in a minute")]
    TooManyLogins(TooManyLogins),
    /// A path that nobody has.
    #[error("nothing is served here")]
    NotFound,
    /// A host that nobody has.
    #[error("this host is not served here")]
    Misdirected,
    /// Plain http, where the site is published under https.
    #[error("the request came in the open")]
    InTheOpen,
    /// The endpoint knows other methods.
    #[error("the endpoint is asked with {0} only")]
    Method(&'static str),
    /// A login step that was not a person's own navigation: a look ahead, a frame, a script.
    #[error("a login step came from something else than a navigation")]
    NotANavigation,
    /// Another site tried to sign the person out.
    #[error("another site sent the form")]
    CrossSite,
    /// A script asked for something that needs a session.
    #[error("a session is needed")]
    SignInNeeded(Destination),
    /// A form met no session. Its content is lost.
    #[error("a session is needed, and a form was sent")]
    NothingSaved(Destination),
    /// Somebody is signed in and may not have the page. See [`Denial`].
    #[error(transparent)]
    Denied(Box<Denial>),
    /// A login did not end in a session. See [`LoginFailure`].
    #[error(transparent)]
    Login(Box<LoginFailure>),
    /// A provider's logout request changed nothing. See [`BackchannelLogoutError`].
    #[error(transparent)]
    BackchannelLogout(Box<BackchannelLogoutError>),
    /// The store does not say who is signed in. That is not the same as nobody.
    #[error("the session store failed")]
    StoreUnavailable(#[source] Box<dyn Error + Send + Sync>),
    /// See [`ForwardAuthError`].
    #[error(transparent)]
    ForwardAuth(#[from] ForwardAuthError),
    /// The application gave no answer.
    #[error("the application gave no answer")]
    UpstreamUnavailable,
    /// The application's answer did not begin in time.
    #[error("the application's answer did not begin in time")]
    UpstreamTimeout,
    /// As many connections to the application as there may be are in use.
    #[error("all connections to the application are in use")]
    UpstreamBusy,
    /// The visitor is known and cannot be told to the application.
    #[error("the identity could not be told")]
    Identity(#[source] Box<dyn Error + Send + Sync>),
    /// Something that should not happen.
    #[error("{0}")]
    Internal(&'static str),
}

impl Failure {
    /// The code under which the list of errors explains it: `L` for logins, `P` for everything else that passes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "P01",
            Self::BadRequestBody => "P02",
            Self::NotFound => "P03",
            Self::Method(_) => "P04",
            Self::UpstreamUnavailable => "P05",
            Self::UpstreamTimeout => "P06",
            Self::UpstreamBusy => "P07",
            Self::Identity(_) => "P08",
            Self::StoreUnavailable(_) => "P09",
            Self::Internal(_) => "P10",
            Self::Misdirected => "P11",
            Self::InTheOpen => "P12",
            Self::HeadTooLong => "P20",
            Self::BodyTooLong | Self::FormTooLong => "P21",
            Self::BodyTooSlow | Self::BodyStill => "P22",
            Self::TooManyRequests => "P23",
            Self::TooManyLogins(_) => "L20",
            Self::ForwardAuth(error) => error.code(),
            Self::SignInNeeded(_) => "L01",
            Self::NothingSaved(_) => "L02",
            Self::NotANavigation => "L03",
            Self::CrossSite => "L04",
            Self::Denied(denial) => denial.code(),
            Self::Login(login) => login.code(),
            Self::BackchannelLogout(error) => error.code(),
        }
    }

    /// One stable word for the cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::BadRequest(error) => error.reason(),
            Self::BadRequestBody => "body_broken",
            Self::FormTooLong => "form_too_long",
            Self::HeadTooLong => "head_too_long",
            Self::BodyTooLong => "body_too_long",
            Self::BodyTooSlow => "body_too_slow",
            Self::BodyStill => "body_stood_still",
            Self::TooManyRequests => "too_many_requests",
            Self::TooManyLogins(_) => "too_many_logins",
            Self::NotFound => "not_found",
            Self::Misdirected => "misdirected",
            Self::InTheOpen => "in_the_open",
            Self::Method(_) => "method",
            Self::NotANavigation => "not_a_navigation",
            Self::CrossSite => "cross_site",
            Self::SignInNeeded(_) | Self::NothingSaved(_) => "session_needed",
            Self::Denied(denial) => denial.reason(),
            Self::Login(login) => login.reason(),
            Self::BackchannelLogout(error) => error.reason(),
            Self::StoreUnavailable(_) => "store_unavailable",
            Self::UpstreamUnavailable => "application_unavailable",
            Self::UpstreamTimeout => "application_too_slow",
            Self::UpstreamBusy => "application_busy",
            Self::Identity(_) => "identity_not_told",
            Self::ForwardAuth(error) => error.reason(),
            Self::Internal(_) => "internal",
        }
    }

    /// What the audit stream is told, where it is worth an event.
    pub fn event<'a>(&self, app: Option<&'a str>) -> AuditEvent<'a> {
        AuditEvent::Refused {
            app,
            code: self.code(),
            reason: self.reason(),
        }
    }

    /// The limit that was reached, if it is one.
    pub fn limit(&self) -> Option<LimitLabel> {
        Some(match self {
            Self::FormTooLong => LimitLabel::MaxForm,
            Self::HeadTooLong => LimitLabel::MaxHead,
            Self::BodyTooLong => LimitLabel::MaxBody,
            Self::BodyTooSlow => LimitLabel::BodyRate,
            Self::TooManyRequests => LimitLabel::RequestsPerClient,
            Self::TooManyLogins(_) => LimitLabel::LoginsPerClient,
            _ => return None,
        })
    }

    /// How much of a failure it is for whoever asked.
    pub fn weight(&self, asker: Asker) -> Weight {
        match self {
            // Whoever asks in a page's name has that page beside it, and asks again and again.
            Self::SignInNeeded(_) => Weight::Ordinary,
            Self::NotFound | Self::Method(_) if asker == Asker::Script => Weight::Ordinary,
            Self::NothingSaved(_)
            | Self::Denied(_)
            | Self::NotFound
            | Self::Misdirected
            | Self::InTheOpen
            | Self::Method(_) => Weight::Shown,
            Self::BadRequest(_)
            | Self::BadRequestBody
            | Self::FormTooLong
            | Self::HeadTooLong
            | Self::BodyTooLong
            | Self::BodyTooSlow
            | Self::BodyStill
            | Self::TooManyRequests
            | Self::TooManyLogins(_)
            | Self::NotANavigation
            | Self::CrossSite
            | Self::Login(_)
            | Self::BackchannelLogout(_)
            | Self::ForwardAuth(_)
            | Self::UpstreamUnavailable
            | Self::UpstreamTimeout
            | Self::UpstreamBusy => Weight::FromOutside,
            Self::StoreUnavailable(_) | Self::Identity(_) | Self::Internal(_) => Weight::Ours,
        }
    }

    /// What a script is told.
    pub fn problem<'a>(&'a self, login: &'a str) -> Problem<'a> {
        match self {
            Self::BadRequest(_)
            | Self::BadRequestBody
            | Self::NotANavigation
            | Self::BackchannelLogout(_) => Problem::BadRequest,
            Self::HeadTooLong => Problem::HeadTooLong,
            Self::BodyTooLong | Self::FormTooLong => Problem::BodyTooLong,
            Self::BodyTooSlow | Self::BodyStill => Problem::BodyTooSlow,
            Self::TooManyRequests => Problem::TooMany {
                retry_after: limit_pages::SOON,
            },
            Self::TooManyLogins(TooManyLogins(wait)) => Problem::TooMany {
                retry_after: limit_pages::seconds(*wait),
            },
            Self::NotFound => Problem::NotFound,
            Self::Misdirected | Self::InTheOpen => Problem::Misdirected,
            Self::Method(allow) => Problem::MethodNotAllowed { allow },
            Self::CrossSite => Problem::AccessDenied,
            Self::SignInNeeded(_) | Self::NothingSaved(_) | Self::Login(_) => {
                Problem::LoginRequired { login }
            }
            Self::Denied(denial) => Problem::NotEnough {
                need: denial.need(),
                login: (!login.is_empty()).then_some(login),
            },
            Self::ForwardAuth(error) => error.problem(),
            Self::StoreUnavailable(_) => Problem::SessionStoreUnavailable,
            Self::UpstreamUnavailable | Self::Identity(_) => Problem::ApplicationUnavailable,
            Self::UpstreamTimeout => Problem::ApplicationTooSlow,
            Self::UpstreamBusy => Problem::TooBusy,
            Self::Internal(_) => Problem::Internal,
        }
    }

    /// What a person reads.
    pub fn page(&self, frame: &Frame<'_>, sent: Sent<'_>) -> Response {
        match self {
            Self::BadRequest(_) | Self::BadRequestBody | Self::NotANavigation => BadRequest.respond(frame),
            Self::HeadTooLong => HeadTooLong {
                clear: &frame.own_paths.path(OwnPath::ClearCookies),
            }
            .respond(frame),
            Self::BodyTooLong | Self::FormTooLong => BodyTooLong.respond(frame),
            Self::BodyTooSlow | Self::BodyStill => BodyTooSlow.respond(frame),
            Self::TooManyRequests => TooManyRequests.respond(frame),
            Self::TooManyLogins(TooManyLogins(wait)) => limit_pages::TooManyLogins {
                wait: *wait,
                again: match sent {
                    Sent::Visit(path) => Some(path),
                    Sent::Form => None,
                },
            }
            .respond(frame),
            Self::NotFound => NotFound.respond(frame),
            Self::Misdirected | Self::InTheOpen => Misdirected.respond(frame),
            Self::Method(allow) => MethodNotAllowed { allow }.respond(frame),
            Self::CrossSite => AccessDenied {
                reason: None,
                other_login: None,
            }
            .respond(frame),
            Self::SignInNeeded(destination) | Self::NothingSaved(destination) => SessionExpired {
                login: &destination.chooser(frame.own_paths),
            }
            .respond(frame),
            Self::Denied(denial) => denial.page(frame, sent),
            Self::Login(login) => login.page(frame),
            Self::BackchannelLogout(error) => error.respond(),
            Self::ForwardAuth(error) => error.page(frame),
            Self::StoreUnavailable(_) => SessionStoreUnavailable { sent }.respond(frame),
            Self::UpstreamUnavailable | Self::Identity(_) => ApplicationUnavailable { sent }.respond(frame),
            Self::UpstreamTimeout => ApplicationTooSlow { sent }.respond(frame),
            Self::UpstreamBusy => TooBusy { sent }.respond(frame),
            Self::Internal(_) => InternalError.respond(frame),
        }
    }
}

/// How much of a failure it is: it decides the level of the log line, and whether the page shows a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A script's everyday: nobody reads its answer, so there is no reference, and a line at fine levels only.
    Ordinary,
    /// Nothing went wrong, but somebody sees a page and may ask why: what it shows as its reference is in the log.
    Shown,
    /// A client, a provider or an application did something wrong.
    FromOutside,
    /// We cannot do what we should.
    Ours,
}
