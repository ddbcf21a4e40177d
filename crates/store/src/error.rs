//! What can go wrong with the store, sorted by whose fault it is.

use std::io;
use std::path::PathBuf;

use model::fault::Fault;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full: nothing can be accepted until there is room.
    #[error("the disk that holds the data directory is full")]
    Full(#[source] Option<io::Error>),
    /// Reading or writing failed: a broken or read-only disk.
    #[error("the data directory cannot be read or written")]
    Io(#[source] io::Error),
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] rusqlite::Error),
    /// More was accepted than has been entered into the queue; the disk does not keep up.
    #[error("the queue is behind with entering accepted messages")]
    Behind,
    /// The same message is being accepted at this moment.
    #[error("the same message is being accepted right now")]
    InProgress,
    /// A name is taken.
    #[error("{0} exists already")]
    Exists(String),
    /// Somebody else has changed it since it was read.
    #[error("{0} was changed by somebody else meanwhile: look again")]
    Changed(String),
    /// What was asked for is not there.
    #[error("{0} does not exist")]
    Missing(String),
    /// It cannot go while something depends on it.
    #[error("{what} is still used by {by}")]
    InUse {
        /// What was to be removed.
        what: String,
        /// Who needs it.
        by: String,
    },
    /// A stored value cannot be understood: the data directory is newer than the program, or damaged.
    #[error("a stored value is damaged: {0}")]
    Damaged(String),
    /// A secret cannot be opened with this master key.
    #[error("the secret cannot be opened with this master key")]
    Sealed,
    /// The secrets were sealed under another master key.
    #[error(
        "the secrets are sealed under master key {id}, and this one is {given}: bring that key back, or restore the \
         data directory that belongs to this one"
    )]
    OtherKey {
        /// The name of the key that was given.
        given: String,
        /// The name of the key that is needed.
        id: String,
    },
    /// There are sealed secrets, and no master key.
    #[error("{path} is missing, and the secrets are sealed under master key {id}: bring that file back")]
    KeyMissing {
        /// Where the key should be.
        path: PathBuf,
        id: String,
    },
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The caller asked for something that cannot be.
    Caller,
    /// There is no room on the disk.
    Space,
    /// The machine or the program is at fault.
    Us,
}

impl StoreError {
    /// Who has to act.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Exists(_) | Self::Changed(_) | Self::Missing(_) | Self::InUse { .. } => Blame::Caller,
            Self::Full(_) | Self::Behind => Blame::Space,
            Self::Io(_)
            | Self::Database(_)
            | Self::InProgress
            | Self::Damaged(_)
            | Self::Sealed
            | Self::OtherKey { .. }
            | Self::KeyMissing { .. }
            | Self::Closed => Blame::Us,
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(Some(error)),
            _ => Self::Io(error),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::Exists(_) => Self::conflict("exists", message),
            StoreError::Changed(_) => Self::conflict("changed", message),
            StoreError::InUse { .. } => Self::conflict("in_use", message),
            StoreError::Missing(what) => Self::NotFound { what },
            StoreError::Full(_) | StoreError::Behind => Self::Full { message },
            _ => Self::internal(error),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full(None),
            _ => Self::Database(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_keep_the_code_and_the_words_of_what_a_caller_can_mend() {
        let in_use = StoreError::InUse { what: "account a".to_owned(), by: "login b".to_owned() };
        for (error, code, text) in [
            (StoreError::Exists("account a".to_owned()), "exists", "account a exists already"),
            (in_use, "in_use", "account a is still used by login b"),
            (StoreError::Missing("account a".to_owned()), "missing", "account a does not exist"),
            (StoreError::Full(None), "full", "the disk that holds the data directory is full"),
            (StoreError::Sealed, "internal", "the server failed; its log says why"),
        ] {
            let fault = Fault::from(error);
            assert_eq!((fault.code(), fault.to_string().as_str()), (code, text));
        }
        let changed = Fault::from(StoreError::Changed("account a".to_owned()));
        assert_eq!(changed.code(), "changed");
    }
}
