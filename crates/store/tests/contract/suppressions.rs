//! The suppression list: what is added is found however it is written, after a restart too, and what outcomes say about
//! addresses is in it with them.

use model::id::AccountId;
use model::suppression::{Evidence, Listing, Suppression, SuppressionReason, SuppressionScope, Within};
use model::tracking::{DeliveryReport, RecipientState};
use store::{Body, NextStep, ReportedDelivery, StoreError};

use crate::sample::{ACCOUNT, account, audit, message, settlement};
use crate::{World, at};

fn entry(address: &str, scope: &str) -> Suppression {
    Suppression {
        address: address.parse().unwrap(),
        account: Some(ACCOUNT),
        scope: scope.parse().unwrap(),
        reason: SuppressionReason::Manual,
        evidence: Evidence { text: "asked by phone".to_owned(), by: "ada".to_owned(), ..Evidence::default() },
        added_at: at(0),
        reported_at: at(0),
        times: 1,
        expires_at: None,
    }
}

fn everything() -> Listing {
    Listing {
        within: Within::Everything,
        address: None,
        domain: None,
        reason: None,
        before: None,
        limit: 100,
    }
}

async fn addresses(world: &World, listing: Listing) -> Vec<String> {
    let listed = world.store().suppressions().list(listing).await.unwrap();
    listed.into_iter().map(|one| one.suppression.address.to_string()).collect()
}

pub(crate) async fn an_address_is_found_however_it_is_written(world: &mut World) {
    let list = world.store().suppressions();
    let entries = vec![entry("Ann@Example.com", "all"), entry("bob@b\u{fc}cher.example", "contoso.com")];
    let entered = list.add(entries.clone(), audit("suppression.add")).await.unwrap();
    assert_eq!((entered.new, entered.known), (2, 0));
    let again = list.add(vec![entry("ANN@example.com", "all")], audit("suppression.add")).await.unwrap();
    assert_eq!((again.new, again.known), (0, 1));
    drop(list);
    world.restart();
    let list = world.store().suppressions();
    let ann = list.of(&"ann@EXAMPLE.com".parse().unwrap()).await.unwrap();
    let [ann] = &ann[..] else { panic!("{ann:?}") };
    assert_eq!(ann.suppression, Suppression { times: 2, ..entries[0].clone() }, "as it was first written");
    let bob = list.of(&"Bob@xn--bcher-kva.example".parse().unwrap()).await.unwrap();
    assert_eq!(bob[0].suppression, entries[1]);
    assert!(list.of(&"ann@example.org".parse().unwrap()).await.unwrap().is_empty());
    assert_eq!(
        world.store().audit().list(String::new(), None, 9).await.unwrap().len(),
        2,
        "each change is in the log"
    );
}

pub(crate) async fn entries_are_listed_by_what_they_have_and_removed(world: &mut World) {
    let list = world.store().suppressions();
    let other = AccountId::from_bytes([2; 16]);
    let entries = vec![
        entry("ann@example.com", "all"),
        Suppression {
            account: None,
            reason: SuppressionReason::Complaint,
            ..entry("bob@example.com", "all")
        },
        Suppression { account: Some(other), ..entry("ann@example.com", "news@fabrikam.com") },
        Suppression { expires_at: Some(at(60)), ..entry("eve@example.org", "all") },
    ];
    list.add(entries, audit("suppression.add")).await.unwrap();
    let (ann, bob, eve) = ("ann@example.com", "bob@example.com", "eve@example.org");
    for (listing, expected) in [
        (everything(), vec![eve, ann, bob, ann]),
        (Listing { limit: 2, ..everything() }, vec![eve, ann]),
        (Listing { before: Some(3), ..everything() }, vec![bob, ann]),
        (Listing { address: Some("ANN@Example.com".parse().unwrap()), ..everything() }, vec![ann, ann]),
        (Listing { domain: Some("example.org".parse().unwrap()), ..everything() }, vec![eve]),
        (Listing { domain: Some("ample.org".parse().unwrap()), ..everything() }, vec![]),
        (Listing { reason: Some(SuppressionReason::Complaint), ..everything() }, vec![bob]),
        (Listing { within: Within::Accounts(vec![ACCOUNT]), ..everything() }, vec![eve, ann]),
        (Listing { within: Within::Accounts(Vec::new()), ..everything() }, vec![]),
    ] {
        assert_eq!(addresses(world, listing.clone()).await, expected, "{listing:?}");
    }
    let list = world.store().suppressions();
    assert_eq!(list.remove(vec![1, 3], audit("suppression.remove")).await.unwrap(), 2);
    assert!(list.of(&ann.parse().unwrap()).await.unwrap().is_empty());
    let gone = list.remove(vec![1], audit("suppression.remove")).await;
    assert!(matches!(gone, Err(StoreError::Missing(_))), "{gone:?}");
    assert_eq!(list.forget_ended(at(60)).await.unwrap(), 0);
    assert_eq!(list.forget_ended(at(61)).await.unwrap(), 1);
    assert_eq!(addresses(world, everything()).await, [bob]);
}

pub(crate) async fn what_an_outcome_says_of_an_address_is_written_with_it(world: &mut World) {
    world.store().accounts().add(account(1, "contoso"), None, audit("account.add")).await.unwrap();
    let message = message(7);
    let operation = message.sends[0].operation;
    let queue = world.store().queue();
    queue.accept(message.clone(), Body::inline(b"x".to_vec())).await.unwrap();
    let claims = queue.claim_due(ACCOUNT, at(1), 9, at(60)).await.unwrap();
    queue.settle(vec![settlement(claims[0].send.id, NextStep::Sent)], Vec::new()).await.unwrap();
    let report = |second: i64| DeliveryReport {
        recipient: "R7@Example.com".to_owned(),
        state: RecipientState::Bounced,
        at: at(second),
        status: None,
        text: "550 5.1.1 no such user".to_owned(),
    };
    for second in [5, 5, 6] {
        let delivery = ReportedDelivery { about: operation.into(), report: report(second) };
        world.store().queue().delivered(ACCOUNT, vec![delivery]).await.unwrap();
    }
    let found = world.store().suppressions().of(&"r7@example.com".parse().unwrap()).await.unwrap();
    let [found] = &found[..] else { panic!("{found:?}") };
    let evidence = &found.suppression.evidence;
    assert_eq!((evidence.message, evidence.status.as_deref()), (Some(message.id), Some("5.1.1")));
    assert_eq!(evidence.text, "550 5.1.1 no such user");
    let expected = Suppression {
        scope: SuppressionScope::All,
        reason: SuppressionReason::HardBounce,
        evidence: evidence.clone(),
        added_at: at(5),
        reported_at: at(6),
        ..entry("r7@example.com", "all")
    };
    assert_eq!(found.suppression, expected, "the same message counts once");
    let log = world.store().audit().list("r7@example.com".to_owned(), None, 9).await.unwrap();
    assert_eq!(log[0].1.action, "suppression.add");
}
