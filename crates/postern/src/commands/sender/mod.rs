//! `postern sender`.

mod bulk;

use std::process::ExitCode;

use anyhow::bail;
use api::credentials::IssuedView;
use api::domains::{SenderRow, SenderRowResult};
use api::infrastructure::manifest::{AZURE, Manifest};
use api::senders::SenderView;
use model::infrastructure::AZURE_MANAGED;
use serde_json::json;

use super::handout::{Login, Relay};
use super::provision::consent::{Consent, Request};
use super::provision::desired;
use crate::cli::{SenderAdd, SenderCommand, SenderList, SenderRemove, SenderRename};
use crate::client::{Client, segment};
use crate::output::{self, Format, GOOD, cell, say};

pub(super) async fn run(command: SenderCommand) -> anyhow::Result<ExitCode> {
    match command {
        SenderCommand::Add(arguments) => return add(&arguments).await,
        SenderCommand::Rename(arguments) => return rename(arguments).await,
        SenderCommand::List(arguments) => list(&arguments).await?,
        SenderCommand::Remove(arguments) => return remove(&arguments).await,
        SenderCommand::Import(arguments) => return bulk::import(&arguments).await,
        SenderCommand::Export(arguments) => bulk::export(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn path(account: &str) -> String {
    format!("/v1/accounts/{}", segment(account))
}

/// The parts of an address whose domain is in the account's desired state.
async fn desired<'a>(client: &Client, account: &str, address: &'a str) -> Option<(&'a str, String)> {
    let (username, domain) = address.trim().rsplit_once('@')?;
    let domain = domain.to_ascii_lowercase();
    let manifest: Manifest = client.get(&format!("{}/infrastructure", path(account)), &[]).await.ok()?;
    if domain.ends_with(".azurecomm.net") && manifest.domain.contains_key(AZURE) {
        return Some((username, AZURE_MANAGED.to_owned()));
    }
    manifest.domain.contains_key(&domain).then_some((username, domain))
}

/// Makes or renames a sender: at Azure and here where Postern manages the domain, else here alone.
async fn add(arguments: &SenderAdd) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let format = arguments.connection.format();
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    if let Some((username, domain)) = desired(&client, &account, &arguments.address).await {
        let row = SenderRow {
            domain: domain.clone(),
            username: username.to_owned(),
            display_name: arguments.display_name.clone(),
            ..SenderRow::default()
        };
        let body = json!({ "rows": [row], "strict": true });
        let _: Vec<SenderRowResult> =
            client.post(&format!("{}/senders:import", path(&account)), &body).await?;
        let key = format!("{domain}/{}", username.to_lowercase());
        let targets = [format!("sender/{key}"), format!("devices/{domain}")];
        let body = json!({ "targets": targets });
        let consent = Consent::Implied;
        let code = Request { client: &client, account: &account, body, consent, format }.carry_out().await?;
        if code == ExitCode::SUCCESS {
            issue(&client, &account, arguments).await?;
        }
        return Ok(code);
    }
    let body = json!({
        "account": account,
        "address": arguments.address,
        "display_name": arguments.display_name,
    });
    let sender: SenderView = client.post("/v1/senders", &body).await?;
    if format == Format::Json {
        match &arguments.credential {
            Some(_) => issue(&client, &account, arguments).await?,
            None => output::json(&sender)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    say!("{GOOD}{} may send from {}.{GOOD:#}", sender.account, sender.address);
    say!(
        "It must exist in Azure already: Postern does not manage its domain (`postern adopt --account {account}` changes that)."
    );
    issue(&client, &account, arguments).await?;
    Ok(ExitCode::SUCCESS)
}

/// Changes the display name of a sender that Postern manages in Azure.
async fn rename(arguments: SenderRename) -> anyhow::Result<ExitCode> {
    let SenderRename { address, account, display_name, connection } = arguments;
    let client = Client::new(&connection)?;
    let account = desired::account(&client, account.as_deref()).await?;
    if desired(&client, &account, &address).await.is_none() {
        bail!(
            "Postern does not manage the domain of {address}, and only Azure uses the display name: change it there, or \
             run `postern adopt --account {account}` first"
        );
    }
    let query = [("account", account.clone())];
    let senders: Vec<SenderView> = client.list("/v1/senders", &query).await?;
    if !senders.iter().any(|sender| sender.address.eq_ignore_ascii_case(address.trim())) {
        bail!("account {account} has no sender {address}: `postern sender add` creates it");
    }
    let (display_name, account) = (Some(display_name), Some(account));
    add(&SenderAdd { address, account, display_name, credential: None, connection }).await
}

/// Makes a login that sends from one address.
async fn make_login(
    client: &Client,
    account: &str,
    login: &str,
    address: &str,
) -> anyhow::Result<IssuedView> {
    let body = json!({
        "login": login,
        "account": account,
        "senders": [address],
        "networks": [],
        "default_from": address,
    });
    client.post("/v1/credentials", &body).await
}

/// Makes the login that was asked for together with the sender.
async fn issue(client: &Client, account: &str, arguments: &SenderAdd) -> anyhow::Result<()> {
    let address = arguments.address.trim();
    let Some(login) = &arguments.credential else {
        if !arguments.connection.json {
            say!("Next: postern send --from {address} --to YOU");
        }
        return Ok(());
    };
    let issued = make_login(client, account, login, address).await?;
    if arguments.connection.json {
        return output::json(&issued);
    }
    let relay = Relay::of(client, Login::Password).await?;
    output::pairs(&[
        ("Server", relay.to_string()),
        ("Login", issued.credential.login.clone()),
        ("Password", issued.made().to_owned()),
    ]);
    say!("The password is not shown again.");
    Ok(())
}

async fn list(arguments: &SenderList) -> anyhow::Result<()> {
    let query: Vec<(&str, String)> = arguments.account.iter().map(|name| ("account", name.clone())).collect();
    let senders: Vec<SenderView> = Client::new(&arguments.connection)?.list("/v1/senders", &query).await?;
    if arguments.connection.json {
        return output::json(&senders);
    }
    let rows = senders
        .into_iter()
        .map(|sender| {
            [cell(sender.address), cell(sender.display_name.unwrap_or_default()), cell(sender.account)]
        })
        .collect();
    let empty =
        "There is no sender yet: `postern domain add DOMAIN` or `postern sender add ADDRESS` adds one.";
    output::table(["Address", "Display name", "Account"], rows, empty);
    Ok(())
}

async fn remove(arguments: &SenderRemove) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let format = arguments.connection.format();
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    if let Some((username, domain)) = desired(&client, &account, &arguments.address).await {
        let address = format!("{username}@{domain}");
        client.delete(&format!("{}/infrastructure/senders/{}", path(&account), segment(&address))).await?;
        let key = format!("{domain}/{}", username.to_lowercase());
        let targets = [format!("remove-sender/{key}"), format!("devices/{domain}")];
        let body = json!({ "targets": targets });
        let consent = Consent::Implied;
        return Request { client: &client, account: &account, body, consent, format }.carry_out().await;
    }
    client.delete(&format!("/v1/senders/{}/{}", segment(&account), segment(&arguments.address))).await?;
    if format == Format::Json {
        output::json(&json!({ "removed": arguments.address }))?;
    } else {
        say!("{account} may not send from {} any more.", arguments.address);
    }
    Ok(ExitCode::SUCCESS)
}
