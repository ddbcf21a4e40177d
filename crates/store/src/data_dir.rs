//! The data directory: private, locked by one process, and on a disk that keeps what it is given.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock, statfs, statvfs};

/// An open data directory. The lock is held as long as a clone of it lives.
#[derive(Clone, Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: Arc<File>,
}

/// Whether a directory may be on storage that forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volatile {
    /// It may: for demos and tests.
    Allowed,
    /// It may not.
    Refused,
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It cannot be made or opened.
    #[error("the data directory {0} cannot be opened")]
    Io(PathBuf, #[source] io::Error),
    /// Another process has it.
    #[error("the data directory {0} is in use by another process")]
    InUse(PathBuf),
    /// What is on it is gone after a restart.
    #[error(
        "the data directory {path} is on {kind}, which forgets: choose a directory on a disk, or set \
         `allow_volatile_data_dir = true` if losing mail does not matter"
    )]
    Forgets {
        /// The directory.
        path: PathBuf,
        /// The kind of file system.
        kind: &'static str,
    },
    /// Locks and memory maps do not work there as the database needs them.
    #[error("the data directory {path} is on {kind}: the database needs a local disk")]
    Network {
        /// The directory.
        path: PathBuf,
        /// The kind of file system.
        kind: &'static str,
    },
}

/// Magic numbers of Linux' `statfs(2)`.
const FORGETFUL: [(u32, &str); 3] =
    [(0x0102_1994, "tmpfs"), (0x8584_58f6, "ramfs"), (0x794c_7630, "overlayfs, the layer of a container")];
const NETWORK: [(u32, &str); 4] =
    [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB"), (0x0102_1997, "9p")];

impl DataDir {
    /// Makes the directory if need be, checks what it is on, and locks it.
    ///
    /// # Errors
    /// When it cannot be used; see [`DataDirError`].
    pub fn open(path: &Path, volatile: Volatile) -> Result<Self, DataDirError> {
        let io = |error| DataDirError::Io(path.to_owned(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(io)?;
        let kind = statfs(path).map_err(|error| io(error.into()))?.f_type;
        let named = |table: &[(u32, &'static str)]| {
            table.iter().find(|(magic, _)| i64::from(*magic) == kind).map(|(_, name)| *name)
        };
        if let Some(kind) = named(&NETWORK) {
            return Err(DataDirError::Network { path: path.to_owned(), kind });
        }
        if let (Some(kind), Volatile::Refused) = (named(&FORGETFUL), volatile) {
            return Err(DataDirError::Forgets { path: path.to_owned(), kind });
        }
        let lock =
            File::options().create(true).truncate(false).write(true).open(path.join("lock")).map_err(io)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: Arc::new(lock) }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(DataDirError::InUse(path.to_owned())),
            Err(error) => Err(io(error.into())),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Octets that may still be written.
    ///
    /// # Errors
    /// When the file system does not say.
    pub fn free_octets(&self) -> io::Result<u64> {
        let stat = statvfs(&self.path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_belongs_to_one_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataDir::open(&path, Volatile::Allowed).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(matches!(DataDir::open(&path, Volatile::Allowed), Err(DataDirError::InUse(_))));
        drop(first);
        assert!(DataDir::open(&path, Volatile::Allowed).unwrap().free_octets().unwrap() > 0);
    }

    #[test]
    fn memory_is_no_place_for_mail() {
        let Ok(folder) = tempfile::tempdir_in("/dev/shm") else { return };
        let refused = DataDir::open(folder.path(), Volatile::Refused);
        assert!(matches!(refused, Err(DataDirError::Forgets { kind: "tmpfs", .. })), "{refused:?}");
        assert!(DataDir::open(folder.path(), Volatile::Allowed).is_ok());
    }

    #[test]
    fn a_path_through_a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(DataDir::open(&file.join("data"), Volatile::Allowed), Err(DataDirError::Io(..))));
    }
}
