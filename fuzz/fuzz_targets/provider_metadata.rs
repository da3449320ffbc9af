//! `cargo +nightly fuzz run provider_metadata`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| guichet_fuzz::provider_metadata::provider_metadata(data));
