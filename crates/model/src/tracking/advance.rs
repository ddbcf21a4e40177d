//! The one place that says what a report changes.

use jiff::Timestamp;

use super::delivery::delivered;
use super::{
    Advance, Change, Effect, Event, EventSource, Finding, NextStep, RecipientChange, RecipientOutcome,
    RecipientState, Report, Settled, Split, Story, TakenGroup, Tracked, TrackedRecipient,
};
use crate::delivery::{Attempt, SendState};
use crate::queued::Recipient;

/// What a report changes of a send. A report that comes too late changes nothing.
#[must_use]
pub fn advance(tracked: &Tracked, report: Report) -> Advance {
    match report {
        Report::Settled(settled) => settle(tracked, settled),
        Report::Retry { at } => retry(tracked, at),
        Report::Drop { at } => remove(tracked, at),
        Report::Delivery(report) => delivered(tracked, report),
    }
}

fn retry(tracked: &Tracked, at: Timestamp) -> Advance {
    let unchanged = Advance::unchanged(tracked);
    if tracked.state != SendState::Queued || tracked.due_at <= at {
        return unchanged;
    }
    Advance { due_at: Some(at), events: vec![by_operator(at, "retried")], ..unchanged }
}

fn remove(tracked: &Tracked, at: Timestamp) -> Advance {
    let unchanged = Advance::unchanged(tracked);
    if tracked.state != SendState::Queued {
        return unchanged;
    }
    Advance {
        state: SendState::Dropped,
        events: vec![by_operator(at, "dropped")],
        effects: vec![Effect::DiscardBody, Effect::NothingSent],
        ..unchanged
    }
}

fn by_operator(at: Timestamp, result: &'static str) -> Event {
    Event {
        at,
        source: EventSource::Operator,
        result,
        position: None,
        transport: None,
        text: String::new(),
        reason: None,
        belongs_to: Story::Send,
    }
}

fn settle(tracked: &Tracked, settled: Settled) -> Advance {
    let unchanged = Advance::unchanged(tracked);
    let source = match tracked.state {
        SendState::Sending => EventSource::Attempt,
        SendState::Submitted => EventSource::Status,
        _ => return unchanged,
    };
    let is_suppressed = settled.is_suppressed();
    let Settled { attempt, next, refused } = settled;
    let is_attempt = source == EventSource::Attempt;
    let split = split(tracked, &next);
    let (state, due_at) = state_after(&next);
    let mut events = Vec::new();
    if let Some(attempt) = &attempt {
        // What was accepted is told of those for whom it was; of those who are left, why they are.
        let of_send = split.is_none() || matches!(next, NextStep::AgainForOthers { .. });
        events.extend(of_send.then(|| event(source, attempt, Story::Send)));
        events.extend(split.is_some().then(|| event(source, attempt, Story::Split)));
    }
    let at = attempt.as_ref().map(|attempt| attempt.at);
    let recipients = refused.into_iter().filter_map(|one| {
        let known = recipient_of(tracked, &one.recipient)?;
        let outcome =
            RecipientOutcome { state: one.state, at: at?, status: Some(one.status), text: one.text };
        let holds = known.outcome.as_ref().is_none_or(|known| outcome.holds_against(known));
        holds.then_some(RecipientChange { position: known.position, outcome })
    });
    let recipients: Vec<RecipientChange> = recipients.collect();
    let mut effects = effects(source, state);
    let suppressed_at = at.filter(|_| is_suppressed);
    effects.extend(suppress(tracked, &recipients, suppressed_at));
    let mut advance = Advance {
        state,
        due_at,
        attempts: u32::from(attempt.is_some() && is_attempt && !next.is_handed_on()),
        recipients,
        split,
        events,
        effects,
        ..unchanged
    };
    redirect(&mut advance, next);
    advance
}

fn event(source: EventSource, attempt: &Attempt, belongs_to: Story) -> Event {
    Event {
        at: attempt.at,
        source,
        result: attempt.result.as_str(),
        position: None,
        transport: attempt.transport,
        text: attempt.text.clone(),
        reason: attempt.reason,
        belongs_to,
    }
}

fn effects(source: EventSource, state: SendState) -> Vec<Effect> {
    let mut effects = Vec::new();
    effects.extend(
        (source == EventSource::Attempt && state != SendState::Queued).then_some(Effect::DiscardBody),
    );
    effects.extend((state == SendState::Failed).then_some(Effect::NothingSent));
    effects
}

/// What was said of recipients that concerns later mail to them. Where Azure's lists have all of them, it did not try at
/// that time.
fn suppress(tracked: &Tracked, changes: &[RecipientChange], all_at: Option<Timestamp>) -> Option<Effect> {
    let found: Vec<Finding> = match all_at {
        Some(at) => {
            let text = "Azure dropped the message: its lists have all recipients.".to_owned();
            let outcome = RecipientOutcome { state: RecipientState::Suppressed, at, status: None, text };
            tracked.recipients.iter().filter_map(|one| Finding::of(one.position, &outcome)).collect()
        }
        // What Postern's own list kept back says nothing new.
        None => changes
            .iter()
            .filter(|change| change.outcome.state == RecipientState::Failed)
            .filter_map(|change| Finding::of(change.position, &change.outcome))
            .collect(),
    };
    (!found.is_empty()).then_some(Effect::Suppress(found))
}

/// The state of a group that Azure has accepted, and when its status is read.
fn state_of(group: &TakenGroup) -> (SendState, Option<Timestamp>) {
    let state = if group.read_status_at.is_some() { SendState::Submitted } else { SendState::Sent };
    (state, group.read_status_at)
}

fn state_after(next: &NextStep) -> (SendState, Option<Timestamp>) {
    match next {
        NextStep::Again { at }
        | NextStep::AgainForOthers { at, .. }
        | NextStep::BySmtp { at, .. }
        | NextStep::WithoutSuppressed { at, .. }
        | NextStep::Divided { at, .. } => (SendState::Queued, Some(*at)),
        NextStep::ReadStatus { at } => (SendState::Submitted, Some(*at)),
        NextStep::LastGroup(group) => state_of(group),
        NextStep::Sent => (SendState::Sent, None),
        NextStep::Failed | NextStep::FailedFor { .. } => (SendState::Failed, None),
    }
}

/// Those who become a send of their own, as Azure has accepted the message for them and not for others.
fn split(tracked: &Tracked, next: &NextStep) -> Option<Split> {
    match next {
        NextStep::AgainForOthers { recipients, .. } => {
            let left: Vec<u32> = recipients.iter().filter_map(|one| position_of(tracked, one)).collect();
            let others = tracked.recipients.iter().map(|one| one.position);
            let others: Vec<u32> = others.filter(|position| !left.contains(position)).collect();
            (!others.is_empty()).then_some(Split { recipients: others, state: SendState::Sent, due_at: None })
        }
        NextStep::WithoutSuppressed { recipients, .. } => {
            let recipients = recipients.iter().filter_map(|one| position_of(tracked, one)).collect();
            Some(Split { recipients, state: SendState::Failed, due_at: None })
        }
        NextStep::Divided { taken: Some(taken), .. } | NextStep::FailedFor { taken: Some(taken), .. } => {
            let (state, due_at) = state_of(taken);
            let recipients = taken.recipients.iter().filter_map(|one| position_of(tracked, one)).collect();
            Some(Split { recipients, state, due_at })
        }
        _ => None,
    }
}

/// Under which id, in which groups and by which transport the send goes on.
fn redirect(advance: &mut Advance, next: NextStep) {
    match next {
        NextStep::AgainForOthers { operation, .. } => {
            advance.operation = Some(operation);
            advance.division = Change::Clear;
        }
        NextStep::Divided { division, operation, .. } => {
            advance.operation = Some(operation);
            advance.division = Change::Set(division);
        }
        NextStep::FailedFor { .. } | NextStep::LastGroup(_) => advance.division = Change::Clear,
        NextStep::BySmtp { refusal, .. } => advance.refused_by_rest = Some(refusal),
        NextStep::Again { .. }
        | NextStep::WithoutSuppressed { .. }
        | NextStep::ReadStatus { .. }
        | NextStep::Sent
        | NextStep::Failed => {}
    }
}

fn position_of(tracked: &Tracked, recipient: &Recipient) -> Option<u32> {
    recipient_of(tracked, recipient).map(|one| one.position)
}

fn recipient_of<'a>(tracked: &'a Tracked, recipient: &Recipient) -> Option<&'a TrackedRecipient> {
    let mailbox = recipient.mailbox.to_string();
    tracked.recipients.iter().find(|one| one.mailbox == mailbox)
}
