//! Commands about sender addresses.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Connection;

#[derive(Debug, Subcommand)]
pub(crate) enum SenderCommand {
    /// Create a sender in Azure and for devices; it can be used at once
    Add(SenderAdd),
    /// Change the display name of an address
    Rename(SenderRename),
    /// List senders
    List(SenderList),
    /// Remove a sender, in Azure too if Postern created it
    Remove(SenderRemove),
    /// Create senders from a CSV file; a second run continues where the first one stopped
    Import(SenderImport),
    /// Write senders as CSV, with what a device needs: relay host, port and login
    Export(SenderExport),
}

#[derive(Debug, Args)]
pub(crate) struct SenderAdd {
    /// The address, at a domain of the account's
    pub(crate) address: String,
    /// The account [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// The display name that Azure uses
    #[arg(long, value_name = "TEXT")]
    pub(crate) display_name: Option<String>,
    /// Also create a login for a device that sends from it
    #[arg(long, value_name = "LOGIN")]
    pub(crate) credential: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct SenderRename {
    /// The address
    pub(crate) address: String,
    /// The account [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// The new display name
    #[arg(long, value_name = "TEXT")]
    pub(crate) display_name: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct SenderList {
    /// Only those of this account
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct SenderRemove {
    /// The address
    pub(crate) address: String,
    /// The account [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct SenderImport {
    /// A CSV file: domain,username,display name[,credential]. The first line may name the columns
    pub(crate) file: PathBuf,
    /// The account [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Write the new logins with their passwords to this new CSV file
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct SenderExport {
    /// The account [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Output file, which must not exist [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
