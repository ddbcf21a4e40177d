//! How the relay is set up. Read from the configuration by the program, never from files here.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use azure_types::entra::AUDIENCE_COMMUNICATION;
use azure_types::ids::TenantId;
use model::name::ServiceName;
use model::suppression::OnSuppressed;
use smtp::address::Mailbox;
use url::Url;

/// Everything that is the same for all messages.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// Our own name, in trace fields and DSNs.
    pub host_name: String,
    /// How long a message is tried.
    pub expiry: Duration,
    /// Largest message in bytes.
    pub max_message_bytes: u64,
    /// Recipients of one message.
    pub max_recipients: usize,
    /// Bytes of mail data that all sessions together may hold in memory.
    pub max_buffered_bytes: u64,
    /// Bytes that messages on their way to Azure may hold in memory.
    pub max_sending_bytes: u64,
    /// What happens to header fields that control Azure's mail service.
    pub control_fields: ControlFields,
    /// What happens to recipients that mail must not go to, unless a credential says otherwise.
    pub suppressed: OnSuppressed,
    /// Who gets mail for `<Postmaster>` without a domain.
    pub postmaster: Option<Mailbox>,
    /// Logins as an app of Entra.
    pub entra: EntraSettings,
    /// How long messages that are done with are remembered.
    pub history: Duration,
}

/// What happens to header fields that control Azure's mail service (`x-ms-acsemail-...`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ControlFields {
    /// They are left out, and the attempt names them.
    #[default]
    LeftOut,
    /// They reach Azure.
    Passed,
}

/// Who may log in as an app of Entra, and where that leads.
#[derive(Clone, Debug)]
pub struct EntraSettings {
    /// Tenants whose apps may. Nobody may while it is empty.
    pub tenants: HashSet<TenantId>,
    /// Resources that a token may be for which a client brings; a slash at the end makes no difference.
    pub audiences: Vec<String>,
    /// Where tokens are had.
    pub authority: Url,
    /// Base URLs of services that belong to no account, by their names in lower case.
    pub services: HashMap<String, Url>,
    /// Base URL of a service that belongs to no account and is not listed: `{service}` stands for its name,
    /// `{geography}` for the label of its geography.
    pub endpoint: String,
    /// What `{geography}` stands for; without it, only listed services are known.
    pub geography: Option<String>,
    /// Host and port of the SMTP endpoint.
    pub smtp: (String, u16),
    /// CA certificates to trust instead of the system's.
    pub ca_pem: Option<String>,
}

impl Default for EntraSettings {
    fn default() -> Self {
        Self {
            tenants: HashSet::new(),
            audiences: vec![AUDIENCE_COMMUNICATION.to_owned()],
            authority: Url::parse("https://login.microsoftonline.com").expect("a constant URL"),
            services: HashMap::new(),
            endpoint: "https://{service}.{geography}.communication.azure.com".to_owned(),
            geography: None,
            smtp: ("smtp.azurecomm.net".to_owned(), 587),
            ca_pem: None,
        }
    }
}

impl EntraSettings {
    /// Where a service is that belongs to no account; `None` where nothing says it. A name alone does not: services
    /// made since 2024 have a label for their geography in their host names, and a token must not go to another host.
    #[must_use]
    pub fn endpoint_of(&self, service: &str) -> Option<Url> {
        // The client that logs in has written it.
        let name = service.parse::<ServiceName>().ok()?.as_str().to_ascii_lowercase();
        if let Some(listed) = self.services.get(&name) {
            return Some(listed.clone());
        }
        let mut text = self.endpoint.clone();
        if text.contains(GEOGRAPHY) {
            let label: String = self.geography.as_ref()?.split_whitespace().collect();
            text = text.replace(GEOGRAPHY, &label.to_ascii_lowercase());
        }
        text.replace("{service}", &name).parse().ok()
    }
}

const GEOGRAPHY: &str = "{geography}";

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            host_name: "localhost".to_owned(),
            expiry: Duration::from_secs(2 * 86_400),
            max_message_bytes: 10 * 1024 * 1024,
            max_recipients: 1_000,
            max_buffered_bytes: 512 << 20,
            max_sending_bytes: 256 << 20,
            control_fields: ControlFields::LeftOut,
            suppressed: OnSuppressed::Reject,
            postmaster: None,
            entra: EntraSettings::default(),
            history: Duration::from_secs(30 * 86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_without_account_is_where_the_settings_say_and_nowhere_else() {
        let mut settings = EntraSettings::default();
        let at = |settings: &EntraSettings, name: &str| settings.endpoint_of(name).map(String::from);
        assert_eq!(at(&settings, "contoso"), None, "nothing is guessed");
        let old = "https://old.communication.azure.com/".parse().unwrap();
        settings.services.insert("old".to_owned(), old);
        assert_eq!(at(&settings, "OLD").unwrap(), "https://old.communication.azure.com/");
        settings.geography = Some("United States".to_owned());
        let expected = "https://contoso.unitedstates.communication.azure.com/";
        assert_eq!(at(&settings, "Contoso").unwrap(), expected);
        for odd in ["evil.example/", "a@evil.example", "a:b@evil.example", "a#", "", "a b", "a/../b"] {
            assert_eq!(at(&settings, odd), None, "{odd:?}");
        }
        settings.endpoint = "https://localhost:8443".to_owned();
        settings.geography = None;
        assert_eq!(at(&settings, "contoso").unwrap(), "https://localhost:8443/");
    }
}
