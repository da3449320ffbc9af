//! The decision without the proxying: the endpoint, and the front proxies that ask it.

pub(crate) mod decisions;
mod proxies;
mod stage;
mod tolerated;
mod traefik;
