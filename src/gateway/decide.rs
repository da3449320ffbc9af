//! What the gateway asks of the pipeline, as a trait: so that sockets are tested without stores and providers.

use std::net::SocketAddr;
use std::sync::Arc;

use http::request::Parts;

use crate::clock::Clock;
use crate::endpoints::ends_session::PendingSignOut;
use crate::endpoints::failure::Failure;
use crate::pipeline::Continuation;
use crate::pipeline::Forward;
use crate::pipeline::Outcome;
use crate::pipeline::Pipeline;
use crate::session::store::StoreError;
use crate::telemetry::telemetry::Telemetry;
use crate::wire::own_paths::OwnPaths;
use crate::wire::request::Request;
use crate::wire::request_id::RequestId;
use crate::wire::response::Response;

/// Decides about a request, without a socket.
pub(super) trait Decide: Send + Sync + 'static {
    /// Who is told what happens.
    fn telemetry(&self) -> &Arc<Telemetry>;
    /// Which paths are ours.
    fn own_paths(&self) -> &OwnPaths;
    /// The time.
    fn clock(&self) -> &Arc<dyn Clock>;
    /// Whether the body is a form for one of our own endpoints and is read first.
    fn wants_form(&self, request: &Request) -> bool;
    /// What happens to the request.
    fn handle(self: Arc<Self>, request: Box<Request>) -> impl Future<Output = Outcome> + Send;
    /// The answer to a front proxy that asks for the decision alone.
    fn decide_alone(
        &self,
        head: &Parts,
        peer: SocketAddr,
        id: &RequestId,
    ) -> impl Future<Output = Response> + Send;
    /// The answer to what is no request yet.
    fn refuse(&self, head: &Parts, id: &RequestId, failure: &Failure) -> Response;
    /// What ends with the application's answer, if this is its own sign-out.
    fn signs_out(&self, forward: &Forward) -> Option<PendingSignOut>;
    /// Whether what was forwarded may still go on.
    fn may_go_on(&self, forward: &Forward) -> impl Future<Output = Result<Continuation, StoreError>> + Send;
    /// The answer where the application gave none.
    fn fail(&self, forward: &Forward, failure: &Failure) -> Response;
}

impl Decide for Pipeline {
    fn telemetry(&self) -> &Arc<Telemetry> {
        self.telemetry()
    }

    fn own_paths(&self) -> &OwnPaths {
        self.own_paths()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        self.clock()
    }

    fn wants_form(&self, request: &Request) -> bool {
        self.wants_form(request)
    }

    fn handle(self: Arc<Self>, request: Box<Request>) -> impl Future<Output = Outcome> + Send {
        self.handle(request)
    }

    fn decide_alone(
        &self,
        head: &Parts,
        peer: SocketAddr,
        id: &RequestId,
    ) -> impl Future<Output = Response> + Send {
        self.decide_alone(head, peer, id)
    }

    fn refuse(&self, head: &Parts, id: &RequestId, failure: &Failure) -> Response {
        self.refuse(head, id, failure)
    }

    fn signs_out(&self, forward: &Forward) -> Option<PendingSignOut> {
        self.signs_out(forward)
    }

    fn may_go_on(&self, forward: &Forward) -> impl Future<Output = Result<Continuation, StoreError>> + Send {
        self.may_go_on(forward)
    }

    fn fail(&self, forward: &Forward, failure: &Failure) -> Response {
        self.fail(forward, failure)
    }
}
