//! Commands about web hooks.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::moment::Moment;
use super::{Connection, Named};

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Add a web hook and show its signing secret, which is not shown again
    Add(WebhookAdd),
    /// List web hooks and how their deliveries go
    List(Connection),
    /// Show a web hook, and the requests that were given up
    Show(Named),
    /// Send an event of type `webhook.test` and show the answer (exit code 1 if it is not accepted)
    Test(Named),
    /// Deliver events again: those that were given up, or all since a time
    Replay(WebhookReplay),
    /// Replace the signing secret; both are in use for a while
    RotateSecret(WebhookRotate),
    /// Stop deliveries; what happens meanwhile is not delivered afterwards
    Disable(Named),
    /// Deliver what happens from now on
    Enable(Named),
    /// Remove a web hook, with what waits for it
    Remove(Named),
}

#[derive(Debug, Args)]
pub(crate) struct WebhookAdd {
    /// Where events are posted, such as https://example.com/hooks
    pub(crate) url: String,
    /// A name for it [default: the host of the URL]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only this type of event, such as `message.failed`; may be repeated [default: all]
    #[arg(long = "kind", value_name = "TYPE")]
    pub(crate) kinds: Vec<String>,
    /// Only the mail of this account [default: all accounts, and the server]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Post arrays of up to so many events [default: one event as an object]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) batch: Option<u16>,
    /// Allow an address in a private network or on this machine
    #[arg(long)]
    pub(crate) allow_private: bool,
    /// Allow http: events can be read and changed on their way
    #[arg(long)]
    pub(crate) insecure: bool,
    /// CA certificates to trust for it, a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct WebhookReplay {
    /// Its name
    pub(crate) name: String,
    /// All events since then, as `2h` or `2026-11-28T08:00:00Z`; up to 7 days are kept [default: the requests that were
    /// given up]
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Moment>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct WebhookRotate {
    /// Its name
    pub(crate) name: String,
    /// For how many hours requests are signed with both secrets; 0 ends the old one at once
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub(crate) overlap: u16,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
