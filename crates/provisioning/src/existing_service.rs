//! Where the communication service is that an account has already: a first domain goes there.

use api::infrastructure::manifest::Manifest;
use azure_types::communication::{CommunicationService, Resource};
use azure_types::resource_id::ResourceId;
use model::fault::{Fault, Invalid};

use super::Provisioning;
use super::azure_account::AzureAccount;
use super::azure_account::unseen;
use super::edit::NewDomain;

/// A communication service with what it is part of.
pub(super) struct ExistingService {
    pub(super) id: ResourceId,
    pub(super) service: Resource<CommunicationService>,
    /// Names and places, without domains.
    pub(super) manifest: Manifest,
}

impl Provisioning {
    /// Fills in the group, the places and the email service of the service that was imported, where the operator has
    /// not said them. If Azure cannot be read now, the plan says what does not fit.
    pub(super) async fn with_existing_service(
        &self,
        name: &str,
        mut new: NewDomain,
    ) -> Result<NewDomain, Fault> {
        let account = self.account_to_change(name)?;
        let is_known = self.store.infrastructure().of(account.id).await?.is_some();
        let Some(own) = account.azure()?.service.as_ref().filter(|_| !is_known) else { return Ok(new) };
        let own = own.name.to_string();
        let said = &new.infrastructure;
        let is_other = said.service.as_ref().is_some_and(|said| !said.eq_ignore_ascii_case(&own));
        if is_other || (said.resource_group.is_some() && said.email_service.is_some()) {
            return Ok(new);
        }
        let Ok(azure) = self.azure_account(&account).await else { return Ok(new) };
        let Ok(existing) = existing_service(&azure, &own).await else { return Ok(new) };
        let found = existing.manifest;
        let said = &mut new.infrastructure;
        let group = found.resource_group.as_deref().unwrap_or_default();
        if said.resource_group.as_deref().is_none_or(|said| said.eq_ignore_ascii_case(group)) {
            said.resource_group = found.resource_group;
            said.location = said.location.take().or(found.location);
            said.data_location = said.data_location.take().or(found.data_location);
            said.service = found.service;
            said.email_service = said.email_service.take().or(found.email_service);
        }
        Ok(new)
    }
}

/// Looks for a service by its name, and for the email service that belongs to it: the one of its linked domains, or the
/// only one of its group.
pub(super) async fn existing_service(azure: &AzureAccount, service: &str) -> Result<ExistingService, Fault> {
    let account = &azure.account;
    let subscription = azure.connection.subscription;
    let failed = |error| unseen(account, &error);
    let services = azure.arm.services(subscription).await.map_err(failed)?;
    let listed = services.iter().find(|one| one.name.eq_ignore_ascii_case(service));
    let id = listed.map(|one| one.id.clone());
    let id = id.ok_or_else(|| Invalid::new("service", format!("the app does not see {service}")))?;
    let found = azure.arm.service(&id).await.map_err(failed)?;
    let group = id.resource_group().unwrap_or_default().to_owned();
    let location = azure.arm.group(&ResourceId::group(subscription, &group)).await;
    let is_near = |other: &ResourceId| other.group_id() == id.group_id();
    let links = found.properties.linked_domains.iter().flat_map(|link| link.parse());
    let linked = links.into_iter().find(is_near);
    let mut email_service = linked.and_then(|link| link.name_of("emailServices").map(str::to_owned));
    if email_service.is_none() {
        let all = azure.arm.email_services(subscription).await.map_err(failed)?;
        let mut near = all.into_iter().filter(|one| is_near(&one.id)).map(|one| one.name);
        email_service = near.next().filter(|_| near.next().is_none());
    }
    let manifest = Manifest {
        resource_group: Some(group),
        location: Some(location.map_err(failed)?.location),
        data_location: Some(found.properties.data_location.clone()),
        service: Some(found.name.clone()),
        email_service,
        ..Manifest::default()
    };
    Ok(ExistingService { id, service: found, manifest })
}
