//! What an application tolerates in a request, or asks for, beyond what every application gets.

use crate::wire::odd_name::OddName;
use crate::wire::target::ambiguity::Ambiguities;

/// Of one application. The default is that of an application that says nothing.
#[derive(Clone, Debug, Default)]
pub struct Tolerance {
    /// Key `allow_headers`: odd names under which it wants to hear what clients say.
    pub headers: Vec<OddName>,
    /// Key `allow_in_path`: ambiguous forms of a path that reach it.
    pub in_path: Ambiguities,
    /// Key `on_spoof`.
    pub on_spoof: OnSpoof,
}

impl Tolerance {
    /// Whether a request is refused in which so many fields name an identity.
    pub fn refuses(&self, spoofed: usize) -> bool {
        spoofed > 0 && self.on_spoof == OnSpoof::Reject
    }
}

/// Key `on_spoof`: what becomes of a request in which a client names an identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnSpoof {
    /// It goes on without these fields.
    #[default]
    Strip,
    /// It is refused.
    Reject,
}
