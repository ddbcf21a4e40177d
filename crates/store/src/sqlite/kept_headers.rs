//! Header sections of messages whose bodies are gone: what a DSN returns, as long as the history is kept.
//!
//! While a segment of the journal is there, they are read from it. When it is retired, they are copied into one file
//! beside it, in one go and without the database: accepting and sending a message costs nothing more. A large message
//! has a file of its own for its body, and then one for its header section. See
//! `docs/decisions/0019-header-sections-are-kept-when-a-segment-goes.md`.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use model::id::QueueId;

/// The folder of these files. One of a segment is called `0000000042-ID`, with the id of its newest message, one of a
/// large message as that.
#[derive(Clone, Debug)]
pub(crate) struct KeptHeaders(PathBuf);

/// Writes the file of one segment.
pub(crate) struct SegmentHeaders<'a> {
    folder: &'a KeptHeaders,
    segment: u64,
    newest: Option<QueueId>,
    entries: Vec<u8>,
}

/// A header section that is longer is cut behind its last whole line.
const MAX_BYTES: usize = 32_768;
/// Bytes before a header section: the id of its message, and its length.
const ENTRY_BYTES: usize = 16 + 4;

impl KeptHeaders {
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Begins the file of a segment.
    pub(crate) fn of_segment(&self, segment: u64) -> SegmentHeaders<'_> {
        SegmentHeaders { folder: self, segment, newest: None, entries: Vec::new() }
    }

    /// Keeps the header section of a large message, whose body is in `file`.
    pub(crate) fn keep_of_file(&self, id: QueueId, file: &Path) -> io::Result<()> {
        let mut beginning = Vec::new();
        match File::open(file) {
            Ok(file) => file.take(MAX_BYTES as u64 + 4).read_to_end(&mut beginning)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        self.write(&id.to_string(), section(&beginning))
    }

    /// The header section of a message that stood in a segment, or was large.
    pub(crate) fn find(&self, id: QueueId, segment: u64) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(id.to_string())) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            read => return read.map(Some),
        }
        let prefix = format!("{segment:010}-");
        for name in self.names()?.iter().filter(|name| name.starts_with(&prefix)) {
            if let Some(found) = entry(&fs::read(self.0.join(name))?, id) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Removes files whose messages were all accepted before a time.
    pub(crate) fn prune(&self, before: Timestamp) -> io::Result<()> {
        for name in self.names()? {
            let newest: Option<QueueId> = name.rsplit('-').next().and_then(|id| id.parse().ok());
            if newest.is_none_or(|newest| newest.made_at() < before) {
                fs::remove_file(self.0.join(name))?;
            }
        }
        Ok(())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (unfinished, path) = (self.0.join(format!("unfinished-{name}")), self.0.join(name));
        let mut file =
            File::options().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        fs::rename(unfinished, path)
    }
}

impl SegmentHeaders<'_> {
    /// Adds a message.
    pub(crate) fn add(&mut self, id: QueueId, message: &[u8]) {
        let section = section(message);
        self.newest = self.newest.max(Some(id));
        self.entries.extend_from_slice(&id.to_bytes());
        self.entries.extend_from_slice(&u32::try_from(section.len()).unwrap_or(0).to_le_bytes());
        self.entries.extend_from_slice(section);
    }

    /// Writes the file, if there is anything to write.
    pub(crate) fn finish(self) -> io::Result<()> {
        let Some(newest) = self.newest else { return Ok(()) };
        self.folder.write(&format!("{:010}-{newest}", self.segment), &self.entries)
    }
}

/// The header section of a message, without the empty line behind it, as far as it is kept.
pub(crate) fn section(message: &[u8]) -> &[u8] {
    let end = if message.starts_with(b"\r\n") {
        0
    } else {
        message.windows(4).position(|four| four == b"\r\n\r\n").map_or(message.len(), |at| at + 2)
    };
    if end <= MAX_BYTES {
        return &message[..end];
    }
    let is_end = |at: &usize| message[..*at].ends_with(b"\r\n") && !matches!(message[*at], b' ' | b'\t');
    &message[..(1..=MAX_BYTES).rev().find(is_end).unwrap_or(MAX_BYTES)]
}

fn entry(mut entries: &[u8], id: QueueId) -> Option<Vec<u8>> {
    loop {
        let (head, rest) = entries.split_at_checked(ENTRY_BYTES)?;
        let length = u32::from_le_bytes(head[16..].try_into().ok()?) as usize;
        let (section, behind) = rest.split_at_checked(length)?;
        if head[..16] == id.to_bytes() {
            return Some(section.to_vec());
        }
        entries = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(second: i64) -> QueueId {
        QueueId::new(Timestamp::from_second(second).unwrap(), [7; 10])
    }

    #[test]
    fn the_header_section_ends_before_the_empty_line_and_at_a_whole_field() {
        assert_eq!(section(b"A: b\r\nC: d\r\n\r\nbody\r\n\r\nx"), b"A: b\r\nC: d\r\n");
        assert_eq!(section(b"A: b\r\n"), b"A: b\r\n");
        assert_eq!(section(b"\r\nbody"), b"");
        let long = [&b"A: b\r\n"[..], b"X: ", &b"y\r\n ".repeat(20_000), b"\r\n\r\nbody"].concat();
        assert_eq!(section(&long), b"A: b\r\n");
        assert_eq!(section(&vec![b'a'; MAX_BYTES * 2]).len(), MAX_BYTES);
    }

    #[test]
    fn headers_are_found_until_their_time_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let headers = KeptHeaders::open(folder.path().join("headers")).unwrap();
        let mut of_segment = headers.of_segment(3);
        of_segment.add(id(2), b"Subject: two\r\n\r\nbody");
        of_segment.add(id(1), b"Subject: one\r\n\r\nbody");
        of_segment.finish().unwrap();
        headers.of_segment(4).finish().unwrap();
        let large = folder.path().join("large");
        fs::write(&large, b"Subject: large\r\n\r\nbody").unwrap();
        headers.keep_of_file(id(5), &large).unwrap();
        headers.keep_of_file(id(6), &folder.path().join("missing")).unwrap();
        let found = |second, segment| headers.find(id(second), segment).unwrap();
        assert_eq!(found(1, 3).as_deref(), Some(&b"Subject: one\r\n"[..]));
        assert_eq!(found(2, 3).as_deref(), Some(&b"Subject: two\r\n"[..]));
        assert_eq!(found(5, 9).as_deref(), Some(&b"Subject: large\r\n"[..]));
        assert_eq!([found(1, 4), found(6, 3)], [None, None]);
        headers.prune(Timestamp::from_second(3).unwrap()).unwrap();
        assert_eq!(found(2, 3), None);
        assert!(found(5, 9).is_some());
        headers.prune(Timestamp::from_second(6).unwrap()).unwrap();
        assert_eq!(headers.names().unwrap(), Vec::<String>::new());
    }
}
