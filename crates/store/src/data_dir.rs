//! The data directory: ours and private, locked by one process, and on a disk that keeps what it is given.

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, OFlags, flock, fstatfs, statvfs};
use rustix::process::geteuid;

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
    /// Somebody else could put there what they like.
    #[error(
        "the data directory {path} belongs to user {owner}, and Postern runs as user {us}: run it as its owner, or \
         type `chown -R {us} {path}` if nothing in it is of somebody else's making"
    )]
    Foreign {
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
        /// The number of the user who runs Postern.
        us: u32,
    },
    /// Somebody else decides where it leads.
    #[error(
        "the data directory {path} is a symbolic link that belongs to user {owner}: name the directory itself, or \
         type `rm {path}` and start again"
    )]
    ForeignLink {
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
    },
    /// Another process has it.
    #[error("the data directory {0} is in use by another process")]
    InUse(PathBuf),
    /// What is on it is gone after a restart.
    #[error(
        "the data directory {path} is on {kind}, which forgets: choose a directory on a disk, or set \
         `allow_volatile_data_dir = true` if losing mail does not matter"
    )]
    Forgets {
        path: PathBuf,
        /// The kind of file system.
        kind: &'static str,
    },
    /// Locks and memory maps do not work there as the database needs them.
    #[error("the data directory {path} is on {kind}: the database needs a local disk")]
    Network {
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
    /// Makes the directory if need be, checks whose it is and what it is on, and locks it.
    ///
    /// # Errors
    /// When it cannot be used; see [`DataDirError`].
    pub fn open(path: &Path, volatile: Volatile) -> Result<Self, DataDirError> {
        let io = |error| DataDirError::Io(path.to_owned(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
        // All that follows is about the directory that was checked, even if its name leads elsewhere meanwhile.
        let directory = open_own(path)?;
        directory.set_permissions(Permissions::from_mode(0o700)).map_err(io)?;
        let kind = fstatfs(&directory).map_err(|error| io(error.into()))?.f_type;
        let named = |table: &[(u32, &'static str)]| {
            table.iter().find(|(magic, _)| i64::from(*magic) == kind).map(|(_, name)| *name)
        };
        if let Some(kind) = named(&NETWORK) {
            return Err(DataDirError::Network { path: path.to_owned(), kind });
        }
        if let (Some(kind), Volatile::Refused) = (named(&FORGETFUL), volatile) {
            return Err(DataDirError::Forgets { path: path.to_owned(), kind });
        }
        let mut lock = File::options();
        lock.create(true).truncate(false).write(true).mode(0o600).custom_flags(NO_LINK);
        let lock = lock.open(path.join("lock")).map_err(io)?;
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

    /// Bytes that may still be written.
    ///
    /// # Errors
    /// When the file system does not say.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let stat = statvfs(&self.path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// The size of the file system.
    ///
    /// # Errors
    /// When the file system does not say.
    pub fn size_bytes(&self) -> io::Result<u64> {
        let stat = statvfs(&self.path)?;
        Ok(stat.f_blocks.saturating_mul(stat.f_frsize))
    }
}

/// Flags to open a file by, and nothing that a link leads to.
pub(crate) const NO_LINK: i32 = OFlags::NOFOLLOW.bits().cast_signed();

/// Opens a directory that is ours. A link to it may be ours or root's: systemd makes one for `StateDirectory=`.
fn open_own(path: &Path) -> Result<File, DataDirError> {
    let io = |error| DataDirError::Io(path.to_owned(), error);
    let link = fs::symlink_metadata(path).map_err(io)?;
    if link.is_symlink() && link.uid() != 0 && foreign_owner(&link).is_some() {
        return Err(DataDirError::ForeignLink { path: path.to_owned(), owner: link.uid() });
    }
    let directory = File::open(path).map_err(io)?;
    match foreign_owner(&directory.metadata().map_err(io)?) {
        Some(owner) => Err(DataDirError::Foreign { path: path.to_owned(), owner, us: us() }),
        None => Ok(directory),
    }
}

/// Whose a file is, if not ours.
pub(crate) fn foreign_owner(metadata: &Metadata) -> Option<u32> {
    Some(metadata.uid()).filter(|owner| *owner != us())
}

/// Who we are.
pub(crate) fn us() -> u32 {
    geteuid().as_raw()
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, lchown, symlink};

    use super::*;

    #[test]
    fn a_directory_belongs_to_one_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataDir::open(&path, Volatile::Allowed).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(matches!(DataDir::open(&path, Volatile::Allowed), Err(DataDirError::InUse(_))));
        drop(first);
        assert!(DataDir::open(&path, Volatile::Allowed).unwrap().free_bytes().unwrap() > 0);
    }

    /// Nobody's number on most systems.
    const SOMEBODY_ELSE: u32 = 65_534;

    #[test]
    fn a_directory_of_somebody_else_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        // Only root can give a directory away.
        if chown(&path, Some(SOMEBODY_ELSE), None).is_err() {
            return;
        }
        let error = DataDir::open(&path, Volatile::Allowed).unwrap_err();
        let says = format!("belongs to user {SOMEBODY_ELSE}, and Postern runs as user {}", us());
        assert!(error.to_string().contains(&says), "{error}");
        assert!(error.to_string().contains(&format!("`chown -R {} {}`", us(), path.display())), "{error}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
        assert!(!path.join("lock").exists());
    }

    #[test]
    fn a_link_to_the_directory_may_be_ours_and_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("data"), folder.path().join("link"));
        DataDir::open(&path, Volatile::Allowed).unwrap();
        symlink(&path, &link).unwrap();
        assert!(DataDir::open(&link, Volatile::Allowed).is_ok());
        if lchown(&link, Some(SOMEBODY_ELSE), None).is_ok() {
            let refused = DataDir::open(&link, Volatile::Allowed);
            assert!(
                matches!(refused, Err(DataDirError::ForeignLink { owner: SOMEBODY_ELSE, .. })),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn a_lock_that_is_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        symlink(&elsewhere, folder.path().join("lock")).unwrap();
        assert!(matches!(DataDir::open(folder.path(), Volatile::Allowed), Err(DataDirError::Io(..))));
        assert!(!elsewhere.exists());
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
