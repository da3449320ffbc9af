//! `cargo +nightly fuzz run cookies`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::cookies::cookies(data));
