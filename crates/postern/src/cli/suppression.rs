//! Commands about addresses that mail must not go to.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Connection, number_of_entries};

#[derive(Debug, Subcommand)]
pub(crate) enum SuppressionCommand {
    /// Keep mail from an address
    Add(SuppressionAdd),
    /// Let mail go to an address again
    Remove(SuppressionRemove),
    /// List addresses that mail must not go to, the newest first
    List(ListSuppressed),
    /// Add addresses from a CSV file
    Import(SuppressionImport),
    /// Write the list as CSV, which import reads
    Export(SuppressionExport),
    /// Show whether mail may go to an address, and why not
    Explain(SuppressionExplain),
}

#[derive(Debug, Args)]
pub(crate) struct SuppressionAdd {
    /// The recipient's address
    pub(crate) address: String,
    /// Only mail of this account [default: of every account]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Only mail whose author is at this domain, or is this sender [default: all]
    #[arg(long, value_name = "all|DOMAIN|ADDRESS")]
    pub(crate) scope: Option<String>,
    /// hard_bounce, complaint, unsubscribed, manual or imported [default: manual]
    #[arg(long, value_name = "REASON")]
    pub(crate) reason: Option<String>,
    /// Why, in words
    #[arg(long, value_name = "WORDS")]
    pub(crate) text: Option<String>,
    /// When it ends by itself, as 2027-01-15T08:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<jiff::Timestamp>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct SuppressionRemove {
    /// The recipient's address
    pub(crate) address: String,
    /// Only the entry of this account
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Only the entry with this scope [default: every entry of the address]
    #[arg(long, value_name = "all|DOMAIN|ADDRESS")]
    pub(crate) scope: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Which entries.
#[derive(Debug, Args)]
pub(crate) struct SuppressionChoice {
    /// Only entries of this account
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Only addresses at this domain
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) domain: Option<String>,
    /// Only entries with this reason
    #[arg(long, value_name = "REASON")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ListSuppressed {
    #[command(flatten)]
    pub(crate) choice: SuppressionChoice,
    /// Maximum number of entries
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = number_of_entries)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct SuppressionImport {
    /// A CSV file: address, and any of account, scope, reason, text, expires_at. The first line may name the columns
    pub(crate) file: PathBuf,
    /// The account of rows that name none [default: every account]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct SuppressionExport {
    #[command(flatten)]
    pub(crate) choice: SuppressionChoice,
    /// Output file, which must not exist [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct SuppressionExplain {
    /// The recipient's address
    pub(crate) address: String,
    /// The account that sends
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// The author of the mail
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
