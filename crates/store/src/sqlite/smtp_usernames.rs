//! SMTP usernames as rows: what Azure listed last, for those who log in by them.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::id::AccountId;
use model::name::ServiceName;
use model::smtp_username::SmtpUsername;
use rusqlite::{Connection, Rows, params};

use crate::directory::is_same_service;
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};
use crate::sqlite::published::Published;

/// A handle to the SMTP usernames.
#[derive(Clone)]
pub(crate) struct SmtpUsernames {
    database: Database,
    published: Arc<Published>,
}

impl SmtpUsernames {
    pub(crate) fn new(database: Database, published: Arc<Published>) -> Self {
        Self { database, published }
    }

    pub(crate) async fn replace(
        &self,
        account: AccountId,
        service: ServiceName,
        listed: Vec<SmtpUsername>,
    ) -> Result<(), StoreError> {
        let changed = self
            .database
            .write(Durability::Written, move |connection| {
                let key = [account.to_string(), service.to_string()];
                if !connection.prepare_cached("SELECT 1 FROM account WHERE id = ?")?.exists([&key[0]])? {
                    return Ok(false);
                }
                let mut before = read_of(connection, account)?;
                before.retain(|one| is_same_service(&one.service, &service));
                if by_name(&before) == by_name(&listed) {
                    return Ok(false);
                }
                connection
                    .prepare_cached("DELETE FROM smtp_username WHERE account_id = ? AND service = ?")?
                    .execute([&key[0], &key[1]])?;
                let mut insert = connection.prepare_cached(
                    "INSERT INTO smtp_username (account_id, service, username, client, tenant)
                     VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                )?;
                for one in &listed {
                    let (client, tenant) = (one.client.to_string(), one.tenant.to_string());
                    insert.execute(params![key[0], key[1], one.username, client, tenant])?;
                }
                Ok(true)
            })
            .await?;
        if changed { self.published.refresh(&self.database).await } else { Ok(()) }
    }
}

fn by_name(listed: &[SmtpUsername]) -> BTreeMap<String, (String, String)> {
    let row = |one: &SmtpUsername| {
        (one.username.to_ascii_lowercase(), (one.client.to_string(), one.tenant.to_string()))
    };
    listed.iter().map(row).collect()
}

const SELECT: &str = "SELECT account_id, service, username, client, tenant FROM smtp_username";

pub(crate) fn read_all(connection: &Connection) -> Result<Vec<SmtpUsername>, StoreError> {
    let mut select = connection.prepare(SELECT)?;
    read(select.query([])?)
}

pub(crate) fn read_of(connection: &Connection, account: AccountId) -> Result<Vec<SmtpUsername>, StoreError> {
    let mut select = connection.prepare_cached(&format!("{SELECT} WHERE account_id = ?"))?;
    read(select.query([account.to_string()])?)
}

fn read(mut rows: Rows<'_>) -> Result<Vec<SmtpUsername>, StoreError> {
    let mut usernames = Vec::new();
    while let Some(row) = rows.next()? {
        usernames.push(SmtpUsername {
            account: columns::to_id(&row.get::<_, String>(0)?)?,
            service: columns::to_id(&row.get::<_, String>(1)?)?,
            username: row.get(2)?,
            client: columns::to_id(&row.get::<_, String>(3)?)?,
            tenant: columns::to_id(&row.get::<_, String>(4)?)?,
        });
    }
    Ok(usernames)
}
