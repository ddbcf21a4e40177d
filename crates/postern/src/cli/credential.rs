//! `postern credential`.

use clap::{Args, Subcommand};

use super::{Connection, Named};

#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    /// Make a credential: a login whose password is shown this once, or one for a network without login
    Add(Box<CredentialAdd>),
    /// List logins
    List(Connection),
    /// Give a login a new password; the old one is good for nothing from now on
    Reset(CredentialReset),
    /// Remove a login
    Remove(Named),
}

#[derive(Debug, Args)]
pub(crate) struct CredentialAdd {
    /// What the device types, a plain name or an e-mail address; without login, any name
    pub(crate) login: String,
    /// The account that its mail goes through
    #[arg(long, value_name = "NAME")]
    pub(crate) account: String,
    /// An address or domain that it may send from; may be repeated [default: every sender]
    #[arg(long = "sender", value_name = "ADDRESS|DOMAIN")]
    pub(crate) senders: Vec<String>,
    /// A network or address that it may come from; may be repeated [default: anywhere]
    #[arg(long = "network", value_name = "NETWORK")]
    pub(crate) networks: Vec<String>,
    /// Read the password that the devices have already from standard input, instead of making one
    #[arg(long, conflicts_with = "no_login")]
    pub(crate) password_stdin: bool,
    /// Recognise clients by their network, on listeners with `login = "none"`; there is no password
    #[arg(long, requires = "networks")]
    pub(crate) no_login: bool,
    /// Let everybody in a public network send without login
    #[arg(long, requires = "no_login")]
    pub(crate) allow_public_networks: bool,
    /// An author for messages that have none, or none that can be read
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) default_from: Option<String>,
    /// An author for all messages, in the envelope too; a display name that the device writes stays
    #[arg(long, value_name = "ADDRESS", conflicts_with = "default_from")]
    pub(crate) forced_from: Option<String>,
    /// Send answers to the author whom the forced or default one replaces, where there is no Reply-To
    #[arg(long)]
    pub(crate) reply_to_author: bool,
    /// A domain of reverse-paths (MAIL FROM) beside those that are linked to the account; may be repeated
    #[arg(long = "reverse-path", value_name = "DOMAIN")]
    pub(crate) reverse_paths: Vec<String>,
    /// Allow any reverse-path (MAIL FROM): notices about failures go where the client says
    #[arg(long, conflicts_with = "reverse_paths")]
    pub(crate) reverse_path_anywhere: bool,
    /// Repair what its clients send wrong: line-ends, from or envelope; may be repeated
    #[arg(long = "repair", value_name = "NAME")]
    pub(crate) repairs: Vec<String>,
    /// Messages in any minute [default: as many as the account allows]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rate_per_minute: Option<u32>,
    /// How urgent its mail is: urgent, normal or bulk
    #[arg(long, value_name = "LANE", default_value = "normal")]
    pub(crate) lane: String,
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
