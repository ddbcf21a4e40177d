//! Bodies on their way in: small ones in memory, large ones in a file from the start.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use model::id::QueueId;
use tracing::warn;

use crate::data_dir::sync_folder;
use crate::error::StoreError;
use crate::sqlite::kept_headers::KeptHeaders;

/// A complete body.
#[derive(Debug)]
pub struct Body(pub(crate) Kept);

#[derive(Debug)]
pub(crate) enum Kept {
    Inline(Vec<u8>),
    /// In its file, written and synced.
    Large(LargeFile),
}

/// Takes a body piece by piece, never holding more of it in memory than a small body has.
#[derive(Debug)]
pub struct BodyWriter {
    id: QueueId,
    bodies: LargeBodies,
    buffer: Vec<u8>,
    file: Option<LargeFile>,
    bytes: u64,
}

/// A body above this has a file of its own.
pub(crate) const INLINE_BYTES: usize = 256 * 1024;

/// The folder of large bodies.
#[derive(Clone, Debug)]
pub(crate) struct LargeBodies(PathBuf);

/// A large body's file. It goes with the value, unless it was accepted.
#[derive(Debug)]
pub(crate) struct LargeFile {
    file: Option<File>,
    path: PathBuf,
    keep: bool,
}

impl Body {
    /// A body that is at hand already.
    #[must_use]
    pub fn inline(bytes: Vec<u8>) -> Self {
        Self(Kept::Inline(bytes))
    }

    /// Whether it has a file of its own, because it is too large for the journal.
    #[must_use]
    pub fn has_file(&self) -> bool {
        matches!(self.0, Kept::Large(_))
    }

    /// The bytes, read back if need be. A body that was not accepted leaves nothing behind.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub async fn into_bytes(self) -> Result<Vec<u8>, StoreError> {
        match self.0 {
            Kept::Inline(bytes) => Ok(bytes),
            Kept::Large(file) => {
                let read = tokio::task::spawn_blocking(move || fs::read(&file.path));
                Ok(read.await.map_err(|_| StoreError::Closed)??)
            }
        }
    }
}

impl BodyWriter {
    pub(crate) fn new(id: QueueId, bodies: LargeBodies) -> Self {
        Self { id, bodies, buffer: Vec::new(), file: None, bytes: 0 }
    }

    /// Takes a piece.
    ///
    /// # Errors
    /// When a file is needed and cannot be written.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.bytes += bytes.len() as u64;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= INLINE_BYTES { self.spill().await } else { Ok(()) }
    }

    /// Bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Completes the body; a large one is on disk then, synced.
    ///
    /// # Errors
    /// When its file cannot be written.
    pub async fn finish(mut self) -> Result<Body, StoreError> {
        if self.file.is_none() {
            return Ok(Body(Kept::Inline(std::mem::take(&mut self.buffer))));
        }
        self.spill().await?;
        let Some(mut large) = self.file.take() else { return Err(StoreError::Closed) };
        let synced = tokio::task::spawn_blocking(move || large.sync().map(|()| large));
        let large = synced.await.map_err(|_| StoreError::Closed)??;
        Ok(Body(Kept::Large(large)))
    }

    async fn spill(&mut self) -> Result<(), StoreError> {
        let (buffer, file) = (std::mem::take(&mut self.buffer), self.file.take());
        let (id, bodies) = (self.id, self.bodies.clone());
        let written = tokio::task::spawn_blocking(move || {
            let mut large = file.map_or_else(|| bodies.create(id), Ok)?;
            large.write(&buffer)?;
            io::Result::Ok((large, buffer))
        });
        let (large, mut buffer) = written.await.map_err(|_| StoreError::Closed)??;
        buffer.clear();
        (self.file, self.buffer) = (Some(large), buffer);
        Ok(())
    }
}

impl LargeBodies {
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn path(&self, id: QueueId) -> PathBuf {
        self.0.join(id.to_string())
    }

    fn create(&self, id: QueueId) -> io::Result<LargeFile> {
        let path = self.path(id);
        let file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&path)?;
        Ok(LargeFile { file: Some(file), path, keep: false })
    }

    /// Makes the names of finished files durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync_folder(&self.0)
    }

    pub(crate) fn read(&self, id: QueueId) -> io::Result<Vec<u8>> {
        fs::read(self.path(id))
    }

    /// Keeps the header section of a message whose file goes.
    pub(crate) fn keep_header(&self, id: QueueId, headers: &KeptHeaders) {
        if let Err(error) = headers.keep_of_file(id, &self.path(id)) {
            warn!(message.id = %id, %error, "a header section could not be kept");
        }
    }

    /// Removes the file of a message that is done with, if it has one.
    pub(crate) fn remove(&self, id: QueueId) {
        // What stays behind is swept up at the next start.
        let _ = fs::remove_file(self.path(id));
    }

    /// Removes files that no message needs; gives the number of those that stay.
    pub(crate) fn sweep(
        &self,
        needed: impl Fn(QueueId) -> Result<bool, StoreError>,
    ) -> Result<usize, StoreError> {
        let mut kept = 0;
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            match entry.file_name().to_str().and_then(|name| name.parse().ok()) {
                Some(id) if needed(id)? => kept += 1,
                _ => fs::remove_file(entry.path())?,
            }
        }
        Ok(kept)
    }
}

impl LargeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.file {
            Some(file) => file.write_all(bytes),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Syncs and closes the file: an open one for each waiting message would be too many.
    fn sync(&mut self) -> io::Result<()> {
        match self.file.take() {
            Some(file) => file.sync_data(),
            None => Ok(()),
        }
    }

    /// The file belongs to an accepted message now.
    pub(crate) fn keep(mut self) {
        self.keep = true;
    }
}

impl Drop for LargeFile {
    fn drop(&mut self) {
        if !self.keep {
            let _ = fs::remove_file(&self.path);
        }
    }
}
