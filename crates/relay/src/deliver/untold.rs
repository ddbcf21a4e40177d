//! Telling senders of failures that delivery reports brought, and of successes to those who want to hear of them. Works from what is stored as untold, so that neither a
//! crash nor a full disk loses a DSN: a report is not given again.

use std::future::pending;
use std::time::Duration;

use message::notification::{Action, Diagnostic, Speaker};
use model::tracking::{RecipientOutcome, RecipientState};
use store::{StoreError, Untold};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::Context;
use super::dsn::{self, News};
use super::outcome::Failed;

/// Between two looks, where nothing is added.
const LOOK: Duration = Duration::from_secs(300);
/// After a look that left something which could not be queued.
const RETRY: Duration = Duration::from_secs(60);
/// Recipients that are read together.
const PAGE: usize = 100;

/// What a look over all that is untold has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// DSNs that could not be queued now.
    Some,
}

/// Queues DSNs until `shutdown`: at the start, when a failure is reported, and again where that did not work.
pub(crate) async fn tell_untold(context: Context, shutdown: CancellationToken) {
    let queue = context.store.queue();
    loop {
        let left = look(&context).await.unwrap_or_else(|error| {
            error!(
                error = model::error_chain(&error),
                "senders cannot be told of failures; Postern tries again"
            );
            Left::Some
        });
        let wait = if left == Left::Nothing { LOOK } else { RETRY };
        let added = async {
            match left {
                Left::Nothing => queue.untold_added().await,
                // One more would not be queued either.
                Left::Some => pending().await,
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = context.clock.sleep(wait) => {}
            () = added => {}
        }
    }
}

async fn look(context: &Context) -> Result<Left, StoreError> {
    let (mut left, mut last) = (Left::Nothing, None);
    loop {
        let page = context.store.queue().untold(last.as_ref(), PAGE).await?;
        for untold in &page {
            if tell(context, untold).await? == Left::Some {
                left = Left::Some;
            }
        }
        if page.len() < PAGE {
            return Ok(left);
        }
        last = page.last().cloned();
    }
}

/// Queues the DSN of one recipient. That of a disabled account waits until the account is enabled.
async fn tell(context: &Context, untold: &Untold) -> Result<Left, StoreError> {
    let Some(account) = context.store.directory().account(untold.account).cloned() else {
        return done(context, untold).await;
    };
    if !account.is_enabled() {
        return Ok(Left::Nothing);
    }
    let Some(outcome) = &untold.outcome else { return done(context, untold).await };
    let recipients = [untold.recipient.clone()];
    let failures = [(untold.recipient.clone(), failed(outcome))];
    let status = outcome.status.as_deref().filter(|status| status.starts_with("2."));
    let succeeded = |action| News::Succeeded { action, recipients: &recipients, status };
    let news = match outcome.state {
        RecipientState::Delivered => succeeded(Action::Delivered),
        RecipientState::Expanded => succeeded(Action::Expanded),
        state if state.is_failure() => News::Failed(&failures),
        _ => return done(context, untold).await,
    };
    if let Err(rejection) = dsn::queue(context, &account, untold.id, news).await {
        let error = model::error_chain(&rejection);
        warn!(message.id = %untold.id.message, error, "a DSN about a delivery report could not be queued");
        // What is rejected for what it is would be rejected again.
        if rejection.is_temporary() {
            return Ok(Left::Some);
        }
    }
    done(context, untold).await
}

/// The sender has heard of a recipient, or never will.
async fn done(context: &Context, untold: &Untold) -> Result<Left, StoreError> {
    context.store.queue().told(untold).await?;
    Ok(Left::Nothing)
}

fn failed(outcome: &RecipientOutcome) -> Failed {
    let (default, reason) = match outcome.state {
        RecipientState::Suppressed => ((1, 1), "The address is on a suppression list of Azure's."),
        RecipientState::FilteredSpam => ((7, 1), "The message was rejected as spam."),
        RecipientState::Quarantined => ((7, 1), "The message was put into quarantine."),
        RecipientState::Bounced => ((0, 0), "The recipient's server rejected the message."),
        _ => ((0, 0), "The message could not be delivered."),
    };
    let status = outcome.status.as_deref().and_then(|status| {
        let mut parts = status.strip_prefix("5.")?.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    });
    // Only what a server said is of type smtp (RFC 3464 section 2.3.6).
    let is_reply = |text: &str| {
        text.split_whitespace().next().is_some_and(|word| word.len() == 3 && word.parse::<u16>().is_ok())
    };
    let (reason, diagnostic) = match outcome.text.as_str() {
        "" => (reason.to_owned(), None),
        text if is_reply(text) => {
            (reason.to_owned(), Some(Diagnostic { speaker: Speaker::Smtp, text: text.to_owned() }))
        }
        text => (reason.to_owned(), Some(Diagnostic { speaker: Speaker::Azure, text: text.to_owned() })),
    };
    Failed { code: 550, status: status.unwrap_or(default), reason, diagnostic }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_says_what_the_server_said_or_what_the_outcome_means() {
        let failed_as = |state, status: Option<&str>| {
            let outcome = RecipientOutcome {
                state,
                at: jiff::Timestamp::UNIX_EPOCH,
                status: status.map(str::to_owned),
                text: String::new(),
            };
            failed(&outcome).status_text()
        };
        assert_eq!(failed_as(RecipientState::Bounced, Some("5.2.1")), "5.2.1");
        assert_eq!(failed_as(RecipientState::Quarantined, Some("2.6.0")), "5.7.1");
        assert_eq!(failed_as(RecipientState::Suppressed, None), "5.1.1");
        assert_eq!(failed_as(RecipientState::Undelivered, None), "5.0.0");
    }
}
