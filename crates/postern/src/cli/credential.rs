//! `postern credential`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Connection, Named};

#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    /// Create a credential: a login with a password, which is shown once, or one for a network without login
    Add(Box<CredentialAdd>),
    /// Create credentials from a CSV file; a second run continues where the first one stopped
    Import(CredentialImport),
    /// List credentials with locks and last use
    List(Connection),
    /// Show one credential
    Show(Named),
    /// Change a credential; open sessions use the change from their next message on
    Edit(Box<CredentialEdit>),
    /// Set a new password; the old one stops working at once
    Reset(CredentialReset),
    /// Unlock a login that is locked after too many wrong passwords
    Unlock(Named),
    /// Print device settings, or a command that sends a test message; without the password
    TestLine(TestLine),
    /// Remove a credential
    Remove(Named),
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestForm {
    /// Device settings
    Card,
    /// A swaks command
    Swaks,
    /// A curl command
    Curl,
    /// A script for Windows PowerShell 5.1 and PowerShell 7
    Powershell,
}

#[derive(Debug, Args)]
pub(crate) struct TestLine {
    /// The login
    pub(crate) login: String,
    /// Output format
    #[arg(long = "as", value_name = "FORM", default_value = "card")]
    pub(crate) form: TestForm,
    /// The relay as its clients know it [default: the server's `host_name`]
    #[arg(long, value_name = "HOST")]
    pub(crate) server: Option<String>,
    /// Its port as its clients know it [default: that of the server's listener for logins]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// The sender address [default: the first address that the login may send from]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    /// The recipient
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
    /// Unlock a network or a login
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
    /// The user name, a plain name or an e-mail address; with --no-login, any name
    pub(crate) login: String,
    /// The account that its mail goes through [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// A sender address or domain that it may use; may be repeated [default: every sender]
    #[arg(long = "sender", value_name = "ADDRESS|DOMAIN")]
    pub(crate) senders: Vec<String>,
    /// A network or address that it may connect from; may be repeated [default: anywhere]
    #[arg(long = "network", value_name = "NETWORK")]
    pub(crate) networks: Vec<String>,
    /// Read an existing password from standard input instead of generating one
    #[arg(long, conflicts_with = "no_login")]
    pub(crate) password_stdin: bool,
    /// Identify clients by their network, on listeners with `login = "none"`; there is no password
    #[arg(long, requires = "networks")]
    pub(crate) no_login: bool,
    /// Allow public networks: everybody in them can then send without login
    #[arg(long, requires = "no_login")]
    pub(crate) allow_public_networks: bool,
    /// Use this sender address if From is missing or invalid
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) default_from: Option<String>,
    /// Use this sender address for all messages, in MAIL FROM too; keeps the device's display name
    #[arg(long, value_name = "ADDRESS", conflicts_with = "default_from")]
    pub(crate) forced_from: Option<String>,
    /// Put the replaced address into Reply-To, unless the message has one
    #[arg(long)]
    pub(crate) reply_to_author: bool,
    /// Allow this domain in MAIL FROM, besides those linked to the account; may be repeated
    #[arg(long = "reverse-path", value_name = "DOMAIN")]
    pub(crate) reverse_paths: Vec<String>,
    /// Allow any address in MAIL FROM; bounces go there
    #[arg(long, conflicts_with = "reverse_paths")]
    pub(crate) reverse_path_anywhere: bool,
    /// Repair malformed mail of its clients: line-ends, from or envelope; may be repeated
    #[arg(long = "repair", value_name = "NAME")]
    pub(crate) repairs: Vec<String>,
    /// For recipients on the suppression list: reject, or drop (accept, and send nothing) [default: as configured]
    #[arg(long, value_name = "RULE")]
    pub(crate) suppressed: Option<String>,
    /// Rate limit in messages per minute [default: only the quota of the account]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rate_per_minute: Option<u32>,
    /// Priority of its mail: urgent, normal or bulk
    #[arg(long, value_name = "LANE", default_value = "normal")]
    pub(crate) lane: String,
    /// Who gets the bounces of its mail: sender, nobody, or an address, for senders whose mail nobody reads
    #[arg(long, value_name = "sender|nobody|ADDRESS", default_value = "sender")]
    pub(crate) dsn_to: String,
    /// Give up messages that have not left after this time, such as 10m or 2h, unless they say otherwise [default:
    /// `queue.expiry_hours`]
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) deadline: Option<u32>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct CredentialImport {
    /// A CSV file. Its first line names its columns: login, and any of account, senders, networks, access (password or
    /// network), allow_public_networks, default_from, forced_from, reply_to_author, reverse_paths,
    /// reverse_path_anywhere, repairs, suppressed, rate_per_minute, lane, dsn_to, deadline_seconds. Separate several values in one cell by spaces
    pub(crate) file: PathBuf,
    /// The account of rows that name none [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Write the new logins with their passwords to this new CSV file
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What is not given stays; a list that is given replaces the one that is there.
#[derive(Debug, Args)]
pub(crate) struct CredentialEdit {
    /// The user name, or the name of a credential without login
    pub(crate) login: String,
    /// A sender address or domain that it may use; may be repeated
    #[arg(long = "sender", value_name = "ADDRESS|DOMAIN", conflicts_with = "any_sender")]
    pub(crate) senders: Vec<String>,
    /// Allow every sender of the account
    #[arg(long)]
    pub(crate) any_sender: bool,
    /// A network or address that it may connect from; may be repeated
    #[arg(long = "network", value_name = "NETWORK", conflicts_with = "any_network")]
    pub(crate) networks: Vec<String>,
    /// Allow connections from anywhere
    #[arg(long)]
    pub(crate) any_network: bool,
    /// Allow public networks: everybody in them can then send without login
    #[arg(long, requires = "networks")]
    pub(crate) allow_public_networks: bool,
    /// Read the password from standard input, the present one or a new one; required if the new networks do not
    /// allow a weak one
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Use this sender address if From is missing or invalid; replaces a forced one
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["forced_from", "keep_author"])]
    pub(crate) default_from: Option<String>,
    /// Use this sender address for all messages, in MAIL FROM too; replaces a default one
    #[arg(long, value_name = "ADDRESS", conflicts_with = "keep_author")]
    pub(crate) forced_from: Option<String>,
    /// Remove the default or forced sender address
    #[arg(long)]
    pub(crate) keep_author: bool,
    /// Put the replaced address into Reply-To, unless the message has one
    #[arg(long, conflicts_with = "no_reply_to_author")]
    pub(crate) reply_to_author: bool,
    /// Do not add Reply-To
    #[arg(long)]
    pub(crate) no_reply_to_author: bool,
    /// Allow this domain in MAIL FROM, besides those linked to the account; may be repeated
    #[arg(long = "reverse-path", value_name = "DOMAIN", conflicts_with_all = ["reverse_path_anywhere", "no_reverse_paths"])]
    pub(crate) reverse_paths: Vec<String>,
    /// Allow any address in MAIL FROM; bounces go there
    #[arg(long, conflicts_with = "no_reverse_paths")]
    pub(crate) reverse_path_anywhere: bool,
    /// Allow only domains that are linked to the account in MAIL FROM
    #[arg(long)]
    pub(crate) no_reverse_paths: bool,
    /// Repair malformed mail of its clients: line-ends, from or envelope; may be repeated
    #[arg(long = "repair", value_name = "NAME", conflicts_with = "no_repairs")]
    pub(crate) repairs: Vec<String>,
    /// Remove all repairs
    #[arg(long)]
    pub(crate) no_repairs: bool,
    /// For recipients on the suppression list: reject, drop (accept, and send nothing) or default (as configured)
    #[arg(long, value_name = "RULE")]
    pub(crate) suppressed: Option<String>,
    /// Rate limit in messages per minute
    #[arg(long, value_name = "NUMBER", conflicts_with = "no_rate")]
    pub(crate) rate_per_minute: Option<u32>,
    /// Remove the rate limit; the account's quota still applies
    #[arg(long)]
    pub(crate) no_rate: bool,
    /// Priority of its mail: urgent, normal or bulk
    #[arg(long, value_name = "LANE")]
    pub(crate) lane: Option<String>,
    /// Who gets the bounces of its mail: sender, nobody, or an address
    #[arg(long, value_name = "sender|nobody|ADDRESS")]
    pub(crate) dsn_to: Option<String>,
    /// Give up messages that have not left after this time, such as 10m or 2h, unless they say otherwise
    #[arg(long, value_name = "DURATION", value_parser = seconds, conflicts_with = "no_deadline")]
    pub(crate) deadline: Option<u32>,
    /// Remove the deadline; `queue.expiry_hours` still applies
    #[arg(long)]
    pub(crate) no_deadline: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct CredentialReset {
    /// The login
    pub(crate) name: String,
    /// Read the new password from standard input instead of generating one
    #[arg(long)]
    pub(crate) password_stdin: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// A duration as people write it, in whole seconds.
fn seconds(text: &str) -> Result<u32, String> {
    let duration = model::moment::duration(text).and_then(|duration| u32::try_from(duration.as_secs()).ok());
    duration.ok_or_else(|| format!("{text:?} is no duration, such as 90s, 10m or 2h"))
}
