//! The key that all secrets are sealed under.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::data_dir::{NO_LINK, foreign_owner, us};

/// 256 bits. It does not print.
pub struct MasterKey {
    bytes: Zeroizing<[u8; 32]>,
    id: String,
}

/// Where the key is.
#[derive(Debug)]
pub enum KeySource {
    /// In a file that only its owner may read; made at the first start.
    File(PathBuf),
    /// Outside of the data directory: in the environment, or a credential store.
    Given(MasterKey),
}

impl From<MasterKey> for KeySource {
    fn from(key: MasterKey) -> Self {
        Self::Given(key)
    }
}

impl MasterKey {
    /// A fresh key.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> io::Result<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(io::Error::from)?;
        Ok(Self::from_bytes(*bytes))
    }

    /// Writes the key to a file of its own, as a whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn keep(&self, path: &Path) -> io::Result<()> {
        keep(path, &STANDARD.encode(*self.bytes).into())
    }

    /// Reads the key from a file that is ours and that only we may read, or makes both at the first start.
    ///
    /// # Errors
    /// When the file is a link, somebody else's, or can be read by others, does not hold a key, or cannot be made.
    pub fn open_or_create(path: &Path) -> io::Result<Self> {
        match File::options().read(true).custom_flags(NO_LINK).open(path) {
            Ok(file) => {
                check_private(&file, path)?;
                let mut text = Zeroizing::new(String::new());
                file.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
                Self::parse(&text).ok_or_else(|| {
                    let text = format!("{} does not hold a master key", path.display());
                    io::Error::new(io::ErrorKind::InvalidData, text)
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = Self::generate()?;
                key.keep(path)?;
                Ok(key)
            }
            Err(_) if path.is_symlink() => Err(denied(format!(
                "{path} is a symbolic link, which is not followed: type `cp --remove-destination \"$(readlink -f {path})\" \
                 {path}`, or give the key in POSTERN_MASTER_KEY",
                path = path.display()
            ))),
            Err(error) => Err(error),
        }
    }

    /// Reads a key from base64, as the environment or a credential store gives it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        Some(Self::from_bytes(bytes.as_slice().try_into().ok()?))
    }

    /// A key that is at hand.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
        let id = digest.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes: Zeroizing::new(bytes), id }
    }

    /// A name for the key that does not give it away.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

/// More than a key in base64 has, with blanks around it.
const MAX_FILE_BYTES: u64 = 1_024;

/// A key that others can read is no secret; one that is somebody else's may be exchanged for theirs.
fn check_private(file: &File, path: &Path) -> io::Result<()> {
    let (metadata, path) = (file.metadata()?, path.display());
    if let Some(owner) = foreign_owner(&metadata) {
        let us = us();
        return Err(denied(format!(
            "{path} belongs to user {owner}, and Postern runs as user {us}: type `chown {us} {path}` if the key is yours"
        )));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(denied(format!("{path} can be read by others: type `chmod 600 {path}`")));
    }
    Ok(())
}

fn denied(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, text)
}

/// Writes a key that is there as a whole or not at all: half a key would be taken for a foreign one.
fn keep(path: &Path, key: &Zeroizing<String>) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(&unfinished)?;
    file.write_all(key.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, symlink};

    use super::*;

    #[test]
    fn a_key_that_somebody_else_chose_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (path, theirs) = (folder.path().join("master.key"), folder.path().join("theirs"));
        MasterKey::open_or_create(&theirs).unwrap();
        symlink(&theirs, &path).unwrap();
        let error = MasterKey::open_or_create(&path).unwrap_err();
        assert!(error.to_string().contains("is a symbolic link, which is not followed"), "{error}");
        fs::remove_file(&path).unwrap();
        // What an earlier try left, or somebody else put there, is not written through.
        symlink(&theirs, folder.path().join("master.unfinished")).unwrap();
        let made = MasterKey::open_or_create(&path).unwrap();
        assert_ne!(MasterKey::open_or_create(&theirs).unwrap().id(), made.id());
        // Only root can give a file away.
        if chown(&path, Some(65_534), None).is_ok() {
            let error = MasterKey::open_or_create(&path).unwrap_err();
            assert!(
                error.to_string().contains(&format!("type `chown {} {}`", us(), path.display())),
                "{error}"
            );
        }
    }

    #[test]
    fn the_key_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let made = MasterKey::open_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(MasterKey::open_or_create(&path).unwrap().bytes(), made.bytes());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(MasterKey::open_or_create(&path).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        assert_eq!(MasterKey::open_or_create(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
