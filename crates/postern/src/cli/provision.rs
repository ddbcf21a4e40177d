//! Commands about an account's desired state at Azure.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Connection;

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) desired: Desired,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) desired: Desired,
    /// Show what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Approve the plan of this id, as `postern plan` shows it; if the plan has changed since, nothing is done
    #[arg(long, value_name = "ID", conflicts_with_all = ["yes", "dry_run"])]
    pub(crate) plan: Option<String>,
    /// Approve the plan as it is now; without this option or --plan, it is shown and you are asked
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What is desired, and which part of it is meant.
#[derive(Debug, Args)]
pub(crate) struct Desired {
    /// The desired state as a TOML file; replaces the stored one [default: the stored desired state]
    pub(crate) file: Option<PathBuf>,
    /// The account [default: the one that the file names, or the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Only this domain, or the step of this key, and what it needs; may be repeated
    #[arg(long = "target", value_name = "DOMAIN|KEY")]
    pub(crate) targets: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Destroy {
    /// Only this domain; may be repeated [default: everything that Postern created]
    #[arg(long = "target", value_name = "DOMAIN")]
    pub(crate) targets: Vec<String>,
    /// The account [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Make the changes; without this option, only show them
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The account [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Format: bicep, terraform or csv
    #[arg(long, value_name = "FORM", value_enum)]
    pub(crate) form: ExportAs,
    /// Output file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// How an account's infrastructure is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExportAs {
    /// A deployment to the resource group
    Bicep,
    /// Resources, and import blocks for existing ones
    Terraform,
    /// A line for each sender
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct OfAccount {
    /// The account [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// The communication service [default: the account's, or the only one that the app has access to]
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Only this domain; may be repeated [default: all linked domains]
    #[arg(long = "domain", value_name = "DOMAIN")]
    pub(crate) domains: Vec<String>,
    /// Import only the senders; leave the desired state as it is
    #[arg(long)]
    pub(crate) senders_only: bool,
    #[command(flatten)]
    pub(crate) of: OfAccount,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DomainCommand {
    /// Set up a domain for sending, from Azure and DNS to its senders
    Add(Box<DomainAdd>),
    /// List domains and their status
    List(DomainList),
    /// Check a domain in Azure and DNS, and say who has to act
    Doctor(DomainDoctor),
    /// Show the DNS records that a domain needs, as a table, a zone file or for nsupdate
    Records(DomainRecords),
    /// Remove a domain: its link, the DNS records that Postern wrote, and the domain in Azure
    Remove(DomainRemove),
}

#[derive(Debug, Args)]
pub(crate) struct DomainAdd {
    /// The domain, or `azure` for an Azure-managed one
    pub(crate) domain: String,
    /// The account [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Who writes its records: manual, azure, or a connection of `postern dns` [default: manual]
    #[arg(long, value_name = "WAY")]
    pub(crate) dns: Option<String>,
    /// A sender username; may be repeated, as `noreply` or `noreply=Display name`
    #[arg(long = "sender", value_name = "USERNAME[=NAME]")]
    pub(crate) senders: Vec<String>,
    /// Also write this DMARC record, such as `v=DMARC1; p=none`
    #[arg(long, value_name = "RECORD")]
    pub(crate) dmarc: Option<String>,
    /// Track opens and clicks
    #[arg(long)]
    pub(crate) tracking: bool,
    /// Resource group, if not set before [default: postern]
    #[arg(long, value_name = "NAME")]
    pub(crate) resource_group: Option<String>,
    /// Azure region of the resource group [default: westeurope]
    #[arg(long, value_name = "REGION")]
    pub(crate) location: Option<String>,
    /// Geography in which Azure stores the mail data, if not set before [default: Europe]
    #[arg(long, value_name = "GEOGRAPHY")]
    pub(crate) data_location: Option<String>,
    /// Communication service, if not set before [default: the account's, or one with the account's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Only record it; `postern apply` makes the changes
    #[arg(long)]
    pub(crate) no_apply: bool,
    /// Also approve changes of records that others wrote; without this option you are asked
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct DomainList {
    /// The account [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// A domain that is there.
#[derive(Debug, Args)]
pub(crate) struct OneDomain {
    /// The domain
    pub(crate) domain: String,
    /// The account [default: the one that has it]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct DomainDoctor {
    #[command(flatten)]
    pub(crate) of: OneDomain,
    /// Fix what Postern can fix
    #[arg(long)]
    pub(crate) fix: bool,
    /// Also approve changes of records that others wrote; without this option you are asked
    #[arg(long, requires = "fix")]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DomainRecords {
    #[command(flatten)]
    pub(crate) of: OneDomain,
    /// Format: table, bind or nsupdate
    #[arg(long, value_name = "FORM", value_enum, default_value = "table")]
    pub(crate) form: RecordForm,
}

/// How records are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RecordForm {
    /// For a provider's web page
    Table,
    /// Lines of a zone file
    Bind,
    /// A script for nsupdate (RFC 2136)
    Nsupdate,
}

#[derive(Debug, Args)]
pub(crate) struct DomainRemove {
    #[command(flatten)]
    pub(crate) of: OneDomain,
    /// Make the changes; without this option, only show them
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SpfCommand {
    /// Restore the former `~all` or `?all` of a domain's SPF record after Azure has verified the domain
    Restore(OneDomain),
}

#[derive(Debug, Subcommand)]
pub(crate) enum DnsCommand {
    /// Add a DNS provider connection. The token is read from a prompt or standard input, never an argument
    Add(DnsAdd),
    /// List connections
    List(Connection),
    /// Remove a connection
    Remove(super::Named),
}

#[derive(Debug, Args)]
pub(crate) struct DnsAdd {
    /// A name for it, for use with `--dns`
    pub(crate) name: String,
    /// The DNS provider
    #[arg(long, value_name = "KIND", default_value = "cloudflare")]
    pub(crate) kind: String,
    /// Read the API token from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Another base URL than the provider's
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// CA certificates to trust for it, a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
