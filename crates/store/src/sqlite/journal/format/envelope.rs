//! A queued message as JSON: what the journal keeps of it beside the body.

use azure_types::ids::OperationId;
use jiff::Timestamp;
use model::id::QueueId;
use model::queued::{HeaderMetadata, IdempotencyKey, NewSend, QueuedMessage};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::sqlite::columns::{self, ChangeText, RecipientText};

#[derive(Serialize, Deserialize)]
struct Envelope {
    id: String,
    account: String,
    origin: String,
    origin_name: String,
    lane: String,
    reverse_path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    envelope_id: Option<String>,
    from: String,
    message_id: String,
    subject: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ChangeText>,
    size: u64,
    accepted_at: i64,
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deadline: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    send_at: Option<i64>,
    #[serde(rename = "fingerprint")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<[u8; 16]>,
    sends: Vec<Send>,
}

#[derive(Serialize, Deserialize)]
struct Send {
    operation: OperationId,
    to: Vec<RecipientText>,
}

/// Writes a message's envelope.
#[must_use]
pub fn write(message: &QueuedMessage) -> Vec<u8> {
    let (origin, origin_name) = columns::from_origin(&message.origin);
    let envelope = Envelope {
        id: message.id.to_string(),
        account: message.account.to_string(),
        origin: origin.to_owned(),
        origin_name: origin_name.to_owned(),
        lane: message.lane.as_str().to_owned(),
        reverse_path: columns::from_reverse_path(&message.reverse_path),
        ret: message.ret.map(|ret| columns::from_ret(ret).to_owned()),
        envelope_id: message.envelope_id.clone(),
        from: message.header.from.clone(),
        message_id: message.header.message_id.clone(),
        subject: message.header.subject.clone(),
        changes: message.changes.iter().map(columns::from_change).collect(),
        size: message.size_bytes,
        accepted_at: message.accepted_at.as_millisecond(),
        expires_at: message.expires_at.as_millisecond(),
        deadline: message.deadline.map(Timestamp::as_millisecond),
        send_at: message.send_at.map(Timestamp::as_millisecond),
        idempotency_key: message.idempotency_key.map(|idempotency_key| idempotency_key.0),
        sends: message
            .sends
            .iter()
            .map(|send| Send {
                operation: send.operation,
                to: send.recipients.iter().map(columns::from_recipient).collect(),
            })
            .collect(),
    };
    // Strings and numbers in a flat structure: there is nothing in it that JSON could not hold.
    serde_json::to_vec(&envelope).unwrap_or_default()
}

/// Reads the id of the message alone.
///
/// # Errors
/// [`StoreError::Damaged`] if it is not JSON with an id.
pub fn read_id(bytes: &[u8]) -> Result<QueueId, StoreError> {
    #[derive(Deserialize)]
    struct OnlyId<'a> {
        id: &'a str,
    }
    let damaged = |error| StoreError::Damaged(format!("JSON ({error}) in an envelope of the journal"));
    let OnlyId { id } = serde_json::from_slice(bytes).map_err(damaged)?;
    columns::to_id(id)
}

/// Reads an envelope back.
///
/// # Errors
/// [`StoreError::Damaged`] if it is not JSON, or says what no message can say.
pub fn read(bytes: &[u8]) -> Result<QueuedMessage, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("{what} in an envelope of the journal"));
    let envelope: Envelope =
        serde_json::from_slice(bytes).map_err(|error| damaged(&format!("JSON ({error})")))?;
    let time = |milliseconds| Timestamp::from_millisecond(milliseconds).map_err(|_| damaged("a time"));
    let mut sends = Vec::with_capacity(envelope.sends.len());
    for send in &envelope.sends {
        let recipients: Result<Vec<_>, _> = send.to.iter().map(columns::to_recipient).collect();
        sends.push(NewSend { operation: send.operation, recipients: recipients? });
    }
    Ok(QueuedMessage {
        id: columns::to_id(&envelope.id)?,
        account: columns::to_id(&envelope.account)?,
        origin: columns::to_origin(&envelope.origin, &envelope.origin_name)?,
        lane: columns::to_word(&envelope.lane)?,
        reverse_path: columns::to_reverse_path(&envelope.reverse_path)?,
        ret: envelope.ret.as_deref().map(columns::to_ret).transpose()?,
        envelope_id: envelope.envelope_id,
        header: HeaderMetadata {
            from: envelope.from,
            message_id: envelope.message_id,
            subject: envelope.subject,
        },
        changes: envelope.changes.iter().map(columns::to_change).collect::<Result<_, _>>()?,
        size_bytes: envelope.size,
        accepted_at: time(envelope.accepted_at)?,
        expires_at: time(envelope.expires_at)?,
        deadline: envelope.deadline.map(time).transpose()?,
        send_at: envelope.send_at.map(time).transpose()?,
        idempotency_key: envelope.idempotency_key.map(IdempotencyKey),
        sends,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::queued::{Cause, Change};
    use model::repair::Repair;
    use proptest::prelude::*;

    proptest! {
        /// A checksum keeps such envelopes away; whatever comes in spite of it does no harm.
        #[test]
        fn a_damaged_envelope_is_refused_or_reads_as_it_is_written(
            damage in proptest::collection::vec((0..OLD.len(), any::<u8>()), 1..4),
            end in 0..OLD.len() * 2,
        ) {
            let mut bytes = OLD.as_bytes().to_vec();
            damage.into_iter().for_each(|(at, byte)| bytes[at] = byte);
            bytes.truncate(end);
            if let Ok(message) = read(&bytes) {
                prop_assert_eq!(read(&write(&message)).unwrap(), message);
            }
        }
    }

    /// An envelope as the journal's first format had it.
    const OLD: &str = r#"{"id":"0103g40r40m30e209185gr38e1","account":"0103g40r40m30e209185gr38e1","origin":"credential","origin_name":"scanner1","lane":"normal","reverse_path":"","from":"a@b.example","message_id":"<1@x>","subject":"s","size":3,"accepted_at":1800000000000,"expires_at":1800172800000,"sends":[{"operation":"00000000-0000-0000-0000-000000000001","to":["r1@example.com"]}]}"#;

    #[test]
    fn envelopes_of_older_builds_are_read_and_changes_survive() {
        let mut message = read(OLD.as_bytes()).unwrap();
        assert_eq!((message.changes.len(), message.header.from.as_str()), (0, "a@b.example"));
        assert_eq!(write(&message), OLD.as_bytes());
        message.changes = vec![
            Change { cause: Cause::Rule, text: "From was \"root\"".into() },
            Change { cause: Cause::Repair(Repair::LineEnds), text: "3 bare line feeds".into() },
        ];
        assert_eq!(read(&write(&message)).unwrap(), message);
    }
}
