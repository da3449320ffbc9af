//! `cargo +nightly fuzz run request_head`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::request_head::request_head(data));
