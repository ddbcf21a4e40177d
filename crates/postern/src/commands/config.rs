//! `postern config`.

use std::process::ExitCode;

use crate::cli::ConfigCommand;
use crate::config;
use crate::output::{GOOD, say};

pub(super) fn run(command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Check(arguments) => {
            let config = config::load(arguments.file.config.as_deref())?;
            if !config.certificates.is_empty() {
                tls::ServerIdentity::load_all(config.certificates.clone())?;
            }
            say!("{GOOD}The configuration is valid.{GOOD:#}");
            for listener in &config.listeners {
                say!("  listens on {} ({:?})", listener.address, listener.mode);
            }
            say!("  keeps its data in {}", config.data_dir.display());
        }
        ConfigCommand::Show(arguments) => {
            say!("{}", config::show(arguments.file.config.as_deref())?.trim_end());
        }
    }
    Ok(ExitCode::SUCCESS)
}
