//! What is wrong now, as `/v1/status`, `/metrics` and messages show it.

use jiff::Timestamp;
use relay::problems::{Clients, Observed, Problem, observe, problems};
use serde::{Deserialize, Serialize};
use store::StoreError;

use super::Api;

/// Something that keeps mail from being accepted or sent now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProblemView {
    /// A word for programs, such as `quota_used_up`; the documentation lists them.
    pub code: String,
    /// `critical`, `warning` or `notice`.
    pub severity: String,
    /// The account's name, where it is one account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The domain, address, login or network that it is about, where there can be several at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it began, as far as this is known.
    pub since: Timestamp,
    /// What happened, whose fault it is and what it holds up.
    pub message: String,
    /// What to do.
    pub action: String,
}

/// Gathers what is judged.
pub(super) async fn observed(api: &Api) -> Result<Observed, StoreError> {
    let clients = Clients::of(&api.store, &api.logins, &api.refusals, api.clock.now());
    observe((&api.store, &api.upstreams), &api.clock, clients, control::verify::worst_of).await
}

/// What is wrong now, the worst first.
pub(super) async fn now(api: &Api) -> Result<Vec<Problem>, StoreError> {
    Ok(problems(&observed(api).await?, api.clock.now()))
}

pub(super) fn view(problem: Problem) -> ProblemView {
    ProblemView {
        code: problem.code.as_str().to_owned(),
        severity: problem.code.severity().as_str().to_owned(),
        account: problem.account,
        subject: problem.subject,
        since: problem.since,
        message: problem.message,
        action: problem.action,
    }
}
