//! The same message for a server that takes less: no byte beyond ASCII (RFC 6152 section 3, RFC 6409 section 8.4),
//! or none in the header section, and no line of more than 998 bytes.
//!
//! What fits stays byte for byte as it is. What has to change is changed where it stands: raw bytes in
//! quoted-printable become `=XX`, base64 is only broken into lines. What cannot be understood is copied, and said: a
//! message is never shorter, and never guessed at.

mod body;
mod fields;
mod fold;
mod mailboxes;
mod parameters;
mod text;

use std::fmt;

use crate::header::Field;
use crate::mime::encoding::TransferEncoding;
use crate::mime::{Entity, declared_charset};

/// RFC 5321 section 4.5.3.1.6, without CRLF.
pub const MAX_LINE_BYTES: usize = 998;

/// What the next server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    SevenBits,
    /// Any byte in the body, ASCII in the header section: 8BITMIME without SMTPUTF8.
    EightBitBodies,
}

/// A message as it can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub bytes: Vec<u8>,
    /// What had to stay as it is, and what the changes break. Each once.
    pub remarks: Vec<Remark>,
}

/// Something that a person who looks for a fault has to know. Prints as a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A signature covers bytes that had to change.
    SignatureBroken,
    /// A signed message or part was copied although the next server does not offer to take it.
    SignedCopied,
    /// The parts of a multipart could not be told apart with certainty.
    StructureCopied,
    /// A body does not keep to its transfer encoding, or that is unknown.
    BodyCopied,
    /// A header field holds bytes that no form in ASCII can express.
    FieldCopied,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignatureBroken => "re-encoding broke the message's signature",
            Self::SignedCopied => {
                "the signed content was sent in 8 bits, which the server did not offer to take"
            }
            Self::StructureCopied => "an ambiguous multipart was sent as it is, in 8 bits",
            Self::BodyCopied => "a body that does not keep to its transfer encoding was sent as it is",
            Self::FieldCopied => "a header field that cannot be written in ASCII was sent as it is",
        })
    }
}

/// Whether a message can go as it is.
#[must_use]
pub fn fits(message: &[u8], takes: Takes) -> bool {
    let header = crate::header::split(message).0;
    header.is_ascii() && fits_as_body(message, takes)
}

/// Re-encodes what has to be.
///
/// A line of a header section that has no place to be folded at stays as it is: the next server may well take it.
#[must_use]
pub fn encode(message: &[u8], takes: Takes) -> Encoded {
    let entity = Entity::message(message);
    let mut encoder = Encoder {
        takes,
        charset: declared_charset(&entity),
        output: Vec::with_capacity(message.len() + message.len() / 2),
        remarks: Vec::new(),
    };
    encoder.message(&entity);
    Encoded { bytes: encoder.output, remarks: encoder.remarks }
}

/// Deeper than any honest message.
const MAX_DEPTH: usize = 50;
/// Fields that sign the message as a whole.
const SIGNATURES: [&str; 3] = ["DKIM-Signature", "DomainKey-Signature", "ARC-Message-Signature"];

struct Encoder {
    takes: Takes,
    /// What raw bytes of header fields are in, if they are not UTF-8.
    charset: Option<String>,
    output: Vec<u8>,
    remarks: Vec<Remark>,
}

/// What happens to a body's encoding.
enum Change {
    None,
    /// It is this from now on.
    To(&'static str),
}

fn fits_as_body(bytes: &[u8], takes: Takes) -> bool {
    (takes == Takes::EightBitBodies || bytes.is_ascii()) && longest_line(bytes) <= MAX_LINE_BYTES
}

impl Encoder {
    fn message(&mut self, entity: &Entity<'_>) {
        let is_signed = SIGNATURES.iter().any(|name| entity.field(name).is_some());
        if fits(entity.raw, self.takes) {
            self.output.extend_from_slice(entity.raw);
        } else if is_signed && longest_line(entity.raw) <= MAX_LINE_BYTES {
            // A server that takes eight bits without offering it is common; a broken signature is for ever.
            self.copy(entity.raw, Remark::SignedCopied);
        } else {
            if is_signed {
                self.remark(Remark::SignatureBroken);
            }
            self.entity(entity, 0);
        }
    }

    fn entity(&mut self, entity: &Entity<'_>, depth: usize) {
        // A part's own header section is body to a server that takes eight bits.
        let fits_whole = if depth == 0 { fits(entity.raw, self.takes) } else { self.fits(entity.raw) };
        if fits_whole {
            return self.output.extend_from_slice(entity.raw);
        }
        if depth > MAX_DEPTH || !entity.is_clear || entity.has_old_fields {
            return self.copy(entity.raw, Remark::StructureCopied);
        }
        if self.fits(entity.body) {
            self.header(entity, &Change::None, depth);
            self.output.extend_from_slice(entity.body);
        } else if entity.media.kind == "multipart/signed" {
            self.header(entity, &Change::None, depth);
            self.copy(entity.body, Remark::SignedCopied);
        } else if entity.media.may_be_composite() {
            // Any other encoding would hide the parts from the readers who see them.
            self.header(entity, &Change::None, depth);
            self.copy(entity.body, Remark::StructureCopied);
        } else if entity.media.main_type() == "multipart" {
            self.multipart(entity, depth);
        } else if entity.media.kind == "message/rfc822" && entity.encoding == TransferEncoding::Identity {
            self.attached_message(entity, depth);
        } else {
            self.leaf(entity, depth);
        }
    }

    /// Re-encodes the parts; what lies between them is copied.
    fn multipart(&mut self, entity: &Entity<'_>, depth: usize) {
        let Ok(division) = entity.divide() else {
            self.header(entity, &Change::None, depth);
            return self.copy(entity.body, Remark::StructureCopied);
        };
        let parts = entity.parts(&division);
        let header_at = self.output.len();
        self.header(entity, &Change::To("7bit"), depth);
        let body_at = self.output.len();
        let mut copied = 0;
        for (range, part) in division.parts.iter().zip(&parts) {
            self.between(&entity.body[copied..range.start]);
            self.entity(part, depth + 1);
            copied = range.end;
        }
        self.between(&entity.body[copied..]);
        self.relabel(entity, header_at..body_at, depth);
    }

    fn attached_message(&mut self, entity: &Entity<'_>, depth: usize) {
        let header_at = self.output.len();
        self.header(entity, &Change::To("7bit"), depth);
        let body_at = self.output.len();
        self.entity(&Entity::message(entity.body), depth + 1);
        self.relabel(entity, header_at..body_at, depth);
    }

    /// Writes the header section anew where the body did not become what it says.
    fn relabel(&mut self, entity: &Entity<'_>, header: std::ops::Range<usize>, depth: usize) {
        if self.output[header.end..].is_ascii() {
            return;
        }
        let body = self.output.split_off(header.end);
        self.output.truncate(header.start);
        self.header(entity, &Change::None, depth);
        self.output.extend_from_slice(&body);
    }

    fn leaf(&mut self, entity: &Entity<'_>, depth: usize) {
        let kind = entity.media.main_type();
        let encoded = match &entity.encoding {
            TransferEncoding::QuotedPrintable => Some((body::quoted(entity.body), Change::None)),
            TransferEncoding::Base64 if entity.body.is_ascii() => {
                Some((body::in_lines(entity.body), Change::None))
            }
            TransferEncoding::Identity if kind == "text" => {
                Some((body::to_quoted(entity.body), Change::To("quoted-printable")))
            }
            // Only 7bit, 8bit and binary are allowed in these (RFC 2046 section 5.2).
            TransferEncoding::Identity if kind != "message" && kind != "multipart" => {
                Some((body::to_base64(entity.body), Change::To("base64")))
            }
            _ => None,
        };
        match encoded {
            Some((body, change)) => {
                self.header(entity, &change, depth);
                self.output.extend_from_slice(&body);
            }
            None => {
                self.header(entity, &Change::None, depth);
                self.copy(entity.body, Remark::BodyCopied);
            }
        }
    }

    /// Writes the header section and its empty line. The label of an encoding that changes is replaced where it is.
    fn header(&mut self, entity: &Entity<'_>, change: &Change, depth: usize) {
        let ends_here = crate::header::end_of_header(entity.raw).is_none();
        let mut labelled = matches!(change, Change::None);
        for field in &entity.fields {
            match change {
                Change::To(encoding) if field.is("Content-Transfer-Encoding") => {
                    self.write(format!("{}: {encoding}\r\n", field.name()).as_bytes());
                    labelled = true;
                }
                _ => self.field(field, depth),
            }
        }
        if let (false, Change::To(encoding)) = (labelled, change) {
            self.label(entity, encoding, depth);
        }
        if !ends_here {
            self.write(b"\r\n");
        }
    }

    /// Adds the label of a body that had none. A multipart in seven bits needs none.
    fn label(&mut self, entity: &Entity<'_>, encoding: &str, depth: usize) {
        if encoding == "7bit" {
            return;
        }
        if depth == 0 && entity.field("MIME-Version").is_none() {
            self.write(b"MIME-Version: 1.0\r\n");
        }
        if entity.field("Content-Type").is_none() {
            // RFC 1428 names bytes whose character set nobody gave.
            let charset = if std::str::from_utf8(entity.body).is_ok() { "utf-8" } else { "unknown-8bit" };
            self.write(format!("Content-Type: text/plain; charset={charset}\r\n").as_bytes());
        }
        self.write(format!("Content-Transfer-Encoding: {encoding}\r\n").as_bytes());
    }

    fn field(&mut self, field: &Field<'_>, depth: usize) {
        let may_be_raw = depth > 0 && self.takes == Takes::EightBitBodies;
        let written = if field.raw().is_ascii() || may_be_raw {
            fields::Written::from(field.raw())
        } else {
            fields::in_ascii(field, self.charset.as_deref())
        };
        if !written.is_expressed {
            self.remark(Remark::FieldCopied);
        }
        self.write(&fold::folded(&written.bytes));
        if !field.raw().ends_with(b"\r\n") {
            self.write(b"\r\n");
        }
    }

    /// Delimiters, preamble and epilogue.
    fn between(&mut self, bytes: &[u8]) {
        if self.fits(bytes) {
            self.write(bytes);
        } else {
            self.copy(bytes, Remark::StructureCopied);
        }
    }

    fn copy(&mut self, bytes: &[u8], remark: Remark) {
        self.remark(remark);
        self.write(bytes);
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        fits_as_body(bytes, self.takes)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
    }

    fn remark(&mut self, remark: Remark) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}

fn longest_line(message: &[u8]) -> usize {
    let (mut start, mut longest) = (0, 0);
    for end in memchr::memchr_iter(b'\n', message) {
        longest = longest.max((end - start).saturating_sub(1));
        start = end + 1;
    }
    longest.max(message.len() - start)
}

#[cfg(test)]
mod tests;
