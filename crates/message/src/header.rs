//! Header sections, field by field, every byte kept (RFC 5322 section 2.2).

use std::borrow::Cow;

/// One field with its name, its body and its line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    raw: &'a [u8],
    name: &'a str,
}

/// The text is not a header section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the message is not a header field")]
pub struct NotAField {
    /// Counted from 1.
    pub line: usize,
}

/// Walks through the fields of a header section.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
    line: usize,
}

/// Divides a message into its header section, without the empty line, and its body.
///
/// A message without an empty line is all header section.
#[must_use]
pub fn split(message: &[u8]) -> (&[u8], &[u8]) {
    match end_of_header(message) {
        Some(end) => (&message[..end - 2], &message[end..]),
        None => (message, &[]),
    }
}

/// Where the body starts: behind the first empty line.
#[must_use]
pub fn end_of_header(message: &[u8]) -> Option<usize> {
    end_of_header_behind(message, 0)
}

/// The same for a message that arrives in pieces: its first `searched` bytes were searched before.
#[must_use]
pub fn end_of_header_behind(message: &[u8], searched: usize) -> Option<usize> {
    // Only at the very start of a message is one line end an empty line.
    if message.starts_with(b"\r\n") {
        return Some(2);
    }
    let from = searched.saturating_sub(3);
    memchr::memmem::find(&message[from..], b"\r\n\r\n").map(|position| from + position + 4)
}

/// The fields of a header section in order.
#[must_use]
pub fn fields(header: &[u8]) -> Fields<'_> {
    Fields { rest: header, line: 1 }
}

impl<'a> Field<'a> {
    /// The whole field, line ends included.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The name as written.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Whether the field has that name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// What follows the colon, unfolded and trimmed; encoded words stay encoded.
    #[must_use]
    pub fn body(&self) -> Cow<'a, str> {
        let colon = memchr::memchr(b':', self.raw).unwrap_or(self.name.len());
        let body = self.raw[(colon + 1).min(self.raw.len())..].trim_ascii();
        match String::from_utf8_lossy(body) {
            Cow::Borrowed(body) if !body.contains(['\r', '\n']) => Cow::Borrowed(body),
            body => Cow::Owned(body.replace("\r\n", "")),
        }
    }

    /// What follows the colon, unfolded, encoded words decoded (RFC 2047): for people, who read no more than the
    /// first [`MAX_SHOWN_BYTES`]. Decoding costs the square of the length.
    #[must_use]
    pub fn decoded(&self) -> String {
        decoded(self.raw)
    }
}

/// What is decoded of a field to be shown, in bytes.
pub const MAX_SHOWN_BYTES: usize = 4_096;

/// The body of a raw field for people, cut between two words where it is too long.
pub(crate) fn decoded(raw: &[u8]) -> String {
    let shown = if raw.len() <= MAX_SHOWN_BYTES {
        raw
    } else {
        let head = &raw[..MAX_SHOWN_BYTES];
        let cut = head.iter().rposition(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        // One long word, which nobody reads either, is cut between characters.
        let end = cut.filter(|cut| *cut > MAX_SHOWN_BYTES / 2);
        &head[..end
            .unwrap_or_else(|| head.len() - head.utf8_chunks().last().map_or(0, |last| last.invalid().len()))]
    };
    match mailparse::parse_header(shown) {
        Ok((header, _)) => header.get_value(),
        Err(_) => {
            let body = &shown[memchr::memchr(b':', shown).map_or(0, |colon| colon + 1)..];
            String::from_utf8_lossy(body).replace("\r\n", "").trim().to_owned()
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, NotAField>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (mut end, mut lines) = (0, 0);
        loop {
            end += memchr::memchr(b'\n', &self.rest[end..]).map_or(self.rest.len() - end, |at| at + 1);
            lines += 1;
            // A line that begins with a blank continues the field (RFC 5322 section 2.2.3).
            if !matches!(self.rest.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let (raw, rest) = self.rest.split_at(end);
        let line = self.line;
        (self.rest, self.line) = (rest, self.line + lines);
        let Some(name) = field_name(raw) else {
            self.rest = &[];
            return Some(Err(NotAField { line }));
        };
        Some(Ok(Field { raw, name }))
    }
}

/// RFC 5322 section 2.2: printable characters but the colon; old software puts blanks before it.
fn field_name(raw: &[u8]) -> Option<&str> {
    let colon = memchr::memchr(b':', raw)?;
    let name = raw[..colon].trim_ascii_end();
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    std::str::from_utf8(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<Vec<(String, String)>, NotAField> {
        fields(header.as_bytes())
            .map(|field| field.map(|field| (field.name().to_owned(), field.body().into_owned())))
            .collect()
    }

    #[test]
    fn fields_keep_their_order_and_are_unfolded() {
        let pairs = read("From: a@b\r\nSubject:\r\n one\r\n\ttwo\r\nX : y\r\nEmpty:\r\nLast: z").unwrap();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, b)| (n.as_str(), b.as_str())).collect();
        assert_eq!(
            pairs,
            [("From", "a@b"), ("Subject", "one\ttwo"), ("X", "y"), ("Empty", ""), ("Last", "z")]
        );
    }

    #[test]
    fn a_line_that_is_no_field_is_named() {
        assert_eq!(read("A: b\r\n c\r\nnonsense\r\nD: e"), Err(NotAField { line: 3 }));
        assert_eq!(read("From someone Sat Nov 21\r\n"), Err(NotAField { line: 1 }));
        assert_eq!(read(": x\r\n"), Err(NotAField { line: 1 }));
        assert_eq!(read(" folded: first\r\n"), Err(NotAField { line: 1 }));
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_shown_of_a_field_is_bounded_and_whole() {
        let shown = |body: &str| {
            let raw = format!("Subject: {body}\r\n");
            fields(raw.as_bytes()).next().unwrap().unwrap().decoded()
        };
        assert_eq!(shown("=?utf-8?q?Gr=C3=BC=C3=9Fe?="), "Gr\u{fc}\u{df}e");
        let words = shown(&"=?utf-8?q?=C3=BC?=\r\n ".repeat(50_000));
        assert!(words.len() < MAX_SHOWN_BYTES && words.chars().all(|c| c == '\u{fc}'), "{words}");
        let letters = shown(&"\u{fc}".repeat(50_000));
        assert!(letters.len() < MAX_SHOWN_BYTES && letters.chars().all(|c| c == '\u{fc}'), "{letters}");
    }

    #[test]
    fn the_first_empty_line_divides() {
        assert_eq!(split(b"A: b\r\n\r\nbody\r\n\r\nx"), (&b"A: b\r\n"[..], &b"body\r\n\r\nx"[..]));
        assert_eq!(split(b"\r\nbody"), (&b""[..], &b"body"[..]));
        assert_eq!(split(b"A: b\r\n"), (&b"A: b\r\n"[..], &b""[..]));
    }
}
