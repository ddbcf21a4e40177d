//! A message as subject, texts and files: what a send API can carry.
//!
//! [`read`] takes the message apart and lists as [`Loss`] everything that these parts cannot say.
//! Where the list is empty the parts are as good as the message; where it is not, a transport that
//! carries the message itself is better.

mod addresses;
mod fields;
mod file;
mod loss;
mod references;
mod structure;
mod text;

pub use loss::Loss;

use crate::address::{Address, AddressList};
use crate::mime::encoding::TransferEncoding;
use crate::mime::{Entity, declared_charset};

/// A message in other words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub from: Option<Address>,
    /// The header's To.
    pub to: AddressList,
    /// The header's Cc.
    pub cc: AddressList,
    /// The header's Reply-To.
    pub reply_to: Vec<Address>,
    pub subject: String,
    /// Date, as written.
    pub date: Option<String>,
    /// The plain text.
    pub text: Option<String>,
    /// The HTML text.
    pub html: Option<String>,
    /// Files and inline images.
    pub attachments: Vec<Attachment>,
    /// Fields that are neither in the members above nor the carrier's own business.
    pub headers: Vec<(String, String)>,
    /// What the above does not say.
    pub losses: Vec<Loss>,
}

/// A file that the Email API can carry as an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub name: String,
    /// MIME type without parameters, in lower case.
    pub content_type: String,
    /// The bytes, decoded.
    pub content: Vec<u8>,
    /// Content-ID without brackets, when the HTML text refers to it.
    pub content_id: Option<String>,
}

/// Lines that may divide parts. Texts have such lines, too, and a message with more goes by another way.
const MAX_DIVIDERS: usize = 10_000;

/// Takes a message apart. Never fails: what cannot be understood is a [`Loss`].
///
/// ```
/// use message::parts::{Loss, read};
///
/// let scan = read(b"From: scanner@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nSee below.\r\n");
/// assert_eq!(scan.subject, "Gr\u{fc}\u{df}e");
/// assert_eq!(scan.text.as_deref(), Some("See below.\r\n"));
/// assert!(scan.losses.is_empty());
///
/// let signed = read(b"From: a@example.com\r\nContent-Type: multipart/signed; boundary=x\r\n\r\n--x--\r\n");
/// assert!(signed.losses.contains(&Loss::Signed));
/// ```
#[must_use]
pub fn read(message: &[u8]) -> Parts {
    let mut parts = Parts::default();
    // Every part costs many times its bytes: a bomb is recognised before it is taken apart.
    let is_bomb = memchr::memmem::find_iter(message, b"\n--").nth(MAX_DIVIDERS).is_some();
    let entity = Entity::message(message);
    let is_raw = entity.fields.iter().any(|field| !field.raw().is_ascii());
    let charset = if is_raw && !is_bomb { declared_charset(&entity) } else { None };
    fields::read(&entity, charset.as_deref(), &mut parts);
    if is_bomb {
        parts.losses.push(Loss::TooManyParts);
    } else {
        structure::read(&entity, &mut parts);
    }
    parts
}

#[cfg(test)]
mod tests;
