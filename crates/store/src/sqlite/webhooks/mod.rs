//! Endpoints of web hooks, what they may be told, and what each of them has been told.
//!
//! 1. [`feed`] collects, in the transactions in which things happen, what endpoints want.
//! 2. [`events`] reads it from a place on, for one endpoint.
//! 3. [`requests`] holds the request that is under way, and moves the endpoint's place when it ends.
//! 4. [`dead_letters`] are requests that were given up, and what is delivered again.

mod dead_letters;
mod events;
mod feed;
mod requests;

use std::sync::Arc;

use jiff::Timestamp;
use model::id::{AccountId, WebhookId};
use model::webhook::{Webhook, WebhookForm, WebhookState};
use rusqlite::{Connection, Row, named_params, params};
use secrecy::SecretString;
use tokio::sync::futures::OwnedNotified;
use url::Url;

pub use self::dead_letters::DeadLetter;
pub(crate) use self::feed::{Feed, FeedRow};
pub use self::requests::{RequestEnd, WebhookRequest, WebhookStanding};
use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};
use crate::sqlite::secrets::{NewSecret, SecretFacts, SecretName, SecretOwner, Secrets, seal};

/// A handle to the endpoints.
#[derive(Clone)]
pub(crate) struct Webhooks {
    database: Database,
    secrets: Secrets,
    feed: Arc<Feed>,
}

/// A new signing secret of an endpoint.
#[derive(Debug)]
pub struct NewSigningSecret {
    pub secret: SecretString,
    /// The one before, and until when requests are signed with it, too.
    pub previous: Option<(SecretString, Timestamp)>,
    /// When it was made.
    pub at: Timestamp,
}

/// A problem that endpoints are told of.
#[derive(Clone, Debug)]
pub struct NewNotice {
    pub at: Timestamp,
    pub kind: model::webhook::WebhookKind,
    /// The account, with its name.
    pub account: Option<(AccountId, String)>,
    pub code: String,
    pub message: String,
}

const COLUMNS: &str = "id, name, url, kinds, account_id, batch, reach, ca_pem, state, created_at";

impl Webhooks {
    pub(crate) fn new(database: Database, secrets: Secrets, feed: Arc<Feed>) -> Self {
        Self { database, secrets, feed }
    }

    pub(crate) async fn add(
        &self,
        webhook: Webhook,
        secret: SecretString,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let (owner, at) = (SecretOwner::Webhook(webhook.id), webhook.created_at);
        let key = self.secrets.key().await;
        let facts = SecretFacts::of(&secret, at);
        let sealed = seal(&key, owner, &NewSecret { name: SecretName::SigningSecret, secret, facts })?;
        let feed = Arc::clone(&self.feed);
        self.database
            .write(Durability::Synced, move |connection| {
                if insert(connection, &webhook)? == 0 {
                    return Err(StoreError::Exists(format!("web hook {}", webhook.name)));
                }
                from_now_on(connection, webhook.id)?;
                sealed.store(connection)?;
                audit.store(connection)?;
                feed.see(connection)
            })
            .await?;
        self.feed.tell();
        Ok(())
    }

    pub(crate) async fn remove(&self, id: WebhookId, audit: AuditEntry) -> Result<(), StoreError> {
        let feed = Arc::clone(&self.feed);
        self.database
            .write(Durability::Synced, move |connection| {
                remove(connection, id)?;
                audit.store(connection)?;
                feed.see(connection)
            })
            .await?;
        self.feed.tell();
        Ok(())
    }

    pub(crate) async fn set_state(
        &self,
        id: WebhookId,
        state: WebhookState,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let feed = Arc::clone(&self.feed);
        self.database
            .write(Durability::Synced, move |connection| {
                connection.execute(
                    "UPDATE webhook SET state = ? WHERE id = ?",
                    params![state.as_str(), id.to_string()],
                )?;
                connection.execute("DELETE FROM webhook_request WHERE webhook_id = ?", [id.to_string()])?;
                if state == WebhookState::Enabled {
                    from_now_on(connection, id)?;
                }
                audit.store(connection)?;
                feed.see(connection)
            })
            .await?;
        self.feed.tell();
        Ok(())
    }

    pub(crate) async fn rotate(
        &self,
        id: WebhookId,
        new: NewSigningSecret,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let NewSigningSecret { secret, previous, at } = new;
        let owner = SecretOwner::Webhook(id);
        let key = self.secrets.key().await;
        let facts = SecretFacts::of(&secret, at);
        let next = seal(&key, owner, &NewSecret { name: SecretName::SigningSecret, secret, facts })?;
        let before = match previous {
            None => None,
            Some((secret, until)) => {
                let facts = SecretFacts { expires_at: Some(until), ..SecretFacts::of(&secret, at) };
                let name = SecretName::PreviousSigningSecret;
                Some(seal(&key, owner, &NewSecret { name, secret, facts })?)
            }
        };
        self.database
            .write(Durability::Synced, move |connection| {
                next.store(connection)?;
                match before {
                    Some(before) => before.store(connection)?,
                    None => owner.remove(connection, SecretName::PreviousSigningSecret)?,
                }
                audit.store(connection)
            })
            .await
    }

    pub(crate) async fn list(&self) -> Result<Vec<Webhook>, StoreError> {
        let list = |connection: &Connection| {
            let mut select =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM webhook ORDER BY name"))?;
            let mut rows = select.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(read(row)?);
            }
            Ok(all)
        };
        self.database.read(list).await
    }

    pub(crate) async fn notice(&self, notice: NewNotice) -> Result<(), StoreError> {
        self.database
            .write(Durability::Written, move |connection| events::enter_notice(connection, &notice))
            .await?;
        self.feed.wake();
        Ok(())
    }

    pub(crate) fn grown(&self) -> OwnedNotified {
        self.feed.grown()
    }

    pub(crate) fn changed(&self) -> OwnedNotified {
        self.feed.changed()
    }
}

/// Removes an endpoint with all that it has.
pub(crate) fn remove(connection: &Connection, id: WebhookId) -> Result<(), StoreError> {
    SecretOwner::Webhook(id).remove_all(connection)?;
    for table in ["webhook_request", "webhook_dead_letter", "webhook_replay"] {
        connection.execute(&format!("DELETE FROM {table} WHERE webhook_id = ?"), [id.to_string()])?;
    }
    connection.execute("DELETE FROM webhook WHERE id = ?", [id.to_string()])?;
    Ok(())
}

/// Removes the endpoints of an account that goes.
pub(crate) fn remove_of(connection: &Connection, account: AccountId) -> Result<(), StoreError> {
    let mut select = connection.prepare_cached("SELECT id FROM webhook WHERE account_id = ?")?;
    let ids = select.query_map([account.to_string()], |row| row.get::<_, String>(0))?;
    let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
    ids.iter().try_for_each(|id| remove(connection, columns::to_id(id)?))
}

/// What was fed until now is not delivered.
fn from_now_on(connection: &Connection, id: WebhookId) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE webhook SET row = (SELECT coalesce(max(number), 0) FROM webhook_feed), entry = ? WHERE id = ?",
        params![u32::MAX, id.to_string()],
    )?;
    Ok(())
}

fn insert(connection: &Connection, webhook: &Webhook) -> Result<usize, StoreError> {
    let kinds: Vec<&str> = webhook.kinds.iter().map(|kind| kind.as_str()).collect();
    Ok(connection.execute(
        "INSERT INTO webhook (id, name, url, kinds, account_id, batch, reach, ca_pem, state, created_at, row, entry)
         VALUES (:id, :name, :url, :kinds, :account, :batch, :reach, :ca_pem, :state, :created_at, 0, 0)
         ON CONFLICT DO NOTHING",
        named_params! {
            ":id": webhook.id.to_string(),
            ":name": webhook.name.as_str(),
            ":url": webhook.url.as_str(),
            ":kinds": kinds.join(" "),
            ":account": webhook.account.map(|account| account.to_string()),
            ":batch": match webhook.form {
                WebhookForm::Single => None,
                WebhookForm::Batch(most) => Some(most),
            },
            ":reach": webhook.reach.as_str(),
            ":ca_pem": webhook.ca_pem,
            ":state": webhook.state.as_str(),
            ":created_at": webhook.created_at.as_millisecond(),
        },
    )?)
}

fn read(row: &Row<'_>) -> Result<Webhook, StoreError> {
    let url: String = row.get(2)?;
    Ok(Webhook {
        id: columns::to_id(&row.get::<_, String>(0)?)?,
        name: columns::to_id(&row.get::<_, String>(1)?)?,
        url: Url::parse(&url).map_err(|_| columns::damaged("URL", &url))?,
        kinds: feed::to_kinds(&row.get::<_, String>(3)?)?,
        account: row.get::<_, Option<String>>(4)?.as_deref().map(columns::to_id).transpose()?,
        form: row.get::<_, Option<u16>>(5)?.map_or(WebhookForm::Single, WebhookForm::Batch),
        reach: columns::to_word(&row.get::<_, String>(6)?)?,
        ca_pem: row.get(7)?,
        state: columns::to_word(&row.get::<_, String>(8)?)?,
        created_at: columns::to_time(row.get(9)?)?,
    })
}
