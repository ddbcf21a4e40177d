//! Senders, as a property: whatever is done, what is there is what a map would have.

use std::collections::BTreeMap;

use model::account::Account;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use store::StoreError;

use crate::World;
use crate::sample::{account, audit, sender};

pub(crate) async fn all_senders_change_or_none(world: &mut World) {
    let (store, own) = (world.store(), account(1, "contoso"));
    store.accounts().add(own.clone(), None, audit("account.add")).await.unwrap();
    let (a, b) = (sender(&own, "a@contoso.com", None), sender(&own, "b@contoso.com", Some("B")));
    store.senders().put_all(vec![a.clone(), b.clone()], Vec::new(), audit("sender.import")).await.unwrap();
    let nobodys = sender(&account(9, "gone"), "c@contoso.com", None);
    let failed = store.senders().put_all(vec![nobodys], vec![a.clone()], audit("sender.import")).await;
    assert!(failed.is_err(), "the account of one does not exist");
    let mut kept: Vec<_> = store.directory().senders(own.id).cloned().collect();
    kept.sort_by_key(|sender| sender.mailbox.to_string());
    assert_eq!(kept, [a, b]);
}

/// What is done with one of a few senders of two accounts.
#[derive(Clone, Copy, Debug)]
enum Act {
    Add,
    Remove,
    Rename,
    Restart,
}

/// An act, and whose sender it is about.
#[derive(Clone, Copy, Debug)]
struct Deed {
    account: usize,
    number: usize,
    act: Act,
}

type Model = BTreeMap<(usize, usize), Option<String>>;

pub(crate) async fn random_changes_leave_what_a_map_would_have(world: &mut World) {
    let accounts = [account(1, "contoso"), account(2, "fabrikam")];
    for account in &accounts {
        world.store().accounts().add(account.clone(), None, audit("account.add")).await.unwrap();
    }
    let act = prop_oneof![8 => Just(Act::Add), 4 => Just(Act::Remove), 4 => Just(Act::Rename), 1 => Just(Act::Restart)];
    let deed = (0..2_usize, 0..4_usize, act).prop_map(|(account, number, act)| Deed { account, number, act });
    let deeds = proptest::collection::vec(deed, 120);
    let mut runner = TestRunner::deterministic();
    let mut model = Model::new();
    for deed in deeds.new_tree(&mut runner).unwrap().current() {
        if matches!(deed.act, Act::Restart) {
            world.restart();
        } else {
            change(world, &accounts[deed.account], deed, &mut model).await;
        }
        for (index, account) in accounts.iter().enumerate() {
            let mut kept: Vec<_> = world.store().directory().senders(account.id).cloned().collect();
            kept.sort_by_key(|sender| sender.mailbox.to_string());
            let expected = model.iter().filter(|((owner, _), _)| *owner == index);
            let expected: Vec<_> = expected
                .map(|((_, number), name)| sender(account, &mailbox(*number), name.as_deref()))
                .collect();
            assert_eq!(kept, expected, "after {deed:?}");
        }
    }
}

async fn change(world: &World, own: &Account, deed: Deed, model: &mut Model) {
    let Deed { account, number, act } = deed;
    let (senders, key) = (world.store().senders(), (account, number));
    let one = |name: Option<&str>| sender(own, &mailbox(number), name);
    match act {
        Act::Add => {
            let added = senders.add(one(None), audit("sender.add")).await;
            assert_eq!(matches!(added, Err(StoreError::Exists(_))), model.contains_key(&key), "{added:?}");
            model.entry(key).or_default();
        }
        Act::Remove => {
            let removed = senders.remove(&one(None), audit("sender.remove")).await;
            assert_eq!(
                matches!(removed, Err(StoreError::Missing(_))),
                model.remove(&key).is_none(),
                "{removed:?}"
            );
        }
        Act::Rename => {
            senders.put_all(vec![one(Some("Name"))], Vec::new(), audit("sender.import")).await.unwrap();
            model.insert(key, Some("Name".to_owned()));
        }
        Act::Restart => {}
    }
}

fn mailbox(number: usize) -> String {
    format!("s{number}@contoso.com")
}
