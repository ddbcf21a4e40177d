//! What the Email API does not support, in words for the trace.

use jiff::{SignedDuration, Timestamp};
use message::date;
use message::parts::{Loss, Parts};

use crate::deliver::mail::Candidate;

/// A feature of a message that the Email API does not support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsupported {
    text: String,
    weight: Weight,
}

/// Whether a message may go without it where there is no other transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Minor,
    Serious,
}

/// By how much a Date may differ from the one that Azure will write before somebody would miss it.
const DATE_MAY_DIFFER: SignedDuration = SignedDuration::from_mins(5);
/// Features that are named one by one.
const NAMED: usize = 5;
/// Characters of one feature: field names and the like come from outside.
const LONGEST: usize = 96;

impl Unsupported {
    pub(super) fn serious(text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Serious }
    }

    pub(super) fn minor(text: impl Into<String>) -> Self {
        Self { text: text.into(), weight: Weight::Minor }
    }

    pub(crate) fn is_minor(&self) -> bool {
        self.weight == Weight::Minor
    }
}

/// What the message says that its parts do not.
pub(super) fn of_message(parts: &Parts, candidate: &Candidate<'_>) -> Vec<Unsupported> {
    let known_name = candidate.sender.and_then(|sender| sender.display_name.as_deref());
    let feature = |loss: &Loss| {
        // Azure puts the sender's own display name there.
        if matches!(loss, Loss::DisplayName(name) if Some(name.as_str()) == known_name) {
            return None;
        }
        let make = if loss.is_minor() { Unsupported::minor } else { Unsupported::serious };
        Some(make(loss.to_string()))
    };
    let mut unsupported: Vec<Unsupported> = parts.losses.iter().filter_map(feature).collect();
    if let Some(written) = parts.date.as_deref()
        && !is_about(candidate.accepted_at, written)
    {
        unsupported.push(Unsupported::minor("a Date that is not the time of submission"));
    }
    unsupported
}

fn is_about(time: Timestamp, written: &str) -> bool {
    date::parse(written).is_some_and(|date| time.duration_since(date).abs() <= DATE_MAY_DIFFER)
}

/// A list of bounded length.
pub(crate) fn listed(unsupported: &[Unsupported]) -> String {
    let clipped = |feature: &Unsupported| -> String {
        let clean = feature.text.chars().map(|c| if c.is_control() { ' ' } else { c });
        let mut text: String = clean.clone().take(LONGEST).collect();
        if clean.count() > LONGEST {
            text.push_str("...");
        }
        text
    };
    let mut names: Vec<String> = unsupported.iter().take(NAMED).map(clipped).collect();
    if unsupported.len() > NAMED {
        names.push(format!("and {} more", unsupported.len() - NAMED));
    }
    names.join(", ")
}
