//! What stands in the way of REST, in words for the trace.

use jiff::{SignedDuration, Timestamp};
use message::date;
use message::parts::{Loss, Parts};

use super::Candidate;

/// Something that REST cannot say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Obstacle {
    text: String,
    weight: Weight,
}

/// Whether a message may go without it where there is no other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Minor,
    Serious,
}

/// By how much a Date may differ from the one that Azure will write before somebody would miss it.
const DATE_MAY_DIFFER: SignedDuration = SignedDuration::from_mins(5);
/// Obstacles that are named one by one.
const NAMED: usize = 5;
/// Characters of one obstacle: field names and the like come from outside.
const LONGEST: usize = 96;

impl Obstacle {
    pub(super) fn serious(text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Serious }
    }

    pub(super) fn minor(text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Minor }
    }

    pub(super) fn is_minor(&self) -> bool {
        self.weight == Weight::Minor
    }
}

/// What the message says that its parts do not.
pub(super) fn of_message(parts: &Parts, candidate: &Candidate<'_>) -> Vec<Obstacle> {
    let known_name = candidate.sender.and_then(|sender| sender.display_name.as_deref());
    let obstacle = |loss: &Loss| {
        // Azure puts the sender's own display name there.
        if matches!(loss, Loss::DisplayName(name) if Some(name.as_str()) == known_name) {
            return None;
        }
        let make = if loss.is_minor() { Obstacle::minor } else { Obstacle::serious };
        Some(make(loss.to_string()))
    };
    let mut obstacles: Vec<Obstacle> = parts.losses.iter().filter_map(obstacle).collect();
    if let Some(written) = parts.date.as_deref()
        && !is_about(candidate.accepted_at, written)
    {
        obstacles.push(Obstacle::minor("a Date that is not the time of submission"));
    }
    obstacles
}

fn is_about(time: Timestamp, written: &str) -> bool {
    date::parse(written).is_some_and(|date| time.duration_since(date).abs() <= DATE_MAY_DIFFER)
}

/// A list of bounded length.
pub(super) fn listed(obstacles: &[Obstacle]) -> String {
    let clipped = |obstacle: &Obstacle| -> String {
        let clean = obstacle.text.chars().map(|c| if c.is_control() { ' ' } else { c });
        let mut text: String = clean.clone().take(LONGEST).collect();
        if clean.count() > LONGEST {
            text.push_str("...");
        }
        text
    };
    let mut names: Vec<String> = obstacles.iter().take(NAMED).map(clipped).collect();
    if obstacles.len() > NAMED {
        names.push(format!("and {} more", obstacles.len() - NAMED));
    }
    names.join(", ")
}
