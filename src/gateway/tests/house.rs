//! A gateway on a port of its own, before one application, with a pipeline that lets everything pass.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::LazyLock;

use bytes::Bytes;
use http::HeaderName;
use http::HeaderValue;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::log::Log;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::endpoints::ends_session::PendingSignOut;
use crate::endpoints::failure::Failure;
use crate::gateway::accept;
use crate::gateway::application::servers::Servers;
use crate::gateway::application::upstream::Upstreams;
use crate::gateway::decide::Decide;
use crate::gateway::exchange::Exchange;
use crate::gateway::listener::Rules;
use crate::gateway::live::Live;
use crate::identity_headers::IdentityHeaders;
use crate::identity_headers::told::SubjectForm;
use crate::identity_headers::told::Told;
use crate::judge::AnswerCache;
use crate::lifecycle::Lifecycle;
use crate::pipeline::AppCookies;
use crate::pipeline::Continuation;
use crate::pipeline::Forward;
use crate::pipeline::Outcome;
use crate::routing::app::App;
use crate::routing::app::LoginMode;
use crate::routing::app::Mode;
use crate::routing::app::Route;
use crate::routing::app::SignOut;
use crate::routing::path_prefix::PathPrefix;
use crate::routing::tolerance::Tolerance;
use crate::routing::upstream::Upstream;
use crate::routing::upstream::UpstreamLimits;
use crate::session::store::StoreError;
use crate::telemetry::audit::stream::Audit;
use crate::telemetry::telemetry::Telemetry;
use crate::wire::cookie_names::CookieNames;
use crate::wire::host::Host;
use crate::wire::own_paths::OwnPaths;
use crate::wire::request::Request;
use crate::wire::request_id::RequestId;
use crate::wire::response::Response;
use crate::wire::scheme::Scheme;

pub(super) struct House {
    pub(super) address: SocketAddr,
    lifecycle: Arc<Lifecycle>,
    serving: JoinHandle<()>,
}

impl House {
    /// With the limits of an upstream that says nothing about them.
    pub(super) async fn before(application: SocketAddr) -> Self {
        Self::with(application, UpstreamLimits::default()).await
    }

    pub(super) async fn with(application: SocketAddr, limits: UpstreamLimits) -> Self {
        let upstream = Upstream {
            limits,
            ..at(application)
        };
        Self::of(PassAll {
            app: app(upstream),
            cache: AnswerCache::AsItIs,
            telemetry: telemetry(),
        })
        .await
    }

    pub(super) async fn of(pipeline: PassAll) -> Self {
        Log::listen_from_the_start();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let lifecycle = Arc::new(Lifecycle::default());
        let upstreams = Upstreams::new(Arc::new(Servers::new(Arc::clone(&pipeline.telemetry))));
        let exchange = Arc::new(Exchange::new(
            Arc::new(Live::new(Arc::new(pipeline))),
            upstreams,
            Arc::default(),
        ));
        let rules = Arc::new(Live::new(Arc::new(Rules::default())));
        let serving = tokio::spawn(accept::accept(
            exchange,
            (listener, rules),
            Arc::clone(&lifecycle),
        ));
        Self {
            address,
            lifecycle,
            serving,
        }
    }

    /// Tells the gateway to end; ready when it did.
    pub(super) fn end(self) -> JoinHandle<()> {
        tokio::spawn(async move {
            self.lifecycle.end().await;
            self.serving.await.unwrap();
        })
    }
}

/// A server at this address of which nothing else is said.
pub(super) fn at(application: SocketAddr) -> Upstream {
    Upstream::at(Scheme::Http, Host::parse(&application.to_string()).unwrap())
}

pub(super) fn app(upstream: Upstream) -> Arc<App> {
    Arc::new(App {
        name: "app".into(),
        title: "App".to_owned(),
        host: Host::parse("a.example").unwrap(),
        path: PathPrefix::ROOT,
        position: 0,
        providers: Vec::new(),
        login: LoginMode::Chooser,
        idp_hints: Vec::new(),
        mode: Mode::Proxy(vec![Arc::new(upstream)]),
        told: Told {
            audience: "app".to_owned(),
            claims: Vec::new(),
            derived: Vec::new(),
            plain_headers: Vec::new(),
            subject: SubjectForm::Provider,
        },
        max_body: None,
        app_cookies: CookieNames::default(),
        tolerance: Tolerance::default(),
        routes: Vec::new(),
        strictest: Route::UNLISTED,
    })
}

static CLOCK: LazyLock<Arc<dyn Clock>> = LazyLock::new(|| Arc::new(SystemClock));
static OWN_PATHS: LazyLock<OwnPaths> = LazyLock::new(OwnPaths::default);

/// Forwards everything; `/_guichet/refused` is answered with 401, `/_guichet/form` with what the form said. A request for
/// `/_guichet/breaks` panics while it is decided, after a while.
pub(super) struct PassAll {
    pub(super) app: Arc<App>,
    pub(super) cache: AnswerCache,
    pub(super) telemetry: Arc<Telemetry>,
}

/// Told what happens, and nobody reads it.
pub(super) fn telemetry() -> Arc<Telemetry> {
    Arc::new(Telemetry::new(Audit::to(std::io::sink()).unwrap(), None))
}

impl Decide for PassAll {
    fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    fn own_paths(&self) -> &OwnPaths {
        &OWN_PATHS
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &CLOCK
    }

    fn wants_form(&self, request: &Request) -> bool {
        request.target.path() == "/_guichet/form"
    }

    async fn handle(self: Arc<Self>, request: Box<Request>) -> Outcome {
        match request.target.path() {
            "/_guichet/refused" => Outcome::Answer(page(StatusCode::UNAUTHORIZED, "refused")),
            "/_guichet/form" => Outcome::Answer(page(StatusCode::OK, request.form)),
            "/_guichet/breaks" => {
                tokio::task::yield_now().await;
                panic!("with a secret");
            }
            _ => Outcome::Forward(Box::new(Forward {
                request,
                app: Arc::clone(&self.app),
                identity: IdentityHeaders::made_up(&[(
                    HeaderName::from_static("x-guichet-status"),
                    HeaderValue::from_static("authenticated"),
                )]),
                cache: self.cache,
                app_cookies: AppCookies::NoneNamed,
                session: None,
                sign_out: SignOut::No,
                public_scheme: Scheme::Https,
            })),
        }
    }

    async fn decide_alone(&self, _: &http::request::Parts, _: SocketAddr, _: &RequestId) -> Response {
        page(StatusCode::OK, "")
    }

    fn refuse(&self, _: &http::request::Parts, _: &RequestId, failure: &Failure) -> Response {
        self.failed(failure)
    }

    fn signs_out(&self, _: &Forward) -> Option<PendingSignOut> {
        None
    }

    async fn may_go_on(&self, _: &Forward) -> Result<Continuation, StoreError> {
        Ok(Continuation::GoesOn)
    }

    fn fail(&self, _: &Forward, failure: &Failure) -> Response {
        self.failed(failure)
    }
}

impl PassAll {
    fn failed(&self, failure: &Failure) -> Response {
        let status = match failure {
            Failure::FormTooLong | Failure::BodyTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::HeadTooLong => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Failure::BodyTooSlow | Failure::BodyStill => StatusCode::REQUEST_TIMEOUT,
            Failure::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Failure::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Failure::UpstreamUnavailable => StatusCode::BAD_GATEWAY,
            Failure::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
            Failure::UpstreamBusy => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        page(status, self.app.title.clone())
    }
}

fn page(status: StatusCode, body: impl Into<Bytes>) -> Response {
    Response::new(status, "text/plain", body)
}
