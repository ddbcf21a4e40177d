//! What the checks share: names for codes, and what a call that failed means to any of them.

use api::verification::{ActionOwner, Check, Finding};
use azure_client::RequestFailure;
use azure_client::arm::CallError;

/// What is found when a call fails in a way that has nothing to do with the check itself.
pub(super) fn trouble(check: Check, error: &CallError) -> Finding {
    let name = |word: &str| format!("{}.{word}", serde_name(check));
    match error {
        CallError::Token(failure) => {
            let message = format!("Postern could not check this, because it has no token for it: {failure}.");
            Finding::warning(check, &name("no_token"), message).by(ActionOwner::Wait)
        }
        CallError::Failed(RequestFailure::Answered(answered)) if answered.http_status == 429 => {
            let message = "Azure is throttling requests; verify again in a minute.";
            Finding::warning(check, &name("throttled"), message).by(ActionOwner::Wait)
        }
        CallError::Failed(RequestFailure::Answered(answered)) if answered.http_status >= 500 => {
            let message =
                format!("Azure reported an error of its own ({answered}); verify again in a few minutes.");
            Finding::warning(check, &name("azure_in_trouble"), message).by(ActionOwner::Microsoft)
        }
        CallError::Failed(failure) => {
            let message = format!("Azure gave an unexpected answer: {}.", failure.chain());
            Finding::warning(check, &name("unexpected"), message).by(ActionOwner::You)
        }
    }
}

/// A check as it stands in codes.
pub(super) fn serde_name(check: Check) -> String {
    serde_json::to_value(check).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
