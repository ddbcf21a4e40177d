//! Accounts, and what depends on them.

use store::{SecretChange, StoreError};

use crate::sample::{account, audit, credential, sender};
use crate::{World, at};

pub(crate) async fn a_name_is_taken_once_in_any_case(world: &mut World) {
    let accounts = world.store().accounts();
    accounts.add(account(1, "contoso"), None, audit("account.add")).await.unwrap();
    let refused = accounts.add(account(2, "Contoso"), None, audit("account.add")).await;
    assert!(matches!(refused, Err(StoreError::Exists(_))), "{refused:?}");
    drop(accounts);
    world.restart();
    let directory = world.store().directory();
    assert_eq!(directory.accounts().map(|one| (**one).clone()).collect::<Vec<_>>(), [account(1, "contoso")]);
    assert_eq!(
        world.store().audit().list(String::new(), None, 10).await.unwrap().len(),
        1,
        "nothing of the refused one"
    );
}

pub(crate) async fn an_account_changes_only_as_it_was_read(world: &mut World) {
    let (store, old) = (world.store().clone(), account(1, "contoso"));
    store.accounts().add(old.clone(), None, audit("account.add")).await.unwrap();
    let mut new = old.clone();
    (new.name, new.changed_at) = ("fabrikam".parse().unwrap(), at(5));
    store
        .accounts()
        .change(new.clone(), old.changed_at, SecretChange::None, audit("account.change"))
        .await
        .unwrap();
    assert_eq!(**store.directory().account(old.id).unwrap(), new);
    let late = store
        .accounts()
        .change(old.clone(), old.changed_at, SecretChange::None, audit("account.change"))
        .await;
    assert!(matches!(late, Err(StoreError::Changed(_))), "{late:?}");
    let missing =
        store.accounts().change(account(2, "x"), at(0), SecretChange::None, audit("account.change")).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    assert_eq!(**store.directory().account(old.id).unwrap(), new);
}

pub(crate) async fn an_account_in_use_stays(world: &mut World) {
    let (store, own) = (world.store(), account(1, "contoso"));
    store.accounts().add(own.clone(), None, audit("account.add")).await.unwrap();
    store.senders().add(sender(&own, "a@contoso.com", None), audit("sender.add")).await.unwrap();
    store.credentials().add(credential(1, "scanner1", &own), audit("credential.add")).await.unwrap();
    let refused = store.accounts().remove(&own, audit("account.remove")).await;
    assert!(matches!(refused, Err(StoreError::InUse { .. })), "{refused:?}");
    assert_eq!(store.accounts().dependents(own.id).await.unwrap().credentials, ["scanner1"]);
    store.credentials().remove("scanner1", audit("credential.remove")).await.unwrap();
    store.accounts().remove(&own, audit("account.remove")).await.unwrap();
    assert_eq!(store.directory().accounts().count(), 0);
    assert_eq!(store.directory().senders(own.id).count(), 0, "its senders went with it");
}

pub(crate) async fn what_is_lost_with_an_account_must_be_what_was_shown(world: &mut World) {
    let (store, own) = (world.store(), account(1, "contoso"));
    store.accounts().add(own.clone(), None, audit("account.add")).await.unwrap();
    let shown = store.losses(own.id).await.unwrap();
    store.credentials().add(credential(1, "scanner1", &own), audit("credential.add")).await.unwrap();
    let refused = store.discard_account(&own, shown, vec![audit("account.remove")]).await;
    assert!(matches!(refused, Err(StoreError::Changed(_))), "{refused:?}");
    let shown = store.losses(own.id).await.unwrap();
    store.discard_account(&own, shown, vec![audit("account.remove")]).await.unwrap();
    assert_eq!(store.directory().accounts().count() + store.directory().credentials().count(), 0);
    assert_eq!(store.audit().list(String::new(), None, 10).await.unwrap()[0].1.action, "account.remove");
}
