//! The listener: TLS, both versions of HTTP, which host was meant, who asks, and what of it can be believed.

mod certificate;
mod chromium;
pub(crate) mod descriptors;
pub(crate) mod forwarding;
pub(crate) mod handshake;
pub(crate) mod hosts;
mod http2;
pub(crate) mod in_the_open;
mod misconfigured;
pub(crate) mod secure;
pub(crate) mod stage;
pub(crate) mod upstream_tls;
