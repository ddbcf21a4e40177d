//! `postern account verify`: a live list, then what to do.

use std::collections::HashMap;
use std::io::{IsTerminal as _, stderr};
use std::process::ExitCode;

use anyhow::bail;
use api::command::Shell;
use api::verification::{CapabilityRow, Check, Finding, Outcome, Report, Verdict, VerificationLine};
use serde_json::{Value, json};

use super::path;
use crate::cli::AccountVerify;
use crate::client::Client;
use crate::output::{self, BAD, Bar, Bars, Format, GOOD, QUIET, STRONG, Style, WAITING, aside, say};

/// What to check.
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) body: Value,
    /// Which shell what is to be typed is for.
    pub(super) shell: Shell,
}

pub(super) async fn verify(arguments: &AccountVerify) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    if arguments.last {
        let report: Report = client.get(&format!("{}/verification", path(&arguments.name)), &[]).await?;
        if !arguments.connection.json {
            say!("{QUIET}as of {}{QUIET:#}", output::time(report.at));
        }
        return conclude(&report, arguments.connection.format(), arguments.shell.shell());
    }
    let body = json!({
        "fix": arguments.fix,
        "no_wait": arguments.no_wait,
        "send_to": arguments.send_to,
        "send_from": arguments.send_from,
    });
    let shell = arguments.shell.shell();
    run(&client, &Wanted { name: &arguments.name, body, shell }, arguments.connection.format()).await
}

/// Verifies an account and shows it; the exit code says whether mail can be sent.
pub(super) async fn run(client: &Client, wanted: &Wanted<'_>, format: Format) -> anyhow::Result<ExitCode> {
    let mut list = LiveList::new(format);
    let mut last = None;
    client
        .post_lines(&format!("{}/verification", path(wanted.name)), &wanted.body, |line: VerificationLine| {
            list.hear(&line);
            last = Some(line);
        })
        .await?;
    list.clear();
    match last {
        Some(VerificationLine::Done { report }) => conclude(&report, format, wanted.shell),
        Some(VerificationLine::Failed { error }) => bail!("{error}"),
        _ => bail!("the server ended the connection before the verification was complete; its log shows why"),
    }
}

/// The checks that go on: turning on a terminal, one line for each change elsewhere, nothing beside JSON.
struct LiveList {
    bars: Option<Bars>,
    has_lines: bool,
    running: HashMap<Check, Bar>,
    worst: HashMap<Check, Outcome>,
}

impl LiveList {
    fn new(format: Format) -> Self {
        let is_terminal = stderr().is_terminal();
        Self {
            bars: (format == Format::Text && is_terminal).then(Bars::new),
            has_lines: format == Format::Text && !is_terminal,
            running: HashMap::new(),
            worst: HashMap::new(),
        }
    }

    fn hear(&mut self, line: &VerificationLine) {
        if self.has_lines
            && let Some(text) = progress(line)
        {
            aside!("{text}");
        }
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
            VerificationLine::Waits { check, message } => {
                if let Some(bar) = self.running.get(check) {
                    bar.set_message(format!("{}: {message}", check.title()));
                }
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

/// A progress event in one line, for a pipe.
fn progress(line: &VerificationLine) -> Option<String> {
    match line {
        VerificationLine::Began { check } => Some(format!("checking: {}", check.title())),
        VerificationLine::Waits { check, message } => Some(format!("waiting: {}: {message}", check.title())),
        VerificationLine::Found { finding } if finding.outcome == Outcome::Failed => {
            Some(format!("failed: {}: {}", finding.check.title(), finding.message))
        }
        _ => None,
    }
}

/// Shows what was found; mail that cannot be sent is a failure.
fn conclude(report: &Report, format: Format, shell: Shell) -> anyhow::Result<ExitCode> {
    if format == Format::Json {
        output::json(report)?;
    } else {
        show(report, shell);
    }
    Ok(if report.verdict == Verdict::NotReady { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn show(report: &Report, shell: Shell) {
    let mut last = None;
    for finding in &report.findings {
        let (sign, style) = sign(finding.outcome);
        if last.replace(finding.check) != Some(finding.check) {
            say!("{STRONG}{}{STRONG:#}", finding.check.title());
        }
        say!("{style}{sign}{style:#} {}", finding.message);
        remedy(finding, shell);
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

/// Who has to act, and how.
fn remedy(finding: &Finding, shell: Shell) {
    if let Some(owner) = finding.owner {
        say!("  {QUIET}owner:{QUIET:#}  {}", owner.title());
    }
    let Some(fix) = &finding.fix else { return };
    for (number, command) in fix.typed(shell).iter().enumerate() {
        let lead = if number == 0 { "type:" } else { "" };
        let place = fix.steps.get(number).map_or("", |step| output::place(step, shell));
        say!("  {QUIET}{lead:7}{QUIET:#} {place}{STRONG}{command}{STRONG:#}");
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
