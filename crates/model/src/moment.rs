//! Times to come, as a sender writes them: `2026-11-28T08:00:00Z`, or how long from now, as `90s`, `10m` or `2h`.

use std::str::FromStr;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// A time to come, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    At(Timestamp),
    /// So long after now; not negative.
    In(SignedDuration),
}

/// The text is no time to come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is neither a time, as 2026-11-28T08:00:00Z, nor a duration, as 90s, 10m or 2h")]
pub struct NoMoment;

impl Moment {
    /// The time itself.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::In(duration) => now.saturating_add(duration).unwrap_or(Timestamp::MAX),
        }
    }
}

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let text = text.trim();
        if let Ok(at) = text.parse() {
            return Ok(Self::At(at));
        }
        duration(text).filter(|duration| !duration.is_negative()).map(Self::In).ok_or(NoMoment)
    }
}

/// A duration as people write it, such as `90s`, `2h` or `7 days`; a day has 24 hours.
#[must_use]
pub fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_come_is_a_timestamp_or_how_long_from_now() {
        let now: Timestamp = "2026-11-28T10:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-11-28T18:00:00+02:00", "2026-11-28T16:00:00Z"),
            (" 90s ", "2026-11-28T10:01:30Z"),
            ("10m", "2026-11-28T10:10:00Z"),
            ("2 hours 30 minutes", "2026-11-28T12:30:00Z"),
            ("PT1H", "2026-11-28T11:00:00Z"),
            ("3d", "2026-12-01T10:00:00Z"),
            ("0s", "2026-11-28T10:00:00Z"),
        ] {
            assert_eq!(text.parse::<Moment>().unwrap().at(now), expected.parse().unwrap(), "{text}");
        }
        for nonsense in
            ["", "10", "soon", "-5m", "5m ago", "2026-11-28", "2026-11-28T08:00:00", "1 month", "1y"]
        {
            assert_eq!(nonsense.parse::<Moment>(), Err(NoMoment), "{nonsense}");
        }
        let most = Moment::In(SignedDuration::MAX).at(now);
        assert_eq!(most, Timestamp::MAX);
    }
}
