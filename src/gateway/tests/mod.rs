//! What an application and a browser see on their sockets, byte for byte.

mod application;
mod bounds;
mod broken_off;
mod browser;
mod heads;
mod house;
mod http2;
mod log;
mod retries;
mod streaming;
