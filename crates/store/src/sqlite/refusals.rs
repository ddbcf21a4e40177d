//! What clients were refused, so that a restart does not forget it.

use model::refused::Refused;
use rusqlite::{Row, named_params};

use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};

/// A handle to the refusals.
#[derive(Clone)]
pub(crate) struct Refusals(Database);

/// Refusals by the numbers that the server gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusalChanges {
    /// New ones, and known ones that were repeated.
    pub kept: Vec<(u64, Refused)>,
    /// Those that had to make room.
    pub forgotten: Vec<u64>,
}

impl Refusals {
    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    pub(crate) async fn write(&self, changes: RefusalChanges) -> Result<(), StoreError> {
        self.0
            .write(Durability::Written, move |connection| {
                let mut insert = connection.prepare_cached(
                    "INSERT OR REPLACE INTO refusal (number, at, since, count, peer, login, credential, sender, code,
                     reply, reason, message_id, tls)
                     VALUES (:number, :at, :since, :count, :peer, :login, :credential, :sender, :code, :reply, :reason,
                     :message_id, :tls)",
                )?;
                for (number, refused) in changes.kept {
                    insert.execute(named_params! {
                        ":number": number,
                        ":at": refused.at.as_millisecond(),
                        ":since": refused.since.as_millisecond(),
                        ":count": refused.count,
                        ":peer": refused.peer.to_string(),
                        ":login": refused.login,
                        ":credential": refused.credential,
                        ":sender": refused.sender,
                        ":code": refused.code,
                        ":reply": refused.reply,
                        ":reason": refused.reason,
                        ":message_id": refused.message_id,
                        ":tls": refused.tls,
                    })?;
                }
                let mut delete = connection.prepare_cached("DELETE FROM refusal WHERE number = ?")?;
                for number in changes.forgotten {
                    delete.execute([number])?;
                }
                Ok(())
            })
            .await
    }

    pub(crate) async fn all(&self) -> Result<Vec<(u64, Refused)>, StoreError> {
        self.0
            .read(|connection| {
                let mut select = connection.prepare_cached(
                    "SELECT number, at, since, count, peer, login, credential, sender, code, reply, reason,
                     message_id, tls FROM refusal ORDER BY at, number",
                )?;
                let mut rows = select.query([])?;
                let mut all = Vec::new();
                while let Some(row) = rows.next()? {
                    all.push((row.get(0)?, read(row)?));
                }
                Ok(all)
            })
            .await
    }
}

fn read(row: &Row<'_>) -> Result<Refused, StoreError> {
    let peer: String = row.get(4)?;
    Ok(Refused {
        at: columns::to_time(row.get(1)?)?,
        since: columns::to_time(row.get(2)?)?,
        count: row.get(3)?,
        peer: peer.parse().map_err(|_| columns::damaged("address", &peer))?,
        login: row.get(5)?,
        credential: row.get(6)?,
        sender: row.get(7)?,
        code: row.get(8)?,
        reply: row.get(9)?,
        reason: row.get(10)?,
        message_id: row.get(11)?,
        tls: row.get(12)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn refused(login: Option<&str>, count: u64) -> Refused {
        Refused {
            at: Timestamp::from_second(7).unwrap(),
            since: Timestamp::UNIX_EPOCH,
            count,
            peer: "2001:db8::1".parse().unwrap(),
            login: login.map(str::to_owned),
            credential: None,
            sender: Some("<a@b.example>".to_owned()),
            code: "535 5.7.3".to_owned(),
            reply: "535 5.7.3 Authentication unsuccessful".to_owned(),
            reason: Some("wrong password".to_owned()),
            message_id: None,
            tls: Some("TLSv1.3".to_owned()),
        }
    }

    #[tokio::test]
    async fn what_was_written_is_read_and_what_made_room_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let refusals = Refusals::new(Database::open(&folder.path().join("test.db")).unwrap());
        let kept = vec![(1, refused(None, 1)), (2, refused(Some("a\0b"), 1))];
        refusals.write(RefusalChanges { kept: kept.clone(), forgotten: Vec::new() }).await.unwrap();
        assert_eq!(refusals.all().await.unwrap(), kept);
        let again = RefusalChanges { kept: vec![(2, refused(Some("a\0b"), 9))], forgotten: vec![1] };
        refusals.write(again.clone()).await.unwrap();
        assert_eq!(refusals.all().await.unwrap(), again.kept);
    }
}
