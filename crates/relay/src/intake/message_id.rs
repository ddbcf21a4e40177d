//! The Message-ID of a message that is refused, whatever is wrong with its header section.

/// Characters of a Message-ID that are kept.
const MAX: usize = 200;

/// Finds the first Message-ID in what may be no header section, or not all of one. Control characters become `?`.
pub(super) fn message_id_in(header: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"message-id:";
    let mut lines = header.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let field =
        lines.find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))?;
    let mut body = field[NAME.len()..].trim_ascii();
    if body.is_empty() {
        // Folded, as long ones are (RFC 5322 section 2.2.3).
        body = lines.next().filter(|line| line.starts_with(b" ") || line.starts_with(b"\t"))?.trim_ascii();
    }
    let is_shown = |c: char| c == ' ' || (c.is_ascii() && !c.is_ascii_control());
    let shown =
        String::from_utf8_lossy(body).chars().take(MAX).map(|c| if is_shown(c) { c } else { '?' }).collect();
    Some(shown).filter(|shown: &String| !shown.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_is_found_in_what_is_no_header_section() {
        for (header, expected) in [
            ("From root\r\nMessage-ID: <1@x>\r\nMessage-ID: <2@x>\r\n", Some("<1@x>")),
            ("a: b\r\nMESSAGE-id:<1@x>", Some("<1@x>")),
            ("Message-ID:\r\n <1@x>\r\n", Some("<1@x>")),
            ("Message-ID: \x1b[31m\r\n", Some("?[31m")),
            ("Message-ID:\r\nSubject: a\r\n", None),
            ("Message-ID:", None),
            ("X-Message-ID: <1@x>\r\n", None),
            ("", None),
        ] {
            assert_eq!(message_id_in(header.as_bytes()).as_deref(), expected, "{header:?}");
        }
    }
}
