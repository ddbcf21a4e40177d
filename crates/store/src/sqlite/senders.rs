//! Sender addresses as rows.

use std::sync::Arc;

use model::id::AccountId;
use model::sender::Sender;
use rusqlite::{Connection, Rows, named_params, params};

use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};
use crate::sqlite::published::Published;

/// A handle to the senders.
#[derive(Clone)]
pub(crate) struct Senders {
    database: Database,
    published: Arc<Published>,
}

impl Senders {
    pub(crate) fn new(database: Database, published: Arc<Published>) -> Self {
        Self { database, published }
    }

    pub(crate) async fn add(&self, sender: Sender, audit: AuditEntry) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                let inserted = connection.execute(
                    "INSERT INTO sender (account_id, mailbox, display_name, created_at)
                     VALUES (:account_id, :mailbox, :display_name, :created_at) ON CONFLICT DO NOTHING",
                    named_params! {
                        ":account_id": sender.account.to_string(),
                        ":mailbox": sender.mailbox.to_string(),
                        ":display_name": sender.display_name,
                        ":created_at": sender.created_at.as_millisecond(),
                    },
                )?;
                if inserted == 0 {
                    return Err(StoreError::Exists(format!("sender {}", sender.mailbox)));
                }
                audit.store(connection)
            })
            .await?;
        self.published.refresh(&self.database).await
    }

    pub(crate) async fn put_all(
        &self,
        senders: Vec<Sender>,
        gone: Vec<Sender>,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                let mut put = connection.prepare_cached(
                    "INSERT INTO sender (account_id, mailbox, display_name, created_at)
                     VALUES (:account_id, :mailbox, :display_name, :created_at)
                     ON CONFLICT DO UPDATE SET display_name = :display_name",
                )?;
                for sender in &senders {
                    put.execute(named_params! {
                        ":account_id": sender.account.to_string(),
                        ":mailbox": sender.mailbox.to_string(),
                        ":display_name": sender.display_name,
                        ":created_at": sender.created_at.as_millisecond(),
                    })?;
                }
                let mut delete =
                    connection.prepare_cached("DELETE FROM sender WHERE account_id = ? AND mailbox = ?")?;
                for sender in &gone {
                    delete.execute(params![sender.account.to_string(), sender.mailbox.to_string()])?;
                }
                audit.store(connection)
            })
            .await?;
        self.published.refresh(&self.database).await
    }

    pub(crate) async fn remove(&self, sender: &Sender, audit: AuditEntry) -> Result<(), StoreError> {
        let (account, mailbox) = (sender.account.to_string(), sender.mailbox.to_string());
        self.database
            .write(Durability::Synced, move |connection| {
                let removed = connection.execute(
                    "DELETE FROM sender WHERE account_id = ? AND mailbox = ?",
                    params![account, mailbox],
                )?;
                if removed == 0 {
                    return Err(StoreError::Missing(format!("sender {mailbox}")));
                }
                audit.store(connection)
            })
            .await?;
        self.published.refresh(&self.database).await
    }
}

const SELECT: &str = "SELECT account_id, mailbox, display_name, created_at FROM sender";

pub(crate) fn read_all(connection: &Connection) -> Result<Vec<Sender>, StoreError> {
    let mut select = connection.prepare(SELECT)?;
    read(select.query([])?)
}

pub(crate) fn read_of(connection: &Connection, account: AccountId) -> Result<Vec<Sender>, StoreError> {
    let mut select = connection.prepare_cached(&format!("{SELECT} WHERE account_id = ?"))?;
    read(select.query([account.to_string()])?)
}

fn read(mut rows: Rows<'_>) -> Result<Vec<Sender>, StoreError> {
    let mut senders = Vec::new();
    while let Some(row) = rows.next()? {
        senders.push(Sender {
            account: columns::to_id(&row.get::<_, String>(0)?)?,
            mailbox: columns::to_id(&row.get::<_, String>(1)?)?,
            display_name: row.get(2)?,
            created_at: columns::to_time(row.get(3)?)?,
        });
    }
    Ok(senders)
}
