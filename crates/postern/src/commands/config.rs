//! `postern config`.

use std::process::ExitCode;

use crate::cli::ConfigCommand;
use crate::config;
use crate::output::GOOD;

pub(super) fn run(command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Check(arguments) => {
            let config = config::load(arguments.file.config.as_deref())?;
            if let Some((certificate, key)) = &config.certificate {
                tls::ServerIdentity::load(certificate, key)?;
            }
            anstream::println!("{GOOD}The configuration is valid.{GOOD:#}");
            for listener in &config.listeners {
                anstream::println!("  listens on {} ({:?})", listener.address, listener.mode);
            }
            anstream::println!("  keeps its data in {}", config.data_dir.display());
        }
        ConfigCommand::Show(arguments) => {
            anstream::print!("{}", config::show(arguments.file.config.as_deref())?);
        }
    }
    Ok(ExitCode::SUCCESS)
}
