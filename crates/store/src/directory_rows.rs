//! Reading the directory.

use rusqlite::Connection;

use crate::directory::{Directory, Rows};
use crate::error::StoreError;
use crate::{accounts, credentials, senders, smtp_usernames};

/// The directory as it is in the database.
pub(crate) fn read(connection: &Connection) -> Result<Directory, StoreError> {
    Ok(Directory::of(Rows {
        accounts: accounts::read_all(connection)?,
        senders: senders::read_all(connection)?,
        smtp_usernames: smtp_usernames::read_all(connection)?,
        credentials: credentials::read_all(connection)?,
    }))
}
