//! `postern account`.

mod add;
mod edit;
mod guide;
pub(super) mod input;
mod remove;
mod rotate;
mod show;
mod verify;

use std::process::ExitCode;

use api::accounts::AccountView;
use api::verification::ImportedView;
use serde_json::json;

use crate::cli::{AccountCommand, AccountImport, Named};
use crate::client::{Client, segment};
use crate::output::{self, GOOD, QUIET, say};

pub(super) async fn run(command: AccountCommand) -> anyhow::Result<ExitCode> {
    match command {
        AccountCommand::Add(arguments) => return add::add(&arguments).await,
        AccountCommand::List(connection) => show::list(&connection).await?,
        AccountCommand::Show(arguments) => show::show(&arguments).await?,
        AccountCommand::Verify(arguments) => return verify::verify(&arguments).await,
        AccountCommand::Import(arguments) => import(&arguments).await?,
        AccountCommand::Guide(arguments) => guide::guide(&arguments).await?,
        AccountCommand::Edit(arguments) => edit::edit(&arguments).await?,
        AccountCommand::Rotate(arguments) => return rotate::rotate(&arguments).await,
        AccountCommand::Enable(arguments) => switch(&arguments, "enabled").await?,
        AccountCommand::Disable(arguments) => switch(&arguments, "disabled").await?,
        AccountCommand::Remove(arguments) => remove::remove(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn path(name: &str) -> String {
    format!("/v1/accounts/{}", segment(name))
}

async fn switch(arguments: &Named, state: &str) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let account: AccountView = client.patch(&path(&arguments.name), &json!({ "state": state })).await?;
    if arguments.connection.json {
        return output::json(&account);
    }
    match state {
        "disabled" => say!("Account {} is disabled. Its queued mail is held.", account.name),
        _ => say!("{GOOD}Account {} is enabled.{GOOD:#} Its queued mail is retried now.", account.name),
    }
    Ok(())
}

async fn import(arguments: &AccountImport) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let body = json!({ "service": arguments.service, "domains": arguments.domains });
    let imported: ImportedView =
        client.post(&format!("{}/service:import", path(&arguments.name)), &body).await?;
    if arguments.connection.json {
        return output::json(&imported);
    }
    say!("{GOOD}Mail of {} goes through {}.{GOOD:#}", arguments.name, imported.service);
    for address in &imported.added {
        say!("  {GOOD}+{GOOD:#} {address}");
    }
    for address in &imported.there {
        say!("  {QUIET}= {address} was here already{QUIET:#}");
    }
    Ok(())
}

/// How the input was normalised.
fn say_notes(account: &AccountView) {
    for note in &account.notes {
        say!("{QUIET}note: {note}{QUIET:#}");
    }
}
