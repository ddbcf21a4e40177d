//! `postern secrets`.

use std::fs;
use std::process::ExitCode;

use anyhow::Context as _;
use api::secrets::RewrappedView;
use serde_json::json;

use crate::cli::{Rewrap, SecretsCommand};
use crate::client::Client;
use crate::output::{self, GOOD, say};

pub(super) async fn run(command: SecretsCommand) -> anyhow::Result<ExitCode> {
    let SecretsCommand::Rewrap(arguments) = command;
    rewrap(&arguments).await?;
    Ok(ExitCode::SUCCESS)
}

async fn rewrap(arguments: &Rewrap) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let key = match &arguments.key_file {
        Some(path) => {
            let text =
                fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            Some(text.trim().to_owned())
        }
        None => None,
    };
    let done: RewrappedView = client.post("/v1/secrets:rewrap", &json!({ "master_key": key })).await?;
    if arguments.connection.json {
        return output::json(&done);
    }
    let noun = if done.secrets == 1 { "secret is" } else { "secrets are" };
    say!("{GOOD}{} {noun} sealed under a new master key.{GOOD:#}", done.secrets);
    if done.key_is_kept_elsewhere {
        say!(
            "Put the new key into POSTERN_MASTER_KEY before the next start: with the old one nothing opens."
        );
    }
    Ok(())
}
