//! `postern dns`: connections to those who keep zones.

use std::process::ExitCode;

use api::dns_providers::DnsProviderView;
use serde_json::json;

use super::account::input::{read, secret};
use crate::cli::{DnsAdd, DnsCommand};
use crate::client::{Client, segment};
use crate::output::{self, GOOD, cell, say};

pub(super) async fn run(command: DnsCommand) -> anyhow::Result<ExitCode> {
    match command {
        DnsCommand::Add(arguments) => add(&arguments).await?,
        DnsCommand::List(connection) => {
            let found: Vec<DnsProviderView> =
                Client::new(&connection)?.list("/v1/dns-providers", &[]).await?;
            if connection.json {
                output::json(&found)?;
                return Ok(ExitCode::SUCCESS);
            }
            let row = |one: DnsProviderView| [cell(one.name), cell(one.kind), cell(one.base_url)];
            let empty = "There is no connection yet: `postern dns add NAME` adds one. Azure DNS needs none.";
            output::table(["Name", "Kind", "At"], found.into_iter().map(row).collect(), empty);
        }
        DnsCommand::Remove(arguments) => {
            let path = format!("/v1/dns-providers/{}", segment(&arguments.name));
            Client::new(&arguments.connection)?.delete(&path).await?;
            if arguments.connection.json {
                output::json(&json!({ "removed": arguments.name }))?;
            } else {
                say!("DNS connection {} is removed.", arguments.name);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: &DnsAdd) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let body = json!({
        "name": arguments.name,
        "kind": arguments.kind,
        "token": secret("API token", "--token-file", arguments.token_file.as_deref())?,
        "base_url": arguments.base_url,
        "ca_pem": arguments.ca.as_deref().map(read).transpose()?,
    });
    let added: DnsProviderView = client.post("/v1/dns-providers", &body).await?;
    if arguments.connection.json {
        return output::json(&added);
    }
    say!("{GOOD}DNS connection {} is stored.{GOOD:#}", added.name);
    say!("Next: postern domain add DOMAIN --dns {}", added.name);
    Ok(())
}
