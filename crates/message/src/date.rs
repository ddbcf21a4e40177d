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

/// Reads a Date (RFC 5322 section 3.3, obsolete forms included).
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_in_utc() {
        let time: Timestamp = "2026-11-01T09:05:07.9+01:00".parse().unwrap();
        assert_eq!(rfc5322(time), "Sun, 01 Nov 2026 08:05:07 +0000");
        assert_eq!(http(time), "Sun, 01 Nov 2026 08:05:07 GMT");
        assert_eq!(parse("Sun, 1 Nov 2026 09:05:07 +0100"), parse(&rfc5322(time)));
        assert_eq!(parse("1 Nov 26 08:05:07 GMT (at home)"), parse(&rfc5322(time)));
        assert_eq!(parse("2026-11-01 08:05"), None);
    }
}
