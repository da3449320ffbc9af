//! Signatures and encryption of compact tokens: the door to jsonwebtoken and aws-lc.

pub mod client_key;
pub mod jwe;
pub mod jwk_set;
pub mod private_key;
pub mod registered_claims;
pub mod signature_key;
pub mod signing;
pub mod strict_json;
#[cfg(test)]
pub(crate) mod test_encryption;
#[cfg(test)]
pub(crate) mod test_keys;
pub mod verification_keys;
pub mod verifying;
