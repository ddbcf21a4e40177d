//! Transfer encodings (RFC 2045 section 6): what a label says, and bytes decoded only where the body keeps to it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use crate::header::Field;

/// What Content-Transfer-Encoding says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TransferEncoding {
    /// None, 7bit, 8bit or binary: the bytes are the content.
    Identity,
    QuotedPrintable,
    Base64,
    /// Something else, as written.
    Unknown(String),
}

impl TransferEncoding {
    /// What an entity's fields say. The token counts, not the blanks around it (RFC 2045 section 6.1).
    pub(crate) fn of(fields: &[Field<'_>]) -> Self {
        let mut labels = fields.iter().filter(|field| field.is("Content-Transfer-Encoding"));
        let Some(label) = labels.next().map(Field::body) else { return Self::Identity };
        if labels.next().is_some() {
            return Self::Unknown("given twice".to_owned());
        }
        let label = label.trim();
        match label.to_ascii_lowercase().as_str() {
            "7bit" | "8bit" | "binary" => Self::Identity,
            "quoted-printable" => Self::QuotedPrintable,
            "base64" => Self::Base64,
            _ => Self::Unknown(label.to_owned()),
        }
    }

    /// The content, if every decoder gives the same.
    pub(crate) fn decode<'a>(&self, body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Identity => Some(Cow::Borrowed(body)),
            Self::QuotedPrintable => decode_quoted(body).map(Cow::Owned),
            Self::Base64 => decode_base64(body).map(Cow::Owned),
            Self::Unknown(_) => None,
        }
    }
}

/// The content as most decoders give it, where a body almost keeps to its encoding and nothing of it is dropped.
pub(crate) fn guess(encoding: &TransferEncoding, body: &[u8]) -> Option<Vec<u8>> {
    match encoding {
        TransferEncoding::Base64 => FORGIVING.decode(compact(body)).ok(),
        TransferEncoding::QuotedPrintable => {
            quoted_printable::decode(body, quoted_printable::ParseMode::Strict).ok()
        }
        TransferEncoding::Identity | TransferEncoding::Unknown(_) => None,
    }
}

/// Padding may be missing, and unused bits may be set.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes base64 whose lines may have any length; alphabet, padding and unused bits have to be right.
fn decode_base64(body: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(compact(body)).ok()
}

/// The body without its line ends and blanks, which are nearly always at the ends of lines.
fn compact(body: &[u8]) -> Vec<u8> {
    let is_blank = |byte: &u8| matches!(byte, b'\r' | b' ' | b'\t');
    let mut compact = Vec::with_capacity(body.len());
    let mut start = 0;
    while start < body.len() {
        let end = memchr::memchr(b'\n', &body[start..]).map_or(body.len(), |at| start + at);
        let line = body[start..end].trim_ascii();
        if memchr::memchr3(b'\r', b' ', b'\t', line).is_none() {
            compact.extend_from_slice(line);
        } else {
            compact.extend(line.iter().copied().filter(|byte| !is_blank(byte)));
        }
        start = end + 1;
    }
    compact
}

/// Decodes quoted-printable that needs no guess: no byte beyond ASCII, no blank at the end of a line (RFC 2045
/// section 6.7 rule 3), no `=` without its two digits or its line end.
pub(crate) fn decode_quoted(body: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(body.len());
    let mut position = 0;
    while let Some(&byte) = body.get(position) {
        match byte {
            b'=' if body[position..].starts_with(b"=\r\n") => position += 3,
            b'=' => {
                let digits = body.get(position + 1..position + 3)?;
                let (high, low) = (hex(digits[0])?, hex(digits[1])?);
                decoded.push(high << 4 | low);
                position += 3;
            }
            b' ' | b'\t' if matches!(body.get(position + 1), Some(b'\r' | b'\n')) => return None,
            0x80.. => return None,
            _ => {
                decoded.push(byte);
                position += 1;
            }
        }
    }
    Some(decoded)
}

/// The value of a hexadecimal digit in either case.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header;

    fn of(header: &str) -> TransferEncoding {
        let fields: Vec<_> = header::fields(header.as_bytes()).map(Result::unwrap).collect();
        TransferEncoding::of(&fields)
    }

    #[test]
    fn the_token_counts() {
        assert_eq!(of("X: y\r\n"), TransferEncoding::Identity);
        assert_eq!(of("Content-Transfer-Encoding:  BASE64 \t \r\n"), TransferEncoding::Base64);
        assert_eq!(of("content-transfer-encoding: 8Bit\r\n"), TransferEncoding::Identity);
        assert_eq!(of("Content-Transfer-Encoding: base64;\r\n"), TransferEncoding::Unknown("base64;".into()));
        assert_eq!(
            of("Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n"),
            TransferEncoding::Unknown("given twice".into())
        );
    }

    #[test]
    fn only_what_needs_no_guess_is_decoded() {
        let base64 = |body: &str| TransferEncoding::Base64.decode(body.as_bytes()).map(Cow::into_owned);
        assert_eq!(base64("aGVs\r\nbG8=\r\n"), Some(b"hello".to_vec()));
        assert_eq!(base64("\r\n aG Vs\t\r\n\r\n\tbG8 = "), Some(b"hello".to_vec()));
        for odd in ["aGVsbG9=", "aGVsbG8=aGVsbG8=", "aGVsbG8=\r\nfooter", "aGVsbG8", "aGVs*G8="] {
            assert_eq!(base64(odd), None, "{odd}");
        }
        let quoted = |body: &[u8]| decode_quoted(body);
        assert_eq!(quoted(b"a=C3=bc=\r\nb\r\n"), Some("a\u{fc}b\r\n".into()));
        for odd in [&b"h\xc3\xbc"[..], b"a \r\nb", b"=XY", b"a=", b"a= \r\nb"] {
            assert_eq!(quoted(odd), None, "{}", odd.escape_ascii());
        }
    }
}
