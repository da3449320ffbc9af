//! `cargo +nightly fuzz run jwks`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::jwks::jwks(data));
