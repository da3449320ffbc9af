//! `cargo +nightly fuzz run logout_token`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::logout_token::logout_token(data));
