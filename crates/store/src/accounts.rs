//! Accounts as rows.

use std::sync::Arc;

use model::account::{Account, Authorization, Cloud, Concurrency, TransportChoice};
use model::quota::{Allowance, Quota};
use rusqlite::{Connection, Row, params};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::database::{Database, Durability};
use crate::directory::Published;
use crate::error::StoreError;
use crate::secrets::{SecretName, SecretOwner, Secrets};
use crate::{queue, words};

/// A handle to the accounts.
#[derive(Clone)]
pub struct Accounts {
    database: Database,
    published: Arc<Published>,
    secrets: Secrets,
}

/// A cloud in a row: JSON, because only we read it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum CloudRow {
    Public,
    Custom { authority: Url, smtp_host: String, smtp_port: u16, ca_pem: Option<String> },
}

impl Accounts {
    pub(crate) fn new(database: Database, published: Arc<Published>, secrets: Secrets) -> Self {
        Self { database, published, secrets }
    }

    /// Adds an account together with the secret that it cannot do without.
    ///
    /// # Errors
    /// When the name is taken or nothing can be written.
    pub async fn add(&self, account: Account, secret: (SecretName, SecretString)) -> Result<(), StoreError> {
        let owner = SecretOwner::Account(account.id);
        let sealed = self.secrets.seal(owner, secret.0, &secret.1, (account.created_at, None))?;
        self.database
            .write(Durability::Synced, move |connection| {
                insert(connection, &account)?;
                sealed.store(connection)
            })
            .await?;
        self.published.refresh(&self.database).await
    }

    /// Changes how an account is used, and its secret if there is a new one. Its waiting mail is due then.
    ///
    /// # Errors
    /// When the account is gone or nothing can be written.
    pub async fn change(
        &self,
        account: Account,
        secret: Option<(SecretName, SecretString)>,
    ) -> Result<(), StoreError> {
        let owner = SecretOwner::Account(account.id);
        let sealed = secret
            .map(|(name, secret)| self.secrets.seal(owner, name, &secret, (account.changed_at, None)))
            .transpose()?;
        self.database
            .write(Durability::Synced, move |connection| {
                update(connection, &account)?;
                queue::hurry(connection, account.id, account.changed_at)?;
                sealed.as_ref().map_or(Ok(()), |sealed| sealed.store(connection))
            })
            .await?;
        self.published.refresh(&self.database).await
    }

    /// Removes an account with its senders and secrets.
    ///
    /// # Errors
    /// When credentials use it or mail waits for it, or nothing can be written.
    pub async fn remove(&self, account: &Account) -> Result<(), StoreError> {
        let (id, name) = (account.id, account.name.to_string());
        self.database
            .write(Durability::Synced, move |connection| {
                let in_use = |by: String| StoreError::InUse { what: format!("account {name}"), by };
                let logins: u64 = connection.query_row(
                    "SELECT count(*) FROM credential WHERE account_id = ?",
                    [id.to_string()],
                    |row| row.get(0),
                )?;
                if logins > 0 {
                    return Err(in_use(counted(logins, "credential")));
                }
                let sends = queue::open_sends(connection, id)?;
                if sends > 0 {
                    return Err(in_use(counted(sends, "waiting message")));
                }
                connection.execute("DELETE FROM sender WHERE account_id = ?", [id.to_string()])?;
                SecretOwner::Account(id).remove_all(connection)?;
                connection.execute("DELETE FROM account WHERE id = ?", [id.to_string()])?;
                Ok(())
            })
            .await?;
        self.published.refresh(&self.database).await
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn insert(connection: &Connection, account: &Account) -> Result<(), StoreError> {
    let taken =
        connection.prepare("SELECT 1 FROM account WHERE name = ?")?.exists([account.name.as_str()])?;
    if taken {
        return Err(StoreError::Exists(format!("account {}", account.name)));
    }
    let quota = &account.quota;
    connection.execute(
        "INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            account.id.to_string(),
            account.name.as_str(),
            account.tenant.to_string(),
            account.client.to_string(),
            account.subscription.to_string(),
            from_cloud(&account.cloud),
            account.service.as_str(),
            account.endpoint.as_str(),
            from_authorization(account.authorization),
            account.transport.to_string(),
            quota.sends.per_minute,
            quota.sends.per_hour,
            quota.status_reads.per_minute,
            quota.status_reads.per_hour,
            account.concurrency.requests,
            account.concurrency.smtp_sessions,
            account.created_at.as_millisecond(),
            account.changed_at.as_millisecond(),
        ],
    )?;
    Ok(())
}

fn update(connection: &Connection, account: &Account) -> Result<(), StoreError> {
    let quota = &account.quota;
    let changed = connection.execute(
        "UPDATE account SET transport = ?, sends_per_minute = ?, sends_per_hour = ?, status_reads_per_minute = ?,
         status_reads_per_hour = ?, requests_at_once = ?, smtp_sessions = ?, changed_at = ? WHERE id = ?",
        params![
            account.transport.to_string(),
            quota.sends.per_minute,
            quota.sends.per_hour,
            quota.status_reads.per_minute,
            quota.status_reads.per_hour,
            account.concurrency.requests,
            account.concurrency.smtp_sessions,
            account.changed_at.as_millisecond(),
            account.id.to_string(),
        ],
    )?;
    if changed == 0 { Err(StoreError::Missing(format!("account {}", account.name))) } else { Ok(()) }
}

pub(crate) fn read_all(connection: &Connection) -> Result<Vec<Account>, StoreError> {
    let mut select = connection.prepare(
        "SELECT id, name, tenant, client, subscription, cloud, service, endpoint, authorization, transport,
                sends_per_minute, sends_per_hour, status_reads_per_minute, status_reads_per_hour,
                requests_at_once, smtp_sessions, created_at, changed_at
         FROM account",
    )?;
    let mut rows = select.query([])?;
    let mut accounts = Vec::new();
    while let Some(row) = rows.next()? {
        accounts.push(read(row)?);
    }
    Ok(accounts)
}

fn read(row: &Row<'_>) -> Result<Account, StoreError> {
    let text = |column: usize| row.get::<_, String>(column);
    let endpoint = text(7)?;
    Ok(Account {
        id: words::to_id(&text(0)?)?,
        name: words::to_id(&text(1)?)?,
        tenant: words::to_id(&text(2)?)?,
        client: words::to_id(&text(3)?)?,
        subscription: words::to_id(&text(4)?)?,
        cloud: to_cloud(&text(5)?)?,
        service: words::to_id(&text(6)?)?,
        endpoint: Url::parse(&endpoint).map_err(|_| StoreError::Damaged(format!("endpoint {endpoint}")))?,
        authorization: to_authorization(&text(8)?)?,
        transport: to_transport_choice(&text(9)?)?,
        quota: Quota {
            sends: Allowance { per_minute: row.get(10)?, per_hour: row.get(11)? },
            status_reads: Allowance { per_minute: row.get(12)?, per_hour: row.get(13)? },
        },
        concurrency: Concurrency { requests: row.get(14)?, smtp_sessions: row.get(15)? },
        created_at: words::to_time(row.get(16)?)?,
        changed_at: words::to_time(row.get(17)?)?,
    })
}

fn from_cloud(cloud: &Cloud) -> String {
    let row = match cloud.clone() {
        Cloud::Public => CloudRow::Public,
        Cloud::Custom { authority, smtp_host, smtp_port, ca_pem } => {
            CloudRow::Custom { authority, smtp_host, smtp_port, ca_pem }
        }
    };
    serde_json::to_string(&row).unwrap_or_default()
}

fn to_cloud(json: &str) -> Result<Cloud, StoreError> {
    let row = serde_json::from_str(json).map_err(|_| StoreError::Damaged(format!("cloud {json}")))?;
    Ok(match row {
        CloudRow::Public => Cloud::Public,
        CloudRow::Custom { authority, smtp_host, smtp_port, ca_pem } => {
            Cloud::Custom { authority, smtp_host, smtp_port, ca_pem }
        }
    })
}

fn from_authorization(authorization: Authorization) -> &'static str {
    match authorization {
        Authorization::ClientSecret => "client_secret",
        Authorization::AccessKey => "access_key",
    }
}

fn to_authorization(text: &str) -> Result<Authorization, StoreError> {
    match text {
        "client_secret" => Ok(Authorization::ClientSecret),
        "access_key" => Ok(Authorization::AccessKey),
        _ => Err(StoreError::Damaged(format!("authorization {text}"))),
    }
}

fn to_transport_choice(text: &str) -> Result<TransportChoice, StoreError> {
    [TransportChoice::Auto, TransportChoice::Rest, TransportChoice::Smtp]
        .into_iter()
        .find(|choice| choice.to_string() == text)
        .ok_or_else(|| StoreError::Damaged(format!("transport {text}")))
}
