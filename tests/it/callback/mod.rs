//! Authorization request, state and callback: what a browser, an attacker and a confused provider can bring.

pub(crate) mod answers;
mod attempts;
pub(crate) mod ordinary_days;
pub(crate) mod requests;
mod way_back;
