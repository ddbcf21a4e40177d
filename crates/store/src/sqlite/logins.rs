//! Which logins worked from where, and when each credential was used last: noted in the background, a batch at a time.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::Timestamp;
use model::id::CredentialId;
use rusqlite::params;

use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};

/// A handle to what is known of logins.
#[derive(Clone)]
pub(crate) struct Logins(Database);

/// A login worked from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The login as the login guard writes it.
    pub login: String,
    /// The client's address.
    pub address: IpAddr,
    /// When it worked last, to the day.
    pub at: Timestamp,
}

/// The last use of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialUse {
    /// When it logged in or began a message.
    pub at: Timestamp,
    pub address: IpAddr,
}

/// What has come about since the last batch.
#[derive(Clone, Debug, Default)]
pub struct LoginNews {
    /// Logins that worked.
    pub welcomes: Vec<Welcome>,
    /// Credentials that were used.
    pub uses: HashMap<CredentialId, CredentialUse>,
}

impl Logins {
    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    pub(crate) async fn note(&self, news: LoginNews, since: Timestamp) -> Result<(), StoreError> {
        self.0
            .write(Durability::Written, move |connection| {
                let mut welcome = connection.prepare_cached(
                    "INSERT INTO login_welcome (login, address, at) VALUES (?, ?, ?)
                     ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
                )?;
                for one in &news.welcomes {
                    let at = one.at.as_millisecond();
                    welcome.execute(params![one.login, one.address.to_string(), at])?;
                }
                let mut used = connection.prepare_cached(
                    "INSERT INTO credential_use (credential_id, at, address) VALUES (?, ?, ?)
                     ON CONFLICT DO UPDATE SET at = excluded.at, address = excluded.address
                     WHERE excluded.at >= at",
                )?;
                for (id, one) in &news.uses {
                    let at = one.at.as_millisecond();
                    used.execute(params![id.to_string(), at, one.address.to_string()])?;
                }
                connection.execute("DELETE FROM login_welcome WHERE at < ?", [since.as_millisecond()])?;
                connection.execute(
                    "DELETE FROM credential_use WHERE credential_id NOT IN (SELECT id FROM credential)",
                    [],
                )?;
                Ok(())
            })
            .await
    }

    pub(crate) async fn welcomes(&self, since: Timestamp) -> Result<Vec<Welcome>, StoreError> {
        self.0
            .read(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT login, address, at FROM login_welcome WHERE at >= ? ORDER BY at",
                )?;
                let mut rows = select.query([since.as_millisecond()])?;
                let mut welcomes = Vec::new();
                while let Some(row) = rows.next()? {
                    welcomes.push(Welcome {
                        login: row.get(0)?,
                        address: columns::to_id(&row.get::<_, String>(1)?)?,
                        at: columns::to_time(row.get(2)?)?,
                    });
                }
                Ok(welcomes)
            })
            .await
    }

    pub(crate) async fn uses(&self) -> Result<HashMap<CredentialId, CredentialUse>, StoreError> {
        self.0
            .read(|connection| {
                let mut select =
                    connection.prepare_cached("SELECT credential_id, at, address FROM credential_use")?;
                let mut rows = select.query([])?;
                let mut uses = HashMap::new();
                while let Some(row) = rows.next()? {
                    let one = CredentialUse {
                        at: columns::to_time(row.get(1)?)?,
                        address: columns::to_id(&row.get::<_, String>(2)?)?,
                    };
                    uses.insert(columns::to_id(&row.get::<_, String>(0)?)?, one);
                }
                Ok(uses)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn the_latest_of_each_is_kept_and_what_is_old_or_gone_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("test.db")).unwrap();
        let logins = Logins::new(database.clone());
        let (known, gone) = (CredentialId::new(at(0), [1; 10]), CredentialId::new(at(0), [2; 10]));
        database
            .write(Durability::Written, move |connection| {
                connection.execute_batch(
                    "INSERT INTO account (id, name, tenant, client, subscription, cloud, service, endpoint,
                     authorization, transport, sends_per_minute, sends_per_hour, status_reads_per_minute,
                     status_reads_per_hour, requests_at_once, smtp_sessions, created_at)
                     VALUES ('a', 'contoso', 't', 'c', 's', 'public', '', '', 'secret', 'auto', 1, 1, 1, 1, 1, 1, 1)",
                )?;
                connection.execute(
                    "INSERT INTO credential (id, login, account_id, password_hash, rules, lane, created_at)
                     VALUES (?, 'scanner1', 'a', '', '{}', 'normal', 0)",
                    [known.to_string()],
                )?;
                Ok(())
            })
            .await
            .unwrap();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let welcome = |from: &str, second| Welcome {
            login: "scanner1".to_owned(),
            address: address(from),
            at: at(second),
        };
        let used = |second, from: &str| CredentialUse { at: at(second), address: address(from) };
        for (welcomes, uses) in [
            (
                vec![welcome("10.0.0.5", 10), welcome("2001:db8::5", 5)],
                vec![(known, used(10, "10.0.0.5")), (gone, used(1, "10.0.0.6"))],
            ),
            (vec![welcome("10.0.0.5", 20)], vec![(known, used(30, "10.0.0.7"))]),
            (vec![], vec![(known, used(20, "10.0.0.6"))]),
        ] {
            let news = LoginNews { welcomes, uses: uses.into_iter().collect() };
            logins.note(news, at(6)).await.unwrap();
        }
        assert_eq!(logins.welcomes(at(0)).await.unwrap(), [welcome("10.0.0.5", 20)]);
        assert_eq!(logins.welcomes(at(21)).await.unwrap(), []);
        assert_eq!(logins.uses().await.unwrap(), HashMap::from([(known, used(30, "10.0.0.7"))]));
    }
}
