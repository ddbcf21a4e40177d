//! Infrastructures as rows. Only what is different is written: an infrastructure may have ten thousand senders.

use std::collections::BTreeMap;

use model::id::AccountId;
use model::infrastructure::{
    DesiredDomain, DesiredLogin, DesiredSender, DnsWay, DomainOwner, Infrastructure,
};
use rusqlite::{Connection, OptionalExtension as _, named_params, params};

use crate::error::StoreError;
use crate::sqlite::columns;

pub(super) fn read(
    connection: &Connection,
    account: AccountId,
) -> Result<Option<Infrastructure>, StoreError> {
    let id = account.to_string();
    let mut select = connection.prepare_cached(
        "SELECT resource_group, location, data_location, service, email_service, access, changed_at
         FROM infrastructure WHERE account_id = ?",
    )?;
    let row = select.query_row([&id], |row| {
        let infrastructure = Infrastructure {
            account,
            group: row.get(0)?,
            location: row.get(1)?,
            data_location: row.get(2)?,
            service: row.get(3)?,
            email_service: row.get(4)?,
            access: row.get(5)?,
            domains: BTreeMap::new(),
            smtp_usernames: BTreeMap::new(),
            changed_at: jiff::Timestamp::UNIX_EPOCH,
        };
        Ok((infrastructure, row.get::<_, i64>(6)?))
    });
    let Some((mut infrastructure, changed_at)) = row.optional()? else { return Ok(None) };
    infrastructure.changed_at = columns::to_time(changed_at)?;
    infrastructure.domains = domains(connection, &id)?;
    senders(connection, &id, &mut infrastructure.domains)?;
    infrastructure.smtp_usernames = logins(connection, &id)?;
    Ok(Some(infrastructure))
}

fn domains(connection: &Connection, id: &str) -> Result<BTreeMap<String, DesiredDomain>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT name, owner, dns, tracking, dmarc FROM desired_domain WHERE account_id = ?",
    )?;
    let mut rows = select.query([id])?;
    let mut domains = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let domain = DesiredDomain {
            owner: to_owner(&row.get::<_, String>(1)?)?,
            dns: DnsWay::from_word(&row.get::<_, String>(2)?),
            tracking: row.get(3)?,
            dmarc: row.get(4)?,
            senders: BTreeMap::new(),
        };
        domains.insert(row.get(0)?, domain);
    }
    Ok(domains)
}

fn senders(
    connection: &Connection,
    id: &str,
    domains: &mut BTreeMap<String, DesiredDomain>,
) -> Result<(), StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT domain, name, username, display_name, suppressed FROM desired_sender WHERE account_id = ?",
    )?;
    let mut rows = select.query([id])?;
    while let Some(row) = rows.next()? {
        let Some(domain) = domains.get_mut(&row.get::<_, String>(0)?) else { continue };
        let suppressed: String = row.get(4)?;
        let sender = DesiredSender {
            username: row.get(2)?,
            display_name: row.get(3)?,
            suppressed: suppressed.lines().map(str::to_owned).collect(),
        };
        domain.senders.insert(row.get(1)?, sender);
    }
    Ok(())
}

fn logins(connection: &Connection, id: &str) -> Result<BTreeMap<String, DesiredLogin>, StoreError> {
    let mut select =
        connection.prepare_cached("SELECT name, username, client FROM desired_login WHERE account_id = ?")?;
    let mut rows = select.query([id])?;
    let mut logins = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let client: Option<String> = row.get(2)?;
        let login = DesiredLogin {
            username: row.get(1)?,
            client: client.map(|client| columns::to_id(&client)).transpose()?,
        };
        logins.insert(row.get(0)?, login);
    }
    Ok(logins)
}

pub(super) fn write(
    connection: &Connection,
    before: Option<&Infrastructure>,
    infrastructure: &Infrastructure,
) -> Result<(), StoreError> {
    let id = infrastructure.account.to_string();
    connection
        .prepare_cached(
            "INSERT INTO infrastructure (account_id, resource_group, location, data_location, service, email_service,
                 access, changed_at)
             VALUES (:account, :group, :location, :data_location, :service, :email_service, :access, :changed_at)
             ON CONFLICT DO UPDATE SET resource_group = :group, location = :location,
                 data_location = :data_location, service = :service, email_service = :email_service,
                 access = :access, changed_at = :changed_at",
        )?
        .execute(named_params! {
            ":account": id,
            ":group": infrastructure.group,
            ":location": infrastructure.location,
            ":data_location": infrastructure.data_location,
            ":service": infrastructure.service,
            ":email_service": infrastructure.email_service,
            ":access": infrastructure.access,
            ":changed_at": infrastructure.changed_at.as_millisecond(),
        })?;
    let nothing = BTreeMap::new();
    let old = before.map_or(&nothing, |before| &before.domains);
    for name in old.keys().filter(|name| !infrastructure.domains.contains_key(*name)) {
        for (table, column) in [("desired_domain", "name"), ("desired_sender", "domain")] {
            let delete = format!("DELETE FROM {table} WHERE account_id = ? AND {column} = ?");
            connection.execute(&delete, [&id, name])?;
        }
    }
    for (name, domain) in &infrastructure.domains {
        write_domain(connection, &id, name, old.get(name), domain)?;
    }
    connection.execute("DELETE FROM desired_login WHERE account_id = ?", [&id])?;
    for (name, login) in &infrastructure.smtp_usernames {
        connection.execute(
            "INSERT INTO desired_login (account_id, name, username, client) VALUES (?, ?, ?, ?)",
            params![id, name, login.username, login.client.map(|client| client.to_string())],
        )?;
    }
    Ok(())
}

fn write_domain(
    connection: &Connection,
    id: &str,
    name: &str,
    before: Option<&DesiredDomain>,
    domain: &DesiredDomain,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO desired_domain (account_id, name, owner, dns, tracking, dmarc)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            id,
            name,
            from_owner(domain.owner),
            domain.dns.to_string(),
            domain.tracking,
            domain.dmarc
        ])?;
    let nothing = BTreeMap::new();
    let old = before.map_or(&nothing, |before| &before.senders);
    let mut delete = connection
        .prepare_cached("DELETE FROM desired_sender WHERE account_id = ? AND domain = ? AND name = ?")?;
    for gone in old.keys().filter(|sender| !domain.senders.contains_key(*sender)) {
        delete.execute([id, name, gone])?;
    }
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO desired_sender (account_id, domain, name, username, display_name, suppressed)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    for (key, sender) in domain.senders.iter().filter(|(key, sender)| old.get(*key) != Some(*sender)) {
        let suppressed = sender.suppressed.join("\n");
        insert.execute(params![id, name, key, sender.username, sender.display_name, suppressed])?;
    }
    Ok(())
}

fn from_owner(owner: DomainOwner) -> &'static str {
    match owner {
        DomainOwner::Customer => "customer",
        DomainOwner::Azure => "azure",
    }
}

fn to_owner(word: &str) -> Result<DomainOwner, StoreError> {
    [DomainOwner::Customer, DomainOwner::Azure]
        .into_iter()
        .find(|owner| from_owner(*owner) == word)
        .ok_or_else(|| StoreError::Damaged(format!("domain owner {word}")))
}
