//! The directory that is valid now. Every write publishes a new one before it returns, so that a removed credential
//! is gone from the very next login.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{Mutex, watch};

use crate::database::Database;
use crate::directory::Directory;
use crate::error::StoreError;

/// The directory that is valid now.
pub(crate) struct Published {
    directory: watch::Sender<Arc<Directory>>,
    /// One refresh at a time: an older directory must not follow a newer one.
    refreshing: Mutex<()>,
    read: Read,
}

/// Reads the directory as it is in the database.
pub(crate) type Read = fn(&Connection) -> Result<Directory, StoreError>;

impl Published {
    pub(crate) fn load(database: &Database, read: Read) -> Result<Self, StoreError> {
        let directory = database.read_blocking(read)?;
        Ok(Self { directory: watch::Sender::new(Arc::new(directory)), refreshing: Mutex::default(), read })
    }

    pub(crate) fn now(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.borrow())
    }

    /// Reads the directory again and makes it the valid one.
    pub(crate) async fn refresh(&self, database: &Database) -> Result<(), StoreError> {
        let _turn = self.refreshing.lock().await;
        let directory = database.read(self.read).await?;
        self.directory.send_replace(Arc::new(directory));
        Ok(())
    }

    pub(crate) async fn change(&self, seen: &Arc<Directory>) -> Arc<Directory> {
        let mut receiver = self.directory.subscribe();
        // The sender lives as long as this value, so that waiting cannot fail.
        match receiver.wait_for(|now| !Arc::ptr_eq(now, seen)).await {
            Ok(now) => Arc::clone(&now),
            Err(_) => self.now(),
        }
    }
}
