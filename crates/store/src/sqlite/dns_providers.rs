//! DNS providers, with their sealed tokens.

use model::dns_provider::DnsProvider;
use rusqlite::{Connection, Row, named_params};
use secrecy::SecretString;
use url::Url;

use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};
use crate::sqlite::secrets::{NewSecret, SecretFacts, SecretName, SecretOwner, Secrets, seal};

/// A handle to the DNS providers.
#[derive(Clone)]
pub(crate) struct DnsProviders {
    database: Database,
    secrets: Secrets,
}

impl DnsProviders {
    pub(crate) fn new(database: Database, secrets: Secrets) -> Self {
        Self { database, secrets }
    }

    pub(crate) async fn add(
        &self,
        connection: DnsProvider,
        token: SecretString,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let owner = SecretOwner::DnsProvider(connection.id);
        let facts = SecretFacts::of(&token, connection.created_at);
        let key = self.secrets.key().await;
        let sealed = seal(&key, owner, &NewSecret { name: SecretName::ApiToken, secret: token, facts })?;
        self.database
            .write(Durability::Synced, move |database| {
                let inserted = database.execute(
                    "INSERT INTO dns_connection (id, name, kind, origin, ca_pem, created_at)
                     VALUES (:id, :name, :kind, :origin, :ca_pem, :created_at) ON CONFLICT DO NOTHING",
                    named_params! {
                        ":id": connection.id.to_string(),
                        ":name": connection.name.as_str(),
                        ":kind": connection.kind.as_str(),
                        ":origin": connection.base_url.as_str(),
                        ":ca_pem": connection.ca_pem,
                        ":created_at": connection.created_at.as_millisecond(),
                    },
                )?;
                if inserted == 0 {
                    return Err(StoreError::Exists(format!("DNS connection {}", connection.name)));
                }
                sealed.store(database)?;
                audit.store(database)
            })
            .await
    }

    pub(crate) async fn remove(&self, connection: DnsProvider, audit: AuditEntry) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |database| {
                let name = connection.name.as_str();
                let users = users(database, name)?;
                if !users.is_empty() {
                    let what = format!("DNS connection {name}");
                    return Err(StoreError::InUse { what, by: users.join(", ") });
                }
                SecretOwner::DnsProvider(connection.id).remove_all(database)?;
                database.execute("DELETE FROM dns_connection WHERE id = ?", [connection.id.to_string()])?;
                audit.store(database)
            })
            .await
    }

    pub(crate) async fn list(&self) -> Result<Vec<DnsProvider>, StoreError> {
        self.database
            .read(move |database| {
                let mut select = database.prepare_cached(
                    "SELECT id, name, kind, origin, ca_pem, created_at FROM dns_connection ORDER BY name",
                )?;
                let mut rows = select.query([])?;
                let mut connections = Vec::new();
                while let Some(row) = rows.next()? {
                    connections.push(read(row)?);
                }
                Ok(connections)
            })
            .await
    }
}

/// Domains that are written through a connection.
fn users(database: &Connection, name: &str) -> Result<Vec<String>, StoreError> {
    let mut select = database.prepare_cached(
        "SELECT name FROM desired_domain WHERE dns = ?1 UNION SELECT domain FROM written_record WHERE way = ?1",
    )?;
    let users: Result<Vec<String>, _> = select.query_map([name], |row| row.get(0))?.collect();
    Ok(users?)
}

fn read(row: &Row<'_>) -> Result<DnsProvider, StoreError> {
    let (kind, base_url): (String, String) = (row.get(2)?, row.get(3)?);
    let damaged = |what: &str| StoreError::Damaged(format!("DNS connection with {what}"));
    Ok(DnsProvider {
        id: columns::to_id(&row.get::<_, String>(0)?)?,
        name: columns::to_id(&row.get::<_, String>(1)?)?,
        kind: columns::to_word(&kind)?,
        base_url: Url::parse(&base_url).map_err(|_| damaged(&base_url))?,
        ca_pem: row.get(4)?,
        created_at: columns::to_time(row.get(5)?)?,
    })
}
