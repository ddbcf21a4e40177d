//! Captured mail as it is shown.

use jiff::Timestamp;
use serde::Serialize;

use crate::captured::{CapturedMail, CapturedRecipient, SmtpFacts};

/// One line of the list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct MailSummary {
    pub(super) number: u64,
    pub(super) operation_id: String,
    pub(super) at: Timestamp,
    pub(super) path: crate::captured::Path,
    pub(super) service: String,
    pub(super) sender: String,
    pub(super) sender_name: Option<String>,
    pub(super) reverse_path: Option<String>,
    /// What was said by SMTP.
    pub(super) smtp: Option<SmtpFacts>,
    pub(super) recipients: Vec<CapturedRecipient>,
    pub(super) subject: String,
    pub(super) message_id: Option<String>,
    /// Hex digest of the plain text, or of the HTML text where there is none.
    pub(super) text_sha256: String,
    pub(super) size_bytes: usize,
}

/// All of one mail.
#[derive(Clone, Debug, Serialize)]
pub(super) struct MailDetail {
    #[serde(flatten)]
    pub(super) summary: MailSummary,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) attachments: Vec<AttachmentView>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct AttachmentView {
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) content_id: Option<String>,
    pub(super) size_bytes: usize,
    pub(super) sha256: String,
}

impl From<&CapturedMail> for MailDetail {
    fn from(mail: &CapturedMail) -> Self {
        let parts = mail.parts();
        let text = parts.text.as_deref().or(parts.html.as_deref()).unwrap_or_default();
        let summary = MailSummary {
            number: mail.number,
            operation_id: mail.operation.to_string(),
            at: mail.at,
            path: mail.path,
            service: mail.service.clone(),
            sender: mail.sender.clone(),
            sender_name: mail.sender_name.clone(),
            reverse_path: mail.reverse_path.clone(),
            smtp: mail.smtp.clone(),
            recipients: mail.recipients.clone(),
            message_id: mail.message_id(),
            text_sha256: sha256(text.as_bytes()),
            subject: parts.subject,
            size_bytes: mail.raw.len(),
        };
        let attachments = parts
            .attachments
            .into_iter()
            .map(|file| AttachmentView {
                sha256: sha256(&file.content),
                size_bytes: file.content.len(),
                name: file.name,
                content_type: file.content_type,
                content_id: file.content_id,
            })
            .collect();
        Self { summary, text: parts.text, html: parts.html, headers: parts.headers, attachments }
    }
}

fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
