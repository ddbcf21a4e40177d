//! Two readers of what follows DATA, written for the attacks alone: nothing of the server's own parser is in them.
//!
//! The strict one knows `CRLF.CRLF` and nothing else (RFC 5321 section 4.1.1.4). The lax one sees an end wherever any
//! server on the way might see one: at a dot between two line ends of whatever kind.

/// What a strict reader found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// Bytes of content, its last CRLF included.
    pub(crate) content: usize,
    /// Bytes up to what follows the end mark.
    pub(crate) used: usize,
}

/// Where the message ends, if it does; the bytes before `from` are known to hold no end.
pub(crate) fn strict_end(bytes: &[u8], from: usize) -> Option<End> {
    if bytes.starts_with(b".\r\n") {
        return Some(End { content: 0, used: 3 });
    }
    // The mark may have begun in the bytes that were searched before.
    let from = from.saturating_sub(4);
    let mark = memchr::memmem::find(bytes.get(from..)?, b"\r\n.\r\n")?;
    Some(End { content: from + mark + 2, used: from + mark + 5 })
}

/// How many ends of a message a lax server may see.
pub(crate) fn lax_ends(bytes: &[u8]) -> usize {
    let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let dots = memchr::memchr_iter(b'.', bytes);
    dots.filter(|dot| {
        let before = dot.checked_sub(1).map(|position| bytes[position]);
        before.is_none_or(|byte| is_line_end(&byte)) && bytes.get(dot + 1).is_some_and(is_line_end)
    })
    .count()
}

/// What no mail data may hold: a bare CR, a bare LF, a NUL.
pub(crate) fn flaw(bytes: &[u8]) -> Option<&'static str> {
    for position in memchr::memchr3_iter(b'\r', b'\n', 0, bytes) {
        match bytes[position] {
            0 => return Some("a NUL"),
            b'\r' if bytes.get(position + 1) != Some(&b'\n') => return Some("a bare CR"),
            b'\n' if position == 0 || bytes[position - 1] != b'\r' => return Some("a bare LF"),
            _ => {}
        }
    }
    None
}

/// The content with its transparency dots removed (RFC 5321 section 4.5.2).
pub(crate) fn without_transparency(content: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(content.len());
    let mut rest = content;
    while !rest.is_empty() {
        let end = memchr::memmem::find(rest, b"\r\n").map_or(rest.len(), |end| end + 2);
        let (line, behind) = rest.split_at(end);
        output.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        rest = behind;
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_crlf_dot_crlf_ends_a_message_strictly() {
        for (bytes, expected) in [
            (&b"a\r\n.\r\nb"[..], Some((3, 6))),
            (b".\r\nb", Some((0, 3))),
            (b"a\n.\r\nb", None),
            (b"a\r\n.\nb", None),
            (b"a\r\n..\r\n", None),
            (b"a\r\r\n.\r\n", Some((4, 7))),
        ] {
            let end = strict_end(bytes, 0).map(|end| (end.content, end.used));
            assert_eq!(end, expected, "{bytes:?}");
        }
        assert!(strict_end(b"abcdef\r\n.\r\n", 10).is_some(), "the mark came in two pieces");
    }

    #[test]
    fn a_lax_reader_sees_every_end() {
        for (bytes, expected) in [
            (&b"a\r\n.\r\n"[..], 1),
            (b"a\n.\nb\r.\rc\n.\r\nd\r\n.\ne\r\n.\r\n", 5),
            (b"a\r\n..\r\nb.\r\n\r\n.\r\n", 1),
            (b".\r\n", 1),
        ] {
            assert_eq!(lax_ends(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn flaws_and_dots() {
        assert_eq!(flaw(b"a\r\nb\r\n"), None);
        assert_eq!(flaw(b"a\rb"), Some("a bare CR"));
        assert_eq!(flaw(b"\na"), Some("a bare LF"));
        assert_eq!(flaw(b"a\r\n\n"), Some("a bare LF"));
        assert_eq!(flaw(b"a\0"), Some("a NUL"));
        assert_eq!(without_transparency(b"..a\r\nb.\r\n...\r\n"), b".a\r\nb.\r\n..\r\n");
    }
}
