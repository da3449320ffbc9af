//! What passes between a browser and an application, byte for byte: areas C to F.

pub(crate) mod answers;
pub(crate) mod bodies;
mod chromium;
pub(crate) mod cookie_bomb;
pub(crate) mod corpus;
pub(crate) mod floods;
pub(crate) mod framing;
mod gone;
pub(crate) mod http2_ends;
pub(crate) mod http2_floods;
pub(crate) mod http2_frames;
mod http2_heads;
pub(crate) mod one_address;
pub(crate) mod paths;
pub(crate) mod provider_bombs;
mod servers;
pub(crate) mod session_end;
pub(crate) mod slow_and_long;
mod spoofed;
mod tolerated;
pub(crate) mod upstreams;
pub(crate) mod websocket;
