//! `cargo +nightly fuzz run authorization_response`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::authorization_response::authorization_response(data));
