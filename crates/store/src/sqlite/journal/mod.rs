//! The journal: accepted messages in the order of their arrival, synced before anybody is told.
//!
//! 1. [`Journal::append`] hands a message to the writer ([`writer`]); whatever arrives while one sync
//!    runs shares the next one.
//! 2. Synced messages are entered into the database, which may lag behind; [`recovery`] enters what it
//!    had not heard of when the process ended.
//! 3. A segment whose messages are all done with is retired by the [`keeper`], which also has the next
//!    file ready.

pub mod format;
mod keeper;
pub(crate) mod ledger;
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
use model::queued::QueuedMessage;

pub(crate) use self::format::record::Kind;
pub(crate) use self::keeper::Keeper;
pub(crate) use self::sink::{Entry, Sink};
pub(crate) use self::writer::Appended;

use self::format::envelope;
use self::format::record::{HEADER_BYTES, Record};
use self::segment::Folder;
use crate::error::StoreError;
use crate::sqlite::body::LargeBodies;
use crate::sqlite::database::Database;

/// Where a message stands in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) position: u64,
}

/// What opening the journal needs.
pub(crate) struct Opening {
    pub(crate) folder: PathBuf,
    pub(crate) large: LargeBodies,
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
    pub(crate) fn open(opening: Opening, database: &Database) -> Result<(Self, Keeper), StoreError> {
        let folder = Folder::open(opening.folder)?;
        let next =
            recovery::Recovery { folder: &folder, database, sink: &opening.sink }.run(&opening.large)?;
        let keeper = Keeper::start(folder.clone(), opening.segment_bytes, database.clone())?;
        let behind = Arc::new(AtomicUsize::new(0));
        let (appends, inbox) = mpsc::channel();
        let writer = writer::Writer::new(writer::Parts {
            folder: folder.clone(),
            large: opening.large.clone(),
            database: database.clone(),
            keeper: keeper.clone(),
            sink: opening.sink,
            behind: Arc::clone(&behind),
            next_segment: next,
            segment_bytes: opening.segment_bytes,
        })?;
        std::thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run(&inbox))?;
        Ok((Self { folder, large: opening.large, appends, behind }, keeper))
    }

    /// Has a message synced; `done` hears when it is, or why it cannot be.
    pub(crate) fn append(
        &self,
        message: Arc<QueuedMessage>,
        body: Appended,
        done: impl FnOnce(Result<Place, StoreError>) + Send + 'static,
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
    pub(crate) fn body(&self, id: QueueId, place: Place) -> Result<Vec<u8>, StoreError> {
        let (kind, _, body) = self.record(id, place)?;
        if kind == Kind::Large { Ok(self.large.read(id)?) } else { Ok(body) }
    }

    /// Reads the bodies of several messages that are in the journal itself. What is not there, or not whole, is
    /// missing; [`Journal::body`] says why.
    pub(crate) fn bodies(&self, wanted: &[(QueueId, Place)]) -> Vec<Option<Vec<u8>>> {
        let mut open: Option<(u64, File)> = None;
        let mut read = |id: QueueId, place: Place| {
            if open.as_ref().is_none_or(|(segment, _)| *segment != place.segment) {
                open = Some((place.segment, self.folder.read(place.segment).ok()??));
            }
            let (_, file) = open.as_ref()?;
            let mut bytes = record_at(file, place.position).ok()?;
            let record = Record::read(&bytes, place.segment)?;
            if record.kind == Kind::Large || envelope::read_id(record.envelope).ok()? != id {
                return None;
            }
            let body_bytes = record.body.len();
            bytes.drain(..bytes.len() - body_bytes);
            Some(bytes)
        };
        wanted.iter().map(|(id, place)| read(*id, *place)).collect()
    }

    /// Reads the record of a message and checks that it is that message's.
    pub(crate) fn record(
        &self,
        id: QueueId,
        place: Place,
    ) -> Result<(Kind, QueuedMessage, Vec<u8>), StoreError> {
        let damaged = || StoreError::Damaged(format!("message {id} is not where the journal should have it"));
        let file = match self.folder.read(place.segment) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(damaged()),
            opened => opened?.ok_or_else(damaged)?,
        };
        let mut bytes = record_at(&file, place.position)?;
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

/// Bytes read at once: most records are whole within them.
const FIRST_READ: usize = 16_384;

/// Reads the bytes of one record, as its own header counts them.
fn record_at(file: &File, position: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; FIRST_READ];
    let mut filled = 0;
    loop {
        match file.read_at(&mut bytes[filled..], position + filled as u64)? {
            0 => break,
            more => filled += more,
        }
        let Some(header) = bytes[..filled].first_chunk::<HEADER_BYTES>() else { continue };
        let number =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let wanted = HEADER_BYTES + number(20) as usize + number(24) as usize;
        if filled >= wanted {
            bytes.truncate(wanted);
            return Ok(bytes);
        }
        bytes.resize(wanted, 0);
    }
    bytes.truncate(filled);
    Ok(bytes)
}
