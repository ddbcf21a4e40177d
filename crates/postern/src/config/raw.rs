//! What was written. The comments are the manual: `docs/reference/configuration.md` is made of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use azure_types::ids::TenantId;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;

/// The whole file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawConfig {
    /// Directory with all data: queue, accounts, sealed secrets, the management socket. It must be on a local disk, and
    /// belongs to one server.
    pub data_dir: PathBuf,
    /// Allow a data directory on volatile storage (tmpfs, a container's own layer). Mail is lost with it.
    pub allow_volatile_data_dir: bool,
    /// The server's own name, in greetings, trace fields and DSNs. Default: the system's host name.
    pub host_name: Option<String>,
    /// SMTP listeners. Default: 587 with STARTTLS and 465 with TLS, on all addresses.
    pub listener: Vec<RawListener>,
    /// The server's certificates.
    pub tls: RawTls,
    /// Limits of SMTP sessions.
    pub smtp: RawSmtp,
    /// What happens to accepted messages.
    pub queue: RawQueue,
    /// Logins as an Entra app, by client secret or by token.
    pub entra: RawEntra,
    /// Verification, drift detection and rotation of accounts.
    pub accounts: RawAccounts,
    /// Name servers.
    pub dns: RawDns,
    /// Where alarms go.
    pub alarms: RawAlarms,
    /// Metrics for Prometheus.
    pub metrics: RawMetrics,
    /// Events of Event Grid: what became of each recipient.
    pub events: RawEvents,
    /// The log.
    pub log: RawLog,
}

/// One SMTP listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawListener {
    /// Address and port, `[::]:587`.
    pub address: SocketAddr,
    /// TLS mode: `starttls`, `tls` from the first byte, or `plain` without TLS.
    pub mode: Mode,
    /// Networks that may connect, such as `10.0.0.0/8`. Default: all. A plain listener must have some, unless it
    /// listens on the loopback only.
    #[serde(default)]
    pub networks: Vec<IpNet>,
    /// Repairs for all clients of this listener, in addition to those of their credentials: `line-ends` (bare CR and LF
    /// become CRLF), `from` (a From that cannot be read), `envelope` (a MAIL FROM or RCPT TO that cannot be
    /// read). Each use is counted and shown with the message. Default: nothing.
    #[serde(default)]
    pub repairs: Vec<RawRepair>,
    /// Whether clients log in: `required`, or `none` for devices that cannot. Without login the client's address says
    /// which credential its mail belongs to: one that was made with `--no-login` and lists its network. Such a
    /// listener needs `networks`. Clients that have TLS may still log in. Default: `required`.
    #[serde(default)]
    pub login: ListenerLogin,
    /// Allow networks that are not private on a listener without login. Everybody in them can then send.
    #[serde(default)]
    pub allow_public_networks: bool,
}

/// Whether clients of a listener log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListenerLogin {
    /// Before they send.
    #[default]
    Required,
    /// They need not.
    None,
}

impl std::fmt::Display for ListenerLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Required => "required",
            Self::None => "none",
        })
    }
}

/// A repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RawRepair {
    /// Bare CR and LF become CRLF.
    LineEnds,
    /// A From that cannot be read is written anew, where one address can be told for certain.
    From,
    /// A MAIL FROM that cannot be read loses what is no part of an address.
    Envelope,
}

/// When TLS comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// After STARTTLS; no login before it.
    Starttls,
    /// From the first byte.
    Tls,
    /// Never.
    Plain,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Starttls => "starttls",
            Self::Tls => "tls",
            Self::Plain => "plain",
        })
    }
}

/// The server's certificates.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawTls {
    /// Certificate chain, a PEM file. A path may begin with `$CREDENTIALS_DIRECTORY`, where systemd puts what
    /// `LoadCredential=` names; so may those below, and `ca_file` of `[entra]`. Read again when it changes. Default: two self-signed ones, made at the first
    /// start, one with an ECDSA key and one with an RSA key.
    pub certificate: Option<PathBuf>,
    /// Its private key, a PEM file.
    pub key: Option<PathBuf>,
    /// A second certificate chain, a PEM file, with a key of another kind: RSA beside ECDSA, for old devices. A client
    /// gets the first that it can use. Default: none if `certificate` is set; the self-signed default has both kinds.
    pub second_certificate: Option<PathBuf>,
    /// Its private key, a PEM file.
    pub second_key: Option<PathBuf>,
}

/// Limits of SMTP sessions.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawSmtp {
    /// Largest message in bytes. Azure takes 10 MB unless it was asked for more.
    pub max_message_bytes: u64,
    /// Recipients of one message. More than 50 are sent in several requests.
    pub max_recipients: usize,
    /// Sessions at once, in all. A quarter of them is kept for clients that are logged in, and for networks from which
    /// clients logged in lately or that a credential without login lists.
    pub max_sessions: usize,
    /// Sessions at once from one IPv4 address or IPv6 /64. Clients of one IPv4 /24 or IPv6 /48 that have not logged in
    /// have four times as many together.
    pub max_sessions_per_network: usize,
    /// Bytes of mail data that all sessions together may hold in memory.
    pub max_buffered_bytes: u64,
}

/// What happens to accepted messages.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawQueue {
    /// Hours for which a message is tried. Then its sender receives a bounce.
    pub expiry_hours: u32,
    /// Days for which the history of finished messages is kept.
    pub history_days: u32,
    /// Memory budget in bytes for messages that are being sent to Azure. Others wait until memory is free.
    pub max_sending_bytes: u64,
    /// Bytes of the disk that are reserved for the database, so that deliveries can still be recorded. With less than that
    /// free, new mail is refused with 452, and `postern status` says so.
    pub disk_reserve_bytes: u64,
    /// Pass on header fields that control Azure's mail service (`x-ms-acsemail-...`). Otherwise they are removed, and
    /// `postern message show` says so: a device could make Azure drop
    /// attachments without an error.
    pub azure_control_fields: bool,
    /// Accept recipients on the suppression list and send them nothing, instead of rejecting them with 550 5.1.1. A
    /// credential may say otherwise.
    pub drop_suppressed: bool,
    /// Recipient of mail for `<Postmaster>` without a domain. Default: none, and such mail is rejected.
    pub postmaster: Option<String>,
}

/// Logins as an Entra app, by client secret or by token.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawEntra {
    /// Tenants whose apps may log in, as `service.app.tenant` or by an SMTP username that Azure lists: with a client
    /// secret, or by XOAUTH2 with a token. Default: none, and XOAUTH2 is not offered.
    pub tenants: Vec<TenantId>,
    /// Resources that the token of an XOAUTH2 login may be for. A slash at the end makes no difference.
    pub audiences: Vec<String>,
    /// Token endpoint for services that belong to no account.
    pub authority: Url,
    /// Base URL of such a service that `services` does not list; `{service}` stands for its name, `{geography}` for
    /// the next option.
    pub endpoint: String,
    /// Geography of such services, as `az communication show` has it under `dataLocation`. Without it only listed
    /// services are known. Default: none.
    pub geography: Option<String>,
    /// Base URLs of such services by name, as `az communication show` has them under `hostName`:
    /// `name = "https://name.europe.communication.azure.com"`. Default: none.
    pub services: BTreeMap<String, Url>,
    /// Host of the SMTP endpoint, for such a service.
    pub smtp_host: String,
    /// Port of the SMTP endpoint.
    pub smtp_port: u16,
    /// CA certificates to trust instead of the system's, a PEM file.
    pub ca_file: Option<PathBuf>,
}

/// Verification, drift detection and rotation of accounts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawAccounts {
    /// Hours between two verifications of an account. 0 means never. A rejected login at Azure causes one at once.
    pub verify_hours: u32,
    /// Hours between two comparisons of Azure and DNS with an account's desired state. 0 means never. A domain that
    /// waits for an approval, or for DNS, is checked every ten minutes.
    pub drift_hours: u32,
    /// Days before a client secret expires at which it is renewed, where the app may do that itself. 0 means never.
    pub rotate_days: u32,
    /// Lifetime of a new client secret in days.
    pub secret_days: u32,
    /// Hours for which the old client secret stays valid after a new one is in use.
    pub grace_hours: u32,
}

/// Where alarms go: secrets that expire, accounts that cannot send, problems that `postern status` shows.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawAlarms {
    /// URL to which each alarm is posted as JSON: `account` (null where it is about the server as a whole), `code`,
    /// `message`, `at`. Default: none.
    pub web_hook: Option<Url>,
    /// Address to which each alarm is sent, through another account if there is one. Default: none.
    pub mail_to: Option<String>,
}

/// Name servers.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawDns {
    /// Address of a name server that is asked about all domains, such as `10.0.0.53:53`, where the world's own name
    /// servers cannot be reached. Default: none; each zone's own servers are asked.
    pub server: Option<SocketAddr>,
}

/// Metrics for Prometheus.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawMetrics {
    /// Address at which `/metrics`, `/health/live` and `/health/ready` are served without a login, such as `127.0.0.1:9464`. Default: none; the
    /// management socket has it, too.
    pub listen: Option<SocketAddr>,
}

/// Events of Event Grid: what became of each recipient.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawEvents {
    /// Address at which Event Grid's web hook is served, such as `[::]:443`, with the certificates of `[tls]`. Event Grid
    /// needs one of a public CA. Default: none; no events are accepted.
    pub listen: Option<SocketAddr>,
    /// Base URL at which Event Grid reaches that address from outside, such as `https://mail.example.com`.
    /// `postern events url` prints URLs below it. Default: none.
    pub url: Option<Url>,
    /// Serve without TLS, behind a reverse proxy that has it.
    pub plain: bool,
}

/// The log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawLog {
    /// What is logged: `error`, `warn`, `info`, `debug`, or by part, `info,relay=debug`.
    pub filter: String,
    /// How it is written: `text` or `json`.
    pub format: LogFormat,
    /// What it shows of addresses, logins that are addresses too: `whole`, or `masked` for only the first character of
    /// the local part.
    pub addresses: LogAddresses,
}

/// What the log shows of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogAddresses {
    #[default]
    Whole,
    /// Only the first character of the local part.
    Masked,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Default for RawConfig {
    fn default() -> Self {
        let listener = |port, mode| RawListener {
            address: SocketAddr::from(([0_u16; 8], port)),
            mode,
            networks: Vec::new(),
            login: ListenerLogin::Required,
            allow_public_networks: false,
            repairs: Vec::new(),
        };
        Self {
            data_dir: PathBuf::from("/var/lib/postern"),
            allow_volatile_data_dir: false,
            host_name: None,
            listener: vec![listener(587, Mode::Starttls), listener(465, Mode::Tls)],
            tls: RawTls::default(),
            smtp: RawSmtp::default(),
            queue: RawQueue::default(),
            entra: RawEntra::default(),
            accounts: RawAccounts::default(),
            dns: RawDns::default(),
            alarms: RawAlarms::default(),
            metrics: RawMetrics::default(),
            events: RawEvents::default(),
            log: RawLog::default(),
        }
    }
}

impl Default for RawAccounts {
    fn default() -> Self {
        Self { verify_hours: 24, drift_hours: 6, rotate_days: 30, secret_days: 180, grace_hours: 24 }
    }
}

impl Default for RawSmtp {
    fn default() -> Self {
        Self {
            max_message_bytes: 10 * 1024 * 1024,
            max_recipients: 1_000,
            max_sessions: 10_000,
            max_sessions_per_network: 100,
            max_buffered_bytes: 512 << 20,
        }
    }
}

impl Default for RawQueue {
    fn default() -> Self {
        Self {
            expiry_hours: 48,
            history_days: 30,
            max_sending_bytes: 256 << 20,
            disk_reserve_bytes: 64 << 20,
            azure_control_fields: false,
            drop_suppressed: false,
            postmaster: None,
        }
    }
}

impl Default for RawEntra {
    fn default() -> Self {
        let settings = relay::EntraSettings::default();
        Self {
            tenants: Vec::new(),
            audiences: settings.audiences,
            authority: settings.authority,
            endpoint: settings.endpoint,
            geography: settings.geography,
            services: BTreeMap::new(),
            smtp_host: settings.smtp.0,
            smtp_port: settings.smtp.1,
            ca_file: None,
        }
    }
}

impl Default for RawLog {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text, addresses: LogAddresses::Whole }
    }
}
