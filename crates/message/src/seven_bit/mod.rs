//! The same message in seven bits, for a server without 8BITMIME (RFC 6152 section 3, RFC 6409
//! section 8.4).
//!
//! Parts that are 7-bit already, with lines that SMTP can carry, stay octet for octet as they are.

mod fields;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailparse::{ParsedContentType, parse_content_type};

use crate::header::{self, Field};

/// RFC 5321 section 4.5.3.1.6, without CRLF.
pub const MAX_LINE_OCTETS: usize = 998;

/// Why a message cannot be said in seven bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotInSevenBits {
    /// Re-encoding breaks the signature.
    #[error("the message is signed as it stands")]
    Signed,
    /// An address is beyond ASCII.
    #[error("an address in the header section is not ASCII")]
    Address,
    /// The structure is too deep to be followed, or a header section is broken.
    #[error("the structure of the message is broken")]
    Structure,
}

/// Whether the message can go over SMTP without extensions as it is.
#[must_use]
pub fn is_seven_bit(message: &[u8]) -> bool {
    message.is_ascii() && longest_line(message) <= MAX_LINE_OCTETS
}

/// Re-encodes what has to be: the result is ASCII.
///
/// A line of a header section that is too long stays as it is. Where it may be broken is its author's to say,
/// and the next server may well take it.
///
/// # Errors
/// When that would break the message.
pub fn encode(message: &[u8]) -> Result<Vec<u8>, NotInSevenBits> {
    let mut output = Vec::with_capacity(message.len() + message.len() / 2);
    entity(message, 0, &mut output)?;
    Ok(output)
}

/// Deeper than any honest message.
const MAX_DEPTH: usize = 50;
/// RFC 2045 section 6.8.
const BASE64_LINE: usize = 76;

fn entity(entity: &[u8], depth: usize, output: &mut Vec<u8>) -> Result<(), NotInSevenBits> {
    if depth > MAX_DEPTH {
        return Err(NotInSevenBits::Structure);
    }
    let (header, body) = header::split(entity);
    let head = Head::read(header, depth == 0)?;
    let kind = head.content_type.mimetype.as_str();
    if kind == "multipart/signed" && !is_seven_bit(entity) {
        return Err(NotInSevenBits::Signed);
    }
    if kind.starts_with("multipart/") {
        head.write(Some("7bit"), body, output)?;
        let boundary = head.content_type.params.get("boundary").ok_or(NotInSevenBits::Structure)?;
        return multipart(body, boundary, depth, output);
    }
    if kind == "message/rfc822" {
        head.write(Some("7bit"), body, output)?;
        return self::entity(body, depth + 1, output);
    }
    if is_seven_bit(body) {
        head.write(None, body, output)?;
        output.extend_from_slice(body);
        return Ok(());
    }
    let plain = decode(body, &head.encoding);
    if kind.starts_with("text/") {
        head.write(Some("quoted-printable"), body, output)?;
        output.extend_from_slice(&quoted_printable::encode(&plain));
    } else {
        head.write(Some("base64"), body, output)?;
        for line in STANDARD.encode(&plain).as_bytes().chunks(BASE64_LINE) {
            output.extend_from_slice(line);
            output.extend_from_slice(b"\r\n");
        }
    }
    Ok(())
}

/// Re-encodes the parts between the delimiter lines (RFC 2046 section 5.1.1).
fn multipart(body: &[u8], boundary: &str, depth: usize, output: &mut Vec<u8>) -> Result<(), NotInSevenBits> {
    let delimiter = format!("--{boundary}");
    let mut part: Option<usize> = None;
    let mut position = 0;
    while position < body.len() {
        let end = memchr::memchr(b'\n', &body[position..]).map_or(body.len(), |at| position + at + 1);
        let line = &body[position..end];
        if let Some(rest) = line.strip_prefix(delimiter.as_bytes()) {
            if let Some(start) = part.take() {
                // The CRLF before a delimiter belongs to the delimiter.
                let stop = position.saturating_sub(2).max(start);
                entity(&body[start..stop], depth + 1, output)?;
                output.extend_from_slice(b"\r\n");
            }
            output.extend_from_slice(line);
            part = (!rest.starts_with(b"--")).then_some(end);
        }
        position = end;
    }
    match part {
        Some(start) => entity(&body[start..], depth + 1, output),
        None => Ok(()),
    }
}

/// A header section, read as far as encoding is concerned.
struct Head<'a> {
    fields: Vec<Field<'a>>,
    content_type: ParsedContentType,
    has_content_type: bool,
    encoding: String,
    is_message: bool,
}

impl<'a> Head<'a> {
    fn read(header: &'a [u8], is_message: bool) -> Result<Self, NotInSevenBits> {
        let fields: Result<Vec<Field<'_>>, _> = header::fields(header).collect();
        let fields = fields.map_err(|_| NotInSevenBits::Structure)?;
        let body_of = |name| fields.iter().find(|field| field.is(name)).map(Field::body);
        let content_type = body_of("Content-Type");
        let encoding = body_of("Content-Transfer-Encoding").unwrap_or_default().trim().to_ascii_lowercase();
        Ok(Self {
            content_type: parse_content_type(content_type.as_deref().unwrap_or("text/plain")),
            has_content_type: content_type.is_some(),
            encoding,
            is_message,
            fields,
        })
    }

    /// Writes the header section and its empty line, with `encoding` if the body's changes.
    fn write(&self, encoding: Option<&str>, body: &[u8], output: &mut Vec<u8>) -> Result<(), NotInSevenBits> {
        for field in &self.fields {
            if encoding.is_some() && field.is("Content-Transfer-Encoding") {
                continue;
            }
            fields::write(field, output)?;
        }
        if let Some(encoding) = encoding {
            if self.is_message && !self.fields.iter().any(|field| field.is("MIME-Version")) {
                output.extend_from_slice(b"MIME-Version: 1.0\r\n");
            }
            if !self.has_content_type {
                // RFC 1428 names octets whose character set nobody gave.
                let charset = if std::str::from_utf8(body).is_ok() { "utf-8" } else { "unknown-8bit" };
                output
                    .extend_from_slice(format!("Content-Type: text/plain; charset={charset}\r\n").as_bytes());
            }
            output.extend_from_slice(format!("Content-Transfer-Encoding: {encoding}\r\n").as_bytes());
        }
        output.extend_from_slice(b"\r\n");
        Ok(())
    }
}

/// Takes an encoding off whose lines were too long; other bodies are as they are.
fn decode(body: &[u8], encoding: &str) -> Vec<u8> {
    let decoded = match encoding {
        "base64" => {
            let compact: Vec<u8> =
                body.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
            STANDARD.decode(compact).ok()
        }
        "quoted-printable" => quoted_printable::decode(body, quoted_printable::ParseMode::Robust).ok(),
        _ => None,
    };
    decoded.unwrap_or_else(|| body.to_vec())
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
mod tests {
    use super::*;
    use crate::parts;
    use proptest::prelude::*;

    fn crlf(text: &str) -> Vec<u8> {
        text.replace('\n', "\r\n").into_bytes()
    }

    #[test]
    fn only_the_parts_that_need_it_change() {
        let message = crlf(
            "From: a@b.c\nContent-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: 8bit\n\npreamble\n--x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nhé\n--x\nContent-Type: text/html\n\n<p>same =\n--x--\nepilogue\n",
        );
        let encoded = String::from_utf8(encode(&message).unwrap()).unwrap();
        let expected = String::from_utf8(crlf(
            "From: a@b.c\nContent-Type: multipart/mixed; boundary=x\nMIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n\n--x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nh=C3=A9\n--x\nContent-Type: text/html\n\n<p>same =\n--x--\n",
        ))
        .unwrap();
        assert_eq!(encoded, expected);
    }

    #[test]
    fn header_fields_become_encoded_words() {
        let message = crlf(
            "From: \"Jürgen, X\" <a@b.c>\nTo: d@e.f\nSubject: über alles und noch viel mehr, damit es für ein Wort zu lang wird\n\nplain\n",
        );
        let encoded = encode(&message).unwrap();
        assert!(is_seven_bit(&encoded));
        let (before, after) = (parts::read(&message), parts::read(&encoded));
        assert_eq!(after.from, before.from);
        assert_eq!(after.subject, before.subject);
        assert_eq!(after.text.as_deref(), Some("plain\r\n"));
    }

    #[test]
    fn a_file_name_beyond_ascii_is_kept() {
        let message = crlf(
            "From: a@b.c\nContent-Type: application/pdf; name=\"ü.pdf\"\nContent-Disposition: attachment; filename=\"ü.pdf\"\n\n\u{e9}\n",
        );
        let encoded = encode(&message).unwrap();
        assert!(is_seven_bit(&encoded));
        assert_eq!(parts::read(&encoded).attachments, parts::read(&message).attachments);
    }

    #[test]
    fn what_cannot_be_re_encoded_is_refused() {
        let signed = crlf("From: a@b.c\nContent-Type: multipart/signed; boundary=x\n\n--x\n\nhé\n--x--\n");
        assert_eq!(encode(&signed), Err(NotInSevenBits::Signed));
        assert_eq!(encode(&crlf("From: jürgen@b.c\n\nx\n")), Err(NotInSevenBits::Address));
        assert_eq!(encode(&crlf("Content-Type: multipart/mixed\n\nhé\n")), Err(NotInSevenBits::Structure));
    }

    #[test]
    fn octets_without_a_charset_get_an_honest_one() {
        let encoded = encode(b"From: a@b.c\r\n\r\nh\xe9\r\n").unwrap();
        let text = String::from_utf8(encoded).unwrap();
        assert!(text.contains("charset=unknown-8bit\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\nh=E9\r\n"), "{text}");
    }

    proptest! {
        #[test]
        fn the_text_survives_in_seven_bits(text in "([ -~é]{0,60}\n){0,5}", long in 0_usize..1_200) {
            let message = crlf(&format!("From: a@b.c\nContent-Type: text/plain; charset=utf-8\n\n{}\n{text}", "y".repeat(long)));
            let encoded = encode(&message).unwrap();
            prop_assert!(is_seven_bit(&encoded));
            prop_assert_eq!(parts::read(&encoded).text, parts::read(&message).text);
        }

        #[test]
        fn no_message_panics(message in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = encode(&message);
        }
    }
}
