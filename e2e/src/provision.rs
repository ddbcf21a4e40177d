//! Domains on the services that a story's account has, and plans that are approved as soon as they are made.

use api::infrastructure::manifest::{DomainManifest, Manifest};
use api::infrastructure::progress::{Applied, ApplyEvent};
use control::Control;
use provisioning::{Aim, ApplyError, ApplyRequest, NewDomain};
use tokio::sync::mpsc::UnboundedSender;

/// Adds a domain to the desired state of the account contoso, in its resource group and email service.
///
/// # Panics
/// When the domain is refused.
pub async fn add_domain(control: &Control, name: &str, manifest: DomainManifest) {
    let infrastructure = Manifest {
        resource_group: Some("mail".into()),
        email_service: Some("contoso-email".into()),
        ..Manifest::default()
    };
    let new = NewDomain { name: name.to_owned(), manifest, infrastructure };
    control.provisioning().add_domain("contoso", new).await.unwrap();
}

/// Approves the plan of an account as it is now, and applies it.
///
/// # Errors
/// As [`Control::apply`].
pub async fn apply(
    control: &Control,
    account: &str,
    events: Option<UnboundedSender<ApplyEvent>>,
) -> Result<Applied, ApplyError> {
    let mut plan = Box::pin(control.provisioning().plan(account, &[], None)).await?.id;
    loop {
        let request = ApplyRequest { plan, ..ApplyRequest::default() };
        match Box::pin(control.provisioning().apply(account, request, events.clone())).await {
            // What Azure was still at when the plan was made is done by now.
            Err(ApplyError::PlanChanged(changed)) => plan = changed.id,
            applied => return applied,
        }
    }
}

/// Approves that what was made for an account, or `domains` of it, is removed as things are now, and removes it.
///
/// # Errors
/// As [`Control::apply`].
pub async fn destroy(
    control: &Control,
    account: &str,
    domains: &[String],
    events: Option<UnboundedSender<ApplyEvent>>,
) -> Result<Applied, ApplyError> {
    let plan = Box::pin(control.provisioning().plan_destruction(account, domains)).await?.id;
    let request = ApplyRequest { plan, targets: domains.to_vec(), aim: Aim::Destroyed };
    Box::pin(control.provisioning().apply(account, request, events)).await
}
