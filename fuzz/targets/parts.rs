//! Messages taken apart.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::parts(data));
