//! Times on the command line: `2026-11-28`, `2026-11-28T08:00:00Z`, or how long ago, as `2h` or `7 days`.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A time, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    At(Timestamp),
    /// So long before now.
    Ago(SignedDuration),
}

/// The text is no time.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time: 2026-11-28, 2026-11-28T08:00:00Z, 2h or 7d is expected")]
pub(crate) struct NoMoment(String);

impl Moment {
    pub(crate) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.saturating_sub(ago).unwrap_or(Timestamp::MIN),
        }
    }
}

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        if let Ok(at) = text.parse() {
            return Ok(Self::At(at));
        }
        let midnight = |date: Date| date.to_zoned(TimeZone::UTC).ok();
        if let Some(midnight) = text.parse().ok().and_then(midnight) {
            return Ok(Self::At(midnight.timestamp()));
        }
        let plain = text.trim().trim_end_matches(" ago");
        let ago = model::moment::duration(plain).map(|duration| Self::Ago(duration.abs()));
        ago.ok_or_else(|| NoMoment(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_a_timestamp_or_how_long_ago() {
        let now: Timestamp = "2026-11-28T10:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-11-27", "2026-11-27T00:00:00Z"),
            ("2026-11-27T08:00:00Z", "2026-11-27T08:00:00Z"),
            ("2026-11-27T08:00:00+02:00", "2026-11-27T06:00:00Z"),
            ("2h", "2026-11-28T08:00:00Z"),
            ("2h ago", "2026-11-28T08:00:00Z"),
            ("7 days", "2026-11-21T10:00:00Z"),
            ("90 minutes", "2026-11-28T08:30:00Z"),
        ] {
            assert_eq!(text.parse::<Moment>().unwrap().at(now), expected.parse().unwrap(), "{text}");
        }
        for nonsense in ["", "yesterday", "2026-13-01", "1 month"] {
            assert!(nonsense.parse::<Moment>().is_err(), "{nonsense}");
        }
    }
}
