//! `cargo +nightly fuzz run id_token`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::id_token::id_token(data));
