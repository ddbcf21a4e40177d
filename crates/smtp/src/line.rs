//! Command and reply lines: everything up to CRLF, within a limit (RFC 5321 section 2.3.8).

use bytes::{Buf as _, BytesMut};

/// Why no line can be had from the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineError {
    /// The line is longer than the limit.
    TooLong,
    /// A line feed without a carriage return, or a carriage return without a line feed.
    BareControl,
    /// NUL or another control character: no text protocol speaks like this.
    Junk,
}

/// Takes one line without its CRLF off the input, or `None` while it is unfinished.
pub(crate) fn take(input: &mut BytesMut, max_octets: usize) -> Result<Option<BytesMut>, LineError> {
    // The first octets of a TLS handshake or of a binary protocol need not wait for a line feed.
    if input.first().is_some_and(|byte| byte.is_ascii_control() && !matches!(byte, b'\r' | b'\n' | b'\t')) {
        return Err(LineError::Junk);
    }
    let Some(end) = memchr::memchr(b'\n', input) else {
        return if input.len() > max_octets { Err(LineError::TooLong) } else { Ok(None) };
    };
    if end > max_octets {
        return Err(LineError::TooLong);
    }
    if end == 0 || input[end - 1] != b'\r' {
        return Err(LineError::BareControl);
    }
    let mut line = input.split_to(end - 1);
    input.advance(2);
    if memchr::memchr(b'\r', &line).is_some() {
        return Err(LineError::BareControl);
    }
    // Devices put into their name what they find in memory, and nothing depends on it.
    let is_junk = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    if line.iter().any(is_junk) && !is_greeting(&line) {
        return Err(LineError::Junk);
    }
    while line.last().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
        line.truncate(line.len() - 1);
    }
    Ok(Some(line))
}

/// Whether the line is EHLO or HELO with a name.
fn is_greeting(line: &[u8]) -> bool {
    let verb = line.get(..5).unwrap_or_default();
    verb.eq_ignore_ascii_case(b"EHLO ") || verb.eq_ignore_ascii_case(b"HELO ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], expected: Result<Option<&[u8]>, LineError>, left: &[u8]) {
        let mut buffer = BytesMut::from(input);
        let taken = take(&mut buffer, 20);
        assert_eq!(taken.as_ref().map(|line| line.as_deref()).map_err(|error| *error), expected, "{input:?}");
        if expected.is_ok() {
            assert_eq!(&buffer[..], left);
        }
    }

    #[test]
    fn only_crlf_ends_a_line() {
        check(b"", Ok(None), b"");
        check(b"NOOP", Ok(None), b"NOOP");
        check(b"NOOP\r", Ok(None), b"NOOP\r");
        check(b"NOOP\r\nQUIT\r\n", Ok(Some(b"NOOP")), b"QUIT\r\n");
        check(b"NOOP \t\r\n", Ok(Some(b"NOOP")), b"");
        check(b"\r\n", Ok(Some(b"")), b"");
        check(b"NOOP\n", Err(LineError::BareControl), b"");
        check(b"\n", Err(LineError::BareControl), b"");
        check(b"NO\rOP\r\n", Err(LineError::BareControl), b"");
        check(b"NO\0OP\r\n", Err(LineError::Junk), b"");
        check(b"helo a\x01\0b\r\n", Ok(Some(b"helo a\x01\0b")), b"");
        check(b"helo a\rb\r\n", Err(LineError::BareControl), b"");
        check(b"\x16\x03\x01\x02", Err(LineError::Junk), b"");
        check(b"\0\n", Err(LineError::Junk), b"");
        check(b"123456789012345678\r\n", Ok(Some(b"123456789012345678")), b"");
        check(b"12345678901234567890\r\n", Err(LineError::TooLong), b"");
        check(b"123456789012345678901", Err(LineError::TooLong), b"");
    }
}
