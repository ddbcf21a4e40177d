//! SMTP usernames of Azure: what was listed is remembered, so that clients can log in by them here too.

use azure_types::communication::{Resource, SmtpUsername as Listed};
use model::account::Account;
use model::smtp_username::SmtpUsername;
use tracing::warn;

use super::Provisioning;

impl Provisioning {
    /// Remembers what Azure lists of a service of the account. What cannot be kept now is kept the next time that
    /// somebody looks.
    pub async fn keep_smtp_usernames(&self, account: &Account, service: &str, listed: &[Resource<Listed>]) {
        let Ok(service) = service.parse::<model::name::ServiceName>() else { return };
        // Azure does not check the two ids; one that is none is the login of nobody.
        let read = |one: &Resource<Listed>| {
            Some(SmtpUsername {
                account: account.id,
                service: service.clone(),
                username: one.properties.username.clone(),
                client: one.properties.entra_application_id.parse().ok()?,
                tenant: one.properties.tenant_id.parse().ok()?,
            })
        };
        let usernames = listed.iter().filter_map(read).collect();
        if let Err(error) = self.store.smtp_usernames().replace(account.id, service, usernames).await {
            let error = &error as &dyn std::error::Error;
            warn!(error, account = %account.name, "SMTP usernames that Azure lists could not be kept");
        }
    }
}
