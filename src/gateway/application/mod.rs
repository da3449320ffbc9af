//! Everything between a request that may pass and the head of its answer. `upstream` takes one of `servers` by `choice`
//! and `standing` (which `health` and [`probe`] look after); `upstream_request` owns the head that it receives; `ask` sends
//! it on a connection of `pool` or `connect`, on which `heard` counts what comes back. What of the answer passes is said by
//! `upstream_response`, `app_cookies` and `location`; its body is `answer_stream`, and `upstream_error` is why there
//! is none.

pub(super) mod answer_stream;
pub(super) mod app_cookies;
mod ask;
mod choice;
mod connect;
pub(super) mod health;
mod heard;
pub(super) mod location;
mod pool;
pub mod probe;
pub(super) mod servers;
mod standing;
pub(super) mod upstream;
pub(super) mod upstream_error;
mod upstream_request;
pub(super) mod upstream_response;
