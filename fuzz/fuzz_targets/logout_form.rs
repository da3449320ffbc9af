//! `cargo +nightly fuzz run logout_form`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::logout_form::logout_form(data));
