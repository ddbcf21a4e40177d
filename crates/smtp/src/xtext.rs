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
        fn printable_ascii_survives(plain in "[ -~]{0,40}") {
            prop_assert_eq!(decode(&encode(&plain)), Some(plain));
        }
    }
}
