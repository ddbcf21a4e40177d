//! Commands about what an account is to have at Azure.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Connection;

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) wish: Wish,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) wish: Wish,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What is wished, and which part of it is meant.
#[derive(Debug, Args)]
pub(crate) struct Wish {
    /// What the account is to have, as a TOML file, in place of what was said before [default: what was said before]
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
    /// Only this domain; may be repeated [default: everything that Postern made]
    #[arg(long = "target", value_name = "DOMAIN")]
    pub(crate) targets: Vec<String>,
    /// The account [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Do it; without this it is only said what would be done
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The account [default: the only one]
    pub(crate) account: Option<String>,
    /// How: bicep, terraform or csv
    #[arg(long, value_name = "FORM", value_enum)]
    pub(crate) form: ExportAs,
    /// Write it here [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write it also where a file is already
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// How an account's estate is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExportAs {
    /// A deployment to the resource group
    Bicep,
    /// Resources, and import blocks that take over what is there
    Terraform,
    /// A line for each sender
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct OfAccount {
    /// The account [default: the only one]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DomainCommand {
    /// Get a domain ready to send, from Azure and DNS to its senders
    Add(Box<DomainAdd>),
    /// List domains and how far each is
    List(DomainList),
    /// Look at a domain from all sides: what Azure says, what DNS shows, whose move it is
    Doctor(DomainDoctor),
    /// Show the records that a domain needs, to be copied, as a zone file, or for nsupdate
    Records(DomainRecords),
    /// Put the softer end of the SPF record back that it had before Azure wanted `-all`
    Soften(OneDomain),
    /// Take a domain away: its link, the records that Postern wrote, and the domain at Azure
    Remove(DomainRemove),
}

#[derive(Debug, Args)]
pub(crate) struct DomainAdd {
    /// The domain, or `azure` for one of Azure's own
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
    /// Follow opens and clicks
    #[arg(long)]
    pub(crate) tracking: bool,
    /// Resource group, if nothing was said before [default: postern]
    #[arg(long, value_name = "NAME")]
    pub(crate) resource_group: Option<String>,
    /// Where that is kept [default: westeurope]
    #[arg(long, value_name = "REGION")]
    pub(crate) location: Option<String>,
    /// Geography that mail's data stay in, if nothing was said before [default: Europe]
    #[arg(long, value_name = "GEOGRAPHY")]
    pub(crate) data_location: Option<String>,
    /// Communication service, if nothing was said before [default: the account's, or one of the account's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Only say it; `postern apply` does it
    #[arg(long)]
    pub(crate) no_apply: bool,
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
    /// Do what can be done about it
    #[arg(long)]
    pub(crate) fix: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DomainRecords {
    #[command(flatten)]
    pub(crate) of: OneDomain,
    /// How: table, bind or nsupdate
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
    /// Do it; without this it is only said what would be done
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DnsCommand {
    /// Connect somebody who keeps zones. The token is typed or piped in, never an argument
    Add(DnsAdd),
    /// List connections
    List(Connection),
    /// Forget a connection
    Remove(super::Named),
}

#[derive(Debug, Args)]
pub(crate) struct DnsAdd {
    /// A name for it, which `--dns` takes
    pub(crate) name: String,
    /// Who keeps the zones
    #[arg(long, value_name = "KIND", default_value = "cloudflare")]
    pub(crate) kind: String,
    /// Read the API token from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Another place than the provider's own
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Option<String>,
    /// CA certificates to trust there, a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
