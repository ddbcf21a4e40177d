//! From fields, whole and broken: read, repaired, written again.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::author(data));
