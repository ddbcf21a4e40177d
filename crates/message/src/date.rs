//! Dates as messages and HTTP write them.

use jiff::Timestamp;

/// `Sat, 21 Nov 2026 07:23:00 +0000` (RFC 5322 section 3.3).
#[must_use]
pub fn rfc5322(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// `Sat, 21 Nov 2026 07:23:00 GMT` (RFC 9110 section 5.6.7).
#[must_use]
pub fn http(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_in_utc() {
        let time: Timestamp = "2026-11-01T09:05:07.9+01:00".parse().unwrap();
        assert_eq!(rfc5322(time), "Sun, 01 Nov 2026 08:05:07 +0000");
        assert_eq!(http(time), "Sun, 01 Nov 2026 08:05:07 GMT");
    }
}
