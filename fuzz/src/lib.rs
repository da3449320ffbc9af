//! What must hold for any bytes whatever: one function for each thing that strangers write and we read.
//!
//! Each function panics where it does not hold. The programs in `fuzz_targets` hand it what a fuzzer thinks of;
//! `tests/it/fuzz.rs` hands the same function the seeds, and what becomes of them by chance.

pub mod authorization_response;
pub mod cookies;
pub mod forwarded_headers;
pub mod id_token;
pub mod jwe;
pub mod jwks;
pub mod logout_form;
pub mod logout_token;
mod provider;
pub mod provider_metadata;
mod reading;
pub mod request_head;
pub mod request_target;
pub mod return_to;
pub mod userinfo;
