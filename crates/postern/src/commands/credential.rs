//! `postern credential`.

use std::process::ExitCode;

use serde_json::json;
use web::api::{CredentialView, IssuedView};

use super::account::input;
use crate::cli::{Connection, CredentialAdd, CredentialCommand, CredentialReset, Named};
use crate::client::{Client, segment};
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
    let password = arguments.password_stdin.then(input::password).transpose()?;
    let body = json!({
        "login": arguments.login,
        "account": arguments.account,
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
        "rate_per_minute": arguments.rate_per_minute,
        "lane": arguments.lane,
    });
    let issued: IssuedView = Client::new(&arguments.connection)?.post("/v1/credentials", &body).await?;
    if arguments.connection.json {
        return output::json(&issued);
    }
    say!("{GOOD}Credential {} is made.{GOOD:#}", issued.credential.login);
    if arguments.no_login {
        let networks = issued.credential.networks.join(", ");
        say!("It takes mail from {networks} without login, on listeners with `login = \"none\"`.");
    } else {
        show_password(&issued);
    }
    Ok(())
}

async fn reset(arguments: &CredentialReset) -> anyhow::Result<()> {
    let path = format!("/v1/credentials/{}/reset", segment(&arguments.name));
    let password = arguments.password_stdin.then(input::password).transpose()?;
    let body = json!({ "password": password });
    let issued: IssuedView = Client::new(&arguments.connection)?.post(&path, &body).await?;
    if arguments.connection.json {
        return output::json(&issued);
    }
    say!("{GOOD}Credential {} has a new password.{GOOD:#}", issued.credential.login);
    show_password(&issued);
    Ok(())
}

fn show_password(issued: &IssuedView) {
    let login = ("Login", issued.credential.login.clone());
    let Some(password) = &issued.password else {
        output::pairs(&[login, ("Password", "as given".to_owned())]);
        return;
    };
    output::pairs(&[login, ("Password", format!("{STRONG}{password}{STRONG:#}"))]);
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
                cell(if credential.access == "network" { "no login" } else { "password" }),
                cell(credential.account),
                cell(any(credential.senders)),
                cell(any(credential.networks)),
                cell(credential.rate_per_minute.map_or_else(|| "-".to_owned(), |rate| rate.to_string())),
                cell(credential.lane),
            ]
        })
        .collect();
    let empty = "There is no credential yet: `postern credential add LOGIN --account NAME` makes one.";
    output::table(["Login", "Access", "Account", "Senders", "Networks", "Per minute", "Lane"], rows, empty);
    Ok(())
}

async fn remove(arguments: &Named) -> anyhow::Result<()> {
    let path = format!("/v1/credentials/{}", segment(&arguments.name));
    Client::new(&arguments.connection)?.delete(&path).await?;
    if arguments.connection.json {
        return output::json(&json!({ "removed": arguments.name }));
    }
    say!("Credential {} is removed; nothing more is taken on its behalf.", arguments.name);
    Ok(())
}
