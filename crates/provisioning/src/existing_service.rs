//! Where the communication service is that an account has already: a first domain goes there.

use api::infrastructure::manifest::Manifest;
use azure_types::communication::{CommunicationService, Resource};
use azure_types::resource_id::ResourceId;
use model::fault::Fault;

use super::Provisioning;
use super::azure_account::{AzureAccount, unseen};
use super::edit::NewDomain;

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
        let Some(id) = azure.own_service().await else { return Ok(new) };
        let Ok(service) = azure.arm.service(id).await else { return Ok(new) };
        let Ok(found) = names_and_places(&azure, &service).await else { return Ok(new) };
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

/// Names and places of a service and of the email service that belongs to it, without domains: the one of its linked
/// domains, or the only one of its group.
pub(super) async fn names_and_places(
    azure: &AzureAccount,
    service: &Resource<CommunicationService>,
) -> Result<Manifest, Fault> {
    let failed = |error| unseen(&azure.account, &error);
    let subscription = azure.connection.subscription;
    let id = azure.arm.resource_id(&service.id).map_err(|error| failed(error.into()))?;
    let group = id.resource_group().unwrap_or_default().to_owned();
    let location = azure.arm.group(&ResourceId::group(subscription, &group)).await;
    let is_near = |other: &ResourceId| other.group_id() == id.group_id();
    let mut links = service.properties.linked_domains.iter().flat_map(|link| link.parse());
    let linked = links.find(is_near);
    let mut email_service = linked.and_then(|link| link.name_of("emailServices").map(str::to_owned));
    if email_service.is_none() {
        let all = azure.arm.email_services(subscription).await.map_err(failed)?;
        let mut near = all.into_iter().filter(|one| is_near(&one.id)).map(|one| one.name);
        email_service = near.next().filter(|_| near.next().is_none());
    }
    Ok(Manifest {
        resource_group: Some(group),
        location: Some(location.map_err(failed)?.location),
        data_location: Some(service.properties.data_location.clone()),
        service: Some(service.name.clone()),
        email_service,
        ..Manifest::default()
    })
}
