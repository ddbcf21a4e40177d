//! Accounts as rows, and back.
//!
//! The column `upstream` has the kind. What the kinds have in common has columns; Azure's connection has columns of its
//! own, which are empty for another kind. What the other kinds are set up with is JSON in `upstream_settings`, names and
//! texts that only `model::upstream` understands.

use jiff::Timestamp;
use model::account::{Account, Concurrency};
use model::azure::{AzureConnection, Service};
use model::cloud::{Cloud, CustomCloud};
use model::id::AccountId;
use model::quota::{Allowance, Quota};
use model::upstream::{Settings, Upstream};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, ToSql};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::StoreError;
use crate::sqlite::columns;

/// A cloud in a row: JSON, because only we read it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum CloudRow {
    Public,
    UsGovernment,
    China,
    Custom(Box<CustomRow>),
}

#[derive(Serialize, Deserialize)]
struct CustomRow {
    authority: Url,
    /// Resource Manager and Graph are where the authority is, unless something else is said.
    #[serde(default)]
    resource_manager: Option<Url>,
    #[serde(default)]
    graph: Option<Url>,
    smtp_host: String,
    smtp_port: u16,
    ca_pem: Option<String>,
}

pub(super) fn insert(connection: &Connection, account: &Account) -> Result<(), StoreError> {
    let taken =
        connection.prepare("SELECT 1 FROM account WHERE name = ?")?.exists([account.name.as_str()])?;
    if taken {
        return Err(StoreError::Exists(format!("account {}", account.name)));
    }
    let mut columns = changeable(account);
    columns.push((":id", account.id.to_string().into()));
    columns.push((":created_at", account.created_at.as_millisecond().into()));
    let names = joined(&columns, |parameter| parameter[1..].to_owned());
    let parameters = joined(&columns, str::to_owned);
    connection
        .prepare_cached(&format!("INSERT INTO account ({names}) VALUES ({parameters})"))?
        .execute(&*bound(&columns))?;
    Ok(())
}

/// Changes a row, if it is still as it was when it was read.
pub(super) fn update(
    connection: &Connection,
    account: &Account,
    read_at: Timestamp,
) -> Result<(), StoreError> {
    let (name, id) = (account.name.as_str(), account.id.to_string());
    if connection.prepare("SELECT 1 FROM account WHERE name = ? AND id <> ?")?.exists([name, id.as_str()])? {
        return Err(StoreError::Exists(format!("account {name}")));
    }
    let mut columns = changeable(account);
    let set = joined(&columns, |parameter| format!("{} = {parameter}", &parameter[1..]));
    columns.push((":id", id.into()));
    columns.push((":read_at", read_at.as_millisecond().into()));
    let changed = connection
        .prepare_cached(&format!("UPDATE account SET {set} WHERE id = :id AND changed_at = :read_at"))?
        .execute(&*bound(&columns))?;
    if changed == 1 {
        return Ok(());
    }
    let what = format!("account {}", account.name);
    let is_there =
        connection.prepare("SELECT 1 FROM account WHERE id = ?")?.exists([account.id.to_string()])?;
    Err(if is_there { StoreError::Changed(what) } else { StoreError::Missing(what) })
}

/// A parameter, named after its column, and its value.
type Column = (&'static str, Value);

fn joined(columns: &[Column], text: impl Fn(&str) -> String) -> String {
    columns.iter().map(|(parameter, _)| text(parameter)).collect::<Vec<_>>().join(", ")
}

fn bound(columns: &[Column]) -> Vec<(&str, &dyn ToSql)> {
    columns.iter().map(|(parameter, value)| (*parameter, value as &dyn ToSql)).collect()
}

/// The columns that an update may change.
fn changeable(account: &Account) -> Vec<Column> {
    let quota = &account.quota;
    let mut columns = from_azure(account.upstream.azure()).to_vec();
    columns.extend([
        (":upstream_settings", from_settings(&account.upstream.settings()).into()),
        (":name", text(account.name.as_str())),
        (":upstream", text(account.upstream.kind())),
        (":sends_per_minute", quota.sends.per_minute.into()),
        (":sends_per_hour", quota.sends.per_hour.into()),
        (":sends_per_day", quota.sends.per_day.into()),
        (":status_reads_per_minute", quota.status_reads.per_minute.into()),
        (":status_reads_per_hour", quota.status_reads.per_hour.into()),
        (":requests_at_once", i64::from(account.concurrency.requests).into()),
        (":smtp_sessions", i64::from(account.concurrency.smtp_sessions).into()),
        (":changed_at", account.changed_at.as_millisecond().into()),
        (":state", text(account.state.as_str())),
    ]);
    columns
}

fn from_azure(connection: Option<&AzureConnection>) -> [Column; 8] {
    let of = |read: fn(&AzureConnection) -> String| connection.map(read).unwrap_or_default().into();
    let service = |read: fn(&Service) -> &str| {
        text(connection.and_then(|connection| connection.service.as_ref()).map_or("", read))
    };
    [
        (":tenant", of(|connection| connection.tenant.to_string())),
        (":client", of(|connection| connection.client.to_string())),
        (":subscription", of(|connection| connection.subscription.to_string())),
        (":cloud", of(|connection| from_cloud(&connection.cloud))),
        (":service", service(|service| service.name.as_str())),
        (":endpoint", service(|service| service.endpoint.as_str())),
        (":authorization", of(|connection| connection.authorization.as_str().to_owned())),
        (":transport", of(|connection| connection.transport.as_str().to_owned())),
    ]
}

/// Nothing is an empty text, as it is in the rows of older builds.
fn from_settings(settings: &Settings) -> String {
    if settings.is_empty() {
        return String::new();
    }
    serde_json::to_string(settings).unwrap_or_default()
}

fn to_settings(json: &str) -> Result<Settings, StoreError> {
    if json.is_empty() {
        return Ok(Settings::new());
    }
    serde_json::from_str(json).map_err(|_| {
        // What a newer build wrote may be confidential.
        StoreError::Damaged("the settings of an account's upstream are not names and texts".to_owned())
    })
}

fn text(text: &str) -> Value {
    Value::from(text.to_owned())
}

const SELECT: &str =
    "SELECT id, name, tenant, client, subscription, cloud, service, endpoint, authorization, transport,
                sends_per_minute, sends_per_hour, status_reads_per_minute, status_reads_per_hour,
                requests_at_once, smtp_sessions, created_at, changed_at, state, upstream, upstream_settings,
                sends_per_day
         FROM account";

pub(crate) fn read_one(connection: &Connection, id: AccountId) -> Result<Option<Account>, StoreError> {
    let mut select = connection.prepare_cached(&format!("{SELECT} WHERE id = ?"))?;
    let mut rows = select.query([id.to_string()])?;
    rows.next()?.map(read).transpose()
}

pub(crate) fn read_all(connection: &Connection) -> Result<Vec<Account>, StoreError> {
    let mut select = connection.prepare(SELECT)?;
    let mut rows = select.query([])?;
    let mut accounts = Vec::new();
    while let Some(row) = rows.next()? {
        accounts.push(read(row)?);
    }
    Ok(accounts)
}

fn read(row: &Row<'_>) -> Result<Account, StoreError> {
    let text = |column: usize| row.get::<_, String>(column);
    Ok(Account {
        id: columns::to_id(&text(0)?)?,
        name: columns::to_id(&text(1)?)?,
        upstream: match text(19)?.as_str() {
            "azure" => Upstream::Azure(to_azure(row)?),
            kind => Upstream::from_settings(kind, &to_settings(&text(20)?)?)
                .map_err(|unknown| StoreError::Damaged(unknown.to_string()))?,
        },
        quota: Quota {
            sends: Allowance { per_minute: row.get(10)?, per_hour: row.get(11)?, per_day: row.get(21)? },
            status_reads: Allowance { per_minute: row.get(12)?, per_hour: row.get(13)?, per_day: None },
        },
        concurrency: Concurrency { requests: row.get(14)?, smtp_sessions: row.get(15)? },
        created_at: columns::to_time(row.get(16)?)?,
        changed_at: columns::to_time(row.get(17)?)?,
        state: columns::to_word(&text(18)?)?,
    })
}

fn to_azure(row: &Row<'_>) -> Result<AzureConnection, StoreError> {
    let text = |column: usize| row.get::<_, String>(column);
    Ok(AzureConnection {
        tenant: columns::to_id(&text(2)?)?,
        client: columns::to_id(&text(3)?)?,
        subscription: columns::to_id(&text(4)?)?,
        cloud: to_cloud(&text(5)?)?,
        service: to_service(&text(6)?, &text(7)?)?,
        authorization: columns::to_word(&text(8)?)?,
        transport: columns::to_word(&text(9)?)?,
    })
}

/// No name means that no service is chosen.
fn to_service(name: &str, endpoint: &str) -> Result<Option<Service>, StoreError> {
    if name.is_empty() {
        return Ok(None);
    }
    let damaged = |_| StoreError::Damaged(format!("endpoint {endpoint}"));
    Ok(Some(Service { name: columns::to_id(name)?, endpoint: Url::parse(endpoint).map_err(damaged)? }))
}

fn from_cloud(cloud: &Cloud) -> String {
    let row = match cloud.clone() {
        Cloud::Public => CloudRow::Public,
        Cloud::UsGovernment => CloudRow::UsGovernment,
        Cloud::China => CloudRow::China,
        Cloud::Custom(custom) => CloudRow::Custom(Box::new(CustomRow {
            authority: custom.authority,
            resource_manager: Some(custom.resource_manager),
            graph: Some(custom.graph),
            smtp_host: custom.smtp_host,
            smtp_port: custom.smtp_port,
            ca_pem: custom.ca_pem,
        })),
    };
    serde_json::to_string(&row).unwrap_or_default()
}

fn to_cloud(json: &str) -> Result<Cloud, StoreError> {
    let row = serde_json::from_str(json).map_err(|_| StoreError::Damaged(format!("cloud {json}")))?;
    Ok(match row {
        CloudRow::Public => Cloud::Public,
        CloudRow::UsGovernment => Cloud::UsGovernment,
        CloudRow::China => Cloud::China,
        CloudRow::Custom(row) => Cloud::Custom(Box::new(CustomCloud {
            resource_manager: row.resource_manager.unwrap_or_else(|| row.authority.clone()),
            graph: row.graph.unwrap_or_else(|| row.authority.clone()),
            authority: row.authority,
            smtp_host: row.smtp_host,
            smtp_port: row.smtp_port,
            ca_pem: row.ca_pem,
        })),
    })
}

#[cfg(test)]
mod tests;
