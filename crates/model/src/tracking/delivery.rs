//! Reports of Azure's about single recipients: at least once, in any order, and perhaps before Postern knows that
//! the message was accepted.

use super::{
    Advance, DeliveryReport, Effect, Event, EventSource, Finding, RecipientChange, RecipientOutcome,
    RecipientState, Story, Tracked,
};
use crate::delivery::SendState;

/// What a delivery report changes: the outcome of one recipient, and the state of the send when the last recipient of
/// a send whose status is still to be read has one.
pub(super) fn delivered(tracked: &Tracked, report: DeliveryReport) -> Advance {
    let unchanged = Advance::unchanged(tracked);
    let is_meant = |mailbox: &str| mailbox.eq_ignore_ascii_case(&report.recipient);
    let found = tracked.recipients.iter().find(|one| is_meant(&one.mailbox));
    let (Some(recipient), true) = (found, report.state.is_reported()) else { return unchanged };
    let DeliveryReport { state, at, status, text, .. } = report;
    let outcome = RecipientOutcome { state, at, status, text: text.clone() };
    if recipient.outcome.as_ref().is_some_and(|known| !outcome.holds_against(known)) {
        return unchanged;
    }
    let position = recipient.position;
    let finding = Finding::of(position, &outcome);
    let event = Event {
        at,
        source: EventSource::Delivery,
        result: state.as_str(),
        position: Some(position),
        transport: None,
        text,
        reason: None,
        belongs_to: Story::Send,
    };
    let before =
        recipient.outcome.as_ref().map_or(RecipientState::shared(tracked.state), |known| known.state);
    // Of what failed already the sender was told when it did.
    let is_reached = |state| matches!(state, RecipientState::Delivered | RecipientState::Expanded);
    let is_news = state.is_failure() && !before.is_failure()
        || recipient.wants_success && is_reached(state) && !is_reached(before);
    let is_reported =
        |outcome: &Option<RecipientOutcome>| outcome.as_ref().is_some_and(|known| known.state.is_reported());
    let others = tracked.recipients.iter().filter(|one| one.position != position);
    let is_complete = others.clone().all(|one| is_reported(&one.outcome) || is_failed(&one.outcome));
    let state = match tracked.state {
        SendState::Submitted if is_complete => SendState::Sent,
        state => state,
    };
    let mut effects: Vec<Effect> = is_news.then(|| Effect::TellSender(vec![position])).into_iter().collect();
    effects.extend(finding.map(|finding| Effect::Suppress(vec![finding])));
    Advance {
        state,
        recipients: vec![RecipientChange { position, outcome }],
        events: vec![event],
        effects,
        ..unchanged
    }
}

fn is_failed(outcome: &Option<RecipientOutcome>) -> bool {
    outcome.as_ref().is_some_and(|known| known.state.is_failure())
}
