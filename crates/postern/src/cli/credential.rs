//! `postern credential`.

use clap::{Args, Subcommand};

use super::{Connection, Named};

#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    /// Make a credential: a login whose password is shown this once, or one for a network without login
    Add(Box<CredentialAdd>),
    /// List logins
    List(Connection),
    /// Change what a login may do, and what is done with its mail; open sessions notice at their next message
    Edit(Box<CredentialEdit>),
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
    /// Let everybody in a public network send without login
    #[arg(long, requires = "networks")]
    pub(crate) allow_public_networks: bool,
    /// Read its password from standard input, the one that it has or a new one; needed where its networks allowed a weak
    /// password and do not any more
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// An author for messages that have none, or none that can be read; in place of a forced one
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["forced_from", "keep_author"])]
    pub(crate) default_from: Option<String>,
    /// An author for all messages, in the envelope too; in place of a default one
    #[arg(long, value_name = "ADDRESS", conflicts_with = "keep_author")]
    pub(crate) forced_from: Option<String>,
    /// Have neither a default nor a forced author
    #[arg(long)]
    pub(crate) keep_author: bool,
    /// Send answers to the author whom the forced or default one replaces, where there is no Reply-To
    #[arg(long, conflicts_with = "no_reply_to_author")]
    pub(crate) reply_to_author: bool,
    /// Send answers to the forced or default author
    #[arg(long)]
    pub(crate) no_reply_to_author: bool,
    /// A domain of reverse-paths (MAIL FROM) beside those that are linked to the account; may be repeated
    #[arg(long = "reverse-path", value_name = "DOMAIN", conflicts_with_all = ["reverse_path_anywhere", "no_reverse_paths"])]
    pub(crate) reverse_paths: Vec<String>,
    /// Allow any reverse-path (MAIL FROM): notices about failures go where the client says
    #[arg(long, conflicts_with = "no_reverse_paths")]
    pub(crate) reverse_path_anywhere: bool,
    /// Allow only reverse-paths of domains that are linked to the account
    #[arg(long)]
    pub(crate) no_reverse_paths: bool,
    /// Repair what its clients send wrong: line-ends, from or envelope; may be repeated
    #[arg(long = "repair", value_name = "NAME", conflicts_with = "no_repairs")]
    pub(crate) repairs: Vec<String>,
    /// Repair nothing
    #[arg(long)]
    pub(crate) no_repairs: bool,
    /// Messages in any minute
    #[arg(long, value_name = "NUMBER", conflicts_with = "no_rate")]
    pub(crate) rate_per_minute: Option<u32>,
    /// As many messages as the account allows
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
