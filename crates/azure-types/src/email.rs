//! The Email data plane of Communication Services: send, and the status of a send.
//!
//! The published specification `CommunicationServicesEmail.json`, api-version 2025-09-01.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::absent::or_default;
use crate::error::ErrorDetail;
use crate::ids::OperationId;

/// The version that the product speaks.
pub const API_VERSION: &str = "2025-09-01";
/// All versions that the service knows: the first four as it listed them in 2024, and those that came after.
pub const API_VERSIONS: [&str; 6] = [
    "2021-10-01-preview",
    "2023-01-15-preview",
    "2023-03-31",
    "2024-07-01-preview",
    "2025-01-15-preview",
    "2025-09-01",
];
/// Path of a send. The colon is literal, and signed as it stands.
pub const SEND_PATH: &str = "/emails:send";
/// Path of all operations; the id follows behind a slash.
pub const OPERATIONS_PATH: &str = "/emails/operations";
/// Header by which the caller chooses the id of a send.
pub const OPERATION_ID_HEADER: &str = "operation-id";
/// Recipients of one send: to, cc and bcc together.
pub const MAX_RECIPIENTS: usize = 50;
/// Bytes of one request, attachments in base64 counted.
pub const MAX_REQUEST_BYTES: usize = 10 * 1024 * 1024;

/// A message to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailMessage {
    /// Custom header fields. Each name once: that is all a JSON object can say.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A sender username at a linked domain, without display name.
    pub sender_address: String,
    /// Subject and texts.
    pub content: EmailContent,
    pub recipients: EmailRecipients,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<EmailAttachment>,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<EmailAddress>,
    /// Switches tracking of opens and clicks off for this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_engagement_tracking_disabled: Option<bool>,
}

/// Subject and texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailContent {
    pub subject: String,
    /// The plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain_text: Option<String>,
    /// The HTML text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// The recipients of an `emails:send` request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailRecipients {
    #[serde(default, deserialize_with = "or_default")]
    pub to: Vec<EmailAddress>,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<EmailAddress>,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<EmailAddress>,
}

/// An address with its display name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailAddress {
    pub address: String,
    /// The name beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// A file of an `emails:send` request, in base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailAttachment {
    pub name: String,
    pub content_type: String,
    pub content_in_base64: String,
    /// Makes the file inline: the HTML text refers to it as `cid:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
}

/// How a send stands; the reply to both operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailSendResult {
    pub id: OperationId,
    pub status: EmailSendStatus,
    /// Why it failed, when it did.
    #[serde(default)]
    pub error: Option<ErrorDetail>,
}

/// Status of a send. `Succeeded` means handed on for delivery; it does not mean delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailSendStatus {
    /// In the specification; said not to be sent.
    NotStarted,
    Running,
    /// Out for delivery.
    Succeeded,
    Failed,
    Canceled,
    /// A word that is newer than this program.
    Other(String),
}

impl EmailSendStatus {
    /// Whether the status will not change any more.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }

    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::NotStarted => "NotStarted",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
            Self::Other(word) => word,
        }
    }
}

impl fmt::Display for EmailSendStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EmailSendStatus {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EmailSendStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let known = [Self::NotStarted, Self::Running, Self::Succeeded, Self::Failed, Self::Canceled];
        let found = known.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(&word));
        Ok(found.unwrap_or(Self::Other(word)))
    }
}

impl EmailRecipients {
    /// All of them: to, cc, bcc.
    pub fn all(&self) -> impl Iterator<Item = &EmailAddress> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }
}

/// MIME types of attachments that the service takes, after the documentation's table of allowed types.
/// Whole families (`audio/*`, `font/*`, `image/*`, `video/*`) are in [`is_allowed_attachment`].
const ALLOWED_TYPES: [&str; 31] = [
    "application/epub+zip",
    "application/gzip",
    "application/json",
    "application/msword",
    "application/onenote",
    "application/pdf",
    "application/rtf",
    "application/vnd.ms-excel",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.ms-fontobject",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "application/vnd.ms-publisher",
    "application/vnd.ms-word.document.macroenabled.12",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.rar",
    "application/vnd.visio",
    "application/x-7z-compressed",
    "application/x-gzip",
    "application/x-microsoft-rpmsg-message",
    "application/x-tar",
    "application/x-zip-compressed",
    "application/xml",
    "application/zip",
    "text/csv",
    "text/plain",
    "text/xml",
];

/// Whether the service takes an attachment of that type; parameters behind `;` are ignored.
#[must_use]
pub fn is_allowed_attachment(content_type: &str) -> bool {
    let bare = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let family = bare.split('/').next().unwrap_or_default();
    matches!(family, "audio" | "font" | "image" | "video")
        || ALLOWED_TYPES.contains(&bare.as_str())
        || bare == "text/calendar"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_and_absent_members_are_the_same() {
        let with_nulls = r#"{"senderAddress":"a@b","content":{"subject":"s","html":null},
            "recipients":{"to":[{"address":"c@d","displayName":null}],"cc":null},
            "replyTo":null,"attachments":null,"headers":null}"#;
        let without =
            r#"{"senderAddress":"a@b","content":{"subject":"s"},"recipients":{"to":[{"address":"c@d"}]}}"#;
        let read = |text: &str| serde_json::from_str::<EmailMessage>(text).unwrap();
        assert_eq!(read(with_nulls), read(without));
        let written = serde_json::to_string(&read(without)).unwrap();
        assert_eq!(written, without);
    }

    #[test]
    fn a_failure_is_read_whatever_is_null_in_it() {
        let id = "8540c0de-899f-5cce-acb5-3ec493af3800";
        let read = |error: &str| {
            let text = format!(r#"{{"id":"{id}","status":"Failed","error":{error}}}"#);
            serde_json::from_str::<EmailSendResult>(&text).unwrap()
        };
        for error in [
            r#"{"code":"EmailDropped","message":"gone","target":null,"details":null,"additionalInfo":null}"#,
            r#"{"code":"EmailDropped","message":"gone","details":[null]}"#,
            r#"{"code":"EmailDropped","message":"gone"}"#,
        ] {
            let detail = read(error).error.unwrap();
            assert_eq!((detail.code.as_str(), detail.message.as_str()), ("EmailDropped", "gone"), "{error}");
        }
        assert_eq!(read("null").error, None);
        assert_eq!(read(r#"{"code":null,"message":null}"#).error, Some(ErrorDetail::default()));
        let absent = format!(r#"{{"id":"{id}","status":"Failed"}}"#);
        assert_eq!(serde_json::from_str::<EmailSendResult>(&absent).unwrap(), read("null"));
    }

    #[test]
    fn an_unknown_status_is_kept() {
        let read = |word: &str| serde_json::from_str::<EmailSendStatus>(&format!("{word:?}")).unwrap();
        assert_eq!(read("succeeded"), EmailSendStatus::Succeeded);
        assert_eq!(read("Resting"), EmailSendStatus::Other("Resting".into()));
        assert!(!read("Resting").is_terminal());
    }

    #[test]
    fn attachment_types_are_compared_without_their_parameters() {
        assert!(is_allowed_attachment("Application/PDF; name=x.pdf"));
        assert!(is_allowed_attachment("image/svg+xml"));
        assert!(!is_allowed_attachment("application/x-msdownload"));
        assert!(!is_allowed_attachment("message/rfc822"));
    }
}
