//! Header fields beyond ASCII, as encoded words (RFC 2047) and extended parameters (RFC 2231).

use super::text::{bytes_of, text, unstructured};
use super::{mailboxes, parameters};
use crate::header::Field;

/// A field as it is written.
pub(super) struct Written {
    /// Name, body and line end.
    pub(super) bytes: Vec<u8>,
    /// Whether it is ASCII: all of it could be expressed.
    pub(super) is_expressed: bool,
}

/// Fields that hold mailboxes.
const MAILBOXES: [&str; 16] = [
    "From",
    "To",
    "Cc",
    "Bcc",
    "Reply-To",
    "Sender",
    "Resent-From",
    "Resent-To",
    "Resent-Cc",
    "Resent-Bcc",
    "Resent-Sender",
    "Resent-Reply-To",
    "Return-Receipt-To",
    "Disposition-Notification-To",
    "Errors-To",
    "Mail-Followup-To",
];

/// Fields that hold tokens, in which nothing can be encoded.
const TOKENS: [&str; 4] = ["Content-Transfer-Encoding", "MIME-Version", "Content-ID", "Content-MD5"];

impl From<&[u8]> for Written {
    fn from(bytes: &[u8]) -> Self {
        Self { is_expressed: true, bytes: bytes.to_vec() }
    }
}

/// Writes a field in ASCII. Only what is beyond ASCII changes; folds, blanks and everything else are copied.
pub(super) fn in_ascii(field: &Field<'_>, charset: Option<&str>) -> Written {
    let raw = field.raw();
    let colon = memchr::memchr(b':', raw).map_or(raw.len(), |colon| colon + 1);
    let (name, body) = raw.split_at(colon);
    let text = text(body, charset);
    let is_any = |names: &[&str]| names.iter().any(|name| field.is(name));
    let written = if is_any(&TOKENS) {
        text
    } else if is_any(&MAILBOXES) {
        mailboxes::in_ascii(&text)
    } else if is_any(&["Content-Type", "Content-Disposition"]) {
        parameters::in_ascii(&text)
    } else {
        unstructured(&text)
    };
    let bytes = [name, &bytes_of(&written)].concat();
    Written { is_expressed: bytes.is_ascii(), bytes }
}
