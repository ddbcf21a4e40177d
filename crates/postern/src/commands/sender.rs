//! `postern sender`.

use std::process::ExitCode;

use serde_json::json;
use web::api::SenderView;

use crate::cli::{SenderAdd, SenderCommand, SenderList, SenderRemove};
use crate::client::{Client, segment};
use crate::output::{self, GOOD, cell, say};

pub(super) async fn run(command: SenderCommand) -> anyhow::Result<ExitCode> {
    match command {
        SenderCommand::Add(arguments) => add(&arguments).await?,
        SenderCommand::List(arguments) => list(&arguments).await?,
        SenderCommand::Remove(arguments) => remove(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: &SenderAdd) -> anyhow::Result<()> {
    let body = json!({
        "account": arguments.account,
        "address": arguments.address,
        "display_name": arguments.display_name,
    });
    let sender: SenderView = Client::new(&arguments.connection)?.post("/v1/senders", &body).await?;
    if arguments.connection.json {
        return output::json(&sender);
    }
    say!("{GOOD}{} may send from {}.{GOOD:#}", sender.account, sender.address);
    Ok(())
}

async fn list(arguments: &SenderList) -> anyhow::Result<()> {
    let query: Vec<(&str, String)> = arguments.account.iter().map(|name| ("account", name.clone())).collect();
    let senders: Vec<SenderView> = Client::new(&arguments.connection)?.get("/v1/senders", &query).await?;
    if arguments.connection.json {
        return output::json(&senders);
    }
    let rows = senders
        .into_iter()
        .map(|sender| {
            [cell(sender.address), cell(sender.display_name.unwrap_or_default()), cell(sender.account)]
        })
        .collect();
    let empty = "There is no sender yet: `postern sender add ADDRESS --account NAME` adds one.";
    output::table(["Address", "Display name", "Account"], rows, empty);
    Ok(())
}

async fn remove(arguments: &SenderRemove) -> anyhow::Result<()> {
    let path = format!("/v1/senders/{}/{}", segment(&arguments.account), segment(&arguments.address));
    Client::new(&arguments.connection)?.delete(&path).await?;
    if arguments.connection.json {
        return output::json(&json!({ "removed": arguments.address }));
    }
    say!("{} may not send from {} any more.", arguments.account, arguments.address);
    Ok(())
}
