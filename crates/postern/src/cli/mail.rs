//! `postern send`, `postern queue`, `postern message` and `postern refusals`.

use clap::{Args, Subcommand};

use super::Connection;
use super::moment::Moment;

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// The sender address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: String,
    /// A recipient; may be repeated
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub(crate) to: Vec<String>,
    /// The account, if several accounts have this sender
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Subject
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// Text
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Priority: urgent, normal or bulk [default: normal]
    #[arg(long, value_name = "LANE")]
    pub(crate) lane: Option<String>,
    /// Give the message up if it cannot leave before: a time (2026-11-28T08:00:00Z) or how long from now (90s, 10m, 2h)
    #[arg(long, value_name = "TIME")]
    pub(crate) deadline: Option<String>,
    /// Send the message then, at most 30 days from now; a time or how long from now. Implies --no-wait
    #[arg(long, value_name = "TIME")]
    pub(crate) send_at: Option<String>,
    /// Exit as soon as the message is queued
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Exit after this number of seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// List messages, newest first
    List(QueueList),
    /// Show a message and its delivery attempts
    Show(MessageShow),
    /// Retry a waiting message now
    Retry(ById),
    /// Delete a waiting message without a bounce
    Drop(ById),
}

#[derive(Debug, Args)]
pub(crate) struct QueueList {
    /// Only messages in this state: queued, sending, submitted, sent, failed or dropped
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<String>,
    /// Only messages of this account
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Only messages older than this one
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<String>,
    /// Show only the first character of each local part
    #[arg(long)]
    pub(crate) mask: bool,
    /// Maximum number of entries
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = super::number_of_entries)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct MessageShow {
    /// The queue id from the SMTP reply to the client
    pub(crate) id: String,
    /// Show only the first character of each local part
    #[arg(long)]
    pub(crate) mask: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct ById {
    /// The queue id from the SMTP reply to the client
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MessageCommand {
    /// Find messages, newest first
    List(Box<MessageList>),
    /// Show a message and its history
    Show(MessageShow),
}

#[derive(Debug, Args)]
pub(crate) struct MessageList {
    /// Only messages to this address; *@DOMAIN for a domain
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<String>,
    /// Only messages from this author or MAIL FROM; *@DOMAIN for a domain
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    /// Only messages with this Message-ID
    #[arg(long, value_name = "ID")]
    pub(crate) message_id: Option<String>,
    /// Only messages with this operation id of Azure
    #[arg(long, value_name = "ID")]
    pub(crate) operation_id: Option<String>,
    /// Only messages of this login
    #[arg(long, value_name = "LOGIN")]
    pub(crate) login: Option<String>,
    /// Only messages of this account
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Only messages with a recipient in this state, such as queued, sent, failed, delivered or bounced
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<String>,
    /// Only messages whose subject contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// Only messages since then: 2026-11-28, 2026-11-28T08:00:00Z, or 2h ago
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Moment>,
    /// Only messages before then
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Moment>,
    /// Only messages with an attempt that failed for this reason, such as rate, login, unreachable, azure,
    /// domain_not_linked, sender_unknown or suppressed
    #[arg(long, value_name = "REASON")]
    pub(crate) reason: Option<String>,
    /// Show only the first character of each local part
    #[arg(long)]
    pub(crate) mask: bool,
    /// Maximum number of messages
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = super::number_of_entries)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct RefusalList {
    /// Only refusals of this credential, including clients that only gave its login
    #[arg(long, value_name = "LOGIN")]
    pub(crate) credential: Option<String>,
    /// Maximum number of entries
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = super::number_of_entries)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
