//! Importing what Azure has as the desired state.

use api::infrastructure::adopted::Adopted;
use api::infrastructure::manifest::{AZURE, DomainManifest, FullSender, LoginManifest, SenderManifest};
use azure_client::arm::CallError;
use azure_types::arm::COMMUNICATION_NAMESPACE;
use azure_types::resource_id::ResourceId;
use model::fault::Fault;
use model::infrastructure::{AZURE_MANAGED, Infrastructure};

use super::linked::{Linked, named, side_by_side};
use super::smtp_usernames;
use crate::approve::Ready;
use crate::azure_account::unseen;
use crate::existing_service::names_and_places;
use crate::manifest::manifest_of;
use crate::service::Selected;
use crate::{Provisioning, observed};

/// The linked domains of those names, all if there are no names, become the desired state with their senders and
/// logins. What was desired before is no longer desired, except domains that are not named or not linked yet, and who
/// writes which zone.
pub(super) async fn adopt(selected: &Selected, domains: &[String]) -> Result<Adopted, Fault> {
    let Selected { azure, .. } = selected;
    let (provisioning, account) = (&azure.provisioning, &azure.account);
    let before = provisioning.store.infrastructure().of(account.id).await?;
    let found = look(selected, domains, before.as_ref()).await?;
    let name = account.name.as_str();
    let infrastructure = provisioning.set_infrastructure(name, found.manifest.clone()).await?;
    provisioning.let_adopted_send(name).await?;
    let senders = infrastructure.domains.values().map(|domain| domain.senders.len()).sum();
    Ok(Adopted { domains: infrastructure.domains.len(), senders, ..found })
}

impl Provisioning {
    /// Devices may send from the senders of domains that are linked. That is noted here alone: nothing is changed at
    /// Azure, and a domain that is not linked yet stays as it is.
    async fn let_adopted_send(&self, name: &str) -> Result<(), Fault> {
        let lock = self.lock(self.account_to_change(name)?.id).await?;
        let observation = Box::pin(self.observe(name, None)).await?;
        let mut plan = observation.plan();
        plan.leave(|key| key.starts_with("devices/"));
        Box::pin(self.carry_out(Ready { lock, observation, plan }, None)).await.map(drop)
    }
}

async fn look(
    selected: &Selected,
    domains: &[String],
    before: Option<&Infrastructure>,
) -> Result<Adopted, Fault> {
    let Selected { azure, service, .. } = selected;
    let manifest = names_and_places(azure, service).await?;
    let mut found = Adopted { service: service.name.clone(), manifest, ..Adopted::default() };
    let linked = read(selected, &mut found).await?;
    for one in named(&linked, &service.name, domains)? {
        let (name, desired) = adopted(one, before);
        found.manifest.domain.insert(name, desired);
    }
    for login in smtp_usernames(selected).await {
        let client =
            login.properties.entra_application_id.parse().ok().filter(|one| *one != azure.connection.client);
        let username = login.properties.username;
        found.manifest.smtp_username.insert(login.name, LoginManifest { username, client });
    }
    keep(&mut found, before, &linked);
    Ok(found)
}

/// The linked domains that are beside the service, in the email service that the manifest has; others are noted.
async fn read(selected: &Selected, found: &mut Adopted) -> Result<Vec<Linked>, Fault> {
    let Selected { azure, id, service } = selected;
    let name = found.manifest.email_service.as_deref();
    let email_service = id
        .group_id()
        .zip(name)
        .map(|(group, name)| group.resource(COMMUNICATION_NAMESPACE, "emailServices", name));
    let mut ids = Vec::new();
    for link in &service.properties.linked_domains {
        let near = link.parse().ok();
        let near = near.filter(|link: &ResourceId| email_service.is_some() && link.parent() == email_service);
        match near {
            Some(link) => ids.push(link),
            None => {
                found.notes.push(format!("{link} is in another group or email service, and is left alone."));
            }
        }
    }
    let reads = side_by_side(ids.iter().map(|id| Linked::read(azure, id)).collect()).await;
    let linked: Result<Vec<Linked>, CallError> = reads.into_iter().collect();
    linked.map_err(|error| unseen(&azure.account, &error))
}

/// What is desired and not imported stays desired, if it is on its way or not named.
fn keep(found: &mut Adopted, before: Option<&Infrastructure>, linked: &[Linked]) {
    let Some(before) = before else { return };
    found.manifest.access = before.access;
    for (name, domain) in manifest_of(before).domain {
        if found.manifest.domain.contains_key(&name) {
            continue;
        }
        if !linked.iter().any(|one| one.is_called(&name)) {
            found.notes.push(format!("{name} is not linked yet; it stays in the desired state."));
        }
        found.manifest.domain.insert(name, domain);
    }
}

fn adopted(linked: &Linked, before: Option<&Infrastructure>) -> (String, DomainManifest) {
    let Linked { domain, senders } = linked;
    let key = observed::desired_name(domain);
    let there = before.and_then(|before| before.domains.get(&key));
    let sender = |(username, display_name): (String, Option<String>)| match display_name {
        None => SenderManifest::Plain(username),
        display_name => SenderManifest::Full(FullSender { username, display_name, suppressed: Vec::new() }),
    };
    let suppressed = |one: SenderManifest| {
        let full = one.clone().into_full();
        let known = there.and_then(|there| there.senders.get(&full.username.to_lowercase()));
        match known.filter(|known| !known.suppressed.is_empty()) {
            Some(known) => SenderManifest::Full(FullSender { suppressed: known.suppressed.clone(), ..full }),
            None => one,
        }
    };
    let desired = DomainManifest {
        dns: there.map(|there| there.dns.to_string()).filter(|_| key != AZURE_MANAGED),
        tracking: domain.properties.user_engagement_tracking == "Enabled",
        dmarc: there.and_then(|there| there.dmarc.clone()),
        // The one that every domain has is there without being desired.
        senders: observed::senders(senders)
            .into_iter()
            .filter(|(name, _)| name != "donotreply")
            .map(sender)
            .map(suppressed)
            .collect(),
    };
    let name = if key == AZURE_MANAGED { AZURE.to_owned() } else { key };
    (name, desired)
}
