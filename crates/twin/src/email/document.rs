//! What the Email API reads and writes: members in the order of the specification, absent ones as the behaviour says.

use axum::http::StatusCode;
use azure_types::email::{EmailMessage, EmailSendStatus};
use azure_types::error::ErrorDetail;
use azure_types::ids::OperationId;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::error_reply::ErrorReply;
use crate::state::{Absent, EmailBehaviour};

#[derive(Serialize)]
pub(super) struct ErrorDocument<'a> {
    error: ErrorMembers<'a>,
}

/// How a send stands: the body of the reply to both operations.
pub(super) struct StatusDocument<'a> {
    pub(super) id: OperationId,
    pub(super) status: EmailSendStatus,
    pub(super) error: Option<ErrorDetail>,
    pub(super) behaviour: &'a EmailBehaviour,
}

/// An error, all of whose members are there or only those that say something.
struct ErrorMembers<'a> {
    detail: &'a ErrorDetail,
    absent: Absent,
}

impl<'a> ErrorDocument<'a> {
    pub(super) fn new(detail: &'a ErrorDetail, behaviour: &EmailBehaviour) -> Self {
        Self { error: ErrorMembers { detail, absent: behaviour.absent_error_members } }
    }
}

impl Serialize for ErrorMembers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { detail, absent } = self;
        let writes_null = *absent == Absent::Null;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("code", &detail.code)?;
        map.serialize_entry("message", &detail.message)?;
        if writes_null || detail.target.is_some() {
            map.serialize_entry("target", &detail.target)?;
        }
        let details: Vec<_> = detail.details.iter().map(|detail| Self { detail, absent: *absent }).collect();
        if writes_null || !details.is_empty() {
            map.serialize_entry("details", &Some(details).filter(|details| !details.is_empty()))?;
        }
        if writes_null {
            map.serialize_entry("additionalInfo", &None::<Vec<Value>>)?;
        }
        map.end()
    }
}

impl Serialize for StatusDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("status", &self.status)?;
        let absent = self.behaviour.absent_error_members;
        let error = self.error.as_ref().map(|detail| ErrorMembers { detail, absent });
        if error.is_some() || self.behaviour.no_error == Absent::Null {
            map.serialize_entry("error", &error)?;
        }
        map.end()
    }
}

/// Members of a message that must be there, with the kind that they have.
const REQUIRED: [(&str, Kind); 4] = [
    ("/senderAddress", Kind::Text),
    ("/content", Kind::Object),
    ("/content/subject", Kind::Text),
    ("/recipients", Kind::Object),
];
/// Lists, and what each of their entries must have.
const LISTS: [(&str, &[&str]); 5] = [
    ("/recipients/to", &["address"]),
    ("/recipients/cc", &["address"]),
    ("/recipients/bcc", &["address"]),
    ("/replyTo", &["address"]),
    ("/attachments", &["name", "contentType", "contentInBase64"]),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Object,
}

/// Reads a message. What is not JSON is 422; JSON that lacks a member, or has one of another kind, is 400 for it.
pub(super) fn read(bytes: &[u8]) -> Result<EmailMessage, ErrorReply> {
    let document: Value = serde_json::from_slice(bytes).map_err(|error| {
        let text = format!("The body is not valid JSON: {error}");
        ErrorReply::new(StatusCode::UNPROCESSABLE_ENTITY, "InvalidJson", text)
    })?;
    if !document.is_object() {
        return Err(ErrorReply::bad_request("BadRequest", "The body must be a JSON object."));
    }
    for (pointer, kind) in REQUIRED {
        let is_right = match (document.pointer(pointer), kind) {
            (Some(Value::String(_)), Kind::Text) | (Some(Value::Object(_)), Kind::Object) => true,
            (None | Some(Value::Null), _) => return Err(missing(pointer)),
            _ => false,
        };
        if !is_right {
            return Err(misfit(pointer));
        }
    }
    for (pointer, members) in LISTS {
        match document.pointer(pointer) {
            None | Some(Value::Null) => {}
            Some(Value::Array(entries)) => check_entries(pointer, entries, members)?,
            Some(_) => return Err(misfit(pointer)),
        }
    }
    serde_json::from_value(document).map_err(|error| {
        ErrorReply::bad_request("BadRequest", format!("The message cannot be read: {error}."))
    })
}

fn check_entries(list: &str, entries: &[Value], members: &[&str]) -> Result<(), ErrorReply> {
    for (index, entry) in entries.iter().enumerate() {
        for member in members {
            let pointer = format!("{list}/{index}/{member}");
            match entry.get(member) {
                Some(Value::String(_)) => {}
                None | Some(Value::Null) => return Err(missing(&pointer)),
                Some(_) => return Err(misfit(&pointer)),
            }
        }
    }
    Ok(())
}

fn missing(pointer: &str) -> ErrorReply {
    let member = member(pointer);
    ErrorReply::bad_request("BadRequest", format!("The member '{member}' is required.")).target(member)
}

fn misfit(pointer: &str) -> ErrorReply {
    let member = member(pointer);
    ErrorReply::bad_request("BadRequest", format!("The member '{member}' is of another kind.")).target(member)
}

fn member(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        if part.bytes().all(|b| b.is_ascii_digit()) {
            path.push_str(&format!("[{part}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(part);
        }
    }
    path
}
