//! Whether a plan can succeed: its names are free and the app has the rights, before anything is made.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA256, digest};
use azure_types::permission::Permission;
use azure_types::resource_id::ResourceId;

use super::observation::Observation;
use super::plan::Plan;
use super::step::Action;
use super::{clean, perform};

/// Free names that are proposed for one that is taken.
const PROPOSALS: u8 = 3;

impl Observation {
    /// Notes in a plan why it cannot succeed, with who has to act and the command. What Azure does not say does not block it.
    pub(super) async fn check(&self, plan: &mut Plan) {
        if plan.steps.iter().any(|step| step.action == Action::Service) && self.observed.service.is_none() {
            plan.blockers.extend(self.name_taken().await);
        }
        let mut needed: BTreeMap<ResourceId, BTreeSet<&'static str>> = BTreeMap::new();
        // A role that the plan itself gives is not there yet.
        let gives_rights = plan.steps.iter().any(|step| step.action == Action::Access);
        for step in plan.steps.iter().filter(|_| !gives_rights) {
            if let Some((scope, action)) = self.right(&step.action) {
                needed.entry(scope).or_default().insert(action);
            }
        }
        for (scope, actions) in needed {
            // An app without any role there gets an error instead of an empty list.
            let Ok(permissions) = self.azure.arm.permissions(&scope).await else { continue };
            plan.blockers.extend(self.lacking(&scope, &actions, &permissions));
        }
    }

    fn lacking(
        &self,
        scope: &ResourceId,
        actions: &BTreeSet<&'static str>,
        permissions: &[Permission],
    ) -> Option<String> {
        let is_missing = |action: &&&str| !permissions.iter().any(|one| one.allows(action));
        let missing: Vec<&str> = actions.iter().filter(is_missing).copied().collect();
        (!missing.is_empty()).then(|| {
            format!(
                "The app may not {} at {scope}. Action required from: the subscription's owner; \
                 `postern account verify {}` prints the role and the command that assigns it.",
                missing.join(", "),
                self.azure.account.name
            )
        })
    }

    /// Names of communication services are host names: nobody in the world has the same.
    async fn name_taken(&self) -> Option<String> {
        let (arm, account) = (&self.azure.arm, &self.azure.account);
        let subscription = self.azure.connection.subscription;
        let name = &self.infrastructure.service;
        let answer = arm.check_name(subscription, name).await.ok()?;
        if answer.name_available {
            return None;
        }
        let mut free = Vec::new();
        for number in 0..PROPOSALS {
            // The same name has the same proposals: a plan is the same whenever it is made.
            let seed = digest(&SHA256, format!("{}/{name}/{number}", account.id).as_bytes());
            let suffix: String = seed.as_ref().iter().take(2).map(|byte| format!("{byte:02x}")).collect();
            let proposal = format!("{name}-{suffix}");
            let answer = arm.check_name(subscription, &proposal).await;
            if answer.is_ok_and(|answer| answer.name_available) {
                free.push(proposal);
            }
        }
        let why = answer.message.unwrap_or_else(|| "it is taken".to_owned());
        Some(format!(
            "Azure refuses the name {name} for the communication service: {} These are free: {}. Action required from: \
             you; set one of them as `service` (`postern apply FILE`), or use one that you have: `postern adopt --account \
             {} --service NAME`.",
            clean(&perform::message(&why)),
            free.join(", "),
            account.name
        ))
    }

    /// The right that a step needs, and the narrowest scope that exists where it has to be had.
    fn right(&self, action: &Action) -> Option<(ResourceId, &'static str)> {
        let observed = &self.observed;
        let subscription = ResourceId::from(self.azure.connection.subscription);
        let group = if observed.group.is_some() { self.ids.group() } else { &subscription };
        let service = if observed.service.is_some() { self.ids.service() } else { group };
        let email = if observed.email_service.is_some() { self.ids.email_service() } else { group };
        let (scope, action) = match action {
            Action::Group => (group, "Microsoft.Resources/subscriptions/resourceGroups/Write"),
            Action::EmailService => (group, "Microsoft.Communication/EmailServices/Write"),
            Action::Service | Action::Link(_) | Action::Unlink(_) => {
                (service, "Microsoft.Communication/CommunicationServices/Write")
            }
            Action::Domain(_) | Action::Track(..) => {
                (email, "Microsoft.Communication/EmailServices/Domains/Write")
            }
            Action::Ownership(_) | Action::Records(_) => {
                (email, "Microsoft.Communication/EmailServices/Domains/InitiateVerification/Action")
            }
            Action::Sender(..) => {
                (email, "Microsoft.Communication/EmailServices/Domains/SenderUsernames/Write")
            }
            _ => return None,
        };
        Some((scope.clone(), action))
    }
}
