//! Small words of HTTP, TLS and JOSE without I/O, shared by every room above: what is parsed here is never looked at as text again.

pub mod authorities;
pub mod certificate;
pub mod client_address;
pub mod client_network;
pub mod connection;
pub mod cookie_names;
pub mod cookies;
pub mod field;
pub mod framing;
pub mod header_name;
pub mod host;
pub mod identity_names;
pub mod jwa;
pub mod odd_name;
pub mod original_request;
pub mod own_paths;
pub mod printable;
pub mod provider_url;
pub mod request;
pub mod request_id;
pub mod response;
pub mod return_to;
pub mod scheme;
pub mod target;
pub mod untrusted;
pub mod websocket;
