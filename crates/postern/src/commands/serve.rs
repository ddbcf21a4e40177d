//! `postern serve`.

use std::process::ExitCode;

use clock::Sources;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use super::runtime;
use crate::cli::Serve;
use crate::config::raw::LogFormat;
use crate::config::{self, Config};
use crate::output::LogLines;
use crate::process::{self, asked_to_stop};
use crate::server::Server;

pub(super) fn serve(arguments: &Serve) -> anyhow::Result<ExitCode> {
    process::keep_files_private();
    let config = config::load(arguments.file.config.as_deref())?;
    start_log(&config)?;
    if process::is_dumpable() {
        warn!("this system lets others of the same user read the server's memory");
    }
    raise_open_files();
    runtime()?.block_on(async {
        let server = Server::start(config, Sources::system()).await?;
        asked_to_stop().await?;
        info!("stopping: sessions and sends under way are finished first");
        tokio::select! {
            () = server.stop() => info!("stopped"),
            // A second signal is an order.
            _ = asked_to_stop() => warn!("stopped at once; what was under way is tried again at the next start"),
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn start_log(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log)?;
    let colours = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let writer = LogLines::new(std::io::stderr, config.log_format, config.log_addresses);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(colours);
    match config.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

/// Each session is an open file; the limit that a shell gives is far below what the machine can do.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        warn!(%error, "the number of open files stays limited");
    }
}
