//! Messages turned into seven bits.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::seven_bit(data));
