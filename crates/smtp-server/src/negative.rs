//! Finds the negative replies in what goes to a client, whether the session or the service gave them.

use std::borrow::Cow;

/// The last lines of all replies of 4yz and 5yz, without their line ends (RFC 5321 section 4.2.1).
pub(crate) fn replies(pending: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    let lines = pending.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii_end);
    lines.filter(|line| is_negative(line)).map(String::from_utf8_lossy)
}

/// A hyphen behind the code is in every line of a reply but its last.
fn is_negative(line: &[u8]) -> bool {
    matches!(
        line,
        [b'4' | b'5', b'0'..=b'9', b'0'..=b'9'] | [b'4' | b'5', b'0'..=b'9', b'0'..=b'9', b' ', ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_negative_replies_are_found() {
        for (pending, expected) in [
            ("", &[][..]),
            ("250-relay\r\n250 SIZE 500 451\r\n", &[]),
            ("354 500 OK\r\n334 NTAw\r\n", &[]),
            ("250 2.1.0 OK\r\n550 5.1.1 no\r\n451 4.3.0 later\r\n", &["550 5.1.1 no", "451 4.3.0 later"]),
            ("550-no\r\n550 never\r\n", &["550 never"]),
            ("500\r\n5000 x\r\n", &["500"]),
        ] {
            assert_eq!(replies(pending.as_bytes()).collect::<Vec<_>>(), expected, "{pending:?}");
        }
    }
}
