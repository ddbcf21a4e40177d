//! Kills the server under load, or fails its disk, and looks for lost and doubled mail at the twin.
//!
//! Each cycle: load, a kill at a random moment, a restart (which may be killed as well), a drain, and the
//! audit by number and checksum of every message since the first cycle.

mod disk;
mod kills;
mod stage;

use std::process::ExitCode;

use clap::Parser;

use crate::stage::Stage;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask crash", max_term_width = 100)]
struct Cli {
    /// Kills with kill -9 at random moments
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    cycles: u32,
    /// Failures of a write or a sync, one a cycle, made by strace
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    disk_failures: u32,
    /// Where the random moments start from [default: another one every time, which is printed]
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<bool> {
    let seed = cli.seed.unwrap_or_else(bench::random::fresh_seed);
    println!("seed {seed}");
    let mut passed = true;
    if cli.cycles > 0 {
        passed &= kills::run(Stage::set(seed).await?, cli.cycles).await?;
    }
    if cli.disk_failures > 0 {
        match disk::check().await {
            Ok(()) => passed &= disk::run(Stage::set(seed).await?, cli.disk_failures).await?,
            Err(reason) => println!("test disk failures ... skipped, {reason}"),
        }
    }
    Ok(passed)
}
