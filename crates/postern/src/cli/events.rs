//! Commands about events of Event Grid.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::OfAccount;

#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Print the URL to which Event Grid posts an account's events; it contains a secret key
    Url(EventsUrl),
    /// Show, set or remove the Azure Storage queue from which an account's events are pulled
    Queue(EventsQueue),
}

#[derive(Debug, Args)]
pub(crate) struct EventsUrl {
    /// Make a new key; the URL of before is rejected from then on
    #[arg(long)]
    pub(crate) renew: bool,
    #[command(flatten)]
    pub(crate) of: OfAccount,
}

#[derive(Debug, Args)]
pub(crate) struct EventsQueue {
    /// Pull events from this queue: https://ACCOUNT.queue.core.windows.net/QUEUE
    #[arg(conflicts_with = "remove")]
    pub(crate) url: Option<String>,
    /// File with a shared access signature for the queue [default: the account's app has access]
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(crate) signature_file: Option<PathBuf>,
    /// Pull events from no queue
    #[arg(long)]
    pub(crate) remove: bool,
    #[command(flatten)]
    pub(crate) of: OfAccount,
}
