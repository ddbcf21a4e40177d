//! Segment files: filled from front to end, then kept until no message in them is needed.
//!
//! A file is as long as it will ever be from the start, so that a sync writes data and no metadata, and
//! is used again for a later segment when its messages are gone.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::data_dir::sync_folder;

/// Bytes before the first record: a magic word and the segment's number.
pub(crate) const FILE_HEADER_BYTES: u64 = 16;
const FILE_MAGIC: [u8; 8] = *b"POSTERN1";
static ZEROS: [u8; 65_536] = [0; 65_536];

/// The folder of segments.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Whether the folder can be seen at the moment.
    pub(crate) fn is_present(&self) -> bool {
        self.0.is_dir()
    }

    pub(crate) fn segment_path(&self, number: u64) -> PathBuf {
        self.0.join(format!("{number:010}.segment"))
    }

    /// Numbers of all segments, lowest first.
    pub(crate) fn segments(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            let number: Option<u64> =
                name.to_str().and_then(|name| name.strip_suffix(".segment")).and_then(|n| n.parse().ok());
            numbers.extend(number);
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Files that wait to become segments.
    pub(crate) fn spares(&self) -> io::Result<Vec<PathBuf>> {
        let mut spares = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "spare") {
                spares.push(path);
            }
        }
        Ok(spares)
    }

    /// Makes a spare of the given size, filled and synced.
    pub(crate) fn make_spare(&self, name: u64, bytes: u64) -> io::Result<()> {
        let (unfinished, finished) = (self.0.join("unfinished"), self.spare_path(name));
        let made = fill(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, finished));
        if made.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        made
    }

    fn spare_path(&self, name: u64) -> PathBuf {
        self.0.join(format!("{name:010}.spare"))
    }

    /// Begins segment `number`, in a spare file if there is one.
    pub(crate) fn begin(&self, number: u64) -> io::Result<File> {
        let path = self.segment_path(number);
        if let Some(spare) = self.spares()?.first() {
            fs::rename(spare, &path)?;
        }
        let file =
            File::options().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
        let mut header = FILE_MAGIC.to_vec();
        header.extend_from_slice(&number.to_le_bytes());
        file.write_all_at(&header, 0)?;
        file.sync_all()?;
        self.sync()?;
        Ok(file)
    }

    /// Opens segment `number` for reading; `None` if the file does not hold that segment.
    pub(crate) fn read(&self, number: u64) -> io::Result<Option<File>> {
        let file = File::open(self.segment_path(number))?;
        let mut header = [0; 16];
        match file.read_exact_at(&mut header, 0) {
            Ok(()) if header[..8] == FILE_MAGIC && header[8..] == number.to_le_bytes() => Ok(Some(file)),
            Ok(()) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes a segment out of use: its file becomes a spare, or goes if there are enough.
    pub(crate) fn retire(&self, number: u64, max_spares: usize) -> io::Result<()> {
        let path = self.segment_path(number);
        if self.spares()?.len() < max_spares {
            fs::rename(path, self.spare_path(number))?;
        } else {
            fs::remove_file(path)?;
        }
        self.sync()
    }

    /// Makes the names in the folder durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync_folder(&self.0)
    }
}

fn fill(path: &Path, bytes: u64) -> io::Result<()> {
    let file = File::options().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    let mut position = 0;
    while position < bytes {
        let length = (bytes - position).min(ZEROS.len() as u64);
        file.write_all_at(&ZEROS[..usize::try_from(length).unwrap_or(ZEROS.len())], position)?;
        position += length;
    }
    file.sync_all()
}
