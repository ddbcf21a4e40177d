//! The project's menu. `cargo xtask test` is what the README gives and what CI runs.

mod docs;
mod foreign;
mod fuzz;
mod process;
mod report;
mod test;
mod test_program;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run everything: format, clippy, house rules, documents, tests, foreign clients, crashes, attacks
    Test(test::Options),
    /// Have the Azure CLI, the management SDKs, Cloudflare's library and DNS tools judge product and twin; installs some 1.5 GB once
    Foreign,
    /// Check the house rules alone
    Tidy(tidy::Options),
    /// Write the generated documents
    Docs {
        /// Only say whether they are up to date
        #[arg(long)]
        check: bool,
    },
    /// Kill the server under load, restart it, and look for lost and doubled mail
    Crash {
        /// `--help` lists what it takes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Attack the server on the loopback, and list what got through
    Attack {
        /// `--help` lists what it takes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure, alone or beside others
    Bench {
        /// `--help` lists what it takes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Fuzz a target for a while
    Fuzz {
        /// The target; all of them if there is none
        target: Option<String>,
        /// How long, each
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        seconds: u32,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Test(options) => test::run(options),
        Verb::Foreign => foreign::run(),
        Verb::Tidy(options) => tidy::run(&options),
        Verb::Docs { check } => docs::run(if check { docs::Purpose::Check } else { docs::Purpose::Write }),
        Verb::Crash { arguments } => process::in_release("bench", "crash", &arguments),
        Verb::Attack { arguments } => process::in_release("bench", "attack", &arguments),
        Verb::Bench { arguments } => process::in_release("bench", "bench", &arguments),
        Verb::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
    }
}
