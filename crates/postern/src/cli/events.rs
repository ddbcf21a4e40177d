//! Commands about events of Event Grid.

use clap::{Args, Subcommand};

use super::OfAccount;

#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Print the URL to which Event Grid posts an account's events; it contains a secret key
    Url(EventsUrl),
}

#[derive(Debug, Args)]
pub(crate) struct EventsUrl {
    /// Make a new key; the URL of before is rejected from then on
    #[arg(long)]
    pub(crate) renew: bool,
    #[command(flatten)]
    pub(crate) of: OfAccount,
}
