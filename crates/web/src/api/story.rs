//! The story of a message: each event with a sentence that says what it means.

use api::messages::EventView;
use control::reads::{StoredEvent, StoredSend};
use model::tracking::EventSource;

/// All that happened to a send, the oldest first. Delivery reports come late and are of the time at which Azure tried.
pub(super) fn events(send: &StoredSend) -> Vec<EventView> {
    let mut events: Vec<&StoredEvent> = send.events.iter().collect();
    events.sort_by_key(|event| event.at);
    events.into_iter().map(view).collect()
}

fn view(event: &StoredEvent) -> EventView {
    EventView {
        at: event.at,
        message: sentence(event),
        source: event.source.to_string(),
        result: event.result.clone(),
        recipient: event.recipient.clone(),
        transport: event.transport.map(|transport| transport.to_string()),
        text: event.text.clone(),
    }
}

fn sentence(event: &StoredEvent) -> String {
    let recipient = event.recipient.as_deref().unwrap_or("a recipient");
    match (event.source, event.result.as_str()) {
        (EventSource::Attempt, "accepted") => "The upstream accepted the message".to_owned(),
        (EventSource::Attempt, "deferred") => "The attempt failed; Postern tries again".to_owned(),
        (EventSource::Attempt, "failed") => "The attempt failed; Postern does not try again".to_owned(),
        (EventSource::Status, "accepted") => "Postern read the status: the message counts as sent".to_owned(),
        (EventSource::Status, "failed") => {
            "Postern read the status: Azure did not send the message".to_owned()
        }
        (EventSource::Operator, "retried") => "An operator had the message tried at once".to_owned(),
        (EventSource::Operator, "dropped") => "An operator removed the message from the queue".to_owned(),
        (EventSource::Delivery, "delivered") => format!("The server of {recipient} accepted the message"),
        (EventSource::Delivery, "expanded") => {
            format!("Azure sent the message to the members of {recipient}")
        }
        (EventSource::Delivery, "undelivered") => {
            format!("Azure could not deliver the message to {recipient}")
        }
        (EventSource::Delivery, "quarantined") => {
            format!("The message to {recipient} was put into quarantine")
        }
        (EventSource::Delivery, "filtered_spam") => {
            format!("The message to {recipient} was rejected as spam")
        }
        (EventSource::Delivery, "suppressed") => {
            format!("{recipient} is on a suppression list; Azure did not send the message")
        }
        (EventSource::Delivery, "bounced") => format!("The server of {recipient} rejected the message"),
        (source, result) => format!("{source}: {result}"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::delivery::AttemptResult;
    use model::tracking::RecipientState;

    use super::*;

    fn event(source: EventSource, result: &str) -> StoredEvent {
        StoredEvent {
            at: Timestamp::UNIX_EPOCH,
            source,
            result: result.to_owned(),
            recipient: Some("ada@example.com".to_owned()),
            transport: None,
            text: String::new(),
        }
    }

    #[test]
    fn each_event_has_a_sentence_of_its_own() {
        let reports = RecipientState::ALL.into_iter().filter(|state| state.is_reported());
        let mut events: Vec<StoredEvent> =
            reports.map(|state| event(EventSource::Delivery, state.as_str())).collect();
        for result in [AttemptResult::Accepted, AttemptResult::Deferred, AttemptResult::Failed] {
            events.push(event(EventSource::Attempt, result.as_str()));
        }
        for result in ["retried", "dropped"] {
            events.push(event(EventSource::Operator, result));
        }
        let mut sentences: Vec<String> = events.iter().map(sentence).collect();
        let fallback = events.iter().map(|event| format!("{}: {}", event.source, event.result));
        assert!(fallback.zip(&sentences).all(|(fallback, sentence)| fallback != *sentence), "{sentences:?}");
        sentences.sort_unstable();
        sentences.dedup();
        assert_eq!(sentences.len(), events.len());
    }
}
