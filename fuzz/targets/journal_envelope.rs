//! Envelopes of the journal: read, written, read again.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::journal_envelope(data));
