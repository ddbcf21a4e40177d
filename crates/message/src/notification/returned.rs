//! What a notification returns of the message that it is about: its own bytes, never anything in their place.

use crate::header;

/// What comes back of a message.
#[derive(Clone, Copy, Debug)]
pub enum Returned<'a> {
    /// Its header section.
    Header(&'a [u8]),
    /// All of it (RET=FULL, RFC 3461 section 4.3).
    Message(&'a [u8]),
}

impl Returned<'_> {
    /// As the last part of a report.
    pub(super) fn part(&self) -> Vec<u8> {
        match *self {
            Self::Header(bytes) if bytes.is_ascii() && has_short_lines(bytes) => {
                labelled("Content-Type: text/rfc822-headers\r\n\r\n", bytes)
            }
            // RFC 6522 section 4 has quoted-printable for a header section that is not in seven bits.
            Self::Header(bytes) => {
                let is_global = !bytes.is_ascii() && is_utf8(bytes);
                let kind = if is_global { "message/global-headers" } else { "text/rfc822-headers" };
                let fields =
                    format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
                labelled(&fields, quoted_printable::encode(bytes).as_slice())
            }
            Self::Message(bytes) if is_global(bytes) => {
                let fields =
                    "Content-Type: message/global\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
                labelled(fields, quoted_printable::encode(bytes).as_slice())
            }
            Self::Message(bytes) if bytes.is_ascii() => {
                labelled("Content-Type: message/rfc822\r\n\r\n", bytes)
            }
            Self::Message(bytes) => {
                labelled("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n", bytes)
            }
        }
    }

    /// The header section as a text file.
    pub(super) fn file(&self) -> Vec<u8> {
        let bytes = match *self {
            Self::Header(bytes) => bytes,
            Self::Message(bytes) => header::split(bytes).0,
        };
        let charset = match (bytes.is_ascii(), is_utf8(bytes)) {
            (true, _) => "us-ascii",
            (false, true) => "utf-8",
            // RFC 1428 names bytes whose character set nobody gave.
            (false, false) => "unknown-8bit",
        };
        let fields = format!(
            "Content-Type: text/plain; charset={charset}; name=\"original-header.txt\"\r\n\
             Content-Disposition: attachment; filename=\"original-header.txt\"\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        );
        labelled(&fields, quoted_printable::encode(bytes).as_slice())
    }
}

fn labelled(fields: &str, bytes: &[u8]) -> Vec<u8> {
    [fields.as_bytes(), bytes].concat()
}

/// Whether a message is one of RFC 6532: UTF-8 in its header section.
fn is_global(message: &[u8]) -> bool {
    let section = header::split(message).0;
    !section.is_ascii() && is_utf8(section)
}

fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

fn has_short_lines(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= crate::seven_bit::MAX_LINE_BYTES)
}
