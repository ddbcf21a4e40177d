//! Addresses, paths and parameters: what is read prints as something that reads the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::addresses(data));
