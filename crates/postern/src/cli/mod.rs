//! The command line.

mod account;
mod credential;
mod events;
mod fields;
mod mail;
mod moment;
mod provision;
mod quota;
mod sender;
mod shell;
mod suppression;
mod webhook;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::output::Format;

pub(crate) use self::account::{
    AccountAdd, AccountCommand, AccountEdit, AccountGuide, AccountImport, AccountRemove, AccountRotate,
    AccountVerify, AuthenticationKind, CloudArguments, IfNotReady,
};

pub(crate) use self::credential::{
    Bans, BansCommand, CredentialAdd, CredentialCommand, CredentialEdit, CredentialImport, CredentialReset,
    LiftBan, TestForm, TestLine,
};

pub(crate) use self::events::{EventsCommand, EventsQueue, EventsUrl};
pub(crate) use self::fields::{innermost, name_option};

pub(crate) use self::mail::{
    ById, MessageCommand, MessageList, MessageShow, QueueCommand, QueueList, RefusalList, Send,
};

pub(crate) use self::provision::{
    Adopt, Apply, Desired, Destroy, DnsAdd, DnsCommand, DomainAdd, DomainCommand, DomainDoctor, DomainList,
    DomainRecords, Export, ExportAs, OfAccount, OneDomain, Plan, RecordForm, SpfCommand,
};

pub(crate) use self::quota::QuotaCommand;
pub(crate) use self::sender::{
    SenderAdd, SenderCommand, SenderExport, SenderImport, SenderList, SenderRemove, SenderRename,
};

pub(crate) use self::shell::ShellChoice;

pub(crate) use self::suppression::{
    ListSuppressed, SuppressionAdd, SuppressionChoice, SuppressionCommand, SuppressionExplain,
    SuppressionExport, SuppressionImport, SuppressionRemove,
};
pub(crate) use self::webhook::{WebhookAdd, WebhookCommand, WebhookReplay, WebhookRotate};

/// Turns an Azure subscription you own into email infrastructure.
#[derive(Debug, Parser)]
#[command(name = "postern", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(Serve),
    /// Run a local twin of Azure for tests
    Twin(Twin),
    /// Run server and twin together with sample data, and send a first message through both
    Demo(Demo),
    /// Manage Azure accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// Set up and manage domains
    #[command(subcommand)]
    Domain(DomainCommand),
    /// Manage DNS provider connections
    #[command(subcommand)]
    Dns(DnsCommand),
    /// Manage the SPF record of a domain
    #[command(subcommand)]
    Spf(SpfCommand),
    /// Show the changes `apply` would make (exit code 2 if any)
    Plan(Plan),
    /// Make Azure and DNS match the desired state (resumable)
    Apply(Apply),
    /// Compare Azure and DNS with the desired state (exit code 2 if they differ)
    Drift(OfAccount),
    /// Import existing Azure resources as the desired state
    Adopt(Adopt),
    /// Delete the resources Postern created
    Destroy(Destroy),
    /// Receive what becomes of each recipient from Event Grid
    #[command(subcommand)]
    Events(EventsCommand),
    /// Export as Bicep, Terraform or CSV
    Export(Export),
    /// Manage sender addresses
    #[command(subcommand)]
    Sender(SenderCommand),
    /// Manage SMTP credentials
    #[command(subcommand)]
    Credential(CredentialCommand),
    /// Manage the addresses that mail must not go to
    #[command(subcommand)]
    Suppression(SuppressionCommand),
    /// List and unlock logins and networks that are locked after too many wrong passwords
    Bans(Bans),
    /// Send a test message and follow its delivery
    Send(Send),
    /// Show and manage the queue
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Report what Microsoft asks of somebody who wants a higher quota
    #[command(subcommand)]
    Quota(QuotaCommand),
    /// Trace a message
    #[command(subcommand)]
    Message(MessageCommand),
    /// Show what clients were refused, why, and what to do about it
    Refusals(RefusalList),
    /// Manage web hooks, which are told what becomes of mail
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Show who changed what
    Audit(AuditList),
    /// Manage the encrypted secrets
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Check the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Show the state of the server and its problems
    ///
    /// Exits with 1 if there is a critical problem or a warning, with 0 if there are only notices or nothing.
    Status(Connection),
}

/// Where the configuration is.
#[derive(Debug, Args)]
pub(crate) struct ConfigFile {
    /// Configuration file [default: /etc/postern/postern.toml, if it exists]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
}

/// How to reach the server, and how to answer.
#[derive(Debug, Args)]
pub(crate) struct Connection {
    #[command(flatten)]
    pub(crate) file: ConfigFile,
    /// The server's data directory [default: from the configuration]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Connection {
    /// The form of the answer.
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) file: ConfigFile,
}

#[derive(Debug, Args)]
pub(crate) struct Twin {
    /// Where to store its state; without this option it stores nothing
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Write a JSON file here when all endpoints are listening
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// What exists at the first start, as a TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
    /// Address of Entra, ARM, Graph and the Email API; port 0 means any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    pub(crate) listen: SocketAddr,
    /// Address of the SMTP endpoint
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8587")]
    pub(crate) smtp_listen: SocketAddr,
    /// Address of captured mail, clock and faults
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) inspect_listen: SocketAddr,
    /// Host name that clients may use for captured mail, besides localhost and IP addresses; may be repeated
    #[arg(long = "inspect-host", value_name = "NAME")]
    pub(crate) inspect_hosts: Vec<String>,
    /// Address of the name server, UDP and TCP
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8053")]
    pub(crate) dns_listen: SocketAddr,
    /// Name server that the verification of domains uses [default: the twin's own zones]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) resolver: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Send the message, check that it arrived once, and exit
    #[arg(long)]
    pub(crate) once: bool,
    /// Where to store the demo's data; it is emptied at every start [default: a directory of its own]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct AuditList {
    /// Only changes of this account, sender or login
    pub(crate) subject: Option<String>,
    /// Only changes before this number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) before: Option<u64>,
    /// Maximum number of entries
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = number_of_entries)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretsCommand {
    /// Encrypt all secrets with a new master key while the server runs
    Rewrap(Rewrap),
}

#[derive(Debug, Args)]
pub(crate) struct Rewrap {
    /// Read the new key, 32 bytes in base64, from this file; needed where the key comes from
    /// `POSTERN_MASTER_KEY` [default: a fresh one]
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say whether the configuration is valid, with file, line and reason if it is not
    Check(Serve),
    /// Print the whole configuration, with the defaults of what was not written
    Show(Serve),
}

/// How many entries of a list are shown.
fn number_of_entries(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "it is not a number of at least 1".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    fn parsed(line: &str) -> Result<super::Cli, String> {
        super::Cli::try_parse_from(line.split(' ')).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_has_one_entry_at_least() {
        for list in ["queue list", "message list", "refusals", "audit", "suppression list"] {
            assert!(parsed(&format!("postern {list} --limit 1")).is_ok(), "{list}");
            for wrong in ["0", "-1", "many"] {
                let error = parsed(&format!("postern {list} --limit={wrong}")).unwrap_err();
                assert!(error.contains("not a number of at least 1"), "{list} {wrong}: {error}");
            }
        }
    }

    #[test]
    fn a_sender_is_renamed_to_something_and_gets_no_login() {
        assert!(parsed("postern sender rename a@b.example --display-name A").is_ok());
        for wrong in ["", " --display-name A --credential a"] {
            assert!(parsed(&format!("postern sender rename a@b.example{wrong}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
