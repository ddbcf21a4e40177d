//! Bodies in lines of ASCII (RFC 2045 sections 6.7 and 6.8).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// RFC 2045 section 6.8.
const BASE64_LINE: usize = 76;
/// Where a line of quoted-printable is broken, its `=` not counted (RFC 2045 section 6.7 rule 5).
const QUOTED_LINE: usize = 75;

/// Encodes text whose lines end in CRLF.
pub(super) fn to_quoted(text: &[u8]) -> Vec<u8> {
    quoted_printable::encode(text)
}

pub(super) fn to_base64(bytes: &[u8]) -> Vec<u8> {
    let encoded = STANDARD.encode(bytes);
    let mut lines = Vec::with_capacity(encoded.len() + encoded.len() / BASE64_LINE * 2 + 2);
    for line in encoded.as_bytes().chunks(BASE64_LINE) {
        lines.extend_from_slice(line);
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

/// Breaks the lines of base64 that are too long. Decoders ignore line ends, so that nothing has to be decoded, and
/// what follows the padding stays behind it.
pub(super) fn in_lines(base64: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(base64.len() + base64.len() / BASE64_LINE * 2 + 2);
    for line in base64.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\r\n").unwrap_or(line);
        if text.len() <= super::MAX_LINE_BYTES {
            lines.extend_from_slice(line);
            continue;
        }
        for (number, piece) in text.chunks(BASE64_LINE).enumerate() {
            if number > 0 {
                lines.extend_from_slice(b"\r\n");
            }
            lines.extend_from_slice(piece);
        }
        lines.extend_from_slice(&line[text.len()..]);
    }
    lines
}

/// Writes the raw bytes of quoted-printable as `=XX` and breaks lines that became or were too long by soft line
/// ends. Everything else is copied, `=` without its digits too.
pub(super) fn quoted(text: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(text.len() + text.len() / 4);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let (content, end) = match line.strip_suffix(b"\r\n") {
            Some(content) => (content, &line[content.len()..]),
            None => (line, &b""[..]),
        };
        if content.is_ascii() && content.len() <= super::MAX_LINE_BYTES {
            output.extend_from_slice(line);
            continue;
        }
        quoted_line(content, &mut output);
        output.extend_from_slice(end);
    }
    output
}

fn quoted_line(content: &[u8], output: &mut Vec<u8>) {
    let (mut rest, mut length) = (content, 0);
    while !rest.is_empty() {
        let (token, behind) = rest.split_at(token_length(rest));
        let escaped;
        let token = match token {
            [raw] if !raw.is_ascii() => {
                escaped = format!("={raw:02X}");
                escaped.as_bytes()
            }
            // An `=` that begins nothing would take the escape behind it for its own.
            b"=" if behind.first().is_some_and(|next| !next.is_ascii()) => b"=3D",
            token => token,
        };
        // A soft line end is never put before the `=` of one that is there, or in the middle of a triple.
        let is_last = behind.is_empty();
        if length + token.len() > QUOTED_LINE && !(is_last && token == b"=") {
            output.extend_from_slice(b"=\r\n");
            length = 0;
        }
        output.extend_from_slice(token);
        length += token.len();
        rest = behind;
    }
}

/// `=XX` stays together.
fn token_length(text: &[u8]) -> usize {
    match text {
        [b'=', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => 3,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base64_is_broken_and_not_decoded() {
        let long = "QUJD".repeat(400);
        let odd = format!("{long}QQ==QQ==\r\nfooter\r\n");
        let lines = in_lines(odd.as_bytes());
        assert!(lines.split(|byte| *byte == b'\n').all(|line| line.len() <= BASE64_LINE + 1));
        let without = |text: &[u8]| -> Vec<u8> {
            text.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect()
        };
        assert_eq!(without(&lines), without(odd.as_bytes()));
        assert!(lines.ends_with(b"\r\nfooter\r\n"));
    }

    #[test]
    fn raw_bytes_in_quoted_printable_are_escaped_where_they_are() {
        assert_eq!(quoted(b"a=20\xe9=\r\nb =zz\r\n"), b"a=20=E9=\r\nb =zz\r\n");
        assert_eq!(quoted(b"=\xe99C=A\xe9\r\n"), b"=3D=E99C=A=E9\r\n");
        let line = [&b"=C3=A9"[..]; 300].concat();
        let broken = quoted(&[&line[..], b"\r\n"].concat());
        assert!(broken.split(|byte| *byte == b'\n').all(|line| line.len() <= 77));
        let joined = String::from_utf8(broken).unwrap().replace("=\r\n", "");
        assert_eq!(joined.as_bytes(), [&line[..], b"\r\n"].concat());
    }

    proptest! {
        #[test]
        fn soft_line_ends_are_all_that_is_added(text in "([ -<>-~]|=[0-9A-F]{2}){0,1500}") {
            let broken = String::from_utf8(quoted(text.as_bytes())).unwrap();
            prop_assert_eq!(broken.replace("=\r\n", ""), text);
        }
    }
}
