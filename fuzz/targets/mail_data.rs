//! Mail data: cut anywhere it reads the same, and nothing bare passes.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::mail_data(data));
