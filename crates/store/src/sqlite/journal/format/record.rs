//! One record of a segment: envelope and body with a checksum over both.
//!
//! ```text
//! 0   magic "PREC"      4   CRC-32 of everything behind it
//! 8   segment number    16  kind, three bytes of zero
//! 20  envelope bytes   24  body bytes    28  zero
//! 32  envelope, body
//! ```
//!
//! Numbers are little-endian. The segment number tells a record from what an earlier use of the same
//! file left behind.

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message with its body in the record.
    Inline = 1,
    /// A message with its body in a file of its own.
    Large = 2,
}

/// A record, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where the body is.
    pub kind: Kind,
    /// JSON, see [`super::envelope`].
    pub envelope: &'a [u8],
    /// Empty if the body has a file of its own.
    pub body: &'a [u8],
}

/// Bytes before the envelope.
pub const HEADER_BYTES: usize = 32;
const MAGIC: [u8; 4] = *b"PREC";

impl<'a> Record<'a> {
    /// Bytes of the record in a segment.
    #[must_use]
    pub fn bytes(&self) -> usize {
        HEADER_BYTES + self.envelope.len() + self.body.len()
    }

    /// Appends the record to `output`.
    pub fn write(&self, segment: u64, output: &mut Vec<u8>) {
        let start = output.len();
        output.extend_from_slice(&MAGIC);
        output.extend_from_slice(&[0; 4]);
        output.extend_from_slice(&segment.to_le_bytes());
        output.extend_from_slice(&[self.kind as u8, 0, 0, 0]);
        output.extend_from_slice(&bytes_of(self.envelope).to_le_bytes());
        output.extend_from_slice(&bytes_of(self.body).to_le_bytes());
        output.extend_from_slice(&[0; 4]);
        output.extend_from_slice(self.envelope);
        output.extend_from_slice(self.body);
        let checksum = crc32fast::hash(&output[start + 8..]);
        output[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
    }

    /// Bytes of the record as its header counts them, unchecked; `None` where no record of that segment begins.
    #[must_use]
    pub fn announced_bytes(header: &[u8; HEADER_BYTES], segment: u64) -> Option<usize> {
        if header[..4] != MAGIC || header[8..16] != segment.to_le_bytes() {
            return None;
        }
        let [envelope, body] = [20, 24].map(|at| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize
        });
        HEADER_BYTES.checked_add(envelope)?.checked_add(body)
    }

    /// Reads the record at the start of `input`; `None` where there is no whole record of that segment.
    #[must_use]
    pub fn read(input: &'a [u8], segment: u64) -> Option<Self> {
        let header: &[u8; HEADER_BYTES] = input.first_chunk()?;
        let number =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let end = Self::announced_bytes(header, segment)?;
        let kind = [Kind::Inline, Kind::Large].into_iter().find(|kind| *kind as u8 == header[16])?;
        let envelope_bytes = number(20) as usize;
        let whole = input.get(..end)?;
        if crc32fast::hash(&whole[8..]) != number(4) {
            return None;
        }
        let (envelope, body) = whole[HEADER_BYTES..].split_at(envelope_bytes);
        Some(Self { kind, envelope, body })
    }
}

/// Bodies above the inline limit have files of their own, so that nothing here comes near 4 GiB.
fn bytes_of(part: &[u8]) -> u32 {
    u32::try_from(part.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_nothing_else_is(
            envelope in proptest::collection::vec(any::<u8>(), 0..50),
            body in proptest::collection::vec(any::<u8>(), 0..50),
            flipped in 0_usize..600,
        ) {
            let record = Record { kind: Kind::Inline, envelope: &envelope, body: &body };
            let mut written = Vec::new();
            record.write(7, &mut written);
            prop_assert_eq!(written.len(), record.bytes());
            prop_assert_eq!(Record::read(&written, 7), Some(record));
            prop_assert_eq!(Record::read(&written, 8), None);
            for end in 0..written.len() {
                prop_assert_eq!(Record::read(&written[..end], 7), None);
            }
            let bit = flipped % (written.len() * 8);
            written[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(Record::read(&written, 7), None);
        }
    }
}
