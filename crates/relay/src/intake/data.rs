//! A message on its way in: first its header section, which is checked as a whole, then its body,
//! which flows past.

use aws_lc_rs::digest;
use model::queued::{HeaderMetadata, IdempotencyKey};
use store::{Body, BodyWriter, StoreError};

/// What has come of a message so far.
pub(super) struct Incoming {
    phase: Phase,
    /// Absent once the message is complete.
    writer: Option<BodyWriter>,
    metadata: HeaderMetadata,
    /// Absent until the body begins, and for messages that nobody repeats.
    digest: Option<digest::Context>,
    last: [u8; 2],
}

enum Phase {
    /// The header section is not complete.
    Header(Vec<u8>),
    /// The header section is being checked; this much of the body came with it.
    Between(Vec<u8>),
    /// The body flows.
    Body,
}

/// Why a message is not taken in.
#[derive(Debug)]
pub(super) enum Stopped {
    /// Its header section is larger than that.
    HeaderTooLarge { limit_bytes: usize },
    /// It could not be written.
    Failed(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// A whole message.
pub(super) struct Complete {
    pub(super) body: Body,
    pub(super) bytes: u64,
    pub(super) metadata: HeaderMetadata,
    /// `None` for messages that nobody repeats.
    pub(super) idempotency_key: Option<IdempotencyKey>,
}

/// What the header section became.
pub(super) struct Written {
    /// The header section as it is kept, without the empty line.
    pub(super) header: Vec<u8>,
    pub(super) metadata: HeaderMetadata,
    /// Everything that makes two submissions the same, but for the body.
    pub(super) digest: Option<digest::Context>,
}

/// A header section that is larger than this is refused.
const MAX_HEADER_BYTES: usize = 262_144;
/// What one message holds in memory at most: header or body, before it goes to a file.
pub(super) const HELD_BYTES: u64 = 262_144;

impl Incoming {
    pub(super) fn new(writer: BodyWriter) -> Self {
        Self {
            phase: Phase::Header(Vec::new()),
            writer: Some(writer),
            metadata: HeaderMetadata::default(),
            digest: None,
            last: *b"\r\n",
        }
    }

    /// Takes a piece. Gives the header section when it is complete; [`Incoming::begin_body`] must follow.
    pub(super) async fn take(&mut self, bytes: &[u8]) -> Result<Option<Vec<u8>>, Stopped> {
        let held = match &mut self.phase {
            Phase::Body => return self.write(bytes).await.map(|()| None),
            Phase::Between(_) => return Err(StoreError::Closed.into()),
            Phase::Header(held) => held,
        };
        let searched = held.len();
        held.extend_from_slice(bytes);
        let Some(end) = message::header::end_of_header_behind(held, searched) else {
            let is_too_large = held.len() > MAX_HEADER_BYTES;
            return match is_too_large {
                true => Err(Stopped::HeaderTooLarge { limit_bytes: MAX_HEADER_BYTES }),
                false => Ok(None),
            };
        };
        let rest = held.split_off(end);
        let mut header = std::mem::take(held);
        header.truncate(end - 2);
        self.phase = Phase::Between(rest);
        Ok(Some(header))
    }

    /// No more comes. Gives the header section of a message that has no body.
    pub(super) fn end_of_data(&mut self) -> Option<Vec<u8>> {
        let Phase::Header(held) = &mut self.phase else { return None };
        let header = std::mem::take(held);
        self.phase = Phase::Between(Vec::new());
        Some(header)
    }

    /// Goes on with the body, behind the header section as it is kept.
    pub(super) async fn begin_body(&mut self, written: Written) -> Result<(), Stopped> {
        let Phase::Between(rest) = std::mem::replace(&mut self.phase, Phase::Body) else {
            return Err(StoreError::Closed.into());
        };
        self.metadata = written.metadata;
        let mut head = written.header;
        head.extend_from_slice(b"\r\n");
        self.write(&head).await?;
        self.digest = written.digest;
        self.write(&rest).await
    }

    /// What has come of the header section, while it is not complete.
    pub(super) fn unfinished_header(&self) -> Option<&[u8]> {
        if let Phase::Header(held) = &self.phase { Some(held) } else { None }
    }

    /// Completes the message; nothing may follow.
    pub(super) async fn finish(&mut self) -> Result<Complete, Stopped> {
        // BDAT may leave out the last line end; no server behind us would take that.
        if self.last != *b"\r\n" {
            self.write(b"\r\n").await?;
        }
        let (Phase::Body, Some(writer)) = (&self.phase, self.writer.take()) else {
            return Err(StoreError::Closed.into());
        };
        let idempotency_key = self.digest.take().map(|digest| {
            let mut idempotency_key = [0; 16];
            idempotency_key.copy_from_slice(&digest.finish().as_ref()[..16]);
            IdempotencyKey(idempotency_key)
        });
        let bytes = writer.bytes();
        let body = writer.finish().await?;
        let metadata = std::mem::take(&mut self.metadata);
        Ok(Complete { body, bytes, metadata, idempotency_key })
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Stopped> {
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        match bytes {
            [.., before, last] => self.last = [*before, *last],
            [only] => self.last = [self.last[1], *only],
            [] => return Ok(()),
        }
        let writer = self.writer.as_mut().ok_or(StoreError::Closed)?;
        Ok(writer.write(bytes).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use model::id::QueueId;
    use store::{DataDir, MasterKey, Options, Store, Volatile};

    /// Takes a message in these pieces, its header section kept as it is; gives header and message.
    async fn taken(store: &Store, pieces: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
        let id = QueueId::new(Timestamp::UNIX_EPOCH, [7; 10]);
        let mut incoming = Incoming::new(store.queue().begin_body(id));
        let mut found = None;
        for piece in pieces {
            if let Some(header) = incoming.take(piece).await.unwrap() {
                assert!(found.is_none(), "the header section ends once");
                let digest = Some(digest::Context::new(&digest::SHA256));
                let written = Written { header: header.clone(), metadata: HeaderMetadata::default(), digest };
                incoming.begin_body(written).await.unwrap();
                found = Some(header);
            }
        }
        let complete = incoming.finish().await.unwrap();
        (found.unwrap(), complete.body.into_bytes().await.unwrap())
    }

    #[tokio::test]
    async fn where_a_message_is_cut_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(folder.path(), Volatile::Allowed).unwrap();
        let options = Options { segment_bytes: 65_536, ..Options::default() };
        let key = MasterKey::from_bytes([1; 32]);
        let store = Store::open(&data_dir, key, &options, Timestamp::UNIX_EPOCH).unwrap();
        for message in [
            &b"From: a@b.c\r\nBcc: d@e.f\r\nX: 1\r\n\r\n\r\nbody\r\n\r\nend\r\n"[..],
            b"\r\nno header\r\n\r\nat all\r\n",
        ] {
            let whole = taken(&store, &[message]).await;
            assert_eq!(whole.1, message);
            for first in 0..message.len() {
                for second in first..message.len() {
                    let pieces = [&message[..first], &message[first..second], &message[second..]];
                    assert_eq!(taken(&store, &pieces).await, whole, "cut at {first} and {second}");
                }
            }
        }
    }
}
