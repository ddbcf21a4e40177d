//! SPF records, alone and several to be merged.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::spf(data));
