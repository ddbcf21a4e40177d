//! Finding messages: after whatever happened, a search finds what reading through a list of all messages would find.

use std::collections::BTreeSet;

use azure_types::ids::OperationId;
use model::credential::Lane;
use model::id::{AccountId, QueueId};
use model::operation;
use model::queued::{HeaderMetadata, NewSend, Origin, QueuedMessage, Recipient};
use model::search::Search;
use model::tracking::{DeliveryReport, RecipientState};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use smtp::path::ReversePath;
use store::{Body, Found, NextStep, ReportedDelivery};
use uuid::Uuid;

use crate::sample::{audit, settlement};
use crate::{World, at};

const ACCOUNTS: [AccountId; 2] = [AccountId::from_bytes([1; 16]), AccountId::from_bytes([2; 16])];
const ADDRESSES: [&str; 4] = ["ada@example.com", "Grace@Example.com", "ada@example.org", "ÄDA@example.org"];
const LOGINS: [&str; 2] = ["scanner1", "Fax"];
const SUBJECTS: [&str; 3] = ["Rechnung für März", "invoice", ""];

/// What a message is made of; each number chooses from a list above.
#[derive(Clone, Debug)]
struct Made {
    /// When its id is of, in any order.
    second: i64,
    account: usize,
    sender: usize,
    /// Another one than the author's, or none.
    reverse_path: Option<usize>,
    recipients: Vec<usize>,
    login: Option<usize>,
    subject: usize,
    /// Whether its operation id leads back to it, as those of older builds do not.
    leads_back: bool,
}

#[derive(Clone, Debug)]
enum Act {
    Accept(Made),
    /// All that is due of an account is claimed and ends so.
    Settle(usize, bool),
    /// The n-th message is dropped, if it waits.
    Drop(usize),
    /// Azure reports that the n-th message was not delivered to its first recipient.
    Bounce(usize),
    /// Whatever is over and older goes.
    Prune(i64),
    Restart,
}

/// A search; the numbers choose from lists, or a message that has what is searched for.
#[derive(Clone, Debug)]
struct Asked {
    account: Option<usize>,
    recipient: Option<(usize, bool)>,
    sender: Option<(usize, bool)>,
    message_id: Option<usize>,
    operation: Option<usize>,
    login: Option<usize>,
    state: Option<usize>,
    subject: Option<&'static str>,
    since: Option<i64>,
    until: Option<i64>,
}

/// A message, and what became of it.
struct Known {
    message: QueuedMessage,
    /// Where its send stands.
    state: RecipientState,
    /// Whether its first recipient bounced.
    is_bounced: bool,
}

impl Known {
    fn has(&self, state: RecipientState) -> bool {
        let of =
            |position| if position == 0 && self.is_bounced { RecipientState::Bounced } else { self.state };
        (0..self.message.sends[0].recipients.len()).any(|position| of(position) == state)
    }
}

const STATES: [RecipientState; 5] = [
    RecipientState::Queued,
    RecipientState::Sent,
    RecipientState::Failed,
    RecipientState::Dropped,
    RecipientState::Bounced,
];

fn made() -> impl Strategy<Value = Made> {
    let recipients = prop::collection::vec(0..ADDRESSES.len(), 1..4);
    let names = (0..ADDRESSES.len(), prop::option::of(0..ADDRESSES.len()), recipients);
    let rest = (prop::option::of(0..LOGINS.len()), 0..SUBJECTS.len(), any::<bool>());
    (0_i64..50, 0..ACCOUNTS.len(), names, rest).prop_map(|(second, account, names, rest)| Made {
        second,
        account,
        sender: names.0,
        reverse_path: names.1,
        recipients: names.2,
        login: rest.0,
        subject: rest.1,
        leads_back: rest.2,
    })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => made().prop_map(Act::Accept),
        2 => (0..ACCOUNTS.len(), any::<bool>()).prop_map(|(account, is_sent)| Act::Settle(account, is_sent)),
        1 => (0..100_usize).prop_map(Act::Drop),
        1 => (0..100_usize).prop_map(Act::Bounce),
        1 => (0_i64..40).prop_map(Act::Prune),
        1 => Just(Act::Restart),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    fn maybe<S: Strategy>(of: S) -> impl Strategy<Value = Option<S::Value>> {
        prop::option::weighted(0.25, of)
    }
    let address = || maybe((0..ADDRESSES.len(), any::<bool>()));
    let ids = (maybe(0..100_usize), maybe(0..100_usize), maybe(0..LOGINS.len()));
    let rest = (
        maybe(0..STATES.len()),
        maybe(prop_oneof![Just("FÜR"), Just("v")]),
        maybe(0_i64..50),
        maybe(0_i64..50),
    );
    (maybe(0..ACCOUNTS.len()), address(), address(), ids, rest).prop_map(
        |(account, recipient, sender, ids, rest)| {
            let (message_id, operation, login) = ids;
            let (state, subject, since, until) = rest;
            Asked { account, recipient, sender, message_id, operation, login, state, subject, since, until }
        },
    )
}

fn message(number: usize, made: &Made) -> QueuedMessage {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&(number as u64).to_be_bytes());
    let id = QueueId::new(at(made.second), random);
    let recipient = |chosen: &usize| Recipient {
        mailbox: ADDRESSES[*chosen].parse().unwrap(),
        notify: None,
        original: None,
    };
    let operation = match made.leads_back {
        true => operation::for_message(id, random),
        false => OperationId::new(Uuid::from_u128(number as u128 + 1)),
    };
    let reverse_path = made.reverse_path.map(|chosen| ADDRESSES[chosen].parse().unwrap());
    QueuedMessage {
        id,
        account: ACCOUNTS[made.account],
        origin: made.login.map_or(Origin::Operator, |login| Origin::Credential(LOGINS[login].to_owned())),
        lane: Lane::Normal,
        reverse_path: reverse_path.map_or(ReversePath::Null, ReversePath::Mailbox),
        ret: None,
        envelope_id: None,
        header: HeaderMetadata {
            from: ADDRESSES[made.sender].to_owned(),
            message_id: format!("<{number}@x>"),
            subject: SUBJECTS[made.subject].to_owned(),
        },
        changes: Vec::new(),
        size_bytes: 1,
        accepted_at: at(made.second),
        expires_at: at(48 * 3_600),
        deadline: None,
        send_at: None,
        idempotency_key: None,
        sends: vec![NewSend { operation, recipients: made.recipients.iter().map(recipient).collect() }],
    }
}

impl Asked {
    fn search(&self, known: &[Known]) -> Option<Search> {
        let pattern = |(chosen, is_domain): (usize, bool)| {
            let address = ADDRESSES[chosen];
            let domain = address.split('@').nth(1).unwrap();
            let text = if is_domain { format!("*@{domain}") } else { address.to_uppercase() };
            text.parse().unwrap()
        };
        let of = |chosen: usize| known.get(chosen % known.len().max(1));
        if known.is_empty() {
            return None;
        }
        let bare = |known: &Known| known.message.header.message_id.replace(['<', '>'], "");
        Some(Search {
            accounts: self.account.map(|account| BTreeSet::from([ACCOUNTS[account]])),
            recipient: self.recipient.map(pattern),
            sender: self.sender.map(pattern),
            message_id: self.message_id.and_then(of).map(bare),
            operation: self.operation.and_then(of).map(|known| known.message.sends[0].operation),
            login: self.login.map(|login| LOGINS[login].to_uppercase()),
            state: self.state.map(|state| STATES[state]),
            subject: self.subject.map(str::to_owned),
            since: self.since.map(at),
            until: self.until.map(at),
            ..Search::default()
        })
    }

    /// Whether all of it applies to a message, without the code that searches.
    fn applies(&self, search: &Search, known: &Known) -> bool {
        let message = &known.message;
        let same = |asked: Option<(usize, bool)>, addresses: &[String]| {
            asked.is_none_or(|(chosen, is_domain)| {
                addresses.iter().any(|address| {
                    let (address, wanted) = (address.to_lowercase(), ADDRESSES[chosen].to_lowercase());
                    let domain = |address: &str| address.split('@').nth(1).unwrap_or_default().to_owned();
                    if is_domain { domain(&address) == domain(&wanted) } else { address == wanted }
                })
            })
        };
        let path = message.reverse_path.mailbox().map(ToString::to_string).unwrap_or_default();
        let senders = [message.header.from.clone(), path];
        let recipients: Vec<String> =
            message.sends[0].recipients.iter().map(|one| one.mailbox.to_string()).collect();
        let login = match &message.origin {
            Origin::Credential(login) => login.to_lowercase(),
            _ => String::new(),
        };
        let made = message.id.made_at();
        self.account.is_none_or(|account| message.account == ACCOUNTS[account])
            && same(self.recipient, &recipients)
            && same(self.sender, &senders)
            && search.message_id.as_ref().is_none_or(|id| message.header.message_id == format!("<{id}>"))
            && search.operation.is_none_or(|operation| message.sends[0].operation == operation)
            && self.login.is_none_or(|chosen| login == LOGINS[chosen].to_lowercase())
            && self.state.is_none_or(|state| known.has(STATES[state]))
            && self
                .subject
                .is_none_or(|part| message.header.subject.to_lowercase().contains(&part.to_lowercase()))
            && self.since.is_none_or(|since| made >= at(since))
            && self.until.is_none_or(|until| made < at(until))
    }
}

/// The ids of all pages.
async fn all_pages(world: &World, search: &Search, limit: usize) -> Vec<QueueId> {
    let (mut ids, mut before) = (Vec::new(), None);
    loop {
        let search = Search { before, limit, ..search.clone() };
        let Found { messages, next } = world.store().queue().search(search).await.unwrap();
        assert!(messages.len() <= limit);
        ids.extend(messages.iter().map(|message| message.id));
        let Some(next) = next else { return ids };
        assert!(before.is_none_or(|before| next < before), "a page goes on");
        before = Some(next);
    }
}

async fn perform(world: &mut World, act: Act, known: &mut Vec<Known>, count: &mut usize) {
    let queue = world.store().queue().clone();
    let chosen = |known: &[Known], which: usize| which % known.len().max(1);
    match act {
        Act::Accept(made) => {
            let new = message(*count, &made);
            *count += 1;
            queue.accept(new.clone(), Body::inline(b"x".to_vec())).await.unwrap();
            known.push(Known { message: new, state: RecipientState::Queued, is_bounced: false });
        }
        Act::Settle(account, is_sent) => {
            queue.list(store::Cursor::default()).await.unwrap();
            let claims = queue.claim_due(ACCOUNTS[account], at(100), 1_000, at(200)).await.unwrap();
            let next = || if is_sent { NextStep::Sent } else { NextStep::Failed };
            let state = if is_sent { RecipientState::Sent } else { RecipientState::Failed };
            let settled = claims.iter().map(|claim| settlement(claim.send.id, next())).collect();
            queue.settle(settled, Vec::new()).await.unwrap();
            for claim in &claims {
                let one = known.iter_mut().find(|one| one.message.id == claim.send.id.message).unwrap();
                one.state = state;
            }
        }
        Act::Drop(which) => {
            let which = chosen(known, which);
            let Some(one) = known.get_mut(which) else { return };
            queue.view(one.message.id).await.unwrap();
            if queue.drop_message(one.message.id, audit("queue.drop")).await.unwrap() > 0 {
                one.state = RecipientState::Dropped;
            }
        }
        Act::Bounce(which) => {
            let which = chosen(known, which);
            let Some(one) = known.get_mut(which) else { return };
            let send = &one.message.sends[0];
            let recipient = send.recipients[0].mailbox.to_string();
            let (state, at) = (RecipientState::Bounced, at(60));
            let report = DeliveryReport { recipient, state, at, status: None, text: String::new() };
            queue.view(one.message.id).await.unwrap();
            queue
                .delivered(one.message.account, vec![ReportedDelivery::new(send.operation, report)])
                .await
                .unwrap();
            // What does not lead back is not found by reports.
            one.is_bounced |= operation::candidates(send.operation).contains(&one.message.id);
        }
        Act::Prune(second) => {
            queue.list(store::Cursor::default()).await.unwrap();
            while queue.prune(at(second), 3).await.unwrap() == 3 {}
            known.retain(|one| one.state == RecipientState::Queued || one.message.accepted_at >= at(second));
        }
        Act::Restart => {
            drop(queue);
            world.restart();
        }
    }
}

pub(crate) async fn random_histories_are_searched_as_a_list_would_be(world: &mut World) {
    let mut runner = TestRunner::deterministic();
    let acts = prop::collection::vec((act(), prop::collection::vec(asked(), 3), 1_usize..5), 150);
    let (mut known, mut count, mut found) = (Vec::new(), 0, 0);
    for (act, searches, limit) in acts.new_tree(&mut runner).unwrap().current() {
        perform(world, act.clone(), &mut known, &mut count).await;
        for asked in searches {
            let Some(search) = asked.search(&known) else { continue };
            let mut expected: Vec<QueueId> =
                known.iter().filter(|one| asked.applies(&search, one)).map(|one| one.message.id).collect();
            expected.sort_unstable_by(|one, other| other.cmp(one));
            assert_eq!(all_pages(world, &search, limit).await, expected, "{asked:?} after {act:?}");
            found += expected.len();
        }
    }
    assert!(found > 500, "too little was searched for: {found}");
}

pub(crate) async fn each_thing_that_a_message_has_finds_it(world: &mut World) {
    let made = |second| Made {
        second,
        account: 0,
        sender: 1,
        reverse_path: Some(2),
        recipients: vec![0, 3],
        login: Some(0),
        subject: 0,
        leads_back: true,
    };
    let queue = world.store().queue();
    let (wanted, other) = (message(1, &made(7)), message(2, &Made { recipients: vec![2], ..made(9) }));
    let other = QueuedMessage {
        account: ACCOUNTS[1],
        origin: Origin::Operator,
        header: HeaderMetadata { from: "x@y.example".into(), ..HeaderMetadata::default() },
        reverse_path: ReversePath::Null,
        ..other
    };
    for message in [&wanted, &other] {
        queue.accept(message.clone(), Body::inline(b"x".to_vec())).await.unwrap();
    }
    let all = Search { limit: 10, ..Search::default() };
    for search in [
        Search { accounts: Some(BTreeSet::from([ACCOUNTS[0]])), ..all.clone() },
        Search { recipient: "ADA@example.COM".parse().ok(), ..all.clone() },
        Search { recipient: "äda@EXAMPLE.org".parse().ok(), ..all.clone() },
        Search { recipient: "*@example.com".parse().ok(), ..all.clone() },
        Search { sender: "grace@example.com".parse().ok(), ..all.clone() },
        Search { sender: "*@Example.org".parse().ok(), ..all.clone() },
        Search { message_id: Some("1@x".to_owned()), ..all.clone() },
        Search { message_id: Some("<1@x>".to_owned()), ..all.clone() },
        Search { operation: Some(wanted.sends[0].operation), ..all.clone() },
        Search { login: Some("SCANNER1".to_owned()), ..all.clone() },
        Search { subject: Some("MÄRZ".to_owned()), ..all.clone() },
        Search { until: Some(at(8)), ..all.clone() },
    ] {
        let found = queue.search(search.clone()).await.unwrap();
        let [one] = &found.messages[..] else { panic!("{search:?}: {found:?}") };
        assert_eq!((one.id, one.account, &one.header), (wanted.id, wanted.account, &wanted.header));
        assert_eq!((&one.origin, one.accepted_at), (&wanted.origin, wanted.accepted_at));
        let addresses: Vec<&str> = one.recipients.iter().map(|one| one.address.as_str()).collect();
        assert_eq!(addresses, ["ada@example.com", "ÄDA@example.org"]);
        assert_eq!(found.next, None, "{search:?}");
    }
    let newest = queue.search(all).await.unwrap();
    assert_eq!(newest.messages.iter().map(|one| one.id).collect::<Vec<_>>(), [other.id, wanted.id]);
}
