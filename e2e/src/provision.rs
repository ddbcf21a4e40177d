//! Plans that are approved as soon as they are made.

use api::infrastructure::progress::{Applied, ApplyEvent};
use control::Control;
use control::provision::{Aim, ApplyError, ApplyRequest};
use tokio::sync::mpsc::UnboundedSender;

/// Approves the plan of an account as it is now, and applies it.
///
/// # Errors
/// As [`Control::apply`].
pub async fn apply(
    control: &Control,
    account: &str,
    events: Option<UnboundedSender<ApplyEvent>>,
) -> Result<Applied, ApplyError> {
    let mut plan = Box::pin(control.plan(account, &[], None)).await?.id;
    loop {
        let request = ApplyRequest { plan, ..ApplyRequest::default() };
        match Box::pin(control.apply(account, request, events.clone())).await {
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
    let plan = Box::pin(control.plan_destruction(account, domains)).await?.id;
    let request = ApplyRequest { plan, targets: domains.to_vec(), aim: Aim::Destroyed };
    Box::pin(control.apply(account, request, events)).await
}
