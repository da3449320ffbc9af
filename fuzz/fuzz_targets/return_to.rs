//! `cargo +nightly fuzz run return_to`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::return_to::return_to(data));
