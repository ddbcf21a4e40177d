//! What Event Grid posts to a web hook: e-mail events and the validation of the web hook, in the Event Grid schema and in
//! CloudEvents 1.0.
//!
//! The documents "Azure Communication Services - Email events" and "Endpoint validation"; an event that a user of a
//! public project published (2025-11), where it differs from the document.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::absent::or_default;
use crate::event_grid::DELIVERY_REPORT;

/// The type of the event that validates a web hook.
pub const VALIDATION: &str = "Microsoft.EventGrid.SubscriptionValidationEvent";

/// An event of either schema, as far as it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailEvent {
    /// The same in every delivery of this event.
    pub id: String,
    pub content: EventContent,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventContent {
    Delivery(EmailDeliveryReport),
    /// Event Grid asks whether the web hook wants events, and for this code as the answer.
    Validation(String),
    /// An event of another type.
    Other(String),
}

/// The outcome of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailDeliveryReport {
    pub recipient: String,
    /// By REST the operation id of the request; by SMTP an id of Azure's own.
    pub message_id: String,
    /// The Message-ID field, in events since January 2025.
    pub internet_message_id: Option<String>,
    pub status: DeliveryStatus,
    /// What the recipient's server replied, as a rule.
    pub message: String,
    /// The recipient's server, where Azure names it.
    pub server: String,
    pub attempted_at: Timestamp,
}

/// Azure's word for an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum DeliveryStatus {
    Delivered,
    Expanded,
    Bounced,
    Suppressed,
    FilteredSpam,
    Quarantined,
    Failed,
}

/// An event that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {id:?}: {reason}")]
pub struct UnreadableEvent {
    /// Empty where there is none.
    pub id: String,
    pub reason: String,
}

/// The event of either schema, as it comes.
#[derive(Deserialize)]
struct WireEvent {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    /// Event Grid's name for the type.
    #[serde(default, rename = "eventType")]
    event_type: Option<String>,
    /// CloudEvents' name for it.
    #[serde(default, rename = "type")]
    cloud_type: Option<String>,
    #[serde(default, rename = "eventTime")]
    event_time: Option<Timestamp>,
    #[serde(default)]
    time: Option<Timestamp>,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryData {
    recipient: String,
    #[serde(default, deserialize_with = "or_default")]
    message_id: String,
    #[serde(default)]
    internet_message_id: Option<String>,
    status: DeliveryStatus,
    #[serde(default, deserialize_with = "or_default")]
    delivery_status_details: StatusDetails,
    /// As events have it.
    #[serde(default)]
    delivery_attempt_timestamp: Option<Timestamp>,
    /// As the document has it.
    #[serde(default, rename = "deliveryAttemptTimeStamp")]
    documented_timestamp: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusDetails {
    #[serde(default, deserialize_with = "or_default")]
    status_message: String,
    #[serde(default, deserialize_with = "or_default")]
    recipient_mail_server_host_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValidationData {
    validation_code: String,
}

/// Reads the body of a request to a web hook: one event, or an array of events. One that cannot be read does not keep the
/// others from being read.
///
/// # Errors
/// When the body is not JSON, or neither an object nor an array.
pub fn read(body: &[u8]) -> Result<Vec<Result<EmailEvent, UnreadableEvent>>, UnreadableEvent> {
    let whole = |reason: String| UnreadableEvent { id: String::new(), reason };
    match serde_json::from_slice(body) {
        Ok(Value::Array(events)) => Ok(events.into_iter().map(event).collect()),
        Ok(one @ Value::Object(_)) => Ok(vec![event(one)]),
        Ok(_) => Err(whole("the body is neither an event nor an array of events".to_owned())),
        Err(error) => Err(whole(format!("the body is not JSON: {error}"))),
    }
}

fn event(value: Value) -> Result<EmailEvent, UnreadableEvent> {
    let id = value["id"].as_str().unwrap_or_default().to_owned();
    content(value)
        .map(|content| EmailEvent { id: id.clone(), content })
        .map_err(|reason| UnreadableEvent { id, reason })
}

fn content(value: Value) -> Result<EventContent, String> {
    let envelope: WireEvent = serde_json::from_value(value).map_err(|error| error.to_string())?;
    if envelope.id.is_empty() {
        return Err("it has no id".to_owned());
    }
    let kind = envelope.event_type.or(envelope.cloud_type).ok_or("it has no type")?;
    match kind.as_str() {
        DELIVERY_REPORT => {
            let data: DeliveryData =
                serde_json::from_value(envelope.data).map_err(|error| error.to_string())?;
            let sent_at = envelope.event_time.or(envelope.time);
            let at = data.delivery_attempt_timestamp.or(data.documented_timestamp).or(sent_at);
            Ok(EventContent::Delivery(EmailDeliveryReport {
                recipient: data.recipient,
                message_id: data.message_id,
                internet_message_id: data.internet_message_id.filter(|id| !id.is_empty()),
                status: data.status,
                message: data.delivery_status_details.status_message,
                server: data.delivery_status_details.recipient_mail_server_host_name,
                attempted_at: at.ok_or("it has no time")?,
            }))
        }
        VALIDATION => {
            let data: ValidationData =
                serde_json::from_value(envelope.data).map_err(|error| error.to_string())?;
            Ok(EventContent::Validation(data.validation_code))
        }
        _ => Ok(EventContent::Other(kind)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn data() -> Value {
        json!({
            "sender": "scanner@contoso.example", "recipient": "ada@example.com",
            "messageId": "00000000-0000-0000-0000-000000000001", "internetMessageId": "<1@contoso.example>",
            "status": "Bounced",
            "deliveryStatusDetails": { "statusMessage": "550 5.1.1 no such user", "recipientMailServerHostName": "mx" },
            "deliveryAttemptTimestamp": "2025-11-11T21:17:05.36+00:00",
        })
    }

    fn event_grid(data: Value) -> Value {
        json!({ "id": "1", "topic": "/subscriptions/s", "subject": "sender/s/message/m", "data": data,
            "eventType": DELIVERY_REPORT, "dataVersion": "1.0", "metadataVersion": "1",
            "eventTime": "2025-11-11T21:17:06Z" })
    }

    fn cloud(data: Value) -> Value {
        json!({ "id": "1", "source": "/subscriptions/s", "subject": "sender/s/message/m", "data": data,
            "type": DELIVERY_REPORT, "specversion": "1.0", "time": "2025-11-11T21:17:06Z" })
    }

    fn report(body: &Value) -> EmailDeliveryReport {
        let mut events = read(body.to_string().as_bytes()).unwrap();
        match events.remove(0).unwrap().content {
            EventContent::Delivery(report) => report,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_schemas_say_the_same() {
        let expected = report(&json!([event_grid(data())]));
        assert_eq!(expected.status, DeliveryStatus::Bounced);
        assert_eq!(expected.message, "550 5.1.1 no such user");
        assert_eq!(expected.attempted_at, "2025-11-11T21:17:05.36Z".parse().unwrap());
        for body in [cloud(data()), json!([cloud(data())]), event_grid(data())] {
            assert_eq!(report(&body), expected);
        }
    }

    #[test]
    fn the_time_is_found_in_both_spellings_and_without_either() {
        let with = |name: Option<&str>| {
            let mut data = data();
            let time = data.as_object_mut().unwrap().remove("deliveryAttemptTimestamp").unwrap();
            if let Some(name) = name {
                data[name] = time;
            }
            report(&event_grid(data)).attempted_at.to_string()
        };
        for name in ["deliveryAttemptTimestamp", "deliveryAttemptTimeStamp"] {
            assert_eq!(with(Some(name)), "2025-11-11T21:17:05.36Z");
        }
        assert_eq!(with(None), "2025-11-11T21:17:06Z");
    }

    #[test]
    fn an_event_that_cannot_be_read_is_named_and_the_others_are_read() {
        for (pointer, value, expected) in [
            ("/data/status", json!("Queued"), "unknown variant `Queued`"),
            ("/data/recipient", json!(7), "invalid type"),
            ("/data/deliveryAttemptTimestamp", json!("yesterday"), "failed to parse"),
            ("/eventType", Value::Null, "it has no type"),
            ("/data", json!("text"), "invalid type"),
        ] {
            let mut wrong = event_grid(data());
            *wrong.pointer_mut(pointer).unwrap() = value;
            let read = read(json!([wrong, event_grid(data())]).to_string().as_bytes()).unwrap();
            let error = read[0].clone().unwrap_err();
            assert_eq!(error.id, "1");
            assert!(error.reason.contains(expected), "{pointer}: {}", error.reason);
            assert!(read[1].is_ok());
        }
        for body in ["", "7", "[", "\"text\""] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn members_that_are_null_are_absent() {
        let mut data = data();
        data["deliveryStatusDetails"] = Value::Null;
        data["internetMessageId"] = Value::Null;
        let read = report(&event_grid(data));
        assert_eq!((read.message.as_str(), read.internet_message_id), ("", None));
    }

    #[test]
    fn other_events_are_told_apart() {
        let validation = json!([{ "id": "1", "eventType": VALIDATION, "data": { "validationCode": "c", "validationUrl": "u" } }]);
        let events = read(validation.to_string().as_bytes()).unwrap();
        assert_eq!(events[0].as_ref().unwrap().content, EventContent::Validation("c".to_owned()));
        let other = json!({ "id": "2", "type": "Contoso.Other", "data": null });
        let events = read(other.to_string().as_bytes()).unwrap();
        assert_eq!(events[0].as_ref().unwrap().content, EventContent::Other("Contoso.Other".to_owned()));
    }
}
