//! One step towards an infrastructure, or away from it: what it does, what it calls, what it waits for.

use api::infrastructure::plan::StepView;
use api::verification::ActionOwner;
use model::infrastructure::{AZURE_MANAGED, DnsWay, DomainOwner, ResourceIds};

/// One step. Its key is the same whenever it is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// What it does.
    pub action: Action,
    /// Steps that have to be done before it.
    pub after: Vec<String>,
    /// Steps that have to have ended before it, well or badly.
    pub behind: Vec<String>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Register,
    /// Makes the resource group.
    Group,
    /// Makes the email service.
    EmailService,
    /// Makes the communication service, and lets the account send through it.
    Service,
    /// Gives the app the smallest role that sends.
    Access,
    /// Makes a domain.
    Domain(String),
    /// Switches the following of opens and clicks.
    Track(String, bool),
    /// Writes the records into DNS, and waits until its servers show them.
    Dns(String, DnsWay),
    /// Has the ownership of a domain verified.
    Ownership(String),
    /// Has SPF and keys verified.
    Records(String),
    /// Links a domain to the communication service.
    Link(String),
    /// Makes or renames a sender.
    Sender(String, String),
    /// Puts addresses on the list of a sender.
    Suppress(String, String),
    /// Removes a sender that Postern made and that is no longer desired.
    RemoveSender(String, String),
    /// Lets devices send from the senders of a domain.
    Devices(String),
    /// Makes or changes a login for Azure's own SMTP endpoint.
    Login(String),
    /// Ends the link of a domain.
    Unlink(String),
    /// Takes records away that Postern wrote.
    RemoveDns(String),
    /// Deletes a domain.
    DeleteDomain(String),
    /// Deletes a login.
    DeleteLogin(String),
    /// Deletes the communication service.
    DeleteService,
    /// Deletes the email service.
    DeleteEmailService,
}

impl Step {
    pub(super) fn new(action: Action, after: impl IntoIterator<Item = Action>) -> Self {
        let after = after.into_iter().map(|action| action.key()).collect();
        Self { action, after, behind: Vec::new() }
    }

    /// What it is recorded under.
    #[must_use]
    pub(crate) fn key(&self) -> String {
        self.action.key()
    }

    /// As people and programs see it.
    #[must_use]
    pub(crate) fn view(&self, ids: &ResourceIds) -> StepView {
        let is_manual = matches!(&self.action, Action::Dns(_, DnsWay::Manual));
        StepView {
            key: self.key(),
            message: self.action.message(),
            calls: self.action.calls(ids),
            after: self.after.clone(),
            details: Vec::new(),
            changes: Vec::new(),
            is_final: self.action.is_final(),
            needs: is_manual.then_some(ActionOwner::You),
        }
    }
}

impl Action {
    /// What it is recorded under.
    #[must_use]
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Register => "provider".to_owned(),
            Self::Group => "group".to_owned(),
            Self::EmailService => "email-service".to_owned(),
            Self::Service => "service".to_owned(),
            Self::Access => "access".to_owned(),
            Self::Domain(name) => format!("domain/{name}"),
            Self::Track(name, _) => format!("tracking/{name}"),
            Self::Dns(name, _) => format!("dns/{name}"),
            Self::Ownership(name) => format!("ownership/{name}"),
            Self::Records(name) => format!("records/{name}"),
            Self::Link(name) => format!("link/{name}"),
            Self::Sender(name, username) => format!("sender/{name}/{username}"),
            Self::Suppress(name, username) => format!("suppressed/{name}/{username}"),
            Self::RemoveSender(name, username) => format!("remove-sender/{name}/{username}"),
            Self::Devices(name) => format!("devices/{name}"),
            Self::Login(name) => format!("login/{name}"),
            Self::Unlink(name) => format!("unlink/{name}"),
            Self::RemoveDns(name) => format!("remove-dns/{name}"),
            Self::DeleteDomain(name) => format!("delete-domain/{name}"),
            Self::DeleteLogin(name) => format!("delete-login/{name}"),
            Self::DeleteService => "delete-service".to_owned(),
            Self::DeleteEmailService => "delete-email-service".to_owned(),
        }
    }

    /// The domain that it is about.
    #[must_use]
    pub(crate) fn domain(&self) -> Option<&str> {
        match self {
            Self::Domain(name)
            | Self::Track(name, _)
            | Self::Dns(name, _)
            | Self::Ownership(name)
            | Self::Records(name)
            | Self::Link(name)
            | Self::Sender(name, _)
            | Self::Suppress(name, _)
            | Self::RemoveSender(name, _)
            | Self::Devices(name)
            | Self::Unlink(name)
            | Self::RemoveDns(name)
            | Self::DeleteDomain(name) => Some(name),
            _ => None,
        }
    }

    /// What it does, in a sentence.
    #[must_use]
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Register => "register the resource provider Microsoft.Communication".to_owned(),
            Self::Group => "make the resource group".to_owned(),
            Self::EmailService => "make the email service, which domains are part of".to_owned(),
            Self::Service => "make the communication service, and send through it".to_owned(),
            Self::Access => "give the app the smallest role that sends".to_owned(),
            Self::Domain(name) if name == AZURE_MANAGED => "get a domain of Azure's own".to_owned(),
            Self::Domain(name) => format!("make the domain {name}"),
            Self::Track(name, true) => format!("follow opens and clicks of mail from {name}"),
            Self::Track(name, false) => format!("stop following opens and clicks of mail from {name}"),
            Self::Dns(name, DnsWay::Manual) => format!("wait until you have written the records of {name}"),
            Self::Dns(name, DnsWay::Azure) => format!("write the records of {name} into Azure DNS"),
            Self::Dns(name, DnsWay::Connection(way)) => format!("write the records of {name} through {way}"),
            Self::Ownership(name) => format!("have the ownership of {name} verified"),
            Self::Records(name) => format!("have SPF, DKIM and DKIM2 of {name} verified"),
            Self::Link(name) => format!("link {} to the communication service", domain_title(name)),
            Self::Sender(name, username) => format!("make the sender {}", address(username, name)),
            Self::Suppress(name, username) => {
                format!("put addresses on the suppression list of {}", address(username, name))
            }
            Self::RemoveSender(name, username) => format!("take the sender {} away", address(username, name)),
            Self::Devices(name) => format!("let devices send from the senders of {}", domain_title(name)),
            Self::Login(name) => format!("make the SMTP username {name}"),
            Self::Unlink(name) => format!("end the link of {}", domain_title(name)),
            Self::RemoveDns(name) => format!("take the records of {name} away that Postern wrote"),
            Self::DeleteDomain(name) => format!("delete the domain {}", domain_title(name)),
            Self::DeleteLogin(name) => format!("delete the SMTP username {name}"),
            Self::DeleteService => "delete the communication service".to_owned(),
            Self::DeleteEmailService => "delete the email service".to_owned(),
        }
    }

    /// Whether it cannot be undone.
    #[must_use]
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::DeleteDomain(_) | Self::DeleteService | Self::DeleteEmailService)
    }

    /// The calls that it makes, as far as they are known before.
    fn calls(&self, ids: &ResourceIds) -> Vec<String> {
        let (service, email) = (ids.service(), ids.email_service());
        let verify = |name: &str, parts: &[&str]| {
            let call = |part: &&str| format!("POST {}/initiateVerification {part}", ids.domain(name));
            parts.iter().map(call).collect()
        };
        match self {
            Self::Register => vec!["POST .../providers/Microsoft.Communication/register".to_owned()],
            Self::Group => vec![format!("PUT {}", ids.group())],
            Self::EmailService => vec![format!("PUT {email}")],
            Self::Service => vec!["POST .../checkNameAvailability".to_owned(), format!("PUT {service}")],
            Self::Access => vec![
                format!("PUT {service}/providers/Microsoft.Authorization/roleDefinitions/..."),
                format!("PUT {service}/providers/Microsoft.Authorization/roleAssignments/..."),
            ],
            Self::Domain(name) => vec![format!("PUT {}", ids.domain(name))],
            Self::Track(name, _) => vec![format!("PATCH {}", ids.domain(name))],
            Self::Ownership(name) => verify(name, &["Domain"]),
            Self::Records(name) => verify(name, &["SPF", "DKIM", "DKIM2"]),
            Self::Link(_) | Self::Unlink(_) => vec![format!("PATCH {service} linkedDomains")],
            Self::Sender(name, username) => vec![format!("PUT {}", ids.sender(name, username))],
            Self::RemoveSender(name, username) => vec![format!("DELETE {}", ids.sender(name, username))],
            Self::Suppress(name, _) => vec![format!("PUT {}/suppressionLists/...", ids.domain(name))],
            Self::Login(name) => vec![format!("PUT {}", ids.login(name))],
            Self::DeleteLogin(name) => vec![format!("DELETE {}", ids.login(name))],
            Self::DeleteDomain(name) => vec![format!("DELETE {}", ids.domain(name))],
            Self::DeleteService => vec![format!("DELETE {service}")],
            Self::DeleteEmailService => vec![format!("DELETE {email}")],
            Self::Dns(..) | Self::RemoveDns(_) | Self::Devices(_) => Vec::new(),
        }
    }
}

/// A domain as people know it.
#[must_use]
pub fn domain_title(name: &str) -> &str {
    if name == AZURE_MANAGED { "Azure's own domain" } else { name }
}

/// A sender as people know it. What Azure calls its own domain is known only later.
fn address(username: &str, domain: &str) -> String {
    if domain == AZURE_MANAGED {
        format!("{username} at Azure's own domain")
    } else {
        format!("{username}@{domain}")
    }
}

/// Whether a domain's records are anybody's business.
pub(super) fn has_records(owner: DomainOwner) -> bool {
    owner == DomainOwner::Customer
}
