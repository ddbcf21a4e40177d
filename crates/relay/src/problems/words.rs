//! Times, counts and other people's words, as sentences have them. Pure.

use jiff::{SignedDuration, Timestamp};
use model::visible::visible;

/// Characters of other people's words in a sentence.
const MOST: usize = 300;

/// A time of day in UTC, with the date if it is not of the day of `now`.
pub(super) fn time(time: Timestamp, now: Timestamp) -> String {
    let is_today = time.strftime("%F").to_string() == now.strftime("%F").to_string();
    time.strftime(if is_today { "%H:%M:%S UTC" } else { "%Y-%m-%d %H:%M UTC" }).to_string()
}

/// A window of a rate limit, as "so many sends in ..." goes on.
pub(super) fn window(seconds: u32) -> &'static str {
    match seconds {
        60 => "a minute",
        3_600 => "an hour",
        _ => "a day",
    }
}

/// "3 messages wait", with what follows a verb in the plural.
pub(super) fn waiting(count: u64) -> String {
    match count {
        0 => "No message waits".to_owned(),
        1 => "1 message waits".to_owned(),
        count => format!("{count} messages wait"),
    }
}

/// "the last attempt", "the last 3 attempts".
pub(super) fn last_attempts(count: u32) -> String {
    if count == 1 { "the last attempt".to_owned() } else { format!("the last {count} attempts") }
}

/// Whole days, "1 day" or "12 days".
pub(super) fn days(duration: SignedDuration) -> String {
    match duration.as_hours().div_euclid(24) {
        ..1 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// What somebody else said, in one line of bounded length.
pub(super) fn said(text: &str) -> String {
    let mut line: String = visible(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned();
    if let Some((end, _)) = line.char_indices().nth(MOST) {
        line.truncate(end);
        line.push('…');
    }
    line.trim_end_matches('.').to_owned()
}

/// Bytes, as people say it.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        ..0x0010_0000 => format!("{} KiB", bytes >> 10),
        0x0010_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{}.{} GiB", bytes >> 30, (bytes >> 20) % 1_024 * 10 / 1_024),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_days_and_others_words_are_readable() {
        assert_eq!([1_024, 12 << 20, (5 << 30) + (512 << 20)].map(size), ["1 KiB", "12 MiB", "5.5 GiB"]);
        let hours = |hours| days(SignedDuration::from_hours(hours));
        assert_eq!([1, 24, 50].map(hours), ["less than a day", "1 day", "2 days"]);
        assert_eq!(said("no\r\n \u{1b}[31m. "), "no \\u{1b}[31m");
        assert_eq!(said(&"x".repeat(400)).chars().count(), MOST + 1);
    }
}
