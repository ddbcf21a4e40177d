//! `postern config`.

use std::process::ExitCode;

use crate::cli::ConfigCommand;
use crate::config;
use crate::output::GOOD;

pub(super) fn run(command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    let ConfigCommand::Check(arguments) = command;
    let config = config::load(arguments.file.config.as_deref())?;
    anstream::println!("{GOOD}The configuration is valid.{GOOD:#}");
    for listener in &config.listeners {
        anstream::println!("  listens on {} ({:?})", listener.address, listener.mode);
    }
    anstream::println!("  keeps its data in {}", config.data_dir.display());
    Ok(ExitCode::SUCCESS)
}
