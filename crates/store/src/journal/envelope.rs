//! A queued message as JSON: what the journal keeps of it beside the body.

use azure_types::ids::OperationId;
use jiff::Timestamp;
use model::queued::{Fingerprint, NewSend, QueuedMessage, Summary};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::words::{self, RecipientWords};

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
    size: u64,
    accepted_at: i64,
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<[u8; 16]>,
    sends: Vec<Send>,
}

#[derive(Serialize, Deserialize)]
struct Send {
    operation: OperationId,
    to: Vec<RecipientWords>,
}

/// Writes a message's envelope.
pub(super) fn write(message: &QueuedMessage) -> Vec<u8> {
    let (origin, origin_name) = words::from_origin(&message.origin);
    let envelope = Envelope {
        id: message.id.to_string(),
        account: message.account.to_string(),
        origin: origin.to_owned(),
        origin_name: origin_name.to_owned(),
        lane: message.lane.as_str().to_owned(),
        reverse_path: words::from_reverse_path(&message.reverse_path),
        ret: message.ret.map(|ret| words::from_ret(ret).to_owned()),
        envelope_id: message.envelope_id.clone(),
        from: message.summary.from.clone(),
        message_id: message.summary.message_id.clone(),
        subject: message.summary.subject.clone(),
        size: message.size_octets,
        accepted_at: message.accepted_at.as_millisecond(),
        expires_at: message.expires_at.as_millisecond(),
        fingerprint: message.fingerprint.map(|fingerprint| fingerprint.0),
        sends: message
            .sends
            .iter()
            .map(|send| Send {
                operation: send.operation,
                to: send.recipients.iter().map(words::from_recipient).collect(),
            })
            .collect(),
    };
    // Strings and numbers in a flat structure: there is nothing in it that JSON could not hold.
    serde_json::to_vec(&envelope).unwrap_or_default()
}

/// Reads an envelope back.
pub(super) fn read(octets: &[u8]) -> Result<QueuedMessage, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("{what} in an envelope of the journal"));
    let envelope: Envelope =
        serde_json::from_slice(octets).map_err(|error| damaged(&format!("JSON ({error})")))?;
    let time = |milliseconds| Timestamp::from_millisecond(milliseconds).map_err(|_| damaged("a time"));
    let mut sends = Vec::with_capacity(envelope.sends.len());
    for send in &envelope.sends {
        let recipients: Result<Vec<_>, _> = send.to.iter().map(words::to_recipient).collect();
        sends.push(NewSend { operation: send.operation, recipients: recipients? });
    }
    Ok(QueuedMessage {
        id: words::to_id(&envelope.id)?,
        account: words::to_id(&envelope.account)?,
        origin: words::to_origin(&envelope.origin, &envelope.origin_name)?,
        lane: words::to_lane(&envelope.lane)?,
        reverse_path: words::to_reverse_path(&envelope.reverse_path)?,
        ret: envelope.ret.as_deref().map(words::to_ret).transpose()?,
        envelope_id: envelope.envelope_id,
        summary: Summary { from: envelope.from, message_id: envelope.message_id, subject: envelope.subject },
        size_octets: envelope.size,
        accepted_at: time(envelope.accepted_at)?,
        expires_at: time(envelope.expires_at)?,
        fingerprint: envelope.fingerprint.map(Fingerprint),
        sends,
    })
}
