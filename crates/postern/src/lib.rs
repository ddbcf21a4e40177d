//! The program: `serve` (the product), `twin` (a local Azure), `demo` (both, seeded), and the operator's
//! commands, which are clients of the running server's management API.
//!
//! [`config`] is the only place that reads files and the environment; [`server`] puts the crates
//! together.

mod alarm;
mod certificates;
mod cli;
mod client;
mod commands;
pub mod config;
mod demo;
mod output;
mod problems;
mod process;
pub mod server;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    process::keep_memory_private();
    tls::install_provider();
    let definition = cli::Cli::command();
    let matches = definition.clone().get_matches();
    let arguments = cli::Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match commands::run(arguments) {
        Ok(code) => code,
        Err(mut error) => {
            cli::name_option(&mut error, cli::innermost(&definition, &matches));
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}
