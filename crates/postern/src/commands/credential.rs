//! `postern credential`.

mod import;
mod test_line;

use std::process::ExitCode;

use anyhow::bail;
use api::bans::{BanView, LiftedView};
use api::credentials::{CredentialView, IssuedView, LastRefusalView};
use api::senders::SenderView;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::account::input;
use super::bans;
use super::handout::{self, Relay};
use super::provision::desired;
use crate::cli::{Connection, CredentialAdd, CredentialCommand, CredentialEdit, CredentialReset, Named};
use crate::client::{Client, nothing, segment};
use crate::output::{self, BAD, Cell, GOOD, QUIET, STRONG, cell, cell_of_lines, line, say};

pub(super) async fn run(command: CredentialCommand) -> anyhow::Result<ExitCode> {
    match command {
        CredentialCommand::Add(arguments) => add(&arguments).await?,
        CredentialCommand::Import(arguments) => return import::import(&arguments).await,
        CredentialCommand::List(connection) => list(&connection).await?,
        CredentialCommand::Show(arguments) => show(&arguments).await?,
        CredentialCommand::Unlock(arguments) => unlock(&arguments).await?,
        CredentialCommand::Edit(arguments) => edit(&arguments).await?,
        CredentialCommand::Reset(arguments) => reset(&arguments).await?,
        CredentialCommand::TestLine(arguments) => test_line::test_line(&arguments).await?,
        CredentialCommand::Remove(arguments) => remove(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: &CredentialAdd) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    let password = arguments.password_stdin.then(input::password).transpose()?;
    let body = json!({
        "login": arguments.login,
        "account": account,
        "access": if arguments.no_login { "network" } else { "password" },
        "allow_public_networks": arguments.allow_public_networks,
        "password": password,
        "senders": arguments.senders,
        "networks": arguments.networks,
        "default_from": arguments.default_from,
        "forced_from": arguments.forced_from,
        "reply_to_author": arguments.reply_to_author,
        "reverse_paths": arguments.reverse_paths,
        "reverse_path_anywhere": arguments.reverse_path_anywhere,
        "repairs": arguments.repairs,
        "suppressed": arguments.suppressed,
        "rate_per_minute": arguments.rate_per_minute,
        "lane": arguments.lane,
        "dsn_to": arguments.dsn_to,
        "deadline_seconds": arguments.deadline,
    });
    let issued: IssuedView = client.post("/v1/credentials", &body).await?;
    if arguments.connection.json {
        return output::json(&issued);
    }
    say!("{GOOD}Created credential {}.{GOOD:#}", issued.credential.login);
    if arguments.no_login {
        let networks = issued.credential.networks.join(", ");
        say!("It accepts mail from {networks} without login, on listeners with `login = \"none\"`.");
        let relay = Relay::of(&client, handout::Login::None).await?;
        output::pairs(&[("Server", relay.to_string())]);
    } else {
        let relay = Relay::of(&client, handout::Login::Password).await?;
        show_password(&issued, Some(&relay));
        say!(
            "Device settings, and a command that sends a test message: postern credential test-line {}",
            issued.credential.login
        );
    }
    note_unknown_senders(&client, &issued.credential).await
}

async fn edit(arguments: &CredentialEdit) -> anyhow::Result<()> {
    let mut body = changes(arguments);
    if arguments.password_stdin {
        body.insert("password".to_owned(), input::password()?.into());
    }
    if body.is_empty() {
        bail!("no change given: `postern credential edit --help` lists the options");
    }
    if arguments.allow_public_networks {
        body.insert("allow_public_networks".to_owned(), true.into());
    }
    let path = format!("/v1/credentials/{}", segment(&arguments.login));
    let client = Client::new(&arguments.connection)?;
    let credential: CredentialView = client.patch(&path, &body).await?;
    if arguments.connection.json {
        return output::json(&credential);
    }
    say!(
        "{GOOD}Changed credential {}.{GOOD:#} Open sessions use the change from their next message on.",
        credential.login
    );
    note_unknown_senders(&client, &credential).await
}

/// A login may be bound to senders that are made later, or to one that was misspelt.
async fn note_unknown_senders(client: &Client, credential: &CredentialView) -> anyhow::Result<()> {
    if credential.senders.is_empty() {
        return Ok(());
    }
    let account = &credential.account;
    let known: Vec<SenderView> = client.list("/v1/senders", &[("account", account.clone())]).await?;
    let addresses: Vec<&str> = known.iter().map(|sender| sender.address.as_str()).collect();
    for text in unknown_senders(&credential.senders, &addresses) {
        say!("{QUIET}note: {account} has no sender {text}: its mail is rejected until you add it.{QUIET:#}");
    }
    Ok(())
}

/// The addresses, and the domains, that no known address is or is in.
fn unknown_senders<'a>(allowed: &'a [String], known: &[&str]) -> Vec<&'a str> {
    let is_known = |text: &str| {
        known.iter().any(|address| match address.rsplit_once('@') {
            Some((_, domain)) if !text.contains('@') => domain.eq_ignore_ascii_case(text),
            _ => address.eq_ignore_ascii_case(text),
        })
    };
    allowed.iter().map(String::as_str).filter(|text| !is_known(text)).collect()
}

/// What is given, as members of the request. Null removes.
fn changes(arguments: &CredentialEdit) -> Map<String, Value> {
    let list = |given: &[String], none: bool| (none || !given.is_empty()).then(|| given.into());
    let flag = |yes: bool, no: bool| (yes || no).then_some(Value::Bool(yes));
    let text = |given: &Option<String>, none: bool| match given {
        Some(text) => Some(Value::from(text.as_str())),
        None => none.then_some(Value::Null),
    };
    let number = |given: Option<u32>, none: bool| match given {
        Some(number) => Some(Value::from(number)),
        None => none.then_some(Value::Null),
    };
    let has_domains = arguments.no_reverse_paths || !arguments.reverse_paths.is_empty();
    [
        ("senders", list(&arguments.senders, arguments.any_sender)),
        ("networks", list(&arguments.networks, arguments.any_network)),
        ("default_from", text(&arguments.default_from, arguments.keep_author)),
        ("forced_from", text(&arguments.forced_from, arguments.keep_author)),
        ("reply_to_author", flag(arguments.reply_to_author, arguments.no_reply_to_author)),
        ("reverse_paths", list(&arguments.reverse_paths, arguments.no_reverse_paths)),
        ("reverse_path_anywhere", flag(arguments.reverse_path_anywhere, has_domains)),
        ("repairs", list(&arguments.repairs, arguments.no_repairs)),
        ("suppressed", text(&arguments.suppressed, false)),
        ("rate_per_minute", number(arguments.rate_per_minute, arguments.no_rate)),
        ("lane", text(&arguments.lane, false)),
        ("dsn_to", text(&arguments.dsn_to, false)),
        ("deadline_seconds", number(arguments.deadline, arguments.no_deadline)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

async fn reset(arguments: &CredentialReset) -> anyhow::Result<()> {
    let path = format!("/v1/credentials/{}/password:reset", segment(&arguments.name));
    let password = arguments.password_stdin.then(input::password).transpose()?;
    let body = json!({ "password": password });
    let issued: IssuedView = Client::new(&arguments.connection)?.post(&path, &body).await?;
    if arguments.connection.json {
        return output::json(&issued);
    }
    say!("{GOOD}Credential {} has a new password.{GOOD:#}", issued.credential.login);
    show_password(&issued, None);
    note_locks(&issued.credential);
    Ok(())
}

fn show_password(issued: &IssuedView, relay: Option<&Relay>) {
    let password = match &issued.password {
        Some(password) => line!("{STRONG}{password}{STRONG:#}"),
        None => line!("as given"),
    };
    let mut pairs: Vec<_> = relay.map(|relay| ("Server", line!("{relay}"))).into_iter().collect();
    pairs.extend([("Login", line!("{}", issued.credential.login)), ("Password", password)]);
    output::pairs(&pairs);
    if issued.password.is_none() {
        return;
    }
    say!("The password is not shown again.");
}

async fn list(connection: &Connection) -> anyhow::Result<()> {
    let credentials: Vec<CredentialView> = Client::new(connection)?.list("/v1/credentials", &[]).await?;
    if connection.json {
        return output::json(&credentials);
    }
    let row = |credential: &CredentialView| {
        [
            cell(&credential.login),
            cell(&credential.account),
            cell(or(&credential.senders, "any")),
            cell(or(&credential.networks, "any")),
            lock_cell(credential),
            last_use_cell(credential),
            last_refusal_cell(credential),
        ]
    };
    let empty = "No credentials yet. Create one: `postern credential add LOGIN --account NAME`.";
    let head = ["Login", "Account", "Senders", "Networks", "Locked", "Last used", "Last refused"];
    output::table(head, credentials.iter().map(row).collect(), empty);
    Ok(())
}

async fn show(arguments: &Named) -> anyhow::Result<()> {
    let path = format!("/v1/credentials/{}", segment(&arguments.name));
    let credential: CredentialView = Client::new(&arguments.connection)?.get(&path, &[]).await?;
    if arguments.connection.json {
        return output::json(&credential);
    }
    let last_use = match (credential.last_used_at, credential.last_address) {
        (Some(at), Some(address)) => format!("{} from {address}", output::time(at)),
        _ => "never".to_owned(),
    };
    let last_refusal = match &credential.last_refusal {
        Some(LastRefusalView { at, peer, reply, reason, .. }) => {
            let reason = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("{} from {peer}: {reply}{reason}", output::time(*at))
        }
        None => "never, as far as is recorded".to_owned(),
    };
    let rate =
        credential.rate_per_minute.map_or_else(|| "no limit of its own".to_owned(), |rate| rate.to_string());
    let deadline = credential.deadline_seconds.map(|seconds| SignedDuration::from_secs(seconds.into()));
    let deadline = deadline.map_or_else(|| "none of its own".to_owned(), |deadline| format!("{deadline:#}"));
    let reverse_paths = match credential.reverse_path_anywhere {
        true => "anywhere".to_owned(),
        false => or(&credential.reverse_paths, "the account's domains"),
    };
    output::pairs(&[
        ("Login", credential.login.clone()),
        ("Access", if credential.access == "network" { "no login" } else { "password" }.to_owned()),
        ("Account", credential.account.clone()),
        ("Senders", or(&credential.senders, "any")),
        ("Networks", or(&credential.networks, "any")),
        ("Author", author(&credential)),
        ("Reverse-paths", reverse_paths),
        ("Repairs", or(&credential.repairs, "none")),
        ("Suppressed", credential.suppressed.clone().unwrap_or_else(|| "as configured".to_owned())),
        ("Per minute", rate),
        ("Lane", credential.lane.clone()),
        ("Bounces to", credential.dsn_to.clone()),
        ("Deadline", deadline),
        ("Added", output::time(credential.created_at)),
        ("Last used", last_use),
        ("Last refused", last_refusal),
    ]);
    note_locks(&credential);
    Ok(())
}

fn note_locks(credential: &CredentialView) {
    for lock in &credential.locks {
        say!(
            "{BAD}Locked{BAD:#} until {}: {}, after {}. `postern credential unlock {}` lifts it.",
            output::time(lock.until),
            bans::what(lock),
            bans::guesses(lock),
            credential.login
        );
    }
}

async fn unlock(arguments: &Named) -> anyhow::Result<()> {
    let path = format!("/v1/credentials/{}/locks:lift", segment(&arguments.name));
    let client = Client::new(&arguments.connection)?;
    let done: LiftedView = client.post(&path, &nothing()).await?;
    if arguments.connection.json {
        return output::json(&done);
    }
    if done.lifted.is_empty() {
        say!("{} was not locked. Cleared its count of wrong passwords.", arguments.name);
    }
    for lock in &done.lifted {
        let brought = bans::guesses(lock);
        say!("{GOOD}Unlocked {}.{GOOD:#} The lock was for {brought}.", bans::what(lock));
    }
    let bans: Vec<BanView> = client.list("/v1/bans", &[]).await?;
    for ban in bans.iter().filter(|ban| ban.kind == "network") {
        say!(
            "{QUIET}note: {} is still locked for logins that have not worked from there in the last 30 days: \
             `postern bans lift` lifts that lock.{QUIET:#}",
            bans::what(ban)
        );
    }
    Ok(())
}

fn or(list: &[String], none: &str) -> String {
    if list.is_empty() { none.to_owned() } else { list.join(", ") }
}

/// When and from where a credential was used last.
fn last_use_cell(credential: &CredentialView) -> Cell {
    match (credential.last_used_at, credential.last_address) {
        (Some(at), Some(address)) => cell_of_lines(&[&output::time(at), &address]),
        _ => cell("never"),
    }
}

/// When a client of the credential was refused something last, and with which reply.
fn last_refusal_cell(credential: &CredentialView) -> Cell {
    match &credential.last_refusal {
        Some(refusal) => cell_of_lines(&[&output::time(refusal.at), &refusal.code]),
        None => cell("-"),
    }
}

/// Until when a login is locked, and where if it is not locked everywhere.
fn lock_cell(credential: &CredentialView) -> Cell {
    let Some(lock) = credential.locks.iter().max_by_key(|lock| (lock.network.is_none(), lock.until)) else {
        return cell("-");
    };
    let until = output::time(lock.until);
    let cell = match &lock.network {
        None => cell(format_args!("until {until}")),
        Some(network) => cell_of_lines(&[&format_args!("until {until}"), &format_args!("at {network}")]),
    };
    cell.styled(BAD)
}

/// The rule about authors, in few words.
fn author(credential: &CredentialView) -> String {
    match (&credential.forced_from, &credential.default_from) {
        (Some(forced), _) => format!("forced {forced}"),
        (None, Some(default)) => format!("default {default}"),
        (None, None) => "-".to_owned(),
    }
}

async fn remove(arguments: &Named) -> anyhow::Result<()> {
    let path = format!("/v1/credentials/{}", segment(&arguments.name));
    Client::new(&arguments.connection)?.delete(&path).await?;
    if arguments.connection.json {
        return output::json(&json!({ "removed": arguments.name }));
    }
    say!("Removed credential {}. Mail that uses it is rejected from now on.", arguments.name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_that_the_account_does_not_have_are_named() {
        let known = ["scanner@a.example", "DoNotReply@b.example"];
        for (allowed, expected) in [
            (&["scanner@a.example", "Scanner@A.example"][..], &[][..]),
            (&["a.example", "B.example"], &[]),
            (&["scaner@a.example", "c.example", "example"], &["scaner@a.example", "c.example", "example"]),
        ] {
            let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            assert_eq!(unknown_senders(&allowed, &known), expected, "{allowed:?}");
        }
    }
}
