//! The directory that is valid now. Every write has the change feed read before it returns, so that a removed credential
//! is gone from the very next login; what other nodes wrote comes with it.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{Mutex, watch};

use crate::directory::Directory;
use crate::error::StoreError;
use crate::sqlite::database::Database;

/// The directory that is valid now.
pub(crate) struct Published {
    directory: watch::Sender<Arc<Directory>>,
    /// One refresh at a time: an older directory must not follow a newer one.
    refreshing: Mutex<()>,
    source: Source,
}

/// Where directories come from.
pub(crate) struct Source {
    /// Reads all of it.
    pub(crate) read: fn(&Connection) -> Result<Directory, StoreError>,
    /// Reads what one does not have yet; `None` if there is nothing.
    pub(crate) follow: fn(&Connection, &Directory) -> Result<Option<Directory>, StoreError>,
}

impl Published {
    pub(crate) fn load(database: &Database, source: Source) -> Result<Self, StoreError> {
        let directory = database.read_blocking(source.read)?;
        Ok(Self { directory: watch::Sender::new(Arc::new(directory)), refreshing: Mutex::default(), source })
    }

    pub(crate) fn now(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.borrow())
    }

    /// Reads what has changed, no matter which node changed it.
    pub(crate) async fn refresh(&self, database: &Database) -> Result<(), StoreError> {
        let _turn = self.refreshing.lock().await;
        let (seen, follow) = (self.now(), self.source.follow);
        if let Some(directory) = database.read(move |connection| follow(connection, &seen)).await? {
            self.directory.send_replace(Arc::new(directory));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::database::Durability;
    use crate::sqlite::directory_rows;

    const ACCOUNT: &str = "INSERT INTO account (id, name, tenant, client, subscription, cloud, service, endpoint,
             authorization, transport, sends_per_minute, sends_per_hour, status_reads_per_minute,
             status_reads_per_hour, requests_at_once, smtp_sessions, created_at)
         VALUES (:id, :name, :guid, :guid, :guid, '{\"kind\":\"public\"}', '', '', 'client_secret', 'auto', 1, 1, 1, 1, 1, 1, 1)";
    const GUID: &str = "00000000-0000-0000-0000-000000000001";

    /// A node that has the directory of its start.
    fn node(database: &Database) -> Published {
        Published::load(database, Source { read: directory_rows::read, follow: directory_rows::follow })
            .unwrap()
    }

    #[tokio::test]
    async fn what_another_node_changes_is_followed_part_by_part() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("test.db")).unwrap();
        let id = model::id::AccountId::from_bytes([1; 16]).to_string();
        let node = node_with_an_account(&database, &id).await;
        for change in [
            "INSERT INTO sender (account_id, mailbox, created_at) SELECT id, 'a@contoso.com', 1 FROM account",
            "INSERT INTO sender (account_id, mailbox, created_at) SELECT id, 'b@contoso.com', 1 FROM account",
            "UPDATE sender SET display_name = 'B' WHERE mailbox = 'b@contoso.com'",
            "DELETE FROM sender WHERE mailbox = 'a@contoso.com'",
            "INSERT INTO credential (id, login, account_id, password_hash, rules, lane, created_at)
             SELECT id, 'scanner1', id, '', '{}', 'normal', 1 FROM account",
            "UPDATE credential SET lane = 'bulk'",
            "INSERT INTO smtp_username (account_id, service, username, client, tenant)
             SELECT id, 'mail', 'printer', client, tenant FROM account",
            "UPDATE account SET name = 'Fabrikam'",
            "DELETE FROM credential",
            "DELETE FROM smtp_username",
            "DELETE FROM sender",
            "DELETE FROM account",
        ] {
            let seen = node.now();
            let write = move |connection: &Connection| Ok(connection.execute_batch(change)?);
            database.write(Durability::Synced, write).await.unwrap();
            node.refresh(&database).await.unwrap();
            assert!(!Arc::ptr_eq(&seen, &node.now()), "nothing was published after {change}");
            let whole = database.read(directory_rows::read).await.unwrap();
            assert_eq!(*node.now(), whole, "after {change}");
        }
        let seen = node.now();
        node.refresh(&database).await.unwrap();
        assert!(Arc::ptr_eq(&seen, &node.now()), "nothing had changed");
    }

    async fn node_with_an_account(database: &Database, id: &str) -> Published {
        let (node, id) = (node(database), id.to_owned());
        let add = move |connection: &Connection| {
            let parameters = rusqlite::named_params! { ":id": id, ":name": "Contoso", ":guid": GUID };
            Ok(connection.execute(ACCOUNT, parameters)?)
        };
        database.write(Durability::Synced, add).await.unwrap();
        node.refresh(database).await.unwrap();
        assert_eq!(node.now().accounts().count(), 1);
        node
    }
}
