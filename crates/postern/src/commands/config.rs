//! `postern config`.

use std::process::ExitCode;

use crate::cli::ConfigCommand;
use crate::config::raw::ListenerLogin;
use crate::config::{self, Listener};
use crate::output::{self, BAD, GOOD, say};

pub(super) fn run(command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Check(arguments) => {
            let config = config::load(arguments.file.config.as_deref())?;
            if !config.certificates.is_empty() {
                tls::ServerIdentity::load_all(config.certificates.clone())?;
            }
            say!("{GOOD}The configuration is valid.{GOOD:#}");
            for listener in &config.listeners {
                say!("  {}", describe(listener));
            }
            say!("  keeps its data in {}", config.data_dir.display());
            for warning in config.listeners.iter().flat_map(config::warnings) {
                say!("{BAD}Warning:{BAD:#} {warning}.");
            }
        }
        ConfigCommand::Show(arguments) => {
            output::document(&config::show(arguments.file.config.as_deref())?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(listener: &Listener) -> String {
    let networks: Vec<String> = listener.networks.iter().map(ToString::to_string).collect();
    let who = if networks.is_empty() { String::new() } else { format!(", for {}", networks.join(", ")) };
    let login = match listener.login {
        ListenerLogin::Required => "",
        ListenerLogin::None => ", without login",
    };
    format!("listens on {} ({}{login}{who})", listener.address, listener.mode)
}
