//! Where the parts of a multipart body begin and end (RFC 2046 section 5.1.1).
//!
//! RFC 2046 lets a reader take every line that begins with the boundary for a delimiter, and most readers want the
//! whole line to match. Where the two differ, nobody can tell what the parts are.

use std::ops::Range;

/// The parts of a multipart body, by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Division {
    /// Each part, header section and body, without the line end before the next delimiter.
    pub(crate) parts: Vec<Range<usize>>,
    /// What follows the last delimiter.
    pub(crate) epilogue: Range<usize>,
    /// Whether the last delimiter says that it is the last.
    pub(crate) is_closed: bool,
}

/// Readers may differ about where the parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unclear;

enum Line {
    Text,
    Delimiter,
    Close,
}

/// The longest boundary (RFC 2046 section 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// Divides a body at its boundary.
pub(crate) fn divide(body: &[u8], boundary: &str) -> Result<Division, Unclear> {
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY || boundary.ends_with([' ', '\t']) {
        return Err(Unclear);
    }
    let mut parts = Vec::new();
    let (mut begun, mut closed_at) = (None, None);
    let mut position = 0;
    while position < body.len() {
        let end = memchr::memchr(b'\n', &body[position..]).map_or(body.len(), |at| position + at + 1);
        let line = kind(&body[position..end], boundary.as_bytes())?;
        if !matches!(line, Line::Text) {
            // Behind the last delimiter there is nothing to be delimited.
            if closed_at.is_some() {
                return Err(Unclear);
            }
            if let Some(start) = begun.replace(end) {
                // The line end before a delimiter belongs to the delimiter.
                parts.push(start..position.saturating_sub(2).max(start));
            }
            if matches!(line, Line::Close) {
                closed_at = Some(end);
            }
        }
        position = end;
    }
    let start = begun.ok_or(Unclear)?;
    if closed_at.is_none() {
        parts.push(start..body.len());
    }
    if parts.is_empty() {
        return Err(Unclear);
    }
    let epilogue = closed_at.unwrap_or(body.len())..body.len();
    Ok(Division { parts, epilogue, is_closed: closed_at.is_some() })
}

fn kind(line: &[u8], boundary: &[u8]) -> Result<Line, Unclear> {
    let Some(rest) = line.strip_prefix(b"--").and_then(|rest| rest.strip_prefix(boundary)) else {
        return Ok(Line::Text);
    };
    let is_blank = |rest: &[u8]| rest.trim_ascii().is_empty();
    match rest.strip_prefix(b"--") {
        _ if is_blank(rest) => Ok(Line::Delimiter),
        Some(rest) if is_blank(rest) => Ok(Line::Close),
        _ => Err(Unclear),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'a>(body: &'a str, boundary: &str) -> Option<Vec<&'a str>> {
        let division = divide(body.as_bytes(), boundary).ok()?;
        Some(division.parts.into_iter().map(|part| &body[part]).collect())
    }

    #[test]
    fn parts_lie_between_delimiters() {
        let body = "preamble\r\n--b\r\none\r\n\r\n--b \t\r\ntwo\r\n--b--\r\nepilogue";
        assert_eq!(parts(body, "b"), Some(vec!["one\r\n", "two"]));
        let division = divide(body.as_bytes(), "b").unwrap();
        assert_eq!((&body[division.epilogue], division.is_closed), ("epilogue", true));
        assert_eq!(parts("--b\r\n--b\r\n\r\nx", "b"), Some(vec!["", "\r\nx"]));
        assert!(!divide(b"--b\r\nx", "b").unwrap().is_closed);
    }

    #[test]
    fn where_readers_differ_nothing_is_divided() {
        for (body, boundary) in [
            ("--Part\r\na\r\n--Part--More\r\nb\r\n--Part--\r\n", "Part"),
            ("--Part\r\na\r\n--Partner\r\nb\r\n--Part--\r\n", "Part"),
            ("--Part\r\na\r\n--Part: 7 --\r\nb\r\n--Part--\r\n", "Part"),
            ("--b\r\na\r\n--b--\r\n--b\r\nc\r\n--b--\r\n", "b"),
            ("--b--\r\n", "b"),
            ("no delimiter\r\n", "b"),
            ("--b \r\na\r\n--b --\r\n", "b "),
            ("", ""),
        ] {
            assert_eq!(parts(body, boundary), None, "{body}");
        }
    }
}
