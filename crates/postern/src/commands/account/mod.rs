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
use serde_json::json;

use super::provision;
use crate::cli::{AccountCommand, AccountImport, Adopt, Named, OfAccount};
use crate::client::{Client, segment};
use crate::output::{self, GOOD, QUIET, say};

pub(super) async fn run(command: AccountCommand) -> anyhow::Result<ExitCode> {
    match command {
        AccountCommand::Add(arguments) => return add::add(&arguments).await,
        AccountCommand::List(connection) => show::list(&connection).await?,
        AccountCommand::Show(arguments) => show::show(&arguments).await?,
        AccountCommand::Verify(arguments) => return verify::verify(&arguments).await,
        AccountCommand::Import(arguments) => return provision::adopt(&of(arguments)).await,
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

/// The older command, as the one that has taken its place.
fn of(import: AccountImport) -> Adopt {
    let AccountImport { name, service, domains, connection } = import;
    Adopt { service, domains, senders_only: true, of: OfAccount { account: Some(name), connection } }
}

/// How the input was normalised.
fn say_notes(account: &AccountView) {
    for note in &account.notes {
        say!("{QUIET}note: {note}{QUIET:#}");
    }
}
