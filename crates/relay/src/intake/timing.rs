//! When a message leaves, as its sender asks: its lane, until when it is of use, and not before when.

use jiff::{SignedDuration, Timestamp};
use message::author::excerpt;
use message::submission::TimingFields;
use model::credential::Lane;
use model::moment::{Moment, NoMoment};
use std::fmt;

/// What a sender asks of the time of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Timing {
    pub(super) lane: Option<Lane>,
    pub(super) deadline: Option<Timestamp>,
    /// Absent for what may leave at once.
    pub(super) send_at: Option<Timestamp>,
}

/// Why a sender cannot have what it asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimingFault {
    #[error("the lane {0:?} does not exist: it is urgent, normal or bulk")]
    NoLane(String),
    #[error("{text:?} cannot be {part}: {NoMoment}")]
    NoTime { part: TimingPart, text: String },
    #[error("the deadline {0} has passed")]
    Passed(Timestamp),
    #[error("the deadline {deadline} is not after the time to send, {send_at}")]
    Never { deadline: Timestamp, send_at: Timestamp },
    #[error("the time to send, {0}, is more than {days} days away", days = LONGEST_HOLD.as_hours() / 24)]
    TooFar(Timestamp),
    /// The client waits for Azure's answer.
    #[error("this login's mail is sent at once: it cannot be sent at {0}")]
    AtOnce(Timestamp),
}

/// Which of the times it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimingPart {
    Deadline,
    SendAt,
}

/// The longest time for which a message is held until it is sent.
pub const LONGEST_HOLD: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Timing {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// What of it cannot be read or had.
    pub(super) fn read(fields: &TimingFields, now: Timestamp) -> Result<Self, TimingFault> {
        let lane = match &fields.lane {
            Some(text) => Some(lane(text)?),
            None => None,
        };
        let time = |text: &Option<String>, part| match text {
            Some(text) => time(text, part).map(|moment| Some(moment.at(now))),
            None => Ok(None),
        };
        let deadline = time(&fields.deadline, TimingPart::Deadline)?;
        // What was to be sent before now may leave now.
        let send_at = time(&fields.send_at, TimingPart::SendAt)?.filter(|at| *at > now);
        match (deadline, send_at) {
            (Some(deadline), _) if deadline <= now => Err(TimingFault::Passed(deadline)),
            (_, Some(at)) if at.duration_since(now) > LONGEST_HOLD => Err(TimingFault::TooFar(at)),
            _ => Ok(Self { lane, deadline, send_at }),
        }
    }

    /// Both together; where both say something, what the message itself says counts.
    ///
    /// # Errors
    /// When they contradict each other.
    pub(super) fn with(self, of_message: Self) -> Result<Self, TimingFault> {
        let both = Self {
            lane: of_message.lane.or(self.lane),
            deadline: of_message.deadline.or(self.deadline),
            send_at: of_message.send_at.or(self.send_at),
        };
        match (both.deadline, both.send_at) {
            (Some(deadline), Some(send_at)) if deadline <= send_at => {
                Err(TimingFault::Never { deadline, send_at })
            }
            _ => Ok(both),
        }
    }
}

impl TimingFault {
    /// What it is about.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::NoLane(_) => "lane",
            Self::NoTime { part: TimingPart::Deadline, .. } | Self::Passed(_) | Self::Never { .. } => {
                "deadline"
            }
            Self::NoTime { part: TimingPart::SendAt, .. } | Self::TooFar(_) | Self::AtOnce(_) => "send_at",
        }
    }
}

fn lane(text: &str) -> Result<Lane, TimingFault> {
    let text = text.trim();
    let is_it = |lane: &Lane| lane.as_str().eq_ignore_ascii_case(text);
    Lane::ALL.into_iter().find(is_it).ok_or_else(|| TimingFault::NoLane(excerpt(text)))
}

fn time(text: &str, part: TimingPart) -> Result<Moment, TimingFault> {
    text.parse().map_err(|NoMoment| TimingFault::NoTime { part, text: excerpt(text.trim()) })
}

impl fmt::Display for TimingPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadline => "the deadline",
            Self::SendAt => "the time to send",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-28T10:00:00Z".parse().unwrap()
    }

    fn read(lane: &str, deadline: &str, send_at: &str) -> Result<Timing, String> {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let fields = TimingFields { lane: text(lane), deadline: text(deadline), send_at: text(send_at) };
        let timing = Timing::read(&fields, now()).and_then(|timing| Timing::default().with(timing));
        timing.map_err(|fault| format!("{}: {fault}", fault.field()))
    }

    #[test]
    fn what_can_be_had_is_read() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!(
            read("Bulk", "2h", "2026-11-28T11:00:00Z"),
            Ok(Timing {
                lane: Some(Lane::Bulk),
                deadline: at("2026-11-28T12:00:00Z"),
                send_at: at("2026-11-28T11:00:00Z")
            })
        );
        assert_eq!(read("", "", "2026-11-28T09:00:00Z"), Ok(Timing::default()), "it may leave now");
        assert!(read("", "", "30d").is_ok());
        let (both, of_message) =
            (Timing { lane: Some(Lane::Bulk), ..Timing::default() }, read("urgent", "", "").unwrap());
        assert_eq!(both.with(of_message).unwrap().lane, Some(Lane::Urgent), "the message itself counts");
    }

    #[test]
    fn what_cannot_be_had_is_explained() {
        for (lane, deadline, send_at, expected) in [
            ("fast", "", "", r#"lane: the lane "fast" does not exist: it is urgent, normal or bulk"#),
            (
                "",
                "soon",
                "",
                r#"deadline: "soon" cannot be the deadline: it is neither a time, as 2026-11-28T08:00:00Z, nor a duration, as 90s, 10m or 2h"#,
            ),
            (
                "",
                "",
                "tomorrow",
                r#"send_at: "tomorrow" cannot be the time to send: it is neither a time, as 2026-11-28T08:00:00Z, nor a duration, as 90s, 10m or 2h"#,
            ),
            ("", "0s", "", "deadline: the deadline 2026-11-28T10:00:00Z has passed"),
            (
                "",
                "1h",
                "2h",
                "deadline: the deadline 2026-11-28T11:00:00Z is not after the time to send, 2026-11-28T12:00:00Z",
            ),
            ("", "", "31d", "send_at: the time to send, 2026-12-29T10:00:00Z, is more than 30 days away"),
        ] {
            assert_eq!(read(lane, deadline, send_at), Err(expected.to_owned()));
        }
    }
}
