//! What the Email API refuses by a setting.

use std::collections::HashSet;

use axum::http::StatusCode;
use azure_types::email::EmailMessage;

use crate::error_reply::ErrorReply;
use crate::state::{EmailBehaviour, Unwanted};

/// Finds the first rule that a send breaks.
pub(super) fn check(
    behaviour: &EmailBehaviour,
    message: &EmailMessage,
    bytes: usize,
) -> Result<(), ErrorReply> {
    let limit = behaviour.max_header_bytes;
    let is_too_long = |value: &String| limit > 0 && value.len() > limit;
    if let Some((name, _)) = message.headers.iter().find(|(_, value)| is_too_long(value)) {
        let text = format!("The value of the header '{name}' is longer than {limit} bytes.");
        return Err(ErrorReply::bad_request("BadRequest", text).target(format!("headers.{name}")));
    }
    let Some(rule) = behaviour.refuses.iter().find(|rule| rule.when.is_in(message, bytes)) else {
        return Ok(());
    };
    let status = StatusCode::from_u16(rule.status).unwrap_or(StatusCode::BAD_REQUEST);
    Err(ErrorReply::new(status, &rule.code, rule.message.clone()))
}

impl Unwanted {
    /// Whether a send of so many bytes has it.
    fn is_in(&self, message: &EmailMessage, bytes: usize) -> bool {
        let recipients = || message.recipients.all().map(|one| one.address.as_str());
        match self {
            Self::Everything => true,
            Self::NoText => {
                let content = &message.content;
                let mut texts = content.plain_text.iter().chain(&content.html);
                texts.all(|text| text.trim().is_empty())
            }
            Self::NonAsciiAddress => {
                let others = message.reply_to.iter().map(|one| one.address.as_str());
                let mut all = recipients().chain(others).chain([message.sender_address.as_str()]);
                all.any(|address| !address.is_ascii())
            }
            Self::RepeatedRecipient => {
                let mut seen = HashSet::new();
                recipients().any(|address| !seen.insert(address.to_lowercase()))
            }
            Self::Header(name) => message.headers.keys().any(|key| key.eq_ignore_ascii_case(name)),
            Self::AttachmentType(wanted) => {
                message.attachments.iter().any(|file| has_type(&file.content_type, wanted))
            }
            Self::AttachmentName(end) => {
                let end = end.to_lowercase();
                message.attachments.iter().any(|file| file.name.to_lowercase().ends_with(&end))
            }
            Self::LargerThan(limit) => bytes > *limit,
            Self::MoreRecipientsThan(limit) => recipients().count() > *limit,
        }
    }
}

/// Whether a type is the wanted one, or of its family; parameters do not count.
fn has_type(content_type: &str, wanted: &str) -> bool {
    let bare = content_type.split(';').next().unwrap_or_default().trim();
    match wanted.strip_suffix("/*") {
        Some(family) => bare.split('/').next().is_some_and(|own| own.eq_ignore_ascii_case(family)),
        None => bare.eq_ignore_ascii_case(wanted),
    }
}
