//! `cargo +nightly fuzz run request_target`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::request_target::request_target(data));
