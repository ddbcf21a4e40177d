//! `postern credential`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Connection, Named};

#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    /// Make a credential: a login with a password, which is shown once, or one for a network without login
    Add(Box<CredentialAdd>),
    /// Make the credentials of a file; a second time goes on where the first one stopped
    Import(CredentialImport),
    /// List logins, with their locks and when they were used last
    List(Connection),
    /// Show one credential
    Show(Named),
    /// Change a credential; open sessions follow at their next message
    Edit(Box<CredentialEdit>),
    /// Give a login a new password; the old one stops working at once
    Reset(CredentialReset),
    /// Lift the locks that too many wrong passwords have put on a login
    Unlock(Named),
    /// Print what to type, or what to set in a device, to send a test message with a login; no password is in it
    TestLine(TestLine),
    /// Remove a login
    Remove(Named),
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestForm {
    /// What is set in a device
    Card,
    /// A line for swaks
    Swaks,
    /// A line for curl
    Curl,
    /// A script for Windows PowerShell 5.1 and PowerShell 7
    Powershell,
}

#[derive(Debug, Args)]
pub(crate) struct TestLine {
    /// The login
    pub(crate) login: String,
    /// In which form
    #[arg(long = "as", value_name = "FORM", default_value = "card")]
    pub(crate) form: TestForm,
    /// The relay as its clients know it [default: the server's `host_name`]
    #[arg(long, value_name = "HOST")]
    pub(crate) server: Option<String>,
    /// Its port as its clients know it [default: that of the server's listener for logins]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// The author [default: the first address that the login may send from]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    /// To whom
    #[arg(long, value_name = "ADDRESS", default_value = "you@example.com")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bans {
    #[command(subcommand)]
    pub(crate) command: Option<BansCommand>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BansCommand {
    /// Let a network or a login try again at once
    Lift(LiftBan),
}

#[derive(Debug, Args)]
pub(crate) struct LiftBan {
    /// A network, an address in it, or a login
    #[arg(value_name = "NETWORK|LOGIN")]
    pub(crate) which: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct CredentialAdd {
    /// What the device types, a plain name or an e-mail address; without login, any name
    pub(crate) login: String,
    /// The account that its mail goes through [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// An address or domain that it may send from; may be repeated [default: every sender]
    #[arg(long = "sender", value_name = "ADDRESS|DOMAIN")]
    pub(crate) senders: Vec<String>,
    /// A network or address that it may come from; may be repeated [default: anywhere]
    #[arg(long = "network", value_name = "NETWORK")]
    pub(crate) networks: Vec<String>,
    /// Read the password that the devices already have from standard input instead of making one
    #[arg(long, conflicts_with = "no_login")]
    pub(crate) password_stdin: bool,
    /// Recognise clients by their network, on listeners with `login = "none"`; there is no password
    #[arg(long, requires = "networks")]
    pub(crate) no_login: bool,
    /// Allow public networks: everybody in them can then send without login
    #[arg(long, requires = "no_login")]
    pub(crate) allow_public_networks: bool,
    /// Use this author where From is missing or cannot be read
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) default_from: Option<String>,
    /// Use this author for all messages, in MAIL FROM too; the device's display name is kept
    #[arg(long, value_name = "ADDRESS", conflicts_with = "default_from")]
    pub(crate) forced_from: Option<String>,
    /// Put the author that was replaced into Reply-To, unless the message has one
    #[arg(long)]
    pub(crate) reply_to_author: bool,
    /// Allow this domain in MAIL FROM, beside those linked to the account; may be repeated
    #[arg(long = "reverse-path", value_name = "DOMAIN")]
    pub(crate) reverse_paths: Vec<String>,
    /// Allow any address in MAIL FROM; failure notices go there
    #[arg(long, conflicts_with = "reverse_paths")]
    pub(crate) reverse_path_anywhere: bool,
    /// Repair broken mail of its clients: line-ends, from or envelope; may be repeated
    #[arg(long = "repair", value_name = "NAME")]
    pub(crate) repairs: Vec<String>,
    /// Messages a minute [default: as many as the account allows]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rate_per_minute: Option<u32>,
    /// How urgent its mail is: urgent, normal or bulk
    #[arg(long, value_name = "LANE", default_value = "normal")]
    pub(crate) lane: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct CredentialImport {
    /// A CSV file. Its first line names its columns: login, and any of account, senders, networks, access (password or
    /// network), allow_public_networks, default_from, forced_from, reply_to_author, reverse_paths,
    /// reverse_path_anywhere, repairs, rate_per_minute, lane. Several values in one cell are divided by blanks
    pub(crate) file: PathBuf,
    /// The account of rows that name none [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Write the logins that are made, with their passwords, into this new CSV file
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What is not given stays; a list that is given replaces the one that is there.
#[derive(Debug, Args)]
pub(crate) struct CredentialEdit {
    /// What the device types, or the name of a credential without login
    pub(crate) login: String,
    /// An address or domain that it may send from; may be repeated
    #[arg(long = "sender", value_name = "ADDRESS|DOMAIN", conflicts_with = "any_sender")]
    pub(crate) senders: Vec<String>,
    /// Let it send from every sender of the account
    #[arg(long)]
    pub(crate) any_sender: bool,
    /// A network or address that it may come from; may be repeated
    #[arg(long = "network", value_name = "NETWORK", conflicts_with = "any_network")]
    pub(crate) networks: Vec<String>,
    /// Let it come from anywhere
    #[arg(long)]
    pub(crate) any_network: bool,
    /// Allow public networks: everybody in them can then send without login
    #[arg(long, requires = "networks")]
    pub(crate) allow_public_networks: bool,
    /// Read the password from standard input, the present one or a new one; needed when the new networks no longer
    /// allow a weak one
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Use this author where From is missing or cannot be read; replaces a forced author
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["forced_from", "keep_author"])]
    pub(crate) default_from: Option<String>,
    /// Use this author for all messages, in MAIL FROM too; replaces a default author
    #[arg(long, value_name = "ADDRESS", conflicts_with = "keep_author")]
    pub(crate) forced_from: Option<String>,
    /// Remove the default or forced author
    #[arg(long)]
    pub(crate) keep_author: bool,
    /// Put the author that was replaced into Reply-To, unless the message has one
    #[arg(long, conflicts_with = "no_reply_to_author")]
    pub(crate) reply_to_author: bool,
    /// Put nobody into Reply-To
    #[arg(long)]
    pub(crate) no_reply_to_author: bool,
    /// Allow this domain in MAIL FROM, beside those linked to the account; may be repeated
    #[arg(long = "reverse-path", value_name = "DOMAIN", conflicts_with_all = ["reverse_path_anywhere", "no_reverse_paths"])]
    pub(crate) reverse_paths: Vec<String>,
    /// Allow any address in MAIL FROM; failure notices go there
    #[arg(long, conflicts_with = "no_reverse_paths")]
    pub(crate) reverse_path_anywhere: bool,
    /// Allow only domains that are linked to the account in MAIL FROM
    #[arg(long)]
    pub(crate) no_reverse_paths: bool,
    /// Repair broken mail of its clients: line-ends, from or envelope; may be repeated
    #[arg(long = "repair", value_name = "NAME", conflicts_with = "no_repairs")]
    pub(crate) repairs: Vec<String>,
    /// Remove all repairs
    #[arg(long)]
    pub(crate) no_repairs: bool,
    /// Messages a minute
    #[arg(long, value_name = "NUMBER", conflicts_with = "no_rate")]
    pub(crate) rate_per_minute: Option<u32>,
    /// Remove the rate; the account's quota still applies
    #[arg(long)]
    pub(crate) no_rate: bool,
    /// How urgent its mail is: urgent, normal or bulk
    #[arg(long, value_name = "LANE")]
    pub(crate) lane: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct CredentialReset {
    /// Its name
    pub(crate) name: String,
    /// Read the new password from standard input, instead of making one
    #[arg(long)]
    pub(crate) password_stdin: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
