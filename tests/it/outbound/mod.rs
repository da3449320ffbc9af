//! What the gateway asks of a provider by itself (discovery, keys, token, userinfo), and a provider that answers wrongly, slowly,
//! without an end, or not at all: nobody is signed in by it, nobody waits for long, and whoever is signed in goes on.

pub(crate) mod away;
mod clocks;
pub(crate) mod discovery;
pub(crate) mod key_set;
pub(crate) mod rotation;
mod stage;
pub(crate) mod tls;
pub(crate) mod transport;
