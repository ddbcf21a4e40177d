//! Records of any kind: read, written into a zone file, read again.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::dns_record(data));
