//! `postern domain records`: what a person has to write into DNS.

use std::process::ExitCode;

use api::domains::{DomainStatus, RecordAction, RecordToWrite};

use super::super::provision::desired;
use super::{status, target};
use crate::cli::{DomainRecords, RecordForm};
use crate::client::Client;
use crate::output::{self, BAD, GOOD, QUIET, STRONG, Style, WAITING, say};

pub(super) async fn run(arguments: &DomainRecords) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.of.connection)?;
    let account = desired::account_of(&client, arguments.of.account.as_deref(), &arguments.of.domain).await?;
    let status = status(&client, &account, &target(&arguments.of.domain)).await?;
    if arguments.of.connection.json {
        output::json(&status.records)?;
        return Ok(ExitCode::SUCCESS);
    }
    if status.records.is_empty() {
        say!("{}", status.messages.join(" "));
        for command in &status.commands {
            say!("Next: {command}");
        }
        return Ok(ExitCode::FAILURE);
    }
    match arguments.form {
        RecordForm::Table => show(&status),
        RecordForm::Bind => output::document(&status.bind),
        RecordForm::Nsupdate => output::document(&status.nsupdate),
    }
    Ok(ExitCode::SUCCESS)
}

/// The records for the page of a provider. Each value is on a line of its own, so that it is copied whole.
pub(super) fn show(status: &DomainStatus) {
    let zone = status.zone.as_deref().unwrap_or(&status.domain);
    say!("{STRONG}Records of {}{STRONG:#} in the zone {zone}", status.domain);
    for record in &status.records {
        say!("");
        let style = style_of(record.action);
        say!("{STRONG}{}{STRONG:#}: {style}{}{style:#}", record.finding.part, record.action.title());
        for (label, value) in fields(record) {
            say!("  {QUIET}{label:9}{QUIET:#} {value}");
        }
    }
    say!("");
    say!("Values are as zone files have them. Where a page adds quotes or the last dot, leave them out.");
    say!("When they are written: postern domain doctor {} --fix", status.domain);
}

fn fields(record: &RecordToWrite) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("Type", record.finding.kind.clone()),
        ("Name", record.relative.clone()),
        ("Full name", record.finding.name.clone()),
        ("Value", record.value.clone()),
    ];
    // A page that splits and escapes values wants them without both.
    if record.finding.kind == "TXT" && record.value != format!("\"{}\"", record.plain) {
        fields.push(("Plain", record.plain.clone()));
    }
    fields.push(("TTL", record.ttl.to_string()));
    fields.extend(record.replaces.iter().map(|value| ("Replaces", value.clone())));
    if record.action == RecordAction::Decide {
        fields.push(("Why", record.finding.message.clone()));
    }
    fields
}

fn style_of(action: RecordAction) -> Style {
    match action {
        RecordAction::Keep => GOOD,
        RecordAction::Decide => BAD,
        RecordAction::Add | RecordAction::Replace | RecordAction::Recommended => WAITING,
    }
}
