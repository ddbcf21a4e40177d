//! `postern quota`: what is asked of somebody who wants a higher quota.

use std::process::ExitCode;

use api::quota_report::QuotaReportView;

use super::provision::desired;
use crate::cli::QuotaCommand;
use crate::client::{Client, segment};
use crate::output::{self, QUIET, say};

/// Where Microsoft is asked.
const WHERE: &str = "Azure portal: Help + support > Create a support request > Service and subscription limits (quotas), for \
                     Communication Services. Fill in what is in brackets.";

pub(super) async fn run(command: QuotaCommand) -> anyhow::Result<ExitCode> {
    let QuotaCommand::Report(of) = command;
    let client = Client::new(&of.connection)?;
    let account = desired::account(&client, of.account.as_deref()).await?;
    let path = format!("/v1/accounts/{}/quota-report", segment(&account));
    let report: QuotaReportView = client.get(&path, &[]).await?;
    if of.connection.json {
        output::json(&report)?;
    } else {
        report.text.lines().for_each(|line| say!("{line}"));
        say!("");
        say!("{QUIET}{WHERE}{QUIET:#}");
    }
    Ok(ExitCode::SUCCESS)
}
