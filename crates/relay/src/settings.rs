//! How the relay is set up. Read from the configuration by the program, never from files here.

use std::collections::HashSet;
use std::time::Duration;

use azure_types::ids::TenantId;
use smtp::address::Mailbox;
use url::Url;

/// Everything that is the same for all messages.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// Our own name, in trace fields and notices.
    pub host_name: String,
    /// How long a message is tried.
    pub expiry: Duration,
    /// Largest message in octets.
    pub max_message_octets: u64,
    /// Recipients of one message.
    pub max_recipients: usize,
    /// Octets of mail data that all sessions together may hold in memory.
    pub max_buffered_octets: u64,
    /// Octets that messages on their way to Azure may hold in memory.
    pub max_sending_octets: u64,
    /// Who gets mail for `<Postmaster>` without a domain.
    pub postmaster: Option<Mailbox>,
    /// Logins with the client secret of an app.
    pub entra: EntraSettings,
    /// How long messages that are done with are remembered.
    pub history: Duration,
}

/// Who may log in with the client secret of an app, and where that leads.
#[derive(Clone, Debug)]
pub struct EntraSettings {
    /// Tenants whose apps may. Nobody may while it is empty.
    pub tenants: HashSet<TenantId>,
    /// Where tokens are had.
    pub authority: Url,
    /// Origin of a service that belongs to no account; `{service}` stands for its name.
    pub endpoint: String,
    /// Host and port of the SMTP endpoint.
    pub smtp: (String, u16),
    /// CA certificates to trust instead of the system's.
    pub ca_pem: Option<String>,
}

impl Default for EntraSettings {
    fn default() -> Self {
        Self {
            tenants: HashSet::new(),
            authority: Url::parse("https://login.microsoftonline.com").expect("a constant URL"),
            endpoint: "https://{service}.communication.azure.com".to_owned(),
            smtp: ("smtp.azurecomm.net".to_owned(), 587),
            ca_pem: None,
        }
    }
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            host_name: "localhost".to_owned(),
            expiry: Duration::from_secs(2 * 86_400),
            max_message_octets: 10 * 1024 * 1024,
            max_recipients: 1_000,
            max_buffered_octets: 512 << 20,
            max_sending_octets: 256 << 20,
            postmaster: None,
            entra: EntraSettings::default(),
            history: Duration::from_secs(30 * 86_400),
        }
    }
}
