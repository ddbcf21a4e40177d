//! `postern suppression`.

mod bulk;

use std::process::ExitCode;

use anyhow::bail;
use api::suppressions::{AddSuppression, SuppressionExplained, SuppressionView};

use crate::cli::{
    ListSuppressed, SuppressionAdd, SuppressionChoice, SuppressionCommand, SuppressionExplain,
    SuppressionRemove,
};
use crate::client::Client;
use crate::output::{self, GOOD, WAITING, cell, cell_of_lines, say};

/// Where the list is.
const PATH: &str = "/v1/suppressions";

pub(super) async fn run(command: SuppressionCommand) -> anyhow::Result<ExitCode> {
    match command {
        SuppressionCommand::Add(arguments) => add(arguments).await?,
        SuppressionCommand::Remove(arguments) => remove(&arguments).await?,
        SuppressionCommand::List(arguments) => list(&arguments).await?,
        SuppressionCommand::Import(arguments) => return bulk::import(&arguments).await,
        SuppressionCommand::Export(arguments) => bulk::export(&arguments).await?,
        SuppressionCommand::Explain(arguments) => explain(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: SuppressionAdd) -> anyhow::Result<()> {
    let SuppressionAdd { address, account, scope, reason, text, until, connection } = arguments;
    let body = AddSuppression { address, account, scope, reason, text, expires_at: until };
    let entry: SuppressionView = Client::new(&connection)?.post(PATH, &body).await?;
    if connection.json {
        return output::json(&entry);
    }
    say!("{GOOD}No mail goes to {} any more{}.{GOOD:#}", entry.address, reach(&entry));
    Ok(())
}

async fn remove(arguments: &SuppressionRemove) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let mut query = vec![("address", arguments.address.clone())];
    query.extend(arguments.account.clone().map(|account| ("account", account)));
    let found: Vec<SuppressionView> = client.list(PATH, &query).await?;
    let is_meant = |entry: &SuppressionView| match &arguments.scope {
        Some(scope) => entry.scope.eq_ignore_ascii_case(scope.trim().trim_start_matches('@')),
        None => true,
    };
    let found: Vec<SuppressionView> = found.into_iter().filter(is_meant).collect();
    if found.is_empty() {
        bail!("the suppression list has no such entry of {}", arguments.address);
    }
    for entry in &found {
        client.delete(&format!("{PATH}/{}", entry.number)).await?;
    }
    if arguments.connection.json {
        return output::json(&found);
    }
    for entry in &found {
        say!("{GOOD}Mail goes to {} again{}.{GOOD:#}", entry.address, reach(entry));
    }
    if found.iter().any(|entry| entry.reason == "azure_managed") {
        say!("{WAITING}Azure may still drop it: its own list cannot be changed.{WAITING:#}");
    }
    Ok(())
}

/// For which mail, as the end of a sentence.
fn reach(entry: &SuppressionView) -> String {
    let scope = match entry.scope.as_str() {
        "all" => String::new(),
        scope => format!(" from {scope}"),
    };
    match &entry.account {
        Some(account) => format!("{scope} in account {account}"),
        None => scope,
    }
}

/// The parameters that choose entries.
fn chosen(choice: &SuppressionChoice) -> Vec<(&'static str, String)> {
    let SuppressionChoice { account, domain, reason } = choice;
    [("account", account), ("domain", domain), ("reason", reason)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)))
        .collect()
}

async fn list(arguments: &ListSuppressed) -> anyhow::Result<()> {
    let query = chosen(&arguments.choice);
    let entries: Vec<SuppressionView> =
        Client::new(&arguments.connection)?.first(arguments.limit, PATH, &query).await?;
    if arguments.connection.json {
        return output::json(&entries);
    }
    let rows = entries
        .iter()
        .map(|entry| {
            let end = match (entry.expires_at, entry.is_over) {
                (None, _) => "never".to_owned(),
                (Some(end), true) => format!("ended {}", output::time(end)),
                (Some(end), false) => output::time(end).to_string(),
            };
            [
                cell(&entry.address),
                cell(entry.account.as_deref().unwrap_or("every account")),
                cell(&entry.scope),
                cell(&entry.reason),
                cell(output::time(entry.reported_at)),
                cell(end),
                cell_of_lines(&[&entry.text]),
            ]
        })
        .collect();
    let header = ["Address", "Account", "Scope", "Reason", "Reported", "Ends", "What was said"];
    let empty = if query.is_empty() { "Mail may go to every address." } else { "There are no such entries." };
    output::table(header, rows, empty);
    Ok(())
}

async fn explain(arguments: &SuppressionExplain) -> anyhow::Result<()> {
    let mut query = vec![("address", arguments.address.clone())];
    query.extend(arguments.account.clone().map(|account| ("account", account)));
    query.extend(arguments.from.clone().map(|from| ("from", from)));
    let explained: SuppressionExplained =
        Client::new(&arguments.connection)?.get(&format!("{PATH}:explain"), &query).await?;
    if arguments.connection.json {
        return output::json(&explained);
    }
    for sentence in &explained.sentences {
        say!("{sentence}");
    }
    Ok(())
}
