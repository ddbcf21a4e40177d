//! Attacks our own server on the loopback, and says what got through.
//!
//! 1. [`stage`] has a server, a twin and a [`sink`] for each attack; [`client`] is a client without manners.
//! 2. [`smuggling`], [`scope`], [`guard`], [`slow`], [`endpoints`], [`bombs`] and [`costs`] are the attacks; [`verdict`]
//!    prints their rows.
//! 3. What arrives is judged by [`reader`], which shares nothing with the server's own parser.
//!
//! Every attack is bounded in count and time, and its server dies with it.

mod bombs;
mod client;
mod costs;
mod endpoints;
mod guard;
mod reader;
mod scope;
mod sink;
mod slow;
mod smuggling;
mod stage;
mod verdict;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use bench::random::fresh_seed;
use clap::{Parser, ValueEnum};

use crate::verdict::{Announcing, Ledger};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
/// Attacks a `postern serve` of its own on the loopback, and lists what got through
#[command(name = "cargo xtask attack", max_term_width = 100)]
struct Cli {
    /// Take a fifth of the time: what the test command runs
    #[arg(long)]
    short: bool,
    /// Run these attacks alone; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<Attack>,
    /// Run only rows of the table whose name contains this
    #[arg(long, value_name = "TEXT")]
    row: Option<String>,
    /// Where random choices start from [default: another one every time, which is printed]
    #[arg(long)]
    seed: Option<u64>,
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Attack {
    /// A second message hidden in the first
    Smuggling,
    /// Senders that a login may not use
    Scope,
    /// Passwords guessed in parallel
    Guard,
    /// Clients that say nothing, or hardly anything
    Slow,
    /// Connections to the HTTP endpoints, held or from pages of others
    Endpoints,
    /// Small inputs that are meant to cost much
    Bombs,
    /// Long fields for the server's readers alone
    Costs,
}

/// How long to go on, and where random choices start from.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) length: Length,
    pub(crate) seed: u64,
    /// When nothing new is begun.
    pub(crate) end: Instant,
    /// What the names of rows have to contain.
    row: String,
}

/// After so long nothing new is begun.
const SHORT: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(110);

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// What the test command has time for.
    Short,
    /// All of it, within two minutes.
    Long,
}

impl Plan {
    /// Whether no rows were asked for by name.
    pub(crate) fn wants_all(&self) -> bool {
        self.row.is_empty()
    }

    /// Whether a row of that name is wanted.
    pub(crate) fn wants(&self, row: &str) -> bool {
        row.contains(&self.row)
    }

    /// One of two values, by length.
    pub(crate) fn choose<T>(&self, short: T, long: T) -> T {
        match self.length {
            Length::Short => short,
            Length::Long => long,
        }
    }

    /// The end of a part that may take so many milliseconds.
    pub(crate) fn until(&self, short_ms: u64, long_ms: u64) -> Instant {
        Instant::now() + Duration::from_millis(self.choose(short_ms, long_ms))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> anyhow::Result<bool> {
    tls::install_provider();
    let seed = cli.seed.unwrap_or_else(fresh_seed);
    let length = if cli.short { Length::Short } else { Length::Long };
    let end = Instant::now() + if cli.short { SHORT } else { LONG };
    let plan = Plan { end, length, seed, row: cli.row.clone().unwrap_or_default() };
    if !cli.json {
        println!("seed {seed}");
    }
    let mut ledger = Ledger::new(if cli.json { Announcing::None } else { Announcing::Each });
    for attack in Attack::value_variants() {
        if cli.only.is_empty() || cli.only.contains(attack) {
            attack.run(&plan, &mut ledger).await?;
        }
    }
    match cli.json {
        true => println!("{:#}", verdict::json(seed, &ledger)),
        false => verdict::print(&ledger),
    }
    Ok(ledger.holds())
}

impl Attack {
    async fn run(self, plan: &Plan, ledger: &mut Ledger) -> anyhow::Result<()> {
        match self {
            Self::Smuggling => smuggling::run(plan, ledger).await,
            Self::Scope => scope::run(ledger).await,
            Self::Guard => guard::run(ledger).await,
            Self::Slow => slow::run(plan, ledger).await,
            Self::Endpoints => endpoints::run(ledger).await,
            Self::Bombs => bombs::run(plan, ledger).await,
            Self::Costs => {
                costs::run(plan, ledger);
                Ok(())
            }
        }
    }
}
