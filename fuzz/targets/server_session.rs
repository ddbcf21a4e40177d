//! The server's session from several states, in one read and cut.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::server_session(data));
