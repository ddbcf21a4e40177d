//! Header lines that are too long, folded where folding means nothing (RFC 5322 section 2.2.3).

use std::borrow::Cow;

use super::MAX_LINE_BYTES;

/// The field with its long lines folded at blanks, or behind commas where there are none.
pub(super) fn folded(field: &[u8]) -> Cow<'_, [u8]> {
    if super::longest_line(field) <= MAX_LINE_BYTES {
        return Cow::Borrowed(field);
    }
    let mut output = Vec::with_capacity(field.len() + field.len() / 64);
    for line in field.split_inclusive(|byte| *byte == b'\n') {
        let mut rest = line;
        while let Some(place) = place(rest) {
            output.extend_from_slice(&rest[..place.at]);
            output.extend_from_slice(if place.is_blank { b"\r\n" } else { b"\r\n " });
            rest = &rest[place.at..];
        }
        output.extend_from_slice(rest);
    }
    Cow::Owned(output)
}

struct FoldPoint {
    at: usize,
    is_blank: bool,
}

/// Where a line is best folded, if it is too long: not so that a line of nothing but blanks is left.
fn place(line: &[u8]) -> Option<FoldPoint> {
    let text = line.strip_suffix(b"\r\n").unwrap_or(line);
    if text.len() <= MAX_LINE_BYTES {
        return None;
    }
    let is_blank = |byte: u8| byte == b' ' || byte == b'\t';
    let starts = text.iter().position(|byte| !is_blank(*byte))?;
    let ends = text.iter().rposition(|byte| !is_blank(*byte))?;
    let latest = starts + 1..MAX_LINE_BYTES;
    let at_blank = |at: &usize| *at < ends && is_blank(text[*at]);
    if let Some(at) = latest.clone().rev().find(at_blank) {
        return Some(FoldPoint { at, is_blank: true });
    }
    let behind_comma = latest.rev().find(|at| text[*at - 1] == b',' && !in_quotes(&text[..*at]));
    behind_comma.map(|at| FoldPoint { at, is_blank: false })
}

fn in_quotes(text: &[u8]) -> bool {
    text.iter().filter(|byte| **byte == b'"').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_and_read_the_same() {
        let words = format!("X: {}\r\n", "word ".repeat(500).trim_end());
        let addresses = format!("To: {}x@y.z\r\n", "someone@example.com,".repeat(200));
        for field in [&words, &addresses] {
            let folded = String::from_utf8(folded(field.as_bytes()).into_owned()).unwrap();
            assert!(folded.split("\r\n").all(|line| line.len() <= MAX_LINE_BYTES));
            let read = folded.replace(",\r\n ", ",").replace("\r\n ", " ");
            assert_eq!(read.trim_end(), field.trim_end());
        }
    }

    #[test]
    fn what_has_no_place_stays() {
        for field in [format!("X: {}\r\n", "y".repeat(2_000)), "Short: x\r\n".to_owned()] {
            let folded = folded(field.as_bytes()).into_owned();
            assert!(folded.ends_with(&field.as_bytes()[3..]), "{}", folded.escape_ascii());
        }
    }
}
