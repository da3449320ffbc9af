//! The path and the identity that an application sees are those that were judged, whatever a client says and however.

mod chromium;
pub(crate) mod http2_ends;
pub(crate) mod http2_floods;
pub(crate) mod http2_frames;
pub(crate) mod paths;
mod servers;
pub(crate) mod session_end;
mod spoofed;
mod tolerated;
pub(crate) mod upstreams;
pub(crate) mod websocket;
