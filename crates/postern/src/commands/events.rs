//! `postern events`: what Event Grid reports.

use std::process::ExitCode;

use api::events::{EventQueueView, EventUrlRequest, EventUrlView};
use serde_json::json;

use super::account::input::secret;
use super::provision::desired;
use crate::cli::{EventsCommand, EventsQueue, EventsUrl};
use crate::client::{Client, segment};
use crate::output::{self, say};

pub(super) async fn run(command: EventsCommand) -> anyhow::Result<ExitCode> {
    match command {
        EventsCommand::Url(arguments) => url(&arguments).await?,
        EventsCommand::Queue(arguments) => queue(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn url(arguments: &EventsUrl) -> anyhow::Result<()> {
    let client = Client::new(&arguments.of.connection)?;
    let account = desired::account(&client, arguments.of.account.as_deref()).await?;
    let path = format!("/v1/accounts/{}/event-url", segment(&account));
    let shown: EventUrlView = client.post(&path, &EventUrlRequest { renew: arguments.renew }).await?;
    if arguments.of.connection.json {
        return output::json(&shown);
    }
    say!("{}", shown.url);
    Ok(())
}

async fn queue(arguments: &EventsQueue) -> anyhow::Result<()> {
    let client = Client::new(&arguments.of.connection)?;
    let account = desired::account(&client, arguments.of.account.as_deref()).await?;
    let path = format!("/v1/accounts/{}/event-queue", segment(&account));
    if arguments.remove {
        client.delete(&path).await?;
        if arguments.of.connection.json {
            return output::json(&json!({ "removed": account }));
        }
        say!("Events of account {account} are pulled from no queue.");
        return Ok(());
    }
    let shown: EventQueueView = match &arguments.url {
        Some(url) => client.put(&path, &json!({ "url": signed(url, arguments)? })).await?,
        None => client.get(&path, &[]).await?,
    };
    if arguments.of.connection.json {
        return output::json(&shown);
    }
    let how = match shown.authorization.as_str() {
        "signature" => "a shared access signature",
        _ => "the account's app",
    };
    say!("Events of account {account} are pulled from {}, opened by {how}.", shown.url);
    Ok(())
}

/// The URL with the signature from a file, where there is one.
fn signed(url: &str, arguments: &EventsQueue) -> anyhow::Result<String> {
    let Some(file) = &arguments.signature_file else { return Ok(url.to_owned()) };
    let signature = secret("shared access signature", "--signature-file", Some(file))?;
    Ok(format!("{url}?{}", signature.trim().trim_start_matches('?')))
}
