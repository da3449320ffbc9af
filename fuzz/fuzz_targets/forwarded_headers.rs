//! `cargo +nightly fuzz run forwarded_headers`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::forwarded_headers::forwarded_headers(data));
