//! Leaving is possible at any time: the desired state of an account, in forms that others understand. Nothing here asks
//! Azure; what is exported is the desired state, and where the last apply was complete, that is what is there.
//!
//! Everything in the desired state stays a value: each form has one function through which all strings go.

mod bicep;
mod csv;
mod terraform;

use std::collections::{BTreeMap, BTreeSet};

use azure_types::ids::{ClientId, SubscriptionId, TenantId};
use model::account::Account;
use model::cloud::Cloud;
use model::fault::Fault;
use model::infrastructure::{AZURE_MANAGED, DesiredSender, Infrastructure, ResourceIds};
use uuid::Uuid;

use super::Provisioning;
use super::perform::named;

/// A form that an infrastructure can be had in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportForm {
    /// A template for a deployment to the resource group.
    Bicep,
    /// Terraform, with `import` blocks for what is there.
    Terraform,
    /// A table of senders for those who move devices.
    Csv,
}

/// Where an infrastructure is, and whose.
pub(super) struct ExportContext {
    pub subscription: SubscriptionId,
    /// The directory of the app.
    pub tenant: TenantId,
    /// The app that sends.
    pub client: ClientId,
    /// What Terraform calls the cloud, where it is not the public one.
    pub environment: Option<&'static str>,
    /// Host and port of Azure's SMTP endpoint.
    pub relay: (String, u16),
    /// What stands behind the `@` at the domain that Azure gave, once it is known.
    pub azure_domain: Option<String>,
}

/// A suppression list, by the names that an apply gives.
pub(super) struct List<'a> {
    /// The domain, by its name in the desired state.
    pub domain: &'a str,
    /// Whose list it is.
    pub sender: &'a DesiredSender,
    pub id: Uuid,
    /// Addresses, by their names. Azure makes no difference between cases.
    pub addresses: BTreeMap<Uuid, &'a str>,
}

/// Names of which none is given twice.
#[derive(Default)]
pub(super) struct Names(BTreeSet<String>);

/// How the domain that Azure gives is called at Azure.
const AZURE_NAME: &str = "AzureManagedDomain";
/// Readers of the file see no more of a long name.
const MAX_SYMBOL: usize = 80;

impl Provisioning {
    /// The desired state of an account, as text.
    ///
    /// # Errors
    /// When there is no such account, or it has no desired state.
    pub async fn export(&self, name: &str, form: ExportForm) -> Result<String, Fault> {
        let account = self.account(name)?;
        let infrastructure = self.infrastructure(name).await?;
        let azure = account.azure()?;
        let (host, port) = azure.cloud.smtp();
        let home = ExportContext {
            subscription: azure.subscription,
            tenant: azure.tenant,
            client: azure.client,
            environment: match azure.cloud {
                Cloud::Public | Cloud::Custom(_) => None,
                Cloud::UsGovernment => Some("usgovernment"),
                Cloud::China => Some("china"),
            },
            relay: (host.to_owned(), port),
            azure_domain: self.azure_domain(&account, &infrastructure),
        };
        Ok(form.text(&infrastructure, &home))
    }

    /// Azure chooses that name, so that it is not in the desired state; once there are senders, they have it.
    fn azure_domain(&self, account: &Account, infrastructure: &Infrastructure) -> Option<String> {
        let desired = &infrastructure.domains.get(AZURE_MANAGED)?.senders;
        let directory = self.store.directory();
        directory.senders(account.id).find_map(|sender| {
            let mailbox = sender.mailbox.to_string();
            let (username, domain) = mailbox.rsplit_once('@')?;
            let is_azures = !infrastructure.domains.contains_key(&domain.to_lowercase())
                && desired.contains_key(&username.to_lowercase());
            is_azures.then(|| domain.to_owned())
        })
    }
}

model::words!(ExportForm {
    Bicep = "bicep",
    Terraform = "terraform",
    Csv = "csv",
});

impl ExportForm {
    fn text(self, infrastructure: &Infrastructure, home: &ExportContext) -> String {
        match self {
            Self::Bicep => bicep::text(infrastructure, home),
            Self::Terraform => terraform::text(infrastructure, home),
            Self::Csv => csv::text(infrastructure, home),
        }
    }
}

impl Names {
    /// An identifier in every language: the prefix, and of a text what may stand in one.
    fn symbol(&mut self, prefix: &str, text: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let text: String = text.chars().take(MAX_SYMBOL).map(plain).collect();
        self.unique(format!("{prefix}_{text}"), "_")
    }

    /// The text itself, or with a number behind it.
    fn unique(&mut self, text: String, separator: &str) -> String {
        let mut name = text.clone();
        let mut number = 1;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{text}{separator}{number}");
        }
        name
    }
}

/// The suppression lists of an infrastructure.
fn lists<'a>(infrastructure: &'a Infrastructure, ids: &ResourceIds) -> Vec<List<'a>> {
    let mut lists = Vec::new();
    for (name, domain) in &infrastructure.domains {
        let scope = ids.domain(name);
        for (key, sender) in domain.senders.iter().filter(|(_, sender)| !sender.suppressed.is_empty()) {
            let id = named(&scope, key);
            let list = scope.child("suppressionLists", &id.to_string());
            let address = |address: &'a String| (named(&list, &address.to_lowercase()), address.as_str());
            let addresses = sender.suppressed.iter().map(address).collect();
            lists.push(List { domain: name, sender, id, addresses });
        }
    }
    lists
}

/// What a domain of the desired state is called at Azure.
fn at_azure(name: &str) -> &str {
    if name == AZURE_MANAGED { AZURE_NAME } else { name }
}

/// Whether a character must not stand as it is: it would end a line, or nobody would see what it does to others.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A value within a comment: it stays on its line.
fn remark(text: &str) -> String {
    text.chars().map(|c| if is_unseen(c) { '\u{fffd}' } else { c }).collect()
}

/// A word for a shell.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests;
