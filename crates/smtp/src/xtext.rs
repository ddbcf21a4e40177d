//! xtext, the escaping of ENVID and ORCPT (RFC 3461 section 4).

/// Takes the escaping off.
///
/// Returns `None` for anything that is not xtext, or that does not decode to printable ASCII.
#[must_use]
pub fn decode(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let decoded = match byte {
            b'+' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            b'=' => return None,
            b'!'..=b'~' => byte,
            _ => return None,
        };
        if !(b' '..=b'~').contains(&decoded) {
            return None;
        }
        plain.push(char::from(decoded));
    }
    Some(plain)
}

/// Takes the escaping off an address of type utf-8 (RFC 6533 section 3): `\x{FC}` for a character, besides xtext's own.
/// Characters beyond ASCII may come as they are.
#[must_use]
pub fn decode_utf8(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (decoded, length) = match c {
            '\\' => {
                let digits = rest.strip_prefix("\\x{")?.split_once('}')?.0;
                let is_point =
                    (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
                let point = u32::from_str_radix(digits, 16).ok().filter(|_| is_point)?;
                (char::from_u32(point)?, digits.len() + "\\x{}".len())
            }
            '+' => {
                let digits = rest.get(1..3)?.as_bytes();
                (char::from(hex(digits[0])? << 4 | hex(digits[1])?), 3)
            }
            '=' | ' ' => return None,
            c => (c, c.len_utf8()),
        };
        if decoded.is_control() || (length == 3 && !decoded.is_ascii() && c == '+') {
            return None;
        }
        plain.push(decoded);
        rest = &rest[length..];
    }
    Some(plain)
}

/// Escapes what xtext cannot hold. Characters beyond printable ASCII are escaped octet by octet.
#[must_use]
pub fn encode(plain: &str) -> String {
    let mut text = String::with_capacity(plain.len());
    for byte in plain.bytes() {
        match byte {
            b'+' | b'=' => text.push_str(&format!("+{byte:02X}")),
            b'!'..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("+{byte:02X}")),
        }
    }
    text
}

/// RFC 3461 allows upper-case digits only.
fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn malformed_xtext_is_refused() {
        for text in ["+", "+4", "+4g", "+4a", "a=b", "a b", "+00", "+0A", "ü"] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(decode("a+2Bb+3Dc").as_deref(), Some("a+b=c"));
    }

    proptest! {
        #[test]
        fn no_text_brings_the_decoder_down(text in "[ -~é日]{0,20}") {
            if let Some(plain) = decode_utf8(&text) {
                prop_assert!(!plain.chars().any(char::is_control));
            }
        }

        #[test]
        fn printable_ascii_survives(plain in "[ -~]{0,40}") {
            prop_assert_eq!(decode(&encode(&plain)), Some(plain));
        }
    }
}
