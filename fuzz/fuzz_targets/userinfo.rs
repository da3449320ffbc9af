//! `cargo +nightly fuzz run userinfo`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::userinfo::userinfo(data));
