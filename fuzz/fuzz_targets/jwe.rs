//! `cargo +nightly fuzz run jwe`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::jwe::jwe(data));
