//! Measures the server, alone or side by side with a peer.
//!
//! 1. [`scenario`] has the table of what is measured, [`run`] runs one of them once.
//! 2. Runs of ours and of the peer alternate; before and after, [`probe`] asks the disk.
//! 3. [`against`] finds or builds another revision of ours, which then takes turns with this one.
//! 4. [`stored`] times reads while few and while many messages are stored.
//! 5. [`table`] prints medians and ratios. A run that loses or doubles mail stops everything.

mod against;
mod idle;
mod probe;
mod run;
mod scenario;
mod stored;
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
    /// Messages that are stored when reads are timed by the scenario `stored`
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(20_000..))]
    stored: u64,
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
        println!("{:<16} {}", stored::NAME, stored::ABOUT);
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
        all.push(measured.json());
    }
    progress.finish_and_clear();
    if cli.scenarios.is_empty() || cli.scenarios.iter().any(|name| name == stored::NAME) {
        let reads = stored::measure(cli.stored).await.context(stored::NAME)?;
        if !cli.json {
            reads.print();
        }
        all.push(reads.json());
    }
    if cli.json {
        println!("{}", serde_json::to_string_pretty(&all)?);
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
    let is_known = |name: &String| name == stored::NAME || SCENARIOS.iter().any(|one| means(name, one));
    ensure!(names.iter().all(is_known), "there is no such scenario; --list names them");
    Ok(wanted)
}

async fn one(
    scenario: &'static Scenario,
    cli: &Cli,
    terms: &Terms,
    progress: &ProgressBar,
) -> anyhow::Result<Measured> {
    let mut candidates = vec![Candidate::Postern];
    if scenario.is_watched {
        candidates.push(Candidate::Unwatched);
    }
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
