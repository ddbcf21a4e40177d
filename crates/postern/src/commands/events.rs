//! `postern events`: what Event Grid reports.

use std::process::ExitCode;

use api::events::{EventUrlRequest, EventUrlView};

use super::provision::desired;
use crate::cli::EventsCommand;
use crate::client::{Client, segment};
use crate::output::{self, say};

pub(super) async fn run(command: EventsCommand) -> anyhow::Result<ExitCode> {
    let EventsCommand::Url(arguments) = command;
    let client = Client::new(&arguments.of.connection)?;
    let account = desired::account(&client, arguments.of.account.as_deref()).await?;
    let path = format!("/v1/accounts/{}/event-url", segment(&account));
    let shown: EventUrlView = client.post(&path, &EventUrlRequest { renew: arguments.renew }).await?;
    if arguments.of.connection.json {
        output::json(&shown)?;
    } else {
        say!("{}", shown.url);
    }
    Ok(ExitCode::SUCCESS)
}
