//! What is wrong with a web hook. Pure.

use clock::after;
use jiff::{SignedDuration, Timestamp};
use model::webhook::WebhookState;

use super::words::{said, time};
use super::{Code, ObservedWebhook, Problem};

/// Tries that fail are nothing to look at before that many: a receiver is restarted now and then.
const TRIES: u32 = 3;
/// An alarm is raised when it has failed for so long.
const ALARM: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn problems(webhook: &ObservedWebhook, now: Timestamp) -> Vec<Problem> {
    failing(webhook, now).into_iter().chain(gave_up(webhook, now)).collect()
}

fn failing(webhook: &ObservedWebhook, now: Timestamp) -> Option<Problem> {
    let ObservedWebhook { name, account, state, standing } = webhook;
    let (since, message, action) = match (state, standing.failing_since) {
        (WebhookState::Gone, _) => (
            standing.delivered_at.unwrap_or(now),
            format!(
                "Web hook {name} answered 410, which means that it wants nothing any more: Postern disabled it."
            ),
            format!(
                "Remove it (`postern webhook remove {name}`), or enable it again (`postern webhook enable {name}`)."
            ),
        ),
        (WebhookState::Enabled, Some(since)) if standing.tries >= TRIES => {
            let next = standing
                .next_at
                .map_or_else(String::new, |at| format!(" The next try is at {}.", time(at, now)));
            let problem = said(standing.problem.as_deref().unwrap_or("no answer"));
            (
                since,
                format!(
                    "Web hook {name} has not accepted an event since {}, in {} tries: {problem}.{next} What happens \
                     meanwhile is kept for seven days and delivered in order; a request is given up after three.",
                    time(since, now),
                    standing.tries
                ),
                format!("Check the receiver, then `postern webhook test {name}`."),
            )
        }
        _ => return None,
    };
    Some(Problem {
        code: Code::WebhookFailing,
        account: account.clone(),
        subject: Some(name.clone()),
        since,
        message,
        action,
        alarm_at: Some(after(since, ALARM)),
    })
}

fn gave_up(webhook: &ObservedWebhook, now: Timestamp) -> Option<Problem> {
    let ObservedWebhook { name, account, standing, .. } = webhook;
    let requests = match standing.dead_letters {
        0 => return None,
        1 => "1 request".to_owned(),
        count => format!("{count} requests"),
    };
    Some(Problem {
        code: Code::WebhookGaveUp,
        account: account.clone(),
        subject: Some(name.clone()),
        since: standing.delivered_at.unwrap_or(now),
        message: format!("Postern gave up {requests} to web hook {name}; they are kept for seven days."),
        action: format!(
            "`postern webhook show {name}` says why; `postern webhook replay {name}` delivers them again."
        ),
        alarm_at: None,
    })
}
