//! The way of a browser's bytes until they are requests, and of its connection to the end: `connection` and, with HTTP/2,
//! `http2`. Around the stream, from the outside in: `socket` knows whether the browser is there, `client_stream` gives up who
//! reads nothing; with HTTP/1.1 `request_bytes` lets pass what has one reading, `long_head` cuts what is too long, and
//! `head_clock` times it; with HTTP/2 `frame_meter` counts what is about no request, and bounds heads. `streams` knows which
//! requests of one HTTP/2 connection are open.

mod client_stream;
pub(super) mod connection;
mod frame_meter;
mod head_clock;
pub(super) mod http2;
mod long_head;
mod request_bytes;
mod socket;
mod streams;
