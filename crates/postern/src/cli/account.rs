//! `postern account`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Connection, Named, ShellChoice};

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Add an account and verify it. Prompts for missing values; the secret is never an argument
    Add(Box<AccountAdd>),
    /// List accounts
    List(Connection),
    /// Show one account
    Show(Named),
    /// Check that an account can send, and print fixes
    Verify(AccountVerify),
    /// Older name of `postern adopt --senders-only`
    #[command(hide = true)]
    Import(AccountImport),
    /// Show how to set up app, secret, role and provider, each step as a command and in the portal
    Guide(AccountGuide),
    /// Change an account, such as its secret, quota or transport
    Edit(Box<AccountEdit>),
    /// Renew the client secret while the old one still works; devices and applications need no change
    Rotate(AccountRotate),
    /// Accept and send mail for an account again
    Enable(Named),
    /// Reject new mail for an account and hold the queue
    Disable(Named),
    /// Remove an account with its senders and its secret
    Remove(AccountRemove),
}

#[derive(Debug, Args)]
pub(crate) struct AccountAdd {
    /// A name for the account
    pub(crate) name: String,
    /// Directory (tenant) id, or a domain name of the directory
    #[arg(long, value_name = "GUID|DOMAIN")]
    pub(crate) tenant: Option<String>,
    /// Application (client) id
    #[arg(long, value_name = "GUID")]
    pub(crate) client_id: Option<String>,
    /// Subscription id
    #[arg(long, value_name = "GUID")]
    pub(crate) subscription: Option<String>,
    /// Name of the communication service [default: the only one that the app has access to]
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Base URL of the communication service [default: asked from Azure at the first verification]
    #[arg(long, value_name = "URL", requires = "service")]
    pub(crate) endpoint: Option<String>,
    /// The secret is an access key of the communication service, not a client secret
    #[arg(long, conflicts_with_all = ["certificate", "managed_identity"])]
    pub(crate) access_key: bool,
    /// Instead of a secret: certificate and private key of the app, a PEM file
    #[arg(long, value_name = "FILE", conflicts_with = "managed_identity")]
    pub(crate) certificate: Option<PathBuf>,
    /// Instead of a secret: the managed identity of this machine, on a host in Azure
    #[arg(long)]
    pub(crate) managed_identity: bool,
    /// Read the secret from this file instead
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// When the secret expires, if the app has no permission to look it up
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) secret_expires: Option<String>,
    /// Transport of its mail: auto, rest or smtp
    #[arg(long, value_name = "WAY", default_value = "auto")]
    pub(crate) transport: String,
    /// What Azure allows: custom-domain (30 a minute, 100 an hour), azure-managed (5 and 10), step-1 to step-12 (the
    /// steps in which Azure is said to raise it), MINUTE/HOUR such as 1000/30000, or MINUTE/HOUR/DAY
    #[arg(long, value_name = "QUOTA", default_value = "custom-domain")]
    pub(crate) quota: String,
    /// Maximum number of concurrent REST requests
    #[arg(long, value_name = "NUMBER")]
    pub(crate) requests_at_once: Option<u16>,
    /// Maximum number of concurrent SMTP sessions
    #[arg(long, value_name = "NUMBER")]
    pub(crate) smtp_sessions: Option<u16>,
    #[command(flatten)]
    pub(crate) cloud: CloudArguments,
    /// Do not verify the account
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// Do not retry for a minute if Entra does not know the secret yet
    #[arg(long, conflicts_with = "no_verify")]
    pub(crate) no_wait: bool,
    /// What to do if the verification says that the account cannot send [default: ask at a terminal, otherwise keep]
    #[arg(long, value_name = "WHAT", conflicts_with = "no_verify")]
    pub(crate) if_not_ready: Option<IfNotReady>,
    #[command(flatten)]
    pub(crate) shell: ShellChoice,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What becomes of a new account that cannot send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum IfNotReady {
    /// Keep it and fix it later
    Keep,
    /// Remove it again
    Remove,
}

/// How an app authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum AuthenticationKind {
    /// A client secret, which expires and is renewed
    ClientSecret,
    /// A certificate and its private key
    Certificate,
    /// The identity of the machine itself, on a host in Azure
    ManagedIdentity,
}

/// Which Azure.
#[derive(Debug, Args)]
pub(crate) struct CloudArguments {
    /// Which Azure: public, us-government or china
    #[arg(long, value_name = "CLOUD")]
    pub(crate) cloud: Option<String>,
    /// Another Azure: token endpoint
    #[arg(long, value_name = "URL")]
    pub(crate) cloud_authority: Option<String>,
    /// Another Azure: Resource Manager
    #[arg(long, value_name = "URL")]
    pub(crate) cloud_resource_manager: Option<String>,
    /// Another Azure: Graph
    #[arg(long, value_name = "URL")]
    pub(crate) cloud_graph: Option<String>,
    /// Another Azure: SMTP host and port
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) cloud_smtp: Option<String>,
    /// Another Azure: CA certificates to trust, a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) cloud_ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct AccountEdit {
    /// Name of the account
    pub(crate) name: String,
    /// New name
    #[arg(long, value_name = "NAME")]
    pub(crate) rename: Option<String>,
    /// Directory (tenant) id, or a domain name of the directory
    #[arg(long, value_name = "GUID|DOMAIN")]
    pub(crate) tenant: Option<String>,
    /// Application (client) id
    #[arg(long, value_name = "GUID")]
    pub(crate) client_id: Option<String>,
    /// Subscription id
    #[arg(long, value_name = "GUID")]
    pub(crate) subscription: Option<String>,
    /// Name of the communication service
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Base URL of the communication service
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    #[command(flatten)]
    pub(crate) cloud: CloudArguments,
    /// Read a new client secret, certificate or access key from standard input, or ask for it
    #[arg(long)]
    pub(crate) secret: bool,
    /// Read the new secret from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// When the secret expires, if the app has no permission to look it up
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) secret_expires: Option<String>,
    /// Transport of its mail: auto, rest or smtp
    #[arg(long, value_name = "WAY")]
    pub(crate) transport: Option<String>,
    /// What Azure allows: custom-domain, azure-managed, step-1 to step-12, MINUTE/HOUR such as 1000/30000, or MINUTE/HOUR/DAY
    #[arg(long, value_name = "QUOTA")]
    pub(crate) quota: Option<String>,
    /// Maximum number of concurrent REST requests
    #[arg(long, value_name = "NUMBER")]
    pub(crate) requests_at_once: Option<u16>,
    /// Maximum number of concurrent SMTP sessions
    #[arg(long, value_name = "NUMBER")]
    pub(crate) smtp_sessions: Option<u16>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct AccountVerify {
    /// Name of the account
    pub(crate) name: String,
    /// Register missing resource providers, and wait until that is done
    #[arg(long)]
    pub(crate) fix: bool,
    /// Do not retry for a minute if Entra does not know the secret yet
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Also send test messages to this address, by REST and by SMTP
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) send_to: Option<String>,
    /// Sender of the test messages [default: the account's first]
    #[arg(long, value_name = "ADDRESS", requires = "send_to")]
    pub(crate) send_from: Option<String>,
    /// Show the result of the last verification without checking again
    #[arg(long, conflicts_with_all = ["fix", "send_to"])]
    pub(crate) last: bool,
    #[command(flatten)]
    pub(crate) shell: ShellChoice,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct AccountImport {
    /// Name of the account
    pub(crate) name: String,
    /// The communication service [default: the account's, or the only one that the app has access to]
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Only senders of this domain; may be repeated [default: all linked domains]
    #[arg(long = "domain", value_name = "DOMAIN")]
    pub(crate) domains: Vec<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct AccountGuide {
    /// An existing account whose values are filled in
    pub(crate) name: Option<String>,
    /// How the app authenticates
    #[arg(
        long = "with",
        value_name = "KIND",
        value_enum,
        default_value = "client-secret",
        conflicts_with = "name"
    )]
    pub(crate) kind: AuthenticationKind,
    #[command(flatten)]
    pub(crate) shell: ShellChoice,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct AccountRotate {
    /// Name of the account
    pub(crate) name: String,
    /// Show what would be done
    #[arg(long, conflicts_with_all = ["by_hand", "status"])]
    pub(crate) dry_run: bool,
    /// Show the progress of the last rotation
    #[arg(long, conflicts_with = "by_hand")]
    pub(crate) status: bool,
    /// Cancel a rotation whose secret is not in use yet, and remove that secret
    #[arg(long, conflicts_with_all = ["dry_run", "by_hand", "status", "days", "grace_hours", "remove_old", "no_wait"])]
    pub(crate) cancel: bool,
    /// Lifetime of the new secret in days [default: 180]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) days: Option<u16>,
    /// Hours during which both secrets are valid [default: 24]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) grace_hours: Option<u16>,
    /// Remove the old secret at the end even if Postern did not create it
    #[arg(long)]
    pub(crate) remove_old: bool,
    /// Guide through a rotation that Postern may not do itself: you create the secret, Postern tests it before it is used
    #[arg(long, conflicts_with_all = ["days", "grace_hours", "remove_old"])]
    pub(crate) by_hand: bool,
    /// With --by-hand: read the new secret from this file
    #[arg(long, value_name = "FILE", requires = "by_hand")]
    pub(crate) secret_file: Option<PathBuf>,
    /// With --by-hand: when the new secret expires
    #[arg(long, value_name = "YYYY-MM-DD", requires = "by_hand")]
    pub(crate) secret_expires: Option<String>,
    /// Exit as soon as the rotation has begun
    #[arg(long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) shell: ShellChoice,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct AccountRemove {
    /// Name of the account
    pub(crate) name: String,
    /// Also remove its credentials and queued mail; lists them first and sends bounces
    #[arg(long)]
    pub(crate) force: bool,
    /// With --force: do not ask for confirmation
    #[arg(long, requires = "force")]
    pub(crate) yes: bool,
    /// With --force: first save queued messages in this directory, one .eml file each
    #[arg(long, value_name = "DIRECTORY", requires = "force")]
    pub(crate) save: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
