//! Every preset at a provider that we did not write, set up as that provider: the same login, application and logout, and
//! what is particular to each.

mod backchannel_logout;
pub(crate) mod franceconnect;
mod franceconnect_plus;
pub(crate) mod login_gov;
pub(crate) mod oidc;
mod pages;
pub(crate) mod proconnect;
mod several;
mod stage;
mod step_up;
mod table;
pub(crate) mod two;
