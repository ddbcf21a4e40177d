//! The communication service that an account sends through, and where it is.

use std::sync::Arc;

use azure_types::arm::GenericResource;
use azure_types::communication::{CommunicationService, Resource};
use azure_types::resource_id::ResourceId;
use jiff::SignedDuration;
use model::account::Account;
use model::azure::{Authorization, AzureConnection, Service};
use model::fault::{Fault, Invalid};
use model::upstream::Upstream;
use store::{SecretChange, StoreError};
use url::Url;

use super::azure_account::unseen;
use super::endpoint::{believed, guess, is_guess, is_same};
use super::{AzureAccount, Provisioning};

/// The store keeps times in milliseconds.
const TICK: SignedDuration = SignedDuration::from_millis(1);
/// Before the caller gets an error because others change the same account all the time.
const TRIES: u32 = 4;

/// The service that an account sends through, as it is at Azure.
pub(super) struct Selected {
    pub(super) azure: AzureAccount,
    pub(super) id: ResourceId,
    pub(super) service: Resource<CommunicationService>,
}

impl Provisioning {
    /// Chooses the service of an account that has none, if the app sees exactly one; and asks Azure where the service
    /// is, if nobody has said it.
    ///
    /// # Errors
    /// When the change cannot be stored. An Azure that does not answer is no error.
    pub async fn settle_service(&self, account: Arc<Account>) -> Result<Arc<Account>, Fault> {
        let connection = account.azure()?;
        let is_settled = connection.service.as_ref().is_some_and(|own| !is_guess(&connection.cloud, own));
        if is_settled || connection.authorization == Authorization::AccessKey {
            return Ok(account);
        }
        let Ok(azure) = self.azure_account(&account).await else { return Ok(account) };
        if connection.service.is_some() {
            self.settle_endpoint(&azure).await?;
            return self.account(account.name.as_str());
        }
        let only = match azure.services().await {
            Ok([only]) => azure.arm.service(&only.id).await.ok(),
            _ => None,
        };
        let Some(only) = only else { return Ok(account) };
        self.choose_service(&account, &only.name, &only.properties.host_name).await?;
        self.account(account.name.as_str())
    }

    /// Lets the account send through the service of that name, its own, or the only one that the app has access to.
    ///
    /// # Errors
    /// When there is no such service, Azure cannot be asked, or the change cannot be stored.
    pub(super) async fn select_service(
        &self,
        account: &Arc<Account>,
        wanted: Option<&str>,
    ) -> Result<Selected, Fault> {
        let azure = self.azure_account(account).await?;
        let connection = &azure.connection;
        let failed = |error| unseen(account, &error);
        let services = azure.arm.services(connection.subscription).await.map_err(failed)?;
        let own = connection.service.as_ref();
        let wanted = wanted.map(str::trim).or(own.map(|own| own.name.as_str()));
        let found = pick(account.name.as_str(), &services, wanted)?;
        let id = found.id.clone();
        let service = azure.arm.service(&id).await.map_err(failed)?;
        // A base URL that the operator has set for this service stays; one that was only guessed does not.
        if azure.is_own(&service.name) && own.is_some_and(|own| !is_guess(&connection.cloud, own)) {
            return Ok(Selected { azure, id, service });
        }
        self.choose_service(account, &service.name, &service.properties.host_name).await?;
        let azure = self.azure_account(&self.account(account.name.as_str())?).await?;
        Ok(Selected { azure, id, service })
    }

    /// Asks Azure where the account's service is, if nobody has said it. What an operator said stays.
    async fn settle_endpoint(&self, azure: &AzureAccount) -> Result<(), Fault> {
        let (account, connection) = (&azure.account, &azure.connection);
        let Some(service) = connection.service.as_ref().filter(|one| is_guess(&connection.cloud, one)) else {
            return Ok(());
        };
        let Some(id) = azure.own_service().await else { return Ok(()) };
        let Ok(found) = azure.arm.service(id).await else { return Ok(()) };
        match believed(&connection.cloud, &found.properties.host_name) {
            Some(endpoint) if !is_same(&endpoint, &service.endpoint) => {
                let detail = format!("endpoint {endpoint}");
                self.set_service(account, Service { name: service.name.clone(), endpoint }, detail).await
            }
            _ => Ok(()),
        }
    }

    /// From now on the account sends through the service of that name, at the host that Azure says.
    ///
    /// # Errors
    /// When the name is not one, or the change cannot be stored.
    pub async fn choose_service(&self, account: &Account, name: &str, host_name: &str) -> Result<(), Fault> {
        let cloud = &account.azure()?.cloud;
        let name = name.parse().map_err(|error| Invalid::new("service", error))?;
        let mut detail = format!("service {name}");
        let endpoint: Url = match believed(cloud, host_name) {
            Some(url) => {
                detail.push_str(&format!(", endpoint {url}"));
                url
            }
            None => guess(cloud, &name).parse().map_err(|error| Invalid::new("service", error))?,
        };
        self.set_service(account, Service { name, endpoint }, detail).await
    }

    async fn set_service(&self, account: &Account, service: Service, detail: String) -> Result<(), Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            let before = self.account_to_change(account.name.as_str())?;
            let changed_at = self.clock.now().max(clock::after(before.changed_at, TICK));
            let connection = AzureConnection { service: Some(service.clone()), ..before.azure()?.clone() };
            let changed =
                Account { upstream: Upstream::Azure(connection), changed_at, ..Account::clone(&before) };
            let audit = self.entry("account.edit", &before.name, detail.clone());
            let accounts = self.store.accounts();
            match accounts.change(changed, before.changed_at, SecretChange::None, audit).await {
                // Somebody else changed it, perhaps another field.
                Err(StoreError::Changed(_)) if tries < TRIES => {}
                stored => return Ok(stored?),
            }
        }
    }
}

/// The service of that name, or the only one.
fn pick<'a>(
    account: &str,
    services: &'a [GenericResource],
    wanted: Option<&str>,
) -> Result<&'a GenericResource, Invalid> {
    let names = services.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
    let reason = match (services, wanted) {
        ([], _) => format!(
            "the app does not have access to any communication service; `postern account verify {account}` shows what is \
             missing"
        ),
        (_, Some(wanted)) => {
            if let Some(found) = services.iter().find(|one| one.name.eq_ignore_ascii_case(wanted)) {
                return Ok(found);
            }
            format!(
                "the app does not have access to a communication service named {wanted}, only to: {names}"
            )
        }
        ([only], None) => return Ok(only),
        (_, None) => {
            format!("the app has access to several communication services, select one of them: {names}")
        }
    };
    Err(Invalid::new("service", reason))
}

#[cfg(test)]
mod tests {
    use azure_types::arm::COMMUNICATION_NAMESPACE;

    use super::*;

    #[test]
    fn a_service_is_selected_by_its_name_or_as_the_only_one() {
        let group = ResourceId::group("0f1e2d3c-0000-4000-8000-000000000000".parse().unwrap(), "mail");
        let service = |name: &str| {
            let id = group.resource(COMMUNICATION_NAMESPACE, "communicationServices", name);
            GenericResource { id, name: name.to_owned() }
        };
        let (one, two) = ([service("mail")], [service("mail"), service("spare")]);
        for (services, wanted, expected) in [
            (&one[..], None, Ok("mail")),
            (&two, Some("SPARE"), Ok("spare")),
            (
                &two,
                None,
                Err("the app has access to several communication services, select one of them: mail, spare"),
            ),
            (
                &one,
                Some("spare"),
                Err("the app does not have access to a communication service named spare, only to: mail"),
            ),
            (
                &[],
                Some("mail"),
                Err(
                    "the app does not have access to any communication service; `postern account verify contoso` shows \
                     what is missing",
                ),
            ),
        ] {
            let picked = pick("contoso", services, wanted).map(|found| found.name.clone());
            assert_eq!(
                picked.map_err(|error| error.reason),
                expected.map(str::to_owned).map_err(str::to_owned)
            );
        }
    }
}
