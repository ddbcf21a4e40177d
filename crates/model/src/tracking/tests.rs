//! What becomes of sends and recipients, as a table and in any order of reports.

use azure_types::ids::OperationId;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::delivery::{Attempt, AttemptResult};
use crate::division::{Division, Group};
use crate::queued::Recipient;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn recipient(number: u32) -> Recipient {
    Recipient { mailbox: format!("r{number}@example.com").parse().unwrap(), notify: None, original: None }
}

fn tracked(state: SendState, count: u32) -> Tracked {
    let one = |position| TrackedRecipient {
        position,
        mailbox: format!("r{position}@example.com"),
        wants_success: false,
        outcome: None,
    };
    Tracked { state, due_at: at(50), recipients: (0..count).map(one).collect() }
}

fn settled(next: NextStep) -> Report {
    let attempt = Attempt {
        at: at(1),
        transport: Some(Transport::Smtp),
        result: AttemptResult::Accepted,
        text: "said".to_owned(),
        reason: None,
    };
    Report::Settled(Settled { attempt: Some(attempt), next, refused: Vec::new() })
}

fn operation() -> OperationId {
    OperationId::new(Uuid::from_u128(7))
}

fn delivery(number: u32, state: RecipientState, second: i64) -> Report {
    Report::Delivery(DeliveryReport {
        recipient: format!("R{number}@example.com"),
        state,
        at: at(second),
        status: None,
        text: "250 ok".to_owned(),
    })
}

/// What the store does with an advance, for one send and what splits off from it.
fn apply(tracked: &mut Tracked, advance: &Advance) -> Option<Tracked> {
    tracked.state = advance.state;
    tracked.due_at = advance.due_at.unwrap_or(tracked.due_at);
    for change in &advance.recipients {
        let found = tracked.recipients.iter_mut().find(|one| one.position == change.position);
        found.unwrap().outcome = Some(change.outcome.clone());
    }
    let split = advance.split.as_ref()?;
    let (gone, left) = tracked
        .recipients
        .drain(..)
        .partition(|one: &TrackedRecipient| split.recipients.contains(&one.position));
    tracked.recipients = left;
    Some(Tracked { state: split.state, due_at: split.due_at.unwrap_or(tracked.due_at), recipients: gone })
}

#[test]
fn the_state_after_a_settlement_is_this_table() {
    use SendState::{Failed, Queued, Sending, Sent, Submitted};
    let group = |read_status_at| TakenGroup { recipients: vec![recipient(0)], read_status_at };
    let division = Division {
        groups: vec![Group { recipients: vec![recipient(1)], is_other_half: false }],
        ..Division::default()
    };
    let divided =
        |taken| NextStep::Divided { at: at(9), division: division.clone(), operation: operation(), taken };
    for (next, state, due_at, attempts, is_split) in [
        (NextStep::Again { at: at(9) }, Queued, Some(9), 1, false),
        (
            NextStep::AgainForOthers { at: at(9), recipients: vec![recipient(1)], operation: operation() },
            Queued,
            Some(9),
            1,
            true,
        ),
        (NextStep::BySmtp { at: at(9), refusal: "no".to_owned() }, Queued, Some(9), 0, false),
        (divided(None), Queued, Some(9), 0, false),
        (divided(Some(group(None))), Queued, Some(9), 0, true),
        (NextStep::LastGroup(group(Some(at(8)))), Submitted, Some(8), 1, false),
        (NextStep::LastGroup(group(None)), Sent, None, 1, false),
        (
            NextStep::FailedFor { recipients: vec![recipient(1)], taken: Some(group(None)) },
            Failed,
            None,
            1,
            true,
        ),
        (NextStep::FailedFor { recipients: vec![recipient(1)], taken: None }, Failed, None, 1, false),
        (NextStep::ReadStatus { at: at(9) }, Submitted, Some(9), 1, false),
        (NextStep::Sent, Sent, None, 1, false),
        (NextStep::Failed, Failed, None, 1, false),
    ] {
        let advance = advance(&tracked(Sending, 2), settled(next.clone()));
        assert_eq!(
            (advance.state, advance.due_at, advance.attempts),
            (state, due_at.map(at), attempts),
            "{next:?}"
        );
        assert_eq!(advance.split.is_some(), is_split, "{next:?}");
        assert_eq!(advance.effects.contains(&Effect::DiscardBody), state != Queued, "{next:?}");
        assert_eq!(advance.effects.contains(&Effect::NothingSent), state == Failed, "{next:?}");
        let split = advance.split.map(|split| split.recipients);
        assert!(split.is_none_or(|recipients| recipients == [0]), "{next:?}: those who have it leave");
    }
}

#[test]
fn a_status_that_is_read_neither_counts_as_an_attempt_nor_needs_the_body() {
    let sent = advance(&tracked(SendState::Submitted, 1), settled(NextStep::Sent));
    assert_eq!((sent.state, sent.attempts, sent.effects.len()), (SendState::Sent, 0, 0));
    assert_eq!(sent.events[0].source, EventSource::Status);
}

#[test]
fn the_operator_acts_on_what_waits_and_on_nothing_else() {
    for state in SendState::ALL {
        let waits = state == SendState::Queued;
        let dropped = advance(&tracked(state, 1), Report::Drop { at: at(3) });
        assert_eq!(dropped.state == SendState::Dropped, waits || state == SendState::Dropped, "{state}");
        assert_eq!(dropped.events.len(), usize::from(waits), "{state}");
        let retried = advance(&tracked(state, 1), Report::Retry { at: at(3) });
        assert_eq!(retried.due_at, waits.then(|| at(3)), "{state}");
        assert_eq!(retried.state, state);
    }
    let due = advance(&tracked(SendState::Queued, 1), Report::Retry { at: at(50) });
    assert!(due.events.is_empty(), "it is due already");
}

#[test]
fn one_who_is_refused_fails_and_the_others_go_on() {
    let Report::Settled(sent) = settled(NextStep::Sent) else { panic!() };
    let refused = vec![RefusedAlone {
        recipient: recipient(1),
        state: RecipientState::Failed,
        status: "5.1.1".to_owned(),
        text: "550 unknown".to_owned(),
    }];
    let mut send = tracked(SendState::Sending, 3);
    let advance = advance(&send.clone(), Report::Settled(Settled { refused, ..sent }));
    assert!(apply(&mut send, &advance).is_none());
    let states: Vec<RecipientState> = send.recipients.iter().map(|one| state_of(&send, one)).collect();
    assert_eq!(states, [RecipientState::Sent, RecipientState::Failed, RecipientState::Sent]);
    send.state = SendState::Sending;
    let report = super::advance(&send.clone(), delivery(1, RecipientState::Delivered, 0));
    apply(&mut send, &report);
    assert_eq!(state_of(&send, &send.recipients[1]), RecipientState::Delivered, "Azure knows better");
}

#[test]
fn a_delivery_report_is_about_one_and_ends_the_reads_of_the_status_with_the_last() {
    let mut send = tracked(SendState::Submitted, 2);
    let first = advance(&send.clone(), delivery(0, RecipientState::Delivered, 10));
    apply(&mut send, &first);
    assert_eq!((send.state, first.effects), (SendState::Submitted, vec![]));
    let second = advance(&send.clone(), delivery(1, RecipientState::Bounced, 11));
    apply(&mut send, &second);
    assert_eq!((send.state, &second.effects[0]), (SendState::Sent, &Effect::TellSender(vec![1])));
    assert!(matches!(&second.effects[1..], [Effect::Suppress(found)] if found[0].position == 1));
    assert_eq!(second.events[0].result, "bounced");
    for (number, state) in
        [(1, RecipientState::Bounced), (5, RecipientState::Delivered), (0, RecipientState::Sent)]
    {
        let again = advance(&send, delivery(number, state, 11));
        assert_eq!(again, Advance::unchanged(&send), "a duplicate, a stranger and no report");
    }
}

#[test]
fn the_sender_is_not_told_twice() {
    let send = tracked(SendState::Failed, 1);
    let report = advance(&send, delivery(0, RecipientState::Suppressed, 10));
    assert_eq!(report.state, SendState::Failed);
    assert!(matches!(&report.effects[..], [Effect::Suppress(_)]), "{:?}", report.effects);
    assert_eq!(report.recipients.len(), 1, "but the reason is known now");
}

#[test]
fn whom_the_list_has_becomes_a_failed_send_and_the_others_wait_as_before() {
    let suppressed = RefusedAlone {
        recipient: recipient(1),
        state: RecipientState::Suppressed,
        status: "5.1.1".to_owned(),
        text: "it is on the list".to_owned(),
    };
    let next = NextStep::WithoutSuppressed { at: at(2), recipients: vec![recipient(1)] };
    let Report::Settled(settled) = settled(next) else { panic!() };
    let send = tracked(SendState::Sending, 3);
    let advance = advance(&send, Report::Settled(Settled { refused: vec![suppressed], ..settled }));
    assert_eq!((advance.state, advance.due_at, advance.attempts), (SendState::Queued, Some(at(2)), 0));
    let split = advance.split.unwrap();
    assert_eq!((split.recipients, split.state), (vec![1], SendState::Failed));
    assert_eq!(advance.recipients[0].outcome.state, RecipientState::Suppressed);
    assert_eq!(
        (advance.effects, advance.operation),
        (Vec::new(), None),
        "Postern's own list says nothing new"
    );
    assert!(matches!(&advance.events[..], [one] if one.belongs_to == Story::Split));
}

#[test]
fn what_is_said_of_an_address_is_for_the_suppression_list() {
    let Report::Settled(sent) = settled(NextStep::Sent) else { panic!() };
    let refused = |status: &str| RefusedAlone {
        recipient: recipient(1),
        state: RecipientState::Failed,
        status: status.to_owned(),
        text: "no".to_owned(),
    };
    for (status, expected) in [("5.1.1", true), ("5.1.0", false), ("5.7.1", false)] {
        let report = Settled { refused: vec![refused(status)], ..sent.clone() };
        let effects = advance(&tracked(SendState::Sending, 2), Report::Settled(report)).effects;
        assert_eq!(effects.iter().any(|one| matches!(one, Effect::Suppress(_))), expected, "{status}");
    }
    let Report::Settled(mut dropped) = settled(NextStep::Failed) else { panic!() };
    dropped.attempt.as_mut().unwrap().reason = Some(Reason::Suppressed);
    let report = Report::Settled(dropped);
    assert!(report.is_about_recipients());
    let effects = advance(&tracked(SendState::Submitted, 2), report).effects;
    let found = effects.iter().find_map(|one| match one {
        Effect::Suppress(found) => Some(found.iter().map(|one| one.position).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(found, Some(vec![0, 1]), "all of them");
}

fn state_of(send: &Tracked, recipient: &TrackedRecipient) -> RecipientState {
    recipient.outcome.as_ref().map_or(RecipientState::shared(send.state), |outcome| outcome.state)
}

fn some_report() -> impl Strategy<Value = Report> {
    let some =
        || prop::collection::vec(0_u32..4, 1..3).prop_map(|all| all.into_iter().map(recipient).collect());
    let some_of = || (some(), prop::option::of(0_i64..99));
    let group = || {
        some_of().prop_map(|(recipients, second): (Vec<Recipient>, _)| TakenGroup {
            recipients,
            read_status_at: second.map(at),
        })
    };
    let next = prop_oneof![
        (0_i64..99).prop_map(|second| NextStep::Again { at: at(second) }),
        some().prop_map(|recipients| NextStep::AgainForOthers {
            at: at(9),
            recipients,
            operation: operation()
        }),
        Just(NextStep::BySmtp { at: at(9), refusal: "no".to_owned() }),
        prop::option::of(group()).prop_map(|taken| NextStep::Divided {
            at: at(9),
            division: Division::default(),
            operation: operation(),
            taken,
        }),
        group().prop_map(NextStep::LastGroup),
        (some(), prop::option::of(group()))
            .prop_map(|(recipients, taken)| NextStep::FailedFor { recipients, taken }),
        some().prop_map(|recipients| NextStep::WithoutSuppressed { at: at(9), recipients }),
        Just(NextStep::ReadStatus { at: at(9) }),
        Just(NextStep::Sent),
        Just(NextStep::Failed),
    ];
    prop_oneof![
        4 => next.prop_map(settled),
        1 => Just(Report::Retry { at: at(3) }),
        1 => Just(Report::Drop { at: at(3) }),
        3 => some_delivery(),
    ]
}

fn some_delivery() -> impl Strategy<Value = Report> {
    (0_u32..4, 5_usize..12, 0_i64..5)
        .prop_map(|(number, state, second)| delivery(number, RecipientState::ALL[state], second))
}

proptest! {
    /// Whatever is reported in whichever order: nobody is lost or there twice, and what is final stays.
    #[test]
    fn nobody_is_lost_and_what_is_final_stays(reports in prop::collection::vec((any::<bool>(), some_report()), 0..30)) {
        let mut sends = vec![tracked(SendState::Queued, 4)];
        for (claimed, report) in reports {
            let last = sends.len() - 1;
            let chosen = sends.iter().position(|send| !send.state.is_final()).unwrap_or(last);
            if claimed && sends[chosen].state == SendState::Queued {
                sends[chosen].state = SendState::Sending;
            }
            let before = sends[chosen].clone();
            let advance = advance(&before, report);
            prop_assert!(!before.state.is_final() || advance.state == before.state);
            let split = apply(&mut sends[chosen], &advance);
            for one in &before.recipients {
                let after = sends[chosen].recipients.iter().find(|other| other.position == one.position);
                let is_reported = |one: &TrackedRecipient| {
                    one.outcome.as_ref().is_some_and(|outcome| outcome.state.is_reported())
                };
                prop_assert!(!is_reported(one) || after.is_none_or(is_reported));
            }
            sends.extend(split);
            let mut all: Vec<u32> =
                sends.iter().flat_map(|send| &send.recipients).map(|one| one.position).collect();
            all.sort_unstable();
            prop_assert_eq!(all, [0, 1, 2, 3]);
        }
    }

    /// Delivery reports come in any order, and more than once.
    #[test]
    fn the_order_of_delivery_reports_does_not_matter(
        reports in prop::collection::vec(some_delivery(), 0..12),
        order in prop::collection::vec(any::<prop::sample::Index>(), 12),
        is_read: bool,
    ) {
        let end = |reports: &[Report]| {
            let mut send = tracked(if is_read { SendState::Submitted } else { SendState::Sent }, 4);
            for report in reports {
                let advance = advance(&send.clone(), report.clone());
                apply(&mut send, &advance);
            }
            send
        };
        let mut shuffled = reports.clone();
        for (place, index) in order.iter().enumerate().take(shuffled.len()) {
            let other = index.index(shuffled.len());
            shuffled.swap(place, other);
        }
        shuffled.extend(reports.iter().take(3).cloned());
        prop_assert_eq!(end(&reports), end(&shuffled));
    }
}
