//! Texts as segments of a path.

/// One segment of a path, percent-encoded.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_one_whatever_is_in_it() {
        assert_eq!(segment("no-reply_1.x~"), "no-reply_1.x~");
        assert_eq!(segment("$(reboot)/../?a"), "%24%28reboot%29%2F..%2F%3Fa");
    }
}
