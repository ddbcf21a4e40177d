//! Text of any kind as one line that a field can hold.

use std::fmt::Write as _;

/// Keeps the longest line within what SMTP carries.
const MAX_LINE_BYTES: usize = 900;

/// One line of ASCII; what is beyond it as `\x{FC}`, as RFC 6533 section 3 writes it in addresses.
pub(super) fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut ascii, c);
        if ascii.len() > MAX_LINE_BYTES {
            break;
        }
    }
    ascii
}

/// An address of type utf-8 as `utf-8-addr-xtext` (RFC 6533 section 3): `\`, `+` and `=` are escaped, too.
pub(super) fn utf8_address(address: &str) -> String {
    let mut ascii = String::with_capacity(address.len());
    for c in address.chars().take(MAX_LINE_BYTES / "\\x{10FFFF}".len()) {
        match c {
            '\\' | '+' | '=' | ' ' => escape(&mut ascii, c),
            c => push(&mut ascii, c),
        }
    }
    ascii
}

/// One line; what is beyond ASCII stays.
pub(super) fn in_one_line(text: &str) -> String {
    let mut end = text.len().min(MAX_LINE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn push(ascii: &mut String, c: char) {
    match c {
        ' '..='~' => ascii.push(c),
        _ if c.is_control() => ascii.push(' '),
        _ => escape(ascii, c),
    }
}

fn escape(ascii: &mut String, c: char) {
    let _ = write!(ascii, "\\x{{{:X}}}", u32::from(c));
}
