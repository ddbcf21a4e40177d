//! `postern account add`.

use std::io::{IsTerminal as _, stderr, stdin};
use std::process::ExitCode;

use api::accounts::AccountView;
use api::removal::RemovedView;
use serde_json::{Value, json};

use super::input::{FILE, Wanted as Field, cloud, day, field, quota, read, secret};
use super::verify::{self, Wanted};
use super::{path, say_notes};
use crate::cli::{AccountAdd, IfNotReady};
use crate::client::Client;
use crate::output::{self, GOOD, aside, say};

pub(super) async fn add(arguments: &AccountAdd) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let mut body = json!({
        "name": arguments.name,
        "tenant_id": field(arguments.tenant.as_ref(), "directory (tenant) id", "--tenant", Field::GuidOrDomain)?,
        "client_id": field(arguments.client_id.as_ref(), "application (client) id", "--client-id", Field::Guid)?,
        "subscription_id": field(arguments.subscription.as_ref(), "subscription id", "--subscription", Field::Guid)?,
        "service": arguments.service,
        "endpoint": arguments.endpoint,
        "transport": arguments.transport,
        "quota": quota(&arguments.quota)?,
        "requests_at_once": arguments.requests_at_once,
        "smtp_sessions": arguments.smtp_sessions,
        "secret_expires_at": arguments.secret_expires.as_deref().map(day).transpose()?,
        "cloud": cloud(&arguments.cloud)?,
    });
    let (name, value) = authentication(arguments)?;
    body[name] = value;
    let account: AccountView = client.post("/v1/accounts", &body).await?;
    if arguments.connection.json && arguments.no_verify {
        output::json(&account)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.connection.json {
        say_notes(&account);
        say!("{GOOD}Added account {}.{GOOD:#}", account.name);
    }
    if arguments.no_verify {
        say!("Next: postern account verify {}", account.name);
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = Wanted {
        name: &account.name,
        body: json!({ "no_wait": arguments.no_wait }),
        shell: arguments.shell.shell(),
    };
    let code = verify::run(&client, &wanted, arguments.connection.format()).await?;
    if code != ExitCode::SUCCESS && !is_kept(arguments, &account.name)? {
        let _: RemovedView = client.delete_with(&path(&account.name), &[]).await?;
        aside!("Removed account {} again; nothing is stored.", account.name);
        return Ok(code);
    }
    let account: AccountView = client.get(&path(&account.name), &[]).await?;
    let name = &account.name;
    if arguments.connection.json {
        return Ok(code);
    }
    if code != ExitCode::SUCCESS {
        say!("");
        say!("Next: follow the steps above, then postern account verify {name}");
    } else if account.senders == 0 && account.authorization == "access_key" {
        say!("");
        say!("Next: postern sender add ADDRESS --account {name}");
    } else if account.senders == 0 {
        say!("");
        say!("Next: postern adopt --account {name} --senders-only");
    }
    Ok(code)
}

/// Whether an account that cannot send stays.
fn is_kept(arguments: &AccountAdd, name: &str) -> anyhow::Result<bool> {
    if let Some(wanted) = arguments.if_not_ready {
        return Ok(wanted == IfNotReady::Keep);
    }
    if !(stdin().is_terminal() && stderr().is_terminal()) {
        return Ok(true);
    }
    output::prompt(format_args!("Account {name} cannot send yet. Keep it and fix it later? [Y/n]"));
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(!["n", "no"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}

/// How the account's app authenticates, by the name that the API has for it.
fn authentication(arguments: &AccountAdd) -> anyhow::Result<(&'static str, Value)> {
    if arguments.managed_identity {
        return Ok(("managed_identity", true.into()));
    }
    if let Some(file) = &arguments.certificate {
        return Ok(("certificate", read(file)?.into()));
    }
    let file = arguments.secret_file.as_deref();
    Ok(if arguments.access_key {
        ("access_key", secret("access key", FILE, file)?.into())
    } else {
        ("client_secret", secret("client secret", FILE, file)?.into())
    })
}
