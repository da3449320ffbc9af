//! How a gateway is started, changed while it runs, administered and ended: the real executable, and a reload from inside.

pub(crate) mod cases;
mod ending;
pub(crate) mod login;
mod reload;
mod sessions;
mod supervisor;
mod warnings;
