//! The decision without the proxying: the endpoint, and the front proxies that ask it.

pub(crate) mod decisions;
mod front;
mod haproxy;
mod proxies;
mod required;
mod sockets;
mod stage;
mod tolerated;
mod traefik;
