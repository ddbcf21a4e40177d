//! Measures the server, alone or side by side with a peer.
//!
//! 1. [`scenario`] has the table of what is measured, [`run`] runs one of them once.
//! 2. Runs of ours and of the peer alternate; before and after, [`probe`] asks the disk.
//! 3. [`against`] finds or builds another revision of ours, which then takes turns with this one.
//! 4. [`table`] prints medians and ratios. A run that loses or doubles mail stops everything.

mod against;
mod idle;
mod probe;
mod run;
mod scenario;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bench::system::Postfix;
use clap::{Parser, ValueEnum};
use indicatif::ProgressBar;

use crate::run::{Candidate, Sample, Terms};
use crate::scenario::{SCENARIOS, Scenario};
use crate::table::Measured;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", max_term_width = 100)]
struct Cli {
    /// Scenarios, or the beginnings of their names; all of them if there is none
    scenarios: Vec<String>,
    /// Measure another server as well, in turns
    #[arg(long)]
    peer: Option<Peer>,
    /// Measure another build of ours as well, in turns: the path of its program, or a revision that is built first
    #[arg(long, value_name = "PATH|REVISION")]
    against: Option<String>,
    /// Runs of each; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// How long each run loads the server
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    seconds: u64,
    #[arg(long)]
    json: bool,
    /// Name the scenarios and leave
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Peer {
    Postfix,
}

#[tokio::main]
async fn main() -> ExitCode {
    match measure(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(cli: Cli) -> anyhow::Result<()> {
    tls::install_provider();
    if cli.list {
        SCENARIOS.iter().for_each(|scenario| println!("{:<16} {}", scenario.name, scenario.about));
        return Ok(());
    }
    if cli.peer.is_some() {
        Postfix::check().await.context("the peer cannot be measured")?;
    }
    let scenarios = wanted(&cli.scenarios)?;
    let against = cli.against.as_deref().map(against::program).transpose()?;
    let terms = Terms { time: Duration::from_secs(cli.seconds), against };
    let progress = ProgressBar::new(scenarios.len() as u64 * u64::from(cli.runs));
    let mut all = Vec::new();
    for scenario in scenarios {
        progress.set_message(scenario.name);
        let measured = one(scenario, &cli, &terms, &progress).await.with_context(|| scenario.name)?;
        if !cli.json {
            progress.suspend(|| table::print(&measured));
        }
        all.push(measured);
    }
    progress.finish_and_clear();
    if cli.json {
        println!("{}", serde_json::to_string_pretty(&all.iter().map(Measured::json).collect::<Vec<_>>())?);
    }
    Ok(())
}

fn wanted(names: &[String]) -> anyhow::Result<Vec<&'static Scenario>> {
    let is_whole = |name: &String| SCENARIOS.iter().any(|scenario| scenario.name == name);
    let means = |name: &String, scenario: &Scenario| match is_whole(name) {
        true => scenario.name == name,
        false => scenario.name.starts_with(name.as_str()),
    };
    let is_wanted = |scenario: &&Scenario| names.is_empty() || names.iter().any(|name| means(name, scenario));
    let wanted: Vec<_> = SCENARIOS.iter().filter(is_wanted).collect();
    ensure!(!wanted.is_empty(), "there is no such scenario; --list names them");
    Ok(wanted)
}

async fn one(
    scenario: &'static Scenario,
    cli: &Cli,
    terms: &Terms,
    progress: &ProgressBar,
) -> anyhow::Result<Measured> {
    let mut candidates = vec![Candidate::Postern];
    if terms.against.is_some() {
        candidates.push(Candidate::Against);
    }
    if cli.peer.is_some() && scenario.suits_peer {
        candidates.push(Candidate::Postfix);
    }
    if scenario.has_ceiling() {
        candidates.push(Candidate::Ceiling);
    }
    let mut samples: Vec<(Candidate, Vec<Sample>)> =
        candidates.into_iter().map(|candidate| (candidate, Vec::new())).collect();
    let before = probe::syncs_per_second()?;
    for _ in 0..cli.runs {
        for (candidate, samples) in &mut samples {
            samples.push(run::run(scenario, *candidate, terms).await?);
        }
        progress.inc(1);
    }
    let syncs_per_second = [before, probe::syncs_per_second()?];
    Ok(Measured { scenario, samples, syncs_per_second })
}
