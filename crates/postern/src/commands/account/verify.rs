//! `postern account verify`: a live list, then what to do.

use std::collections::HashMap;
use std::io::{IsTerminal as _, stderr};
use std::process::ExitCode;

use anyhow::bail;
use control::verify::{CapabilityRow, Check, Finding, Outcome, Report, Verdict};
use serde_json::{Value, json};
use web::api::VerificationLine;

use super::path;
use crate::cli::AccountVerify;
use crate::client::Client;
use crate::output::{self, BAD, Bar, Bars, GOOD, QUIET, STRONG, Style, WAITING, say};

/// What is to be looked at.
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) body: Value,
}

pub(super) async fn verify(arguments: &AccountVerify) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    if arguments.last {
        let report: Report = client.get(&format!("{}/verification", path(&arguments.name)), &[]).await?;
        if !arguments.connection.json {
            say!("{QUIET}as found {}{QUIET:#}", output::time(report.at));
        }
        return conclude(&report, arguments.connection.json);
    }
    let body = json!({
        "fix": arguments.fix,
        "send_to": arguments.send_to,
        "send_from": arguments.send_from,
    });
    run(&client, &Wanted { name: &arguments.name, body }, arguments.connection.json).await
}

/// Verifies an account and shows it; the exit code says whether mail can be sent.
pub(super) async fn run(client: &Client, wanted: &Wanted<'_>, json: bool) -> anyhow::Result<ExitCode> {
    let mut list = LiveList::new(!json && stderr().is_terminal());
    let mut last = None;
    client
        .post_lines(&format!("{}/verify", path(wanted.name)), &wanted.body, |line: VerificationLine| {
            list.hear(&line);
            last = Some(line);
        })
        .await?;
    list.clear();
    match last {
        Some(VerificationLine::Done { report }) => conclude(&report, json),
        Some(VerificationLine::Failed { error }) => bail!("{}", error.message),
        _ => bail!("the server broke off before the verification was done; its log says why"),
    }
}

/// The checks that go on, on a terminal.
struct LiveList {
    bars: Option<Bars>,
    running: HashMap<Check, Bar>,
    worst: HashMap<Check, Outcome>,
}

impl LiveList {
    fn new(is_wanted: bool) -> Self {
        Self { bars: is_wanted.then(Bars::new), running: HashMap::new(), worst: HashMap::new() }
    }

    fn hear(&mut self, line: &VerificationLine) {
        let Some(bars) = &self.bars else { return };
        match line {
            VerificationLine::Began { check } => {
                let bar = Bar::spinner(check.title());
                bars.add(&bar);
                self.running.insert(*check, bar);
            }
            VerificationLine::Found { finding } => {
                let worst = self.worst.entry(finding.check).or_insert(finding.outcome);
                *worst = (*worst).max(finding.outcome);
            }
            VerificationLine::Ended { check } => {
                let Some(bar) = self.running.get(check) else { return };
                let outcome = self.worst.get(check).copied().unwrap_or(Outcome::Passed);
                bar.finish_with(sign(outcome).0);
            }
            VerificationLine::Done { .. } | VerificationLine::Failed { .. } => {}
        }
    }

    fn clear(&self) {
        if let Some(bars) = &self.bars {
            bars.clear();
        }
    }
}

/// Shows what was found; mail that cannot be sent is a failure.
fn conclude(report: &Report, json: bool) -> anyhow::Result<ExitCode> {
    if json {
        output::json(report)?;
    } else {
        show(report);
    }
    Ok(if report.verdict == Verdict::NotReady { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn show(report: &Report) {
    let mut last = None;
    for finding in &report.findings {
        let (sign, style) = sign(finding.outcome);
        if last.replace(finding.check) != Some(finding.check) {
            say!("{STRONG}{}{STRONG:#}", finding.check.title());
        }
        say!("{style}{sign}{style:#} {}", finding.sentence);
        remedy(finding);
    }
    capabilities(&report.capabilities);
    let style = match report.verdict {
        Verdict::Ready => GOOD,
        Verdict::ReadyWithWarnings => WAITING,
        Verdict::NotReady => BAD,
    };
    say!("");
    say!("{STRONG}{}:{STRONG:#} {style}{}{style:#}", report.account, report.verdict.title());
}

/// Whose move it is, and which.
fn remedy(finding: &Finding) {
    if let Some(mover) = finding.mover {
        say!("  {QUIET}move:{QUIET:#}   {}", mover.title());
    }
    let Some(fix) = &finding.fix else { return };
    for (number, command) in fix.commands.iter().enumerate() {
        let lead = if number == 0 { "type:" } else { "" };
        say!("  {QUIET}{lead:7}{QUIET:#} {STRONG}{command}{STRONG:#}");
    }
    if let Some(portal) = &fix.portal {
        say!("  {QUIET}portal:{QUIET:#} {portal}");
    }
}

fn capabilities(rows: &[CapabilityRow]) {
    if rows.is_empty() {
        return;
    }
    say!("{STRONG}What the app may do{STRONG:#}");
    for row in rows {
        let (sign, style) = match (row.granted, row.needed) {
            (true, _) => sign(Outcome::Passed),
            (false, true) => sign(Outcome::Failed),
            (false, false) => sign(Outcome::Skipped),
        };
        let lacks = match row.missing.len() {
            0 => String::new(),
            1..=3 => format!(": lacks {}", row.missing.join(", ")),
            count => format!(": lacks {} and {} more", row.missing[..2].join(", "), count - 2),
        };
        say!("{style}{sign}{style:#} {}{QUIET}{lacks}{QUIET:#}", row.title);
    }
}

fn sign(outcome: Outcome) -> (&'static str, Style) {
    match outcome {
        Outcome::Passed => ("✓", GOOD),
        Outcome::Skipped => ("-", QUIET),
        Outcome::Warning => ("!", WAITING),
        Outcome::Failed => ("✗", BAD),
    }
}
