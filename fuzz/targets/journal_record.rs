//! Records of the journal: any bytes, any lengths, damage.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::journal_record(data));
