//! Senders at Azure, whom they send nothing to, and which of them devices may use.

use std::collections::{HashMap, HashSet};

use azure_client::arm::CallError;
use azure_types::communication::{SuppressedAddress, SuppressionList};
use azure_types::resource_id::ResourceId;
use model::infrastructure::MadeState;
use model::sender::Sender;
use smtp::address::Mailbox;
use uuid::Uuid;

use super::super::azure_account::AzureAccount;
use super::super::observed;
use super::{Context, NotDone};

/// Azure makes it with every domain.
const DEFAULT: &str = "donotreply";

impl Context {
    pub(super) async fn make_sender(&self, name: &str, key: &str) -> Result<(), NotDone> {
        let desired = self.infrastructure.domains.get(name).and_then(|domain| domain.senders.get(key));
        let Some(desired) = desired else { return Ok(()) };
        let id = self.ids.domain(name);
        self.azure.arm.put_sender(&id, &desired.username, desired.display_name.as_deref()).await?;
        let is_there = key == DEFAULT || self.observed_domain(name).senders.contains_key(key);
        if is_there { Ok(()) } else { self.note_made(&self.ids.sender(name, key), MadeState::Made).await }
    }

    pub(super) async fn remove_sender(&self, name: &str, key: &str) -> Result<(), NotDone> {
        self.delete(&self.ids.sender(name, key)).await
    }

    /// Lets nobody send from the addresses of a domain any more.
    pub(super) async fn forget_devices(&self, address: &str) -> Result<(), NotDone> {
        let (provisioning, account) = (&self.azure.provisioning, &self.azure.account);
        let directory = provisioning.store.directory();
        let own = |one: &&Sender| one.mailbox.domain().as_str().eq_ignore_ascii_case(address);
        let gone: Vec<Sender> = directory.senders(account.id).filter(own).cloned().collect();
        if gone.is_empty() {
            return Ok(());
        }
        let detail = format!("{} gone, at {address}", gone.len());
        let audit = provisioning.entry("sender.provision", &account.name, detail);
        Ok(provisioning.store.senders().put_all(Vec::new(), gone, audit).await?)
    }

    /// Every sender at Azure becomes one here, and those that are gone there go here.
    pub(super) async fn let_devices_send(&self, name: &str) -> Result<(), NotDone> {
        let found = self.azure.arm.senders(&self.ids.domain(name)).await?;
        let address = match self.observed_domain(name).address {
            address if address.is_empty() => {
                self.azure.arm.domain(&self.ids.domain(name)).await?.properties.from_sender_domain
            }
            address => address,
        };
        let (provisioning, account) = (&self.azure.provisioning, &self.azure.account);
        let now = provisioning.clock.now();
        let there: Vec<Sender> = found
            .iter()
            .filter_map(|one| {
                let mailbox: Mailbox = format!("{}@{address}", one.properties.username).parse().ok()?;
                let display_name = one.properties.display_name.clone().filter(|name| !name.is_empty());
                Some(Sender { account: account.id, mailbox, display_name, created_at: now })
            })
            .collect();
        let directory = provisioning.store.directory();
        let key = |sender: &Sender| sender.mailbox.to_string().to_lowercase();
        let here: HashMap<String, &Sender> = directory
            .senders(account.id)
            .filter(|one| one.mailbox.domain().as_str().eq_ignore_ascii_case(&address))
            .map(|one| (key(one), one))
            .collect();
        let keys: HashSet<String> = there.iter().map(key).collect();
        let gone: Vec<Sender> = here
            .iter()
            .filter(|(key, _)| !keys.contains(*key))
            .map(|(_, sender)| (*sender).clone())
            .collect();
        // One that is here in another case stays as it is written here.
        let put: Vec<Sender> = there
            .into_iter()
            .filter_map(|sender| match here.get(&key(&sender)) {
                Some(known) if known.display_name == sender.display_name => None,
                Some(known) => Some(Sender { display_name: sender.display_name, ..(*known).clone() }),
                None => Some(sender),
            })
            .collect();
        if put.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let detail = format!("{} new or renamed, {} gone, at {address}", put.len(), gone.len());
        let audit = provisioning.entry("sender.provision", &account.name, detail);
        Ok(provisioning.store.senders().put_all(put, gone, audit).await?)
    }

    /// Puts addresses on the list of a sender. Ids follow from names, so that a second time finds the first.
    pub(super) async fn suppress(&self, name: &str, key: &str) -> Result<(), NotDone> {
        let desired = self.infrastructure.domains.get(name).and_then(|domain| domain.senders.get(key));
        let Some(desired) = desired else { return Ok(()) };
        let domain = self.ids.domain(name);
        let there = list_of(&self.azure, &domain, key).await?;
        let list = match there {
            Some(list) => domain.child("suppressionLists", &list),
            None => {
                let list = domain.child("suppressionLists", &named(&domain, key).to_string());
                let list_name = desired.username.clone();
                self.azure.arm.put_suppression_list(&list, SuppressionList { list_name }).await?;
                list
            }
        };
        let listed = self.observed_domain(name).suppressed.get(key).cloned().unwrap_or_default();
        for address in desired.suppressed.iter().filter(|one| !listed.contains(&one.to_lowercase())) {
            let name = named(&list, &address.to_lowercase()).to_string();
            let id = list.child("suppressionListAddresses", &name);
            let address = SuppressedAddress { email: address.clone() };
            self.azure.arm.put_suppressed_address(&id, address).await?;
        }
        Ok(())
    }
}

async fn list_of(azure: &AzureAccount, domain: &ResourceId, key: &str) -> Result<Option<String>, CallError> {
    let lists = observed::optional(azure.arm.suppression_lists(domain)).await?.unwrap_or_default();
    let found = lists.into_iter().find(|list| list.properties.list_name.eq_ignore_ascii_case(key));
    Ok(found.map(|list| list.name))
}

/// A GUID that follows from where a thing is and what it is called.
pub(in super::super) fn named(scope: &ResourceId, name: &str) -> Uuid {
    let text = format!("{}\n{name}", scope.to_string().to_lowercase());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
