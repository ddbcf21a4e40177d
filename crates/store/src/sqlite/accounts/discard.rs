//! Removing an account together with what depends on it: what that is, and doing it in one transaction.

use jiff::Timestamp;
use model::account::Account;
use model::id::{AccountId, QueueId};
use rusqlite::Connection;
use smtp::path::ReversePath;

use super::{Accounts, delete, logins};
use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;
use crate::sqlite::queue::{self, Reports};

/// What is lost with an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Logins whose mail goes through it.
    pub credentials: Vec<String>,
    /// Messages that wait for it, the oldest first.
    pub messages: Vec<Waiting>,
    /// Its senders. They are no reason to keep it.
    pub senders: Vec<String>,
    /// Domains in its desired state, or whose records were written for it. They stay at Azure and in DNS.
    pub domains: Vec<String>,
    /// DnsProviders through which those records were written. They stay.
    pub connections: Vec<String>,
}

/// A message that waits for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Our name for it.
    pub id: QueueId,
    /// Where a DSN about it goes.
    pub reverse_path: ReversePath,
    /// Whether some of it is being handed to Azure at this moment.
    pub is_under_way: bool,
}

impl Losses {
    /// Messages, logins and domains: what keeps the account from being removed just so.
    #[must_use]
    pub fn count(&self) -> usize {
        self.credentials.len() + self.messages.len() + self.domains.len()
    }

    /// How many messages are being handed to Azure at this moment.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.messages.iter().filter(|message| message.is_under_way).count()
    }
}

impl Accounts {
    pub(crate) async fn losses(&self, account: AccountId) -> Result<Losses, StoreError> {
        self.queue.caught_up().await;
        self.database.read(move |connection| losses(connection, account)).await
    }

    pub(crate) async fn discard(
        &self,
        account: &Account,
        expected: Losses,
        audit: Vec<AuditEntry>,
    ) -> Result<(), StoreError> {
        let (id, name) = (account.id, account.name.to_string());
        let (feed, fed) = (self.queue.feed(), self.queue.feed());
        let work = move |connection: &Connection| {
            let found = losses(connection, id)?;
            if found.under_way() > 0 {
                return Err(being_sent(&name, found.under_way()));
            }
            if found != expected {
                return Err(StoreError::Changed(format!("what depends on account {name}")));
            }
            let at = audit.first().map_or(Timestamp::UNIX_EPOCH, |entry| entry.at);
            let mut reports = Reports::fed(&feed);
            for message in &found.messages {
                queue::drop_waiting(connection, message.id, at, &mut reports)?;
            }
            connection.execute("DELETE FROM credential WHERE account_id = ?", [id.to_string()])?;
            delete(connection, id)?;
            audit.iter().try_for_each(|entry| entry.store(connection))?;
            reports.finish(connection)
        };
        let discarded = self.database.write(Durability::Synced, work).await?;
        fed.wake();
        self.queue.discard(discarded).await;
        self.published.refresh(&self.database).await
    }
}

/// Why an account cannot go while Azure is being given its mail.
pub(super) fn being_sent(name: &str, count: usize) -> StoreError {
    StoreError::InUse {
        what: format!("account {name}"),
        by: format!(
            "{} that Azure is being given at this moment: try again in a minute",
            super::counted(count as u64, "message")
        ),
    }
}

fn losses(connection: &Connection, account: AccountId) -> Result<Losses, StoreError> {
    let texts = |sql: &str| -> Result<Vec<String>, StoreError> {
        let mut select = connection.prepare_cached(sql)?;
        let rows = select.query_map([account.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let mut select = connection.prepare_cached(
        "SELECT m.id, m.reverse_path, max(s.state = 'sending')
         FROM send s JOIN message m ON m.id = s.message_id
         WHERE s.account_id = ? AND s.state IN ('queued', 'sending') GROUP BY m.id ORDER BY m.id",
    )?;
    let mut rows = select.query([account.to_string()])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(Waiting {
            id: columns::to_id(&row.get::<_, String>(0)?)?,
            reverse_path: columns::to_reverse_path(&row.get::<_, String>(1)?)?,
            is_under_way: row.get(2)?,
        });
    }
    Ok(Losses {
        credentials: logins(connection, account)?,
        messages,
        senders: texts("SELECT mailbox FROM sender WHERE account_id = ? ORDER BY mailbox")?,
        domains: texts(
            "SELECT name FROM desired_domain WHERE account_id = ?1
             UNION SELECT domain FROM written_record WHERE account_id = ?1 ORDER BY 1",
        )?,
        connections: texts(
            "SELECT DISTINCT c.name FROM written_record w JOIN dns_connection c ON c.name = w.way
             WHERE w.account_id = ? ORDER BY 1",
        )?,
    })
}
