//! Which field says which claim.

use http::HeaderName;

use crate::wire::header_name::RESERVED_PREFIX;
use crate::wire::header_name::fold;

/// The signed assertion: the one field that an application should trust.
pub const ASSERTION: HeaderName = HeaderName::from_static("x-guichet-assertion");
/// `authenticated` or `anonymous`, on routes where somebody looked.
pub const STATUS: HeaderName = HeaderName::from_static("x-guichet-status");
/// The number of the request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The plain field of a claim: `given_name` is said in `X-Guichet-Given-Name`. `None` for a claim whose name makes no field
/// name, or one that is taken.
pub fn plain_field(claim: &str) -> Option<HeaderName> {
    let name = format!("{RESERVED_PREFIX}{}", fold(claim));
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    (!claim.is_empty() && ![ASSERTION, STATUS].contains(&name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_has_a_field_under_the_reserved_prefix() {
        assert_eq!(plain_field("given_name").unwrap(), "x-guichet-given-name");
        assert_eq!(plain_field("sub").unwrap(), "x-guichet-sub");
    }

    #[test]
    fn a_claim_cannot_take_the_place_of_the_assertion() {
        assert_eq!(plain_field("assertion"), None);
        assert_eq!(plain_field("Status"), None);
        assert_eq!(plain_field(""), None);
    }
}
