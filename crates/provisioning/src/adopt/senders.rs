//! Importing the senders of linked domains alone.

use api::infrastructure::adopted::Adopted;
use azure_client::arm::CallError;
use azure_client::fault::explain;
use azure_types::communication::SenderUsername;
use model::fault::Fault;
use model::sender::Sender;
use smtp::address::Mailbox;

use super::linked::{Linked, named, side_by_side};
use super::smtp_usernames;
use crate::azure_account::{AzureAccount, unseen};
use crate::service::Selected;

/// All linked domains. One that the app may not read is noted.
async fn read(Selected { azure, service, .. }: &Selected) -> Result<(Vec<Linked>, Vec<String>), Fault> {
    let links = &service.properties.linked_domains;
    let reads = links.iter().map(|link| async move { (link, linked(azure, link).await) }).collect();
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    for (link, read) in side_by_side(reads).await {
        match read {
            Ok(linked) => found.push(linked),
            Err(error) if error.is(403) || error.is(404) => {
                notes.push(format!("The senders of {link} are not imported: {}.", explain(&error)));
            }
            Err(error) => return Err(unseen(&azure.account, &error)),
        }
    }
    Ok((found, notes))
}

async fn linked(azure: &AzureAccount, link: &str) -> Result<Linked, CallError> {
    Linked::read(azure, &azure.arm.resource_id(link)?).await
}

/// Senders of the domains of those names become the account's: of all linked domains if there are no names.
pub(super) async fn adopt(selected: &Selected, domains: &[String]) -> Result<Adopted, Fault> {
    let Selected { azure, service, .. } = selected;
    smtp_usernames(selected).await;
    let (linked, notes) = read(selected).await?;
    let wanted = named(&linked, &service.name, domains)?;
    let domains = wanted.len();
    let mut adopted = Adopted { service: service.name.clone(), domains, notes, ..Adopted::default() };
    for domain in wanted {
        for sender in &domain.senders {
            add(azure, domain.host(), &sender.properties, &mut adopted).await?;
        }
    }
    Ok(adopted)
}

/// Adds a sender, unless it is here already.
async fn add(
    azure: &AzureAccount,
    host: &str,
    found: &SenderUsername,
    adopted: &mut Adopted,
) -> Result<(), Fault> {
    let (provisioning, account) = (&azure.provisioning, &azure.account);
    let address = format!("{}@{host}", found.username);
    let Ok(mailbox) = address.parse::<Mailbox>() else { return Ok(()) };
    adopted.senders += 1;
    if provisioning.store.directory().sender(account.id, &mailbox).is_some() {
        adopted.there.push(address);
        return Ok(());
    }
    let audit =
        provisioning.entry("sender.add", &address, format!("account {}, imported from Azure", account.name));
    let display_name = found.display_name.clone().filter(|text| !text.is_empty());
    let created_at = provisioning.clock.now();
    let sender = Sender { account: account.id, mailbox, display_name, created_at };
    provisioning.store.senders().add(sender, audit).await?;
    adopted.added.push(address);
    Ok(())
}
