//! Making a domain, and looking at all domains at once while any of them is waited for.

use std::time::Duration;

use azure_client::arm::CallError;
use azure_types::requests::Switch;
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::super::observed::{ObservedDomain, Progress, desired_name};
use super::patience::look;
use super::{Context, NotDone};
use model::infrastructure::DomainOwner;

/// Looks at all domains of the email service: one call, however many steps wait.
#[derive(Default)]
pub(super) struct Looks {
    /// How many there were.
    count: Mutex<u64>,
}

impl Context {
    pub(super) async fn make_domain(&self, name: &str) -> Result<(), NotDone> {
        let Some(desired) = self.infrastructure.domains.get(name) else { return Ok(()) };
        let there = self.observed().domains.get(name).map(|there| there.progress);
        let begun = match there {
            Some(Progress::Going) => None,
            there => {
                let tracking = Switch::from(desired.tracking);
                let management = match desired.owner {
                    DomainOwner::Customer => "CustomerManaged",
                    DomainOwner::Azure => "AzureManaged",
                };
                let id = self.ids.domain(name);
                let put = self.azure.arm.put_domain(&id, management, tracking);
                Some(if there.is_some() { put.await? } else { self.make(&id, put).await? })
            }
        };
        self.observed().domains.entry(name.to_owned()).or_default().progress = Progress::Going;
        let observed =
            self.wait_for(name, self.until(), |observed| observed.progress != Progress::Going).await?;
        match observed {
            Some(observed) if observed.progress == Progress::Failed => Err(self.failed(begun.as_ref()).await),
            Some(_) => Ok(()),
            None => Err(self.is_late("making the domain")),
        }
    }

    pub(super) async fn track(&self, name: &str, wanted: Switch) -> Result<(), NotDone> {
        self.azure.arm.track(&self.ids.domain(name), wanted).await?;
        let done = |observed: &ObservedDomain| {
            observed.progress == Progress::Ready && Switch::from(observed.tracking) == wanted
        };
        let observed = self.wait_for(name, self.until(), done).await?;
        observed.map(drop).ok_or_else(|| self.is_late("changing the domain"))
    }

    pub(super) async fn delete_domain(&self, name: &str) -> Result<(), NotDone> {
        self.delete(&self.ids.domain(name)).await?;
        let address = self.observed_domain(name).address;
        self.observed().domains.remove(name);
        self.forget_devices(&address).await
    }

    /// Looks at a domain until something is true of it; `None` if it is not true by then.
    pub(super) async fn wait_for(
        &self,
        name: &str,
        until: Timestamp,
        is_so: impl Fn(&ObservedDomain) -> bool,
    ) -> Result<Option<ObservedDomain>, NotDone> {
        for number in 0.. {
            let before = *self.looks.count.lock().await;
            if self.azure.provisioning.clock.now() >= until {
                break;
            }
            self.look(before, look(number)).await?;
            let observed = self.observed_domain(name);
            if is_so(&observed) {
                return Ok(Some(observed));
            }
        }
        Ok(None)
    }

    /// Looks at all domains after a while, unless somebody has looked since there were `before` looks.
    async fn look(&self, before: u64, wait: Duration) -> Result<(), CallError> {
        let mut count = self.looks.count.lock().await;
        if *count > before {
            return Ok(());
        }
        self.azure.provisioning.clock.sleep(wait).await;
        let found = self.azure.arm.domains(self.ids.email_service()).await?;
        let mut observed = self.observed();
        for resource in &found {
            let there = observed.domains.entry(desired_name(resource)).or_default();
            let new = ObservedDomain::of(&resource.properties);
            let (dns, senders) = (there.dns, std::mem::take(&mut there.senders));
            let suppressed = std::mem::take(&mut there.suppressed);
            *there = ObservedDomain { dns, senders, suppressed, ..new };
        }
        *count += 1;
        Ok(())
    }

    pub(super) fn is_late(&self, what: &str) -> NotDone {
        NotDone::Pending(format!(
            "Azure is not done with {what} yet. Apply again later: it goes on from there"
        ))
    }
}
