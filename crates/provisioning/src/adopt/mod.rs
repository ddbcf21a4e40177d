//! Importing what the account's communication service has at Azure: as the desired state, or its senders alone.
//! Nothing is changed at Azure.

mod desired_state;
mod linked;
mod senders;

use api::infrastructure::adopted::{Adopt, AdoptScope, Adopted};
use azure_types::communication::{Resource, SmtpUsername};
use model::fault::Fault;

use super::Provisioning;
use super::service::Selected;

impl Provisioning {
    /// Lets the account send through the service of the request, the account's own, or the only one that the app has
    /// access to, and imports what that has.
    ///
    /// # Errors
    /// When there is no such service or domain, Azure cannot be read, or nothing can be stored.
    pub async fn adopt(&self, name: &str, request: &Adopt) -> Result<Adopted, Fault> {
        let account = self.account_to_change(name)?;
        let selected = self.select_service(&account, request.service.as_deref()).await?;
        match request.scope {
            AdoptScope::Senders => senders::adopt(&selected, &request.domains).await,
            AdoptScope::DesiredState => desired_state::adopt(&selected, &request.domains).await,
        }
    }
}

/// The service's SMTP usernames, which are kept too. Versions of Azure before 2025-09-01 have none.
async fn smtp_usernames(Selected { azure, id, service }: &Selected) -> Vec<Resource<SmtpUsername>> {
    let Ok(found) = azure.arm.smtp_usernames(id).await else { return Vec::new() };
    azure.provisioning.keep_smtp_usernames(&azure.account, &service.name, &found).await;
    found
}
