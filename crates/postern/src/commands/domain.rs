//! `postern domain`.

mod records;

use std::process::ExitCode;

use api::accounts::AccountView;
use api::domains::{DomainState, DomainStatus, RecordRow, RestoredSpfView};
use api::infrastructure::manifest::{DomainManifest, FullSender, Manifest, SenderManifest};
use provisioning::domain_title;
use serde_json::json;

use super::provision::consent::{Consent, Request};
use super::provision::{self, desired};
use crate::cli::{DomainAdd, DomainCommand, DomainDoctor, DomainList, OneDomain, SpfCommand};
use crate::client::{Client, segment};
use crate::output::{self, BAD, Format, GOOD, QUIET, STRONG, Style, WAITING, cell, say};

pub(super) async fn run(command: DomainCommand) -> anyhow::Result<ExitCode> {
    match command {
        DomainCommand::Add(arguments) => add(&arguments).await,
        DomainCommand::List(arguments) => list(&arguments).await,
        DomainCommand::Doctor(arguments) => doctor(&arguments).await,
        DomainCommand::Records(arguments) => records::run(&arguments).await,
        DomainCommand::Remove(arguments) => {
            let client = Client::new(&arguments.of.connection)?;
            let account =
                desired::account_of(&client, arguments.of.account.as_deref(), &arguments.of.domain).await?;
            let targets = [arguments.of.domain.clone()];
            let removal = provision::Removal { account: &account, targets: &targets, yes: arguments.yes };
            provision::take_away(&client, &removal, arguments.of.connection.format()).await
        }
    }
}

async fn add(arguments: &DomainAdd) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    let sender = |text: &String| match text.split_once('=') {
        None => SenderManifest::Plain(text.clone()),
        Some((username, name)) => SenderManifest::Full(FullSender {
            username: username.to_owned(),
            display_name: Some(name.to_owned()),
            suppressed: Vec::new(),
        }),
    };
    let body = json!({
        "name": arguments.domain,
        "domain": DomainManifest {
            dns: arguments.dns.clone(),
            tracking: arguments.tracking,
            dmarc: arguments.dmarc.clone(),
            senders: arguments.senders.iter().map(sender).collect(),
        },
        "infrastructure": Manifest {
            resource_group: arguments.resource_group.clone(),
            location: arguments.location.clone(),
            data_location: arguments.data_location.clone(),
            service: arguments.service.clone(),
            ..Manifest::default()
        },
    });
    let manifest: Manifest = client.post(&format!("{}/domains", path(&account)), &body).await?;
    if arguments.no_apply {
        if arguments.connection.json {
            output::json(&manifest)?;
        } else {
            say!("The desired state of account {account} includes {}. Next: postern plan", arguments.domain);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let format = arguments.connection.format();
    let body = json!({ "targets": [target(&arguments.domain)] });
    let consent = if arguments.yes { Consent::Yes } else { Consent::Implied };
    let code = Request { client: &client, account: &account, body, consent, format }.carry_out().await?;
    if format == Format::Json {
        return Ok(code);
    }
    let status = status(&client, &account, &target(&arguments.domain)).await?;
    if status.state == DomainState::DnsNeeded {
        say!("");
        records::show(&status);
    }
    if status.state == DomainState::Ready {
        say!(
            "Next: postern send --from ADDRESS --to YOU, with one of `postern sender list --account {account}`"
        );
    }
    Ok(code)
}

/// What a domain is called in the desired state.
fn target(domain: &str) -> String {
    let name = domain.trim().trim_end_matches('.').to_ascii_lowercase();
    if name == "azure" { "azuremanageddomain".to_owned() } else { name }
}

fn path(account: &str) -> String {
    format!("/v1/accounts/{}", segment(account))
}

async fn status(client: &Client, account: &str, domain: &str) -> anyhow::Result<DomainStatus> {
    let bar = output::spinner_for("reading Azure and DNS", Format::Text);
    let found = client.get(&format!("{}/domains/{}", path(account), segment(domain)), &[]).await;
    bar.clear();
    found
}

async fn list(arguments: &DomainList) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let names = match &arguments.account {
        Some(name) => vec![name.clone()],
        None => {
            let accounts: Vec<AccountView> = client.list("/v1/accounts", &[]).await?;
            accounts.into_iter().map(|account| account.name).collect()
        }
    };
    let mut statuses: Vec<DomainStatus> = Vec::new();
    let mut errors = Vec::new();
    for name in names {
        // Other accounts have no desired state yet.
        let said = client.get::<Manifest>(&format!("{}/infrastructure", path(&name)), &[]).await;
        if said.is_err() && arguments.account.is_none() {
            continue;
        }
        match client.list::<DomainStatus>(&format!("{}/domains", path(&name)), &[]).await {
            Ok(found) => statuses.extend(found),
            Err(error) => errors.push(error),
        }
    }
    if arguments.connection.json {
        output::json(&statuses)?;
    } else {
        let row = |one: DomainStatus| {
            let owner = one.owner.map(|owner| owner.title().to_owned()).unwrap_or_default();
            let state = cell(one.state.title());
            [
                cell(domain_title(&one.domain)),
                state,
                cell(one.dns),
                cell(one.senders),
                cell(owner),
                cell(one.account),
            ]
        };
        let empty = "No account has a domain yet: `postern domain add DOMAIN` makes one, `postern adopt` takes what is there.";
        let header = ["Domain", "State", "DNS", "Senders", "Action required from", "Account"];
        output::table(header, statuses.into_iter().map(row).collect(), empty);
    }
    for error in &errors {
        output::error(error);
    }
    Ok(if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn doctor(arguments: &DomainDoctor) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.of.connection)?;
    let account = desired::account_of(&client, arguments.of.account.as_deref(), &arguments.of.domain).await?;
    let domain = target(&arguments.of.domain);
    let format = arguments.of.connection.format();
    if arguments.fix {
        let body = json!({ "targets": [domain] });
        let consent = if arguments.yes { Consent::Yes } else { Consent::Implied };
        let request = Request { client: &client, account: &account, body, consent, format };
        if format == Format::Json {
            request.apply().await?;
        } else {
            request.carry_out().await?;
        }
    }
    let status = status(&client, &account, &domain).await?;
    if format == Format::Json {
        output::json(&status)?;
    } else {
        show(&status);
    }
    Ok(if status.state == DomainState::Ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) async fn spf(command: SpfCommand) -> anyhow::Result<ExitCode> {
    let SpfCommand::Restore(arguments) = command;
    restore_spf(&arguments).await?;
    Ok(ExitCode::SUCCESS)
}

async fn restore_spf(arguments: &OneDomain) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let account = desired::account_of(&client, arguments.account.as_deref(), &arguments.domain).await?;
    let path = format!("{}/domains/{}/spf:restore", path(&account), segment(&target(&arguments.domain)));
    let restored: RestoredSpfView = client.post(&path, &json!({})).await?;
    if arguments.connection.json {
        return output::json(&restored);
    }
    say!("{GOOD}The SPF record of {} is \"{}\" now.{GOOD:#}", restored.domain, restored.spf);
    Ok(())
}

fn show(status: &DomainStatus) {
    let style = match status.state {
        DomainState::Ready => GOOD,
        DomainState::Failed => BAD,
        _ => WAITING,
    };
    say!("{STRONG}{}{STRONG:#}  {style}{}{style:#}", domain_title(&status.domain), status.state.title());
    if let Some(zone) = &status.zone {
        let dns_provider = status
            .dns_provider
            .as_ref()
            .map(|dns_provider| format!(", hosted by {dns_provider}"))
            .unwrap_or_default();
        say!("{QUIET}zone {zone}{dns_provider}; records are written by {}{QUIET:#}", writer(&status.dns));
    }
    for row in &status.rows {
        let (sign, style) = sign(row);
        say!("{style}{sign}{style:#} {STRONG}{:9}{STRONG:#} {}", row.part, row.message);
        if row.verdict != "right" && !row.required.is_empty() {
            say!("            {QUIET}wanted{QUIET:#} {} {} \"{}\"", row.kind, row.name, row.required);
            for one in &row.actual {
                say!("            {QUIET}there {QUIET:#} \"{one}\"");
            }
        }
        let proposal = row.proposal.as_ref().filter(|text| row.verdict != "right" && **text != row.required);
        if let Some(proposal) = proposal {
            say!("            {QUIET}write {QUIET:#} \"{proposal}\"");
        }
    }
    if !status.parts.is_empty() {
        let parts: Vec<String> = status
            .parts
            .iter()
            .map(|part| {
                let error = part.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
                format!("{} {}{error}", part.part, part.state)
            })
            .collect();
        say!("{QUIET}Azure says:{QUIET:#} {}", parts.join(", "));
    }
    say!("");
    for message in &status.messages {
        say!("{message}");
    }
    if let Some(owner) = status.owner {
        say!("{QUIET}action required from:{QUIET:#} {}", owner.title());
    }
    for command in &status.commands {
        say!("{QUIET}type:{QUIET:#} {STRONG}{command}{STRONG:#}");
    }
}

fn writer(way: &str) -> String {
    match way {
        "manual" => "you".to_owned(),
        "azure" => "Postern, into Azure DNS".to_owned(),
        name => format!("Postern, through {name}"),
    }
}

fn sign(row: &RecordRow) -> (&'static str, Style) {
    match row.verdict.as_str() {
        "right" => ("✓", GOOD),
        "advice" => ("!", WAITING),
        _ => ("✗", BAD),
    }
}
