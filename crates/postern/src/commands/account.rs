//! `postern account`.

use std::fs;
use std::io::{IsTerminal as _, Read as _, stdin};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::{Value, json};
use web::api::AccountView;

use crate::cli::{AccountAdd, AccountCommand, AccountEdit, Connection, Named};
use crate::client::{Client, segment};
use crate::output::{self, GOOD, cell, say};

pub(super) async fn run(command: AccountCommand) -> anyhow::Result<ExitCode> {
    match command {
        AccountCommand::Add(arguments) => add(&arguments).await?,
        AccountCommand::List(connection) => list(&connection).await?,
        AccountCommand::Show(arguments) => show(&arguments).await?,
        AccountCommand::Edit(arguments) => edit(&arguments).await?,
        AccountCommand::Remove(arguments) => remove(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: &AccountAdd) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let what = if arguments.access_key { "access key" } else { "client secret" };
    let secret = secret(what, arguments.secret_file.as_deref())?;
    let mut body = json!({
        "name": arguments.name,
        "tenant_id": arguments.tenant,
        "client_id": arguments.client_id,
        "subscription_id": arguments.subscription,
        "service": arguments.service,
        "endpoint": arguments.endpoint,
        "transport": arguments.transport,
        "quota": quota(&arguments.quota)?,
        "requests_at_once": arguments.requests_at_once,
        "smtp_sessions": arguments.smtp_sessions,
        "cloud": cloud(arguments)?,
    });
    body[if arguments.access_key { "access_key" } else { "client_secret" }] = Value::String(secret);
    let account: AccountView = client.post("/v1/accounts", &body).await?;
    if arguments.connection.json {
        return output::json(&account);
    }
    say!("{GOOD}Account {} is connected.{GOOD:#}", account.name);
    say!("Next: postern sender add ADDRESS --account {}", account.name);
    Ok(())
}

async fn list(connection: &Connection) -> anyhow::Result<()> {
    let accounts: Vec<AccountView> = Client::new(connection)?.get("/v1/accounts", &[]).await?;
    if connection.json {
        return output::json(&accounts);
    }
    let rows = accounts
        .into_iter()
        .map(|account| {
            let quota = format!("{}/min, {}/h", account.quota.sends_per_minute, account.quota.sends_per_hour);
            [
                cell(account.name),
                cell(account.service),
                cell(account.transport),
                cell(quota),
                cell(account.senders),
            ]
        })
        .collect();
    let empty = "There is no account yet: `postern account add --help` shows how to connect one.";
    output::table(["Account", "Service", "Transport", "Quota", "Senders"], rows, empty);
    Ok(())
}

async fn show(arguments: &Named) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let account: AccountView = client.get(&format!("/v1/accounts/{}", segment(&arguments.name)), &[]).await?;
    if arguments.connection.json {
        return output::json(&account);
    }
    let secret = format!(
        "{}, begins with {}, set {}",
        account.authorization.replace('_', " "),
        account.secret_hint.as_deref().unwrap_or("?"),
        account.secret_set_at.map_or_else(|| "never".to_owned(), output::time),
    );
    output::pairs(&[
        ("Name", account.name),
        ("Tenant id", account.tenant_id),
        ("Client id", account.client_id),
        ("Subscription id", account.subscription_id),
        ("Service", account.service),
        ("Endpoint", account.endpoint),
        ("Cloud", account.cloud.map_or_else(|| "public".to_owned(), |cloud| cloud.authority)),
        ("Secret", secret),
        ("Transport", account.transport),
        (
            "Quota",
            format!("{} a minute, {} an hour", account.quota.sends_per_minute, account.quota.sends_per_hour),
        ),
        ("Senders", account.senders.to_string()),
        ("Entra login", account.entra_login),
        ("Added", output::time(account.created_at)),
    ]);
    Ok(())
}

async fn edit(arguments: &AccountEdit) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let mut body = json!({});
    if arguments.secret || arguments.secret_file.is_some() {
        body["secret"] = secret("new secret", arguments.secret_file.as_deref())?.into();
    }
    if let Some(transport) = &arguments.transport {
        body["transport"] = transport.as_str().into();
    }
    if let Some(text) = &arguments.quota {
        body["quota"] = quota(if text == "custom-domain" { "30/100" } else { text })?;
    }
    if let Some(number) = arguments.requests_at_once {
        body["requests_at_once"] = number.into();
    }
    if let Some(number) = arguments.smtp_sessions {
        body["smtp_sessions"] = number.into();
    }
    if body.as_object().is_some_and(serde_json::Map::is_empty) {
        bail!("nothing is to be changed: `postern account edit --help` lists what can be");
    }
    let account: AccountView =
        client.patch(&format!("/v1/accounts/{}", segment(&arguments.name)), &body).await?;
    if arguments.connection.json {
        return output::json(&account);
    }
    say!("{GOOD}Account {} is changed.{GOOD:#} Waiting mail is tried again now.", account.name);
    Ok(())
}

async fn remove(arguments: &Named) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    client.delete(&format!("/v1/accounts/{}", segment(&arguments.name))).await?;
    if arguments.connection.json {
        return output::json(&json!({ "removed": arguments.name }));
    }
    say!("Account {} is removed.", arguments.name);
    Ok(())
}

/// The secret, from a file, from a pipe, or typed without being shown. Never from an argument, where
/// every process on the machine could read it.
fn secret(what: &str, file: Option<&Path>) -> anyhow::Result<String> {
    let text = match file {
        Some(path) => {
            fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
        }
        None if stdin().is_terminal() => {
            anstream::eprint!("Value of the {what}: ");
            typed()?
        }
        None => {
            let mut text = String::new();
            stdin().read_to_string(&mut text)?;
            text
        }
    };
    if text.trim().is_empty() {
        bail!("the {what} is empty: pipe it in, type it, or name a file with --secret-file");
    }
    Ok(text.trim().to_owned())
}

fn typed() -> anyhow::Result<String> {
    let terminal = stdin();
    let before = tcgetattr(&terminal)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Now, &hidden)?;
    let mut line = String::new();
    let read = terminal.read_line(&mut line);
    tcsetattr(&terminal, OptionalActions::Now, &before)?;
    anstream::eprintln!();
    read?;
    Ok(line)
}

fn quota(text: &str) -> anyhow::Result<Value> {
    let (minute, hour): (u32, u32) = match text {
        "custom-domain" => return Ok(Value::Null),
        "azure-managed" => (5, 10),
        _ => text
            .split_once('/')
            .and_then(|(minute, hour)| Some((minute.parse().ok()?, hour.parse().ok()?)))
            .with_context(|| {
                format!("--quota {text:?} is none of custom-domain, azure-managed, MINUTE/HOUR")
            })?,
    };
    // Azure's tables allow twice as many status reads as sends.
    Ok(json!({
        "sends_per_minute": minute,
        "sends_per_hour": hour,
        "status_reads_per_minute": minute.saturating_mul(2),
        "status_reads_per_hour": hour.saturating_mul(2),
    }))
}

fn cloud(arguments: &AccountAdd) -> anyhow::Result<Value> {
    let (Some(authority), Some(smtp)) = (&arguments.cloud_authority, &arguments.cloud_smtp) else {
        return Ok(Value::Null);
    };
    let (host, port) = smtp
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)))
        .with_context(|| format!("--cloud-smtp {smtp:?} is not HOST:PORT"))?;
    let ca_pem = match &arguments.cloud_ca {
        None => None,
        Some(path) => {
            Some(fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?)
        }
    };
    Ok(json!({ "authority": authority, "smtp_host": host, "smtp_port": port, "ca_pem": ca_pem }))
}
