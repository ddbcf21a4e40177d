//! Reading the directory: all of it once, and then what the change feed names.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use rusqlite::Connection;

use crate::directory::{Directory, Part};
use crate::error::StoreError;
use crate::sqlite::changes::{self, Changed};
use crate::sqlite::{accounts, credentials, senders, smtp_usernames};

/// With more changes than that, all of it is read again.
const MAX_CHANGES: usize = 200;

/// The directory as it is in the database.
pub(crate) fn read(connection: &Connection) -> Result<Directory, StoreError> {
    // First: what changes while the rows are read is read once more.
    let change = changes::last(connection)?;
    let mut parts = Vec::new();
    parts.extend(accounts::read_all(connection)?.into_iter().map(|one| Part::Account(one.id, Some(one))));
    for (account, senders) in by(senders::read_all(connection)?, |sender| sender.account) {
        parts.push(Part::Senders(account, senders));
    }
    for (account, usernames) in by(smtp_usernames::read_all(connection)?, |username| username.account) {
        parts.push(Part::SmtpUsernames(account, usernames));
    }
    let credentials = credentials::read_all(connection)?;
    parts.extend(credentials.into_iter().map(|one| Part::Credential(one.id, Some(one))));
    Ok(Directory::default().with(parts, change))
}

/// The directory with all changes that `seen` does not have; `None` if there are none.
pub(crate) fn follow(connection: &Connection, seen: &Directory) -> Result<Option<Directory>, StoreError> {
    let changes = changes::since(connection, seen.change(), MAX_CHANGES)?;
    let Some(last) = changes.last().map(|change| change.number) else { return Ok(None) };
    if changes.len() == MAX_CHANGES {
        return read(connection).map(Some);
    }
    let changed: HashSet<Changed> = changes.into_iter().map(|change| change.changed).collect();
    let parts: Result<Vec<Part>, StoreError> = changed.into_iter().map(|one| part(connection, one)).collect();
    Ok(Some(seen.with(parts?, last)))
}

fn part(connection: &Connection, changed: Changed) -> Result<Part, StoreError> {
    Ok(match changed {
        Changed::Account(id) => Part::Account(id, accounts::read_one(connection, id)?),
        Changed::Credential(id) => Part::Credential(id, credentials::read_one(connection, id)?),
        Changed::Senders(account) => Part::Senders(account, senders::read_of(connection, account)?),
        Changed::SmtpUsernames(account) => {
            Part::SmtpUsernames(account, smtp_usernames::read_of(connection, account)?)
        }
    })
}

fn by<T, K: Eq + Hash>(all: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for one in all {
        groups.entry(key(&one)).or_default().push(one);
    }
    groups
}
