//! `postern credential`.

use std::process::ExitCode;

use serde_json::json;
use web::api::{CredentialView, IssuedView};

use crate::cli::{Connection, CredentialAdd, CredentialCommand, Named};
use crate::client::{Client, nothing, segment};
use crate::output::{self, GOOD, STRONG, cell, say};

pub(super) async fn run(command: CredentialCommand) -> anyhow::Result<ExitCode> {
    match command {
        CredentialCommand::Add(arguments) => add(&arguments).await?,
        CredentialCommand::List(connection) => list(&connection).await?,
        CredentialCommand::Reset(arguments) => reset(&arguments).await?,
        CredentialCommand::Remove(arguments) => remove(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: &CredentialAdd) -> anyhow::Result<()> {
    let body = json!({
        "login": arguments.login,
        "account": arguments.account,
        "senders": arguments.senders,
        "networks": arguments.networks,
        "default_from": arguments.default_from,
        "forced_from": arguments.forced_from,
        "reply_to_author": arguments.reply_to_author,
        "reverse_paths": arguments.reverse_paths,
        "reverse_path_anywhere": arguments.reverse_path_anywhere,
        "repairs": arguments.repairs,
        "rate_per_minute": arguments.rate_per_minute,
        "lane": arguments.lane,
    });
    let issued: IssuedView = Client::new(&arguments.connection)?.post("/v1/credentials", &body).await?;
    if arguments.connection.json {
        return output::json(&issued);
    }
    say!("{GOOD}Credential {} is made.{GOOD:#}", issued.credential.login);
    show_password(&issued);
    Ok(())
}

async fn reset(arguments: &Named) -> anyhow::Result<()> {
    let path = format!("/v1/credentials/{}/reset", segment(&arguments.name));
    let issued: IssuedView = Client::new(&arguments.connection)?.post(&path, &nothing()).await?;
    if arguments.connection.json {
        return output::json(&issued);
    }
    say!("{GOOD}Credential {} has a new password.{GOOD:#}", issued.credential.login);
    show_password(&issued);
    Ok(())
}

fn show_password(issued: &IssuedView) {
    output::pairs(&[
        ("Login", issued.credential.login.clone()),
        ("Password", format!("{STRONG}{}{STRONG:#}", issued.password)),
    ]);
    say!("The password is shown this once.");
}

async fn list(connection: &Connection) -> anyhow::Result<()> {
    let credentials: Vec<CredentialView> = Client::new(connection)?.get("/v1/credentials", &[]).await?;
    if connection.json {
        return output::json(&credentials);
    }
    let rows = credentials
        .into_iter()
        .map(|credential| {
            let any = |list: Vec<String>| if list.is_empty() { "any".to_owned() } else { list.join(", ") };
            [
                cell(credential.login),
                cell(credential.account),
                cell(any(credential.senders)),
                cell(any(credential.networks)),
                cell(credential.rate_per_minute.map_or_else(|| "-".to_owned(), |rate| rate.to_string())),
                cell(credential.lane),
            ]
        })
        .collect();
    let empty = "There is no credential yet: `postern credential add LOGIN --account NAME` makes one.";
    output::table(["Login", "Account", "Senders", "Networks", "Per minute", "Lane"], rows, empty);
    Ok(())
}

async fn remove(arguments: &Named) -> anyhow::Result<()> {
    let path = format!("/v1/credentials/{}", segment(&arguments.name));
    Client::new(&arguments.connection)?.delete(&path).await?;
    if arguments.connection.json {
        return output::json(&json!({ "removed": arguments.name }));
    }
    say!("Credential {} is removed; its next login fails.", arguments.name);
    Ok(())
}
