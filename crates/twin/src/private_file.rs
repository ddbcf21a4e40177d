//! Files that hold secrets: their owner reads them, and nobody else.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

const OWNER_ONLY: u32 = 0o600;

/// Writes a file anew. One that is there goes, or the link that is in its place.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options().create_new(true).write(true).mode(OWNER_ONLY).open(path)?;
    file.write_all(bytes.as_ref())
}

/// Opens a file to be written to at its end.
pub(crate) fn append(path: &Path) -> io::Result<File> {
    let file = File::options().create(true).append(true).mode(OWNER_ONLY).open(path)?;
    // An older one may have been open to others.
    file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_do_not_read_what_is_there_or_was() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (new, old) = (folder.path().join("new"), folder.path().join("old"));
        fs::write(&old, "a longer text").unwrap();
        fs::set_permissions(&old, Permissions::from_mode(0o644)).unwrap();
        for path in [&new, &old] {
            write(path, "text").unwrap();
            assert_eq!((mode(path), fs::read_to_string(path).unwrap().as_str()), (OWNER_ONLY, "text"));
            fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
            append(path).unwrap().write_all(b"s").unwrap();
            assert_eq!((mode(path), fs::read_to_string(path).unwrap().as_str()), (OWNER_ONLY, "texts"));
        }
    }
}
