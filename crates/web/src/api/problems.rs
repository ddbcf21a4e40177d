//! What is wrong now, as `/v1/status`, `/metrics` and messages show it.

use api::status::ProblemView;
use relay::problems::{Observed, Problem};

use super::Api;
use crate::error::ApiError;

/// Gathers what is judged.
pub(super) async fn observed(api: &Api) -> Result<Observed, ApiError> {
    Ok(api.relay.observed(control::verify::worst_of).await?)
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
