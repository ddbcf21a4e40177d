//! `postern config`.

mod check;

use std::process::ExitCode;

use crate::cli::ConfigCommand;
use crate::config;
use crate::output;

pub(super) fn run(command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Check(arguments) => check::check(arguments),
        ConfigCommand::Show(arguments) => {
            output::document(&config::show(arguments.file.config.as_deref())?);
            Ok(ExitCode::SUCCESS)
        }
    }
}
