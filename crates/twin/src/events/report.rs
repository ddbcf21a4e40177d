//! Events of captured mail: one for each recipient, once its outcome is known.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use azure_types::event_grid::DELIVERY_REPORT;

use crate::backend::Backend;
use crate::captured::{CapturedMail, CapturedRecipient, DeliveryStatus};
use crate::faults::{Effect, Operation};
use crate::keys::random_guid;
use crate::outbox::{Outcome, Pending, Seen};
use crate::state::event_grid::topic;
use crate::state::{EventBehaviour, TimeSpelling};

/// Notes the events of a mail that was taken, for all who want them.
pub(crate) fn note(backend: &Backend, mail: &CapturedMail) {
    let now = backend.now();
    let state = backend.state();
    if state.events.subscriptions.is_empty() {
        return;
    }
    let Some(source) = state.service(&mail.service).map(crate::state::Service::resource_id) else { return };
    let behaviour = &state.behaviour;
    for recipient in &mail.recipients {
        let sent_at = clock::after(mail.at, SignedDuration::from_secs(behaviour.operation_seconds));
        let decided_at = recipient.decided_at.max(sent_at);
        let event = report(&behaviour.events, &source, mail, Decided { recipient, at: decided_at });
        let at = clock::after(decided_at, SignedDuration::from_secs(behaviour.events.delay_seconds));
        let wanting = state.events.subscriptions.iter();
        let wanting = wanting.filter(|one| one.source.eq_ignore_ascii_case(&source) && one.is_active(now));
        for subscription in wanting.filter(|one| one.wants(&event)) {
            let pending =
                Pending { subscription: subscription.id, event: event.clone(), made_at: at, attempts: 0 };
            keep(backend, at, pending);
        }
    }
    drop(state);
    backend.events.wake();
}

/// Keeps an event to be delivered, unless a fault has it otherwise.
fn keep(backend: &Backend, at: Timestamp, pending: Pending) {
    let mut outbox = backend.events.outbox();
    match backend.faults.trigger(Operation::Event) {
        None => outbox.push(at, pending),
        Some(Effect::Late(milliseconds)) => {
            let late = SignedDuration::from_millis(milliseconds.try_into().unwrap_or(i64::MAX));
            outbox.push(clock::after(at, late), pending);
        }
        Some(Effect::DoneButUnanswered) => {
            outbox.push(at, pending.clone());
            outbox.push(at, pending);
        }
        Some(_) => outbox.see(Seen {
            subscription: pending.subscription,
            outcome: Outcome::Lost,
            attempts: 0,
            last_answer: String::new(),
            event: pending.event,
        }),
    }
}

/// A recipient whose outcome is known from a time on.
struct Decided<'a> {
    recipient: &'a CapturedRecipient,
    at: Timestamp,
}

/// A delivery report in the Event Grid schema (an event that a user of a public project published, 2025-11).
fn report(behaviour: &EventBehaviour, source: &str, mail: &CapturedMail, decided: Decided<'_>) -> Value {
    let Decided { recipient, at } = decided;
    let (status, message) = status(recipient.outcome);
    let host = recipient.address.rsplit('@').next().unwrap_or_default();
    let spelling = match behaviour.time_spelling {
        TimeSpelling::Real => "deliveryAttemptTimestamp",
        TimeSpelling::Documented => "deliveryAttemptTimeStamp",
    };
    let mut data = json!({
        "sender": mail.sender,
        "recipient": recipient.address,
        "messageId": mail.operation.to_string(),
        "status": status,
        "deliveryStatusDetails": { "statusMessage": message, "recipientMailServerHostName": format!("mx.{host}") },
    });
    data[spelling] = at.strftime("%Y-%m-%dT%H:%M:%S.%2f+00:00").to_string().into();
    if let Some(id) = mail.message_id().filter(|_| behaviour.internet_message_id) {
        data["internetMessageId"] = id.into();
    }
    json!({
        "id": random_guid(),
        "topic": topic(source),
        "subject": format!("sender/{}/message/{}", mail.sender, mail.operation),
        "data": data,
        "eventType": DELIVERY_REPORT,
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%S.%1fZ").to_string(),
    })
}

/// Azure's word, and what the receiving side said. The texts are made up.
fn status(outcome: DeliveryStatus) -> (&'static str, &'static str) {
    match outcome {
        DeliveryStatus::Delivered | DeliveryStatus::Delayed => ("Delivered", "250 2.0.0 OK"),
        DeliveryStatus::Bounced => ("Bounced", "550 5.1.1 The mailbox does not exist"),
        DeliveryStatus::Suppressed => ("Suppressed", "The recipient is on a suppression list"),
        DeliveryStatus::Quarantined => ("Quarantined", "250 2.6.0 Queued for quarantine"),
        DeliveryStatus::FilteredSpam => ("FilteredSpam", "550 5.7.1 Rejected as spam"),
        DeliveryStatus::Failed | DeliveryStatus::Refused => ("Failed", "554 5.4.7 Delivery expired"),
    }
}
