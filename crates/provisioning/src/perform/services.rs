//! The provider, the group, and the two services.

use azure_client::arm::Begun;
use azure_types::arm::COMMUNICATION_NAMESPACE;
use azure_types::communication::SmtpUsername;

use super::super::endpoint::is_guess;
use super::super::observed::{ObservedService, Progress, optional};
use super::{Context, NotDone};

/// Names that are tried when the desired one is taken.
const PROPOSALS: usize = 3;

impl Context {
    pub(super) async fn register(&self) -> Result<(), NotDone> {
        let (arm, subscription) = (&self.azure.arm, self.azure.connection.subscription);
        let mut provider = arm.register(subscription, COMMUNICATION_NAMESPACE).await?;
        let mut patience = self.patience();
        while provider.registration_state != "Registered" {
            self.pause(&mut patience, "the registration of Microsoft.Communication").await?;
            provider = arm.provider(subscription, COMMUNICATION_NAMESPACE).await?;
        }
        Ok(())
    }

    pub(super) async fn make_group(&self) -> Result<(), NotDone> {
        let id = self.ids.group();
        let put = self.azure.arm.put_group(id, &self.infrastructure.location);
        if self.observed().group.is_some() {
            return Ok(put.await?);
        }
        self.make(id, put).await
    }

    pub(super) async fn make_email_service(&self) -> Result<(), NotDone> {
        let (arm, id) = (&self.azure.arm, self.ids.email_service());
        let there = self.observed().email_service.as_ref().map(|there| there.progress);
        let begun = match there {
            Some(Progress::Going) => None,
            Some(_) => Some(arm.put_service(id, &self.infrastructure.data_location).await?),
            None => Some(self.make(id, arm.put_service(id, &self.infrastructure.data_location)).await?),
        };
        let mut patience = self.patience();
        loop {
            let found = optional(arm.email_service(id)).await?;
            match found.map(|found| Progress::of(&found.properties.provisioning_state)) {
                Some(Progress::Ready) => return Ok(()),
                Some(Progress::Failed) => return Err(self.failed(begun.as_ref()).await),
                _ => self.pause(&mut patience, "the email service").await?,
            }
        }
    }

    pub(super) async fn make_service(&self) -> Result<(), NotDone> {
        let (arm, id) = (&self.azure.arm, self.ids.service());
        let there = self.observed().service.as_ref().map(|there| there.progress);
        let begun = match there {
            Some(Progress::Going | Progress::Ready) => None,
            Some(Progress::Failed) => Some(arm.put_service(id, &self.infrastructure.data_location).await?),
            None => {
                self.must_be_free(&self.infrastructure.service).await?;
                Some(self.make(id, arm.put_service(id, &self.infrastructure.data_location)).await?)
            }
        };
        let mut patience = self.patience();
        let observed = loop {
            let found = optional(arm.service(id)).await?;
            let found = found.map(|found| ObservedService::of(&found.properties));
            match found {
                Some(found) if found.progress == Progress::Ready => break found,
                Some(found) if found.progress == Progress::Failed => {
                    return Err(self.failed(begun.as_ref()).await);
                }
                _ => self.pause(&mut patience, "the communication service").await?,
            }
        };
        let host_name = observed.host_name.clone();
        self.observed().service = Some(observed);
        self.choose(&host_name).await
    }

    /// From now on the account sends through the service. Where the operator has said where that is, it stays so.
    async fn choose(&self, host_name: &str) -> Result<(), NotDone> {
        let account = self.azure.provisioning.account(self.azure.account.name.as_str());
        let account = account.map_err(|error| NotDone::Failed(model::error_chain(&error)))?;
        let own = account.azure().map_err(|error| NotDone::Failed(error.to_string()))?;
        let is_said = own.service.as_ref().is_some_and(|service| {
            service.name.as_str().eq_ignore_ascii_case(&self.infrastructure.service)
                && !is_guess(&own.cloud, service)
        });
        if is_said {
            return Ok(());
        }
        let chosen =
            self.azure.provisioning.choose_service(&account, &self.infrastructure.service, host_name).await;
        chosen.map_err(|error| NotDone::Failed(model::error_chain(&error)))
    }

    /// Names of communication services are host names: nobody in the world has the same.
    async fn must_be_free(&self, name: &str) -> Result<(), NotDone> {
        let (arm, subscription) = (&self.azure.arm, self.azure.connection.subscription);
        let answer = arm.check_name(subscription, name).await?;
        if answer.name_available {
            return Ok(());
        }
        let mut free = Vec::new();
        for _ in 0..PROPOSALS {
            let [one, two, ..] = self.azure.provisioning.entropy.bytes::<10>();
            let proposal = format!("{name}-{one:02x}{two:02x}");
            if arm.check_name(subscription, &proposal).await.is_ok_and(|answer| answer.name_available) {
                free.push(proposal);
            }
        }
        let why = answer.message.unwrap_or_else(|| "it is taken".to_owned());
        Err(NotDone::Failed(format!(
            "Azure refuses the name {name}: {} These are free: {}. Set one of them as `service`",
            super::message(&why),
            free.join(", ")
        )))
    }

    pub(super) async fn make_login(&self, name: &str) -> Result<(), NotDone> {
        let Some(desired) = self.infrastructure.smtp_usernames.get(name) else { return Ok(()) };
        let connection = &self.azure.connection;
        let login = SmtpUsername {
            username: desired.username.clone(),
            entra_application_id: desired.client.unwrap_or(connection.client).to_string(),
            tenant_id: connection.tenant.to_string(),
        };
        let id = self.ids.login(name);
        let is_there = self.observed().logins.contains_key(&name.to_lowercase());
        let put = self.azure.arm.put_smtp_username(&id, login);
        if is_there {
            put.await?;
        } else {
            self.make(&id, put).await?;
        }
        self.look_at_logins().await;
        Ok(())
    }

    pub(super) async fn delete_login(&self, name: &str) -> Result<(), NotDone> {
        self.delete(&self.ids.login(name)).await?;
        self.look_at_logins().await;
        Ok(())
    }

    /// Takes note of the SMTP usernames that there are now, so that they can be used here at once.
    async fn look_at_logins(&self) {
        if let Ok(logins) = self.azure.arm.smtp_usernames(self.ids.service()).await {
            let account = &self.azure.account;
            self.azure.provisioning.keep_smtp_usernames(account, &self.infrastructure.service, &logins).await;
        }
    }

    /// Why something that was begun came to nothing.
    pub(super) async fn failed(&self, begun: Option<&Begun>) -> NotDone {
        let operation = match begun {
            Some(begun) => self.azure.arm.operation(begun).await.ok().flatten(),
            None => None,
        };
        let error = operation.and_then(|operation| operation.error);
        let why = error.map_or_else(
            || "and says nothing more".to_owned(),
            |error| format!("({}): {}", error.code, error.message),
        );
        NotDone::Failed(format!("Azure could not make it {why}. Applying again tries once more"))
    }
}
