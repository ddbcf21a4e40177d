//! The demo's own folder. It starts empty every time; a demo that runs at the same time has another.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rustix::fs::{FlockOperation, flock};

/// A folder that belongs to this demo until it ends.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Says that what is in the folder may be thrown away.
const MARK: &str = "this-folder-belongs-to-postern-demo";
/// As many demos may run at once.
const MAX_DEMOS: usize = 20;

impl Folder {
    /// Claims the folder that is named, or the first free one in the system's temporary folder.
    pub(super) fn claim(wanted: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = wanted {
            let claimed = Self::try_claim(path)?;
            return claimed.with_context(|| format!("another demo runs in {}", path.display()));
        }
        let user = rustix::process::getuid().as_raw();
        for number in 1..=MAX_DEMOS {
            let path = std::env::temp_dir().join(format!("postern-demo-{user}-{number}"));
            // One that another user made, or that is no folder, is as good as taken.
            if let Ok(Some(folder)) = Self::try_claim(&path) {
                return Ok(folder);
            }
        }
        bail!("{MAX_DEMOS} demos run already, or {} cannot be written", std::env::temp_dir().display());
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Claims and empties a folder; `None` if another demo has it.
    fn try_claim(path: &Path) -> anyhow::Result<Option<Self>> {
        let cannot = || format!("{} cannot be used", path.display());
        fs::create_dir_all(path).with_context(cannot)?;
        let mark = path.join(MARK);
        let is_empty = fs::read_dir(path).with_context(cannot)?.next().is_none();
        if !is_empty && !mark.exists() {
            bail!("{} is not empty and was not made by a demo: choose another folder", path.display());
        }
        let lock =
            File::options().create(true).truncate(false).write(true).open(&mark).with_context(cannot)?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Ok(None);
        }
        for part in ["twin", "server"] {
            let part = path.join(part);
            if part.exists() {
                fs::remove_dir_all(&part).with_context(|| format!("{} cannot be emptied", part.display()))?;
            }
        }
        Ok(Some(Self { path: path.to_owned(), _lock: lock }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_demos_own_folder_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo");
        let claimed = Folder::claim(Some(&path)).unwrap();
        fs::create_dir(path.join("server")).unwrap();
        assert!(Folder::claim(Some(&path)).is_err(), "it is in use");
        drop(claimed);
        Folder::claim(Some(&path)).unwrap();
        assert!(!path.join("server").exists());

        let precious = folder.path().join("precious");
        fs::create_dir(&precious).unwrap();
        fs::write(precious.join("thesis.txt"), "x").unwrap();
        assert!(Folder::claim(Some(&precious)).is_err());
        assert!(precious.join("thesis.txt").exists());
    }
}
