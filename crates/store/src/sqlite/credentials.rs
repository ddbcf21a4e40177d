//! Credentials as rows.

use std::sync::Arc;

use ipnet::IpNet;
use model::credential::{Access, AuthorRule, Credential, IntakeRules, PasswordHash, SenderRule};
use model::id::CredentialId;
use model::network;
use rusqlite::{Connection, Row, named_params, params};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};
use crate::sqlite::intake_rules::IntakeWords;
use crate::sqlite::published::Published;

/// A handle to the credentials.
#[derive(Clone)]
pub(crate) struct Credentials {
    database: Database,
    published: Arc<Published>,
}

/// What a credential may do, as JSON: only we read it, and it grows.
#[derive(Default, Serialize, Deserialize)]
struct Rules {
    /// Absent when every sender is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    senders: Option<Allowed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    networks: Vec<String>,
    /// Absent when there is a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access: Option<RuleAccess>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forced_from: Option<String>,
    #[serde(flatten)]
    intake: IntakeWords,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RuleAccess {
    Network,
}

#[derive(Default, Serialize, Deserialize)]
struct Allowed {
    mailboxes: Vec<String>,
    domains: Vec<String>,
}

impl Credentials {
    pub(crate) fn new(database: Database, published: Arc<Published>) -> Self {
        Self { database, published }
    }

    pub(crate) async fn add(&self, credential: Credential, audit: AuditEntry) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                if credential.access == Access::Network {
                    networks_are_free(connection, &credential)?;
                }
                let inserted = connection.execute(
                    "INSERT INTO credential (id, login, account_id, password_hash, rules, rate_per_minute, lane,
                         created_at)
                     VALUES (:id, :login, :account_id, :password_hash, :rules, :rate_per_minute, :lane, :created_at)
                     ON CONFLICT DO NOTHING",
                    named_params! {
                        ":id": credential.id.to_string(),
                        ":login": credential.login.as_str(),
                        ":account_id": credential.account.to_string(),
                        ":password_hash": credential.password_hash().map_or("", PasswordHash::as_phc),
                        ":rules": from_rules(&credential),
                        ":rate_per_minute": credential.rate_per_minute,
                        ":lane": credential.lane.as_str(),
                        ":created_at": credential.created_at.as_millisecond(),
                    },
                )?;
                if inserted == 0 {
                    return Err(StoreError::Exists(format!("credential {}", credential.login)));
                }
                audit.store(connection)
            })
            .await?;
        self.published.refresh(&self.database).await
    }

    pub(crate) async fn change(
        &self,
        before: Arc<Credential>,
        changed: Credential,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let written = self
            .database
            .write(Durability::Synced, move |connection| {
                let what = || format!("credential {}", before.login);
                let there = read_all(connection)?.into_iter().find(|there| there.id == before.id);
                if there.ok_or_else(|| StoreError::Missing(what()))? != *before {
                    return Err(StoreError::Changed(what()));
                }
                if changed.access == Access::Network {
                    networks_are_free(connection, &changed)?;
                }
                connection.execute(
                    "UPDATE credential SET password_hash = ?, rules = ?, rate_per_minute = ?, lane = ? WHERE id = ?",
                    params![
                        changed.password_hash().map_or("", PasswordHash::as_phc),
                        from_rules(&changed),
                        changed.rate_per_minute,
                        changed.lane.as_str(),
                        before.id.to_string(),
                    ],
                )?;
                audit.store(connection)
            })
            .await;
        // Who lost against another change begins anew with what that one left, which may not be published yet.
        self.published.refresh(&self.database).await?;
        written
    }

    pub(crate) async fn set_password(
        &self,
        login: &str,
        hash: PasswordHash,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let login = login.to_owned();
        self.database
            .write(Durability::Synced, move |connection| {
                let changed = connection.execute(
                    "UPDATE credential SET password_hash = ? WHERE login = ? AND password_hash <> ''",
                    params![hash.as_phc(), login],
                )?;
                if changed == 0 {
                    return Err(StoreError::Missing(format!("credential {login} with a password")));
                }
                audit.store(connection)
            })
            .await?;
        self.published.refresh(&self.database).await
    }

    pub(crate) async fn remove(&self, login: &str, audit: AuditEntry) -> Result<(), StoreError> {
        let login = login.to_owned();
        self.database
            .write(Durability::Synced, move |connection| {
                let removed = connection.execute("DELETE FROM credential WHERE login = ?", [&login])?;
                if removed == 0 {
                    return Err(StoreError::Missing(format!("credential {login}")));
                }
                // Another one of that name is to be known nowhere.
                let key = login.to_ascii_lowercase();
                connection.execute("DELETE FROM login_welcome WHERE login = ?", [key])?;
                audit.store(connection)
            })
            .await?;
        self.published.refresh(&self.database).await
    }
}

const SELECT: &str =
    "SELECT id, login, account_id, password_hash, rules, rate_per_minute, lane, created_at FROM credential";

pub(crate) fn read_all(connection: &Connection) -> Result<Vec<Credential>, StoreError> {
    let mut select = connection.prepare(SELECT)?;
    let mut rows = select.query([])?;
    let mut credentials = Vec::new();
    while let Some(row) = rows.next()? {
        credentials.push(read(row)?);
    }
    Ok(credentials)
}

pub(crate) fn read_one(connection: &Connection, id: CredentialId) -> Result<Option<Credential>, StoreError> {
    let mut select = connection.prepare_cached(&format!("{SELECT} WHERE id = ?"))?;
    let mut rows = select.query([id.to_string()])?;
    rows.next()?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<Credential, StoreError> {
    let (senders, networks, author, intake, access) = to_rules(&row.get::<_, String>(4)?)?;
    Ok(Credential {
        id: columns::to_id(&row.get::<_, String>(0)?)?,
        login: columns::to_id(&row.get::<_, String>(1)?)?,
        account: columns::to_id(&row.get::<_, String>(2)?)?,
        access: match access {
            Some(RuleAccess::Network) => Access::Network,
            None => Access::Password(PasswordHash::new(row.get(3)?)),
        },
        senders,
        networks,
        author,
        intake,
        rate_per_minute: row.get(5)?,
        lane: columns::to_word(&row.get::<_, String>(6)?)?,
        created_at: columns::to_time(row.get(7)?)?,
    })
}

/// Equal networks of two credentials would leave it open whose mail it is; of nested ones the smaller is meant.
fn networks_are_free(connection: &Connection, new: &Credential) -> Result<(), StoreError> {
    let wanted: Vec<IpNet> = new.networks.iter().copied().map(network::canonical).collect();
    let is_another = |other: &&Credential| other.id != new.id && other.access == Access::Network;
    for other in read_all(connection)?.iter().filter(is_another) {
        let taken = other.networks.iter().copied().map(network::canonical).find(|one| wanted.contains(one));
        if let Some(taken) = taken {
            return Err(StoreError::Exists(format!("a credential for network {taken} ({})", other.login)));
        }
    }
    Ok(())
}

fn from_rules(credential: &Credential) -> String {
    let senders = match &credential.senders {
        SenderRule::Any => None,
        SenderRule::Only { mailboxes, domains } => Some(Allowed {
            mailboxes: mailboxes.iter().map(ToString::to_string).collect(),
            domains: domains.iter().map(ToString::to_string).collect(),
        }),
    };
    let (default_from, forced_from) = match &credential.author {
        AuthorRule::Keep => (None, None),
        AuthorRule::Default(mailbox) => (Some(mailbox.to_string()), None),
        AuthorRule::Forced(mailbox) => (None, Some(mailbox.to_string())),
    };
    let networks = credential.networks.iter().map(ToString::to_string).collect();
    let access = (credential.access == Access::Network).then_some(RuleAccess::Network);
    let intake = IntakeWords::of(&credential.intake);
    let rules = Rules { senders, networks, access, default_from, forced_from, intake };
    serde_json::to_string(&rules).unwrap_or_default()
}

type Read = (SenderRule, Vec<IpNet>, AuthorRule, IntakeRules, Option<RuleAccess>);

fn to_rules(json: &str) -> Result<Read, StoreError> {
    let rules: Rules =
        serde_json::from_str(json).map_err(|_| StoreError::Damaged(format!("rules {json}")))?;
    let senders = match rules.senders {
        None => SenderRule::Any,
        Some(allowed) => SenderRule::Only {
            mailboxes: allowed.mailboxes.iter().map(|text| columns::to_id(text)).collect::<Result<_, _>>()?,
            domains: allowed.domains.iter().map(|text| columns::to_id(text)).collect::<Result<_, _>>()?,
        },
    };
    let networks = rules.networks.iter().map(|text| columns::to_id(text)).collect::<Result<_, _>>()?;
    let author = match (rules.forced_from, rules.default_from) {
        (Some(mailbox), _) => AuthorRule::Forced(columns::to_id(&mailbox)?),
        (None, Some(mailbox)) => AuthorRule::Default(columns::to_id(&mailbox)?),
        (None, None) => AuthorRule::Keep,
    };
    Ok((senders, networks, author, rules.intake.into_rules()?, rules.access))
}
