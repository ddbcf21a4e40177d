//! `postern send`, `postern queue`, `postern message` and `postern refusals`.

use clap::{Args, Subcommand};

use super::Connection;

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// The author: a sender of an account
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: String,
    /// A recipient; may be repeated
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub(crate) to: Vec<String>,
    /// The account, if more than one has the sender
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Subject
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// Text
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Leave as soon as the message is queued
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Stop watching after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// List what is in the queue, newest first
    List(QueueList),
    /// Show one message and what was tried
    Show(ById),
    /// Try a waiting message again at once
    Retry(ById),
    /// Remove a waiting message for good
    Drop(ById),
}

#[derive(Debug, Args)]
pub(crate) struct QueueList {
    /// Only in this state: queued, sending, submitted, sent, failed or dropped
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<String>,
    /// Only of this account
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Only older than this message
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<String>,
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct ById {
    /// The queue id, as the relay's reply to the client named it
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MessageCommand {
    /// Show one message and what happened to it
    Show(ById),
}

#[derive(Debug, Args)]
pub(crate) struct RefusalList {
    /// Only of this credential, and of clients that gave its login
    #[arg(long, value_name = "LOGIN")]
    pub(crate) credential: Option<String>,
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
