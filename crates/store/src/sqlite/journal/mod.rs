//! The journal: accepted messages in the order of their arrival, synced before the client gets its 250.
//!
//! 1. [`Journal::append`] hands a message to the writer ([`writer`]); whatever arrives while one sync
//!    runs shares the next one.
//! 2. Synced messages are entered into the database, which may lag behind; [`recovery`] enters what it
//!    had not heard of when the process ended.
//! 3. A segment whose messages are all done with is retired by the [`maintenance`], which also has the next
//!    file ready.

pub mod format;
pub(crate) mod ledger;
mod maintenance;
mod recovery;
mod segment;
mod sink;
mod writer;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use model::id::QueueId;
use model::queued::{Origin, QueuedMessage};
use tracing::warn;

pub(crate) use self::format::record::Kind;
pub(crate) use self::maintenance::Maintenance;
pub(crate) use self::sink::{Entry, Sink};
pub(crate) use self::writer::Appended;

use self::format::envelope;
use self::format::record::{HEADER_BYTES, Record};
use self::segment::Folder;
use crate::error::StoreError;
use crate::sqlite::body::LargeBodies;
use crate::sqlite::database::Database;
use crate::sqlite::kept_headers::KeptHeaders;

/// Where a message stands in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JournalPosition {
    pub(crate) segment: u64,
    pub(crate) position: u64,
}

/// A message whose body is to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) id: QueueId,
    pub(crate) place: JournalPosition,
    /// How large the body is.
    pub(crate) bytes: u64,
}

/// What opening the journal needs.
pub(crate) struct Opening {
    pub(crate) folder: PathBuf,
    pub(crate) large: LargeBodies,
    /// Where header sections go when a body goes.
    pub(crate) headers: KeptHeaders,
    pub(crate) segment_bytes: u64,
    /// Enters messages into the database.
    pub(crate) sink: Arc<dyn Sink>,
}

/// A handle to the open journal.
#[derive(Clone)]
pub(crate) struct Journal {
    folder: Folder,
    large: LargeBodies,
    appends: mpsc::Sender<writer::Append>,
    /// Messages that are synced and not yet in the database.
    behind: Arc<AtomicUsize>,
}

/// As many messages may be accepted before the database has heard of them; it catches up in seconds.
const MAX_BEHIND: usize = 50_000;

impl Journal {
    /// Enters what the database has not heard of, then starts the writer on a new segment.
    pub(crate) fn open(opening: Opening, database: &Database) -> Result<(Self, Maintenance), StoreError> {
        let folder = Folder::open(opening.folder)?;
        let keeper = HeaderKeeper { folder: folder.clone(), headers: opening.headers };
        let recovery = recovery::Recovery { folder: &folder, database, sink: &opening.sink, keeper: &keeper };
        let next = recovery.run(&opening.large)?;
        let maintenance = Maintenance::start(keeper, opening.segment_bytes, database.clone())?;
        let behind = Arc::new(AtomicUsize::new(0));
        let (appends, inbox) = mpsc::channel();
        let writer = writer::Writer::new(writer::Parts {
            folder: folder.clone(),
            large: opening.large.clone(),
            database: database.clone(),
            maintenance: maintenance.clone(),
            sink: opening.sink,
            behind: Arc::clone(&behind),
            next_segment: next,
            segment_bytes: opening.segment_bytes,
        })?;
        std::thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run(&inbox))?;
        Ok((Self { folder, large: opening.large, appends, behind }, maintenance))
    }

    /// Has a message synced; `done` hears when it is, or why it cannot be.
    pub(crate) fn append(
        &self,
        message: Arc<QueuedMessage>,
        body: Appended,
        done: impl FnOnce(Result<JournalPosition, StoreError>) + Send + 'static,
    ) {
        if self.behind.load(Ordering::Relaxed) > MAX_BEHIND {
            return done(Err(StoreError::Behind));
        }
        let append = writer::Append { message, body, done: Box::new(done) };
        if let Err(mpsc::SendError(append)) = self.appends.send(append) {
            (append.done)(Err(StoreError::Closed));
        }
    }

    /// Whether messages are synced that the database has not heard of.
    pub(crate) fn is_ahead(&self) -> bool {
        self.behind.load(Ordering::Relaxed) > 0
    }

    /// Reads a message's body. Blocks while the disk works.
    pub(crate) fn body(&self, id: QueueId, place: JournalPosition) -> Result<Vec<u8>, StoreError> {
        let (kind, _, body) = self.record(id, place)?;
        if kind == Kind::Large { Ok(self.large.read(id)?) } else { Ok(body) }
    }

    /// Reads the bodies of several messages that are in the journal itself. What is not there, or not whole, is
    /// missing; [`Journal::body`] says why.
    pub(crate) fn bodies(&self, wanted: &[Wanted]) -> Vec<Option<Vec<u8>>> {
        let (mut open, mut bytes): (Option<(u64, File)>, _) = (None, Vec::new());
        let read = |wanted: &Wanted| {
            let Wanted { id, place, .. } = *wanted;
            if open.as_ref().is_none_or(|(segment, _)| *segment != place.segment) {
                open = Some((place.segment, self.folder.read(place.segment).ok()??));
            }
            let (_, file) = open.as_ref()?;
            let guess = HEADER_BYTES + ENVELOPE_BYTES + usize::try_from(wanted.bytes).ok()?;
            let record = Record::read(record_at(file, place, guess, &mut bytes).ok()?, place.segment)?;
            let is_it = record.kind == Kind::Inline && envelope::read_id(record.envelope).ok()? == id;
            is_it.then(|| record.body.to_vec())
        };
        wanted.iter().map(read).collect()
    }

    /// Reads the record of a message and checks that it is that message's.
    pub(crate) fn record(
        &self,
        id: QueueId,
        place: JournalPosition,
    ) -> Result<(Kind, QueuedMessage, Vec<u8>), StoreError> {
        let damaged = || StoreError::Damaged(format!("message {id} is not where the journal should have it"));
        let file = match self.folder.read(place.segment) {
            // A folder that is away, such as a file system that is not mounted, can come back.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.folder.is_present() => {
                return Err(damaged());
            }
            opened => opened?.ok_or_else(damaged)?,
        };
        let mut bytes = Vec::new();
        let end = record_at(&file, place, FIRST_READ, &mut bytes)?.len();
        bytes.truncate(end);
        let record = Record::read(&bytes, place.segment).ok_or_else(damaged)?;
        let (kind, message) = (record.kind, envelope::read(record.envelope)?);
        if message.id != id {
            return Err(damaged());
        }
        let body_bytes = record.body.len();
        bytes.drain(..bytes.len() - body_bytes);
        Ok((kind, message, bytes))
    }
}

/// Copies header sections out of what goes.
pub(super) struct HeaderKeeper {
    pub(super) folder: Folder,
    pub(super) headers: KeptHeaders,
}

impl HeaderKeeper {
    /// Copies those of a segment of whose messages a DSN may still be written. That it fails keeps no segment.
    pub(super) fn keep(&self, segment: u64) {
        if let Err(error) = self.copy(segment) {
            warn!(
                error = model::error_chain(&error),
                journal.segment = segment,
                "header sections could not be kept: DSNs about these messages return none"
            );
        }
    }

    fn copy(&self, segment: u64) -> Result<(), StoreError> {
        let Some(file) = self.folder.read(segment)? else { return Ok(()) };
        let (mut headers, mut bytes) = (self.headers.of_segment(segment), Vec::new());
        let mut place = JournalPosition { segment, position: segment::FILE_HEADER_BYTES };
        while let Some(record) = Record::read(record_at(&file, place, FIRST_READ, &mut bytes)?, segment) {
            place.position += record.bytes() as u64;
            let message = envelope::read(record.envelope)?;
            let is_returned = message.origin != Origin::Dsn && message.reverse_path.mailbox().is_some();
            if is_returned && record.kind == Kind::Inline {
                headers.add(message.id, record.body);
            }
        }
        Ok(headers.finish()?)
    }
}

/// Bytes read at once where nothing is known of a record: most are whole within them.
const FIRST_READ: usize = 16_384;
/// Bytes that few envelopes exceed.
const ENVELOPE_BYTES: usize = 1_024;

/// Reads the bytes of one record, as its own header counts them, into `bytes`, which may have been used before. `guess`
/// is how many the record may have. Where there is no record of that segment, whatever an earlier use of the file left
/// there is read no further.
fn record_at<'b>(
    file: &File,
    JournalPosition { segment, position }: JournalPosition,
    guess: usize,
    bytes: &'b mut Vec<u8>,
) -> io::Result<&'b [u8]> {
    bytes.resize(bytes.len().max(guess), 0);
    let (mut filled, mut end) = (0, guess);
    loop {
        match file.read_at(&mut bytes[filled..end], position + filled as u64)? {
            0 => return Ok(&bytes[..filled]),
            more => filled += more,
        }
        let Some(header) = bytes[..filled].first_chunk::<HEADER_BYTES>() else { continue };
        let Some(wanted) = Record::announced_bytes(header, segment) else { return Ok(&bytes[..filled]) };
        if filled >= wanted {
            return Ok(&bytes[..wanted]);
        }
        // A damaged length asks for more than there is.
        if wanted as u64 > file.metadata()?.len().saturating_sub(position) {
            return Ok(&bytes[..filled]);
        }
        end = wanted;
        bytes.resize(bytes.len().max(end), 0);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A segment's file is used again: behind its last record is what the earlier use left, at any byte of a record.
    #[test]
    fn what_an_earlier_use_left_is_read_no_further() {
        let mut written = Vec::new();
        Record { kind: Kind::Inline, envelope: b"{}", body: b"now" }.write(7, &mut written);
        let end = written.len() as u64;
        Record { kind: Kind::Inline, envelope: b"{}", body: &[0xee; 40_000] }.write(6, &mut written);
        let mut damaged = written[end as usize..end as usize + HEADER_BYTES].to_vec();
        damaged[8..16].copy_from_slice(&7_u64.to_le_bytes());
        damaged[24..28].copy_from_slice(&u32::MAX.to_le_bytes());
        let (begin, mut file) = (written.len() as u64, tempfile::tempfile().unwrap());
        file.write_all(&written).unwrap();
        file.write_all(&damaged).unwrap();
        let mut bytes = Vec::new();
        let mut read = |position| {
            let place = JournalPosition { segment: 7, position };
            record_at(&file, place, FIRST_READ, &mut bytes)
                .map(|found| Record::read(found, 7).is_some())
                .unwrap()
        };
        assert_eq!([0, end, end + 1_000, begin].map(&mut read), [true, false, false, false]);
        assert_eq!(bytes.len(), FIRST_READ);
    }
}
