//! What a damaged disk gives back: records and envelopes of the journal.

use store::journal_format::envelope;
use store::journal_format::record::{HEADER_BYTES, Kind, Record};

/// Any segment but 0, which bytes of zero would be.
const SEGMENT: u64 = 7;

/// A record. First the bytes as they are; then with the right magic word, segment and checksum, so that the lengths are
/// all that may be wrong; then a good record with these bytes as its content, and one byte of it damaged.
pub fn journal_record(data: &[u8]) {
    is_read_within(data);
    let Some((length, rest)) = data.split_first() else { return };
    let mut sealed = data.to_vec();
    if let Some(header) = sealed.first_chunk_mut::<HEADER_BYTES>() {
        header[..4].copy_from_slice(b"PREC");
        header[8..16].copy_from_slice(&SEGMENT.to_le_bytes());
        let checksum = crc32fast::hash(&sealed[8..]);
        sealed[4..8].copy_from_slice(&checksum.to_le_bytes());
        is_read_within(&sealed);
    }
    let (envelope, body) = rest.split_at(usize::from(*length).min(rest.len()));
    let record = Record { kind: Kind::Inline, envelope, body };
    let mut written = Vec::new();
    record.write(SEGMENT, &mut written);
    let whole = written.len();
    written.extend_from_slice(data);
    assert_eq!(Record::read(&written, SEGMENT), Some(record), "what follows a record changes it");
    assert_eq!(Record::read(&written[..whole - 1], SEGMENT), None, "half a record is read");
    let damaged = data.len() * 31 % whole;
    written[damaged] ^= length | 1;
    assert_eq!(Record::read(&written[..whole], SEGMENT), None, "byte {damaged} may be damaged");
}

fn is_read_within(bytes: &[u8]) {
    let Some(record) = Record::read(bytes, SEGMENT) else { return };
    assert!(record.bytes() <= bytes.len(), "a record of {} bytes in {}", record.bytes(), bytes.len());
    let mut again = Vec::new();
    record.write(SEGMENT, &mut again);
    assert_eq!(Record::read(&again, SEGMENT), Some(record), "a record is lost when it is written again");
}

/// An envelope: what is read is written and read again, and has the id that is read alone.
pub fn journal_envelope(data: &[u8]) {
    let id = envelope::read_id(data);
    let Ok(message) = envelope::read(data) else { return };
    if let Ok(id) = id {
        assert_eq!(id, message.id, "an envelope has two ids");
    }
    let written = envelope::write(&message);
    match envelope::read(&written) {
        Ok(again) => assert_eq!(again, message, "{}", String::from_utf8_lossy(&written)),
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&written)),
    }
}
