//! What outlives the twin: the state as one document, captured mail as a growing file.
//!
//! A twin without a data directory keeps nothing.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tracing::warn;

use crate::captured::{Captured, CapturedMail};
use crate::private_file;
use crate::state::State;

/// Writes what has to be kept.
pub(crate) struct Persistence(Option<Files>);

struct Files {
    state: PathBuf,
    mail_path: PathBuf,
    mail: Mutex<File>,
}

impl Persistence {
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Keeps everything in `folder`; gives what is there already.
    pub(crate) fn open(folder: &Path) -> io::Result<(Self, Option<State>, Captured)> {
        let (state_path, mail_path) = (folder.join("state.json"), folder.join("mail.jsonl"));
        // Twins wrote `world.json` before they wrote `state.json`.
        let found = if state_path.exists() { state_path.clone() } else { folder.join("world.json") };
        let state = match fs::read(&found) {
            Ok(bytes) => Some(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut captured = Captured::default();
        if let Ok(file) = File::open(&mail_path) {
            for line in BufReader::new(file).lines() {
                // A line that was cut off by the end of the last twin is the last one.
                let Ok(mail) = serde_json::from_str::<CapturedMail>(&line?) else { break };
                captured.restore(mail);
            }
        }
        let mail = Mutex::new(private_file::append(&mail_path)?);
        Ok((Self(Some(Files { state: state_path, mail_path, mail })), state, captured))
    }

    pub(crate) fn keep_state(&self, state: &State) {
        let Some(files) = &self.0 else { return };
        let unfinished = files.state.with_extension("unfinished");
        let written = serde_json::to_vec_pretty(state)
            .map_err(io::Error::from)
            .and_then(|bytes| private_file::write(&unfinished, bytes))
            .and_then(|()| fs::rename(&unfinished, &files.state));
        if let Err(error) = written {
            warn!(%error, "the twin's state could not be kept");
        }
    }

    pub(crate) fn keep_mail(&self, mail: &CapturedMail) {
        let Some(files) = &self.0 else { return };
        let Ok(mut line) = serde_json::to_vec(mail) else { return };
        line.push(b'\n');
        let mut file = files.mail.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(&line) {
            warn!(%error, "a captured mail could not be kept");
        }
    }

    /// Forgets captured mail.
    pub(crate) fn forget_mail(&self) {
        let Some(files) = &self.0 else { return };
        let mut file = files.mail.lock().unwrap_or_else(PoisonError::into_inner);
        match private_file::write(&files.mail_path, b"") {
            Ok(()) => match private_file::append(&files.mail_path) {
                Ok(fresh) => *file = fresh,
                Err(error) => warn!(%error, "captured mail cannot be kept any more"),
            },
            Err(error) => warn!(%error, "captured mail could not be forgotten"),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::Value;

    use super::*;
    use crate::state::Seed;

    #[test]
    fn the_state_is_found_again_also_where_it_had_its_former_names() {
        let folder = tempfile::tempdir().unwrap();
        let (persistence, none, _) = Persistence::open(folder.path()).unwrap();
        assert!(none.is_none(), "nothing is there at first");
        let mut state = Seed::standard().into_state(Timestamp::UNIX_EPOCH);
        state.behaviour.poll_seconds = 17;
        persistence.keep_state(&state);
        let (_, kept, _) = Persistence::open(folder.path()).unwrap();
        assert_eq!(kept.unwrap().behaviour.poll_seconds, 17);

        let written = fs::read(folder.path().join("state.json")).unwrap();
        let mut document: Value = serde_json::from_slice(&written).unwrap();
        let behaviour = document.as_object_mut().unwrap().remove("behaviour").unwrap();
        document["habits"] = behaviour;
        fs::remove_file(folder.path().join("state.json")).unwrap();
        fs::write(folder.path().join("world.json"), document.to_string()).unwrap();
        let (_, kept, _) = Persistence::open(folder.path()).unwrap();
        assert_eq!(kept.unwrap().behaviour.poll_seconds, 17);
    }
}
