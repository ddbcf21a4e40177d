//! Taking over what is there: the desired state becomes what Azure has.

use std::collections::BTreeMap;

use api::infrastructure::adopted::Adopted;
use api::infrastructure::manifest::{AZURE, DomainManifest, FullSender, LoginManifest, SenderManifest};
use azure_types::arm::COMMUNICATION_NAMESPACE;
use azure_types::communication::{Domain, Resource};
use azure_types::resource_id::ResourceId;
use model::fault::{Fault, Invalid};
use model::infrastructure::{AZURE_MANAGED, Infrastructure};

use super::Provisioning;
use super::approve::Ready;
use super::azure_account::AzureAccount;
use super::azure_account::unseen;
use super::existing_service::{ExistingService, existing_service};
use super::manifest::manifest_of;
use super::observed;

impl Provisioning {
    /// Adds what the account's communication service has: its linked domains, their senders, its logins.
    /// What was desired before is no longer desired, except who writes which zone.
    ///
    /// # Errors
    /// When the account has no service, or Azure cannot be read.
    pub async fn adopt(&self, name: &str) -> Result<Adopted, Fault> {
        let account = self.settle_service(self.account_to_change(name)?).await?;
        let azure = self.azure_account(&account).await?;
        let Some(service) = azure.connection.service.as_ref().map(|service| service.name.to_string()) else {
            let reason =
                format!("it has no communication service yet: `postern account import {name}` chooses one");
            return Err(Invalid::new("account", reason).into());
        };
        let before = self.store.infrastructure().of(account.id).await?;
        let mut found = look(&azure, &service, before.as_ref()).await?;
        keep(&mut found, before.as_ref());
        let infrastructure = self.set_infrastructure(name, found.manifest.clone()).await?;
        self.let_adopted_send(name).await?;
        let senders = infrastructure.domains.values().map(|domain| domain.senders.len()).sum();
        Ok(Adopted { domains: infrastructure.domains.len(), senders, ..found })
    }
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
    azure: &AzureAccount,
    service: &str,
    before: Option<&Infrastructure>,
) -> Result<Adopted, Fault> {
    let account = &azure.account;
    let failed = |error| unseen(account, &error);
    let ExistingService { id, service: found, mut manifest } = existing_service(azure, service).await?;
    let group = id.group_id();
    let mut notes = Vec::new();
    let links = &found.properties.linked_domains;
    let name = manifest.email_service.as_deref();
    let email_service =
        group.zip(name).map(|(group, name)| group.resource(COMMUNICATION_NAMESPACE, "emailServices", name));
    for link in links {
        let near = link
            .parse()
            .ok()
            .filter(|link: &ResourceId| email_service.is_some() && link.parent() == email_service);
        let Some(link) = near else {
            notes.push(format!("{link} is in another group or email service, and is left alone."));
            continue;
        };
        let domain = azure.arm.domain(&link).await.map_err(failed)?;
        let senders = azure.arm.senders(&link).await.map_err(failed)?;
        let senders = observed::senders(&senders);
        let (name, desired) = adopted(&domain, senders, before);
        manifest.domain.insert(name, desired);
    }
    // Versions of Azure before 2025-09-01 have none.
    let logins = azure.arm.smtp_usernames(&id).await;
    if let Ok(logins) = &logins {
        azure.provisioning.keep_smtp_usernames(account, &found.name, logins).await;
    }
    for login in logins.unwrap_or_default() {
        let client =
            login.properties.entra_application_id.parse().ok().filter(|one| *one != azure.connection.client);
        let username = login.properties.username;
        manifest.smtp_username.insert(login.name, LoginManifest { username, client });
    }
    Ok(Adopted { manifest, notes, ..Adopted::default() })
}

/// What is desired and not linked yet stays desired: it is on its way.
fn keep(found: &mut Adopted, before: Option<&Infrastructure>) {
    let Some(before) = before else { return };
    found.manifest.access = before.access;
    for (name, domain) in manifest_of(before).domain {
        if found.manifest.domain.contains_key(&name) {
            continue;
        }
        found.notes.push(format!("{name} is not linked yet; it stays in the desired state."));
        found.manifest.domain.insert(name, domain);
    }
}

fn adopted(
    domain: &Resource<Domain>,
    senders: BTreeMap<String, Option<String>>,
    before: Option<&Infrastructure>,
) -> (String, DomainManifest) {
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
        senders: senders
            .into_iter()
            .filter(|(name, _)| name != "donotreply")
            .map(sender)
            .map(suppressed)
            .collect(),
    };
    let name = if key == AZURE_MANAGED { AZURE.to_owned() } else { key };
    (name, desired)
}
