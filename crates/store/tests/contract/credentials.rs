//! Logins of devices and applications.

use std::sync::Arc;

use model::credential::Lane;
use store::StoreError;

use crate::World;
use crate::sample::{account, audit, credential};

pub(crate) async fn a_login_is_taken_once_in_any_case(world: &mut World) {
    let (store, own) = (world.store(), account(1, "contoso"));
    store.accounts().add(own.clone(), None, audit("account.add")).await.unwrap();
    let first = credential(1, "scanner1", &own);
    store.credentials().add(first.clone(), audit("credential.add")).await.unwrap();
    let refused = store.credentials().add(credential(2, "Scanner1", &own), audit("credential.add")).await;
    assert!(matches!(refused, Err(StoreError::Exists(_))), "{refused:?}");
    world.restart();
    assert_eq!(**world.store().directory().credential("SCANNER1").unwrap(), first);
    world.store().credentials().remove("scanner1", audit("credential.remove")).await.unwrap();
    assert!(
        world.store().directory().credential("scanner1").is_none(),
        "the next login sees that it is gone"
    );
    let missing = world.store().credentials().remove("scanner1", audit("credential.remove")).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
}

pub(crate) async fn a_credential_changes_only_as_it_was_read(world: &mut World) {
    let (store, own) = (world.store(), account(1, "contoso"));
    store.accounts().add(own.clone(), None, audit("account.add")).await.unwrap();
    store.credentials().add(credential(1, "scanner1", &own), audit("credential.add")).await.unwrap();
    let before = Arc::clone(store.directory().credential("scanner1").unwrap());
    let mut changed = (*before).clone();
    changed.lane = Lane::Bulk;
    store
        .credentials()
        .change(Arc::clone(&before), changed.clone(), audit("credential.change"))
        .await
        .unwrap();
    let late = store.credentials().change(before, changed.clone(), audit("credential.change")).await;
    assert!(matches!(late, Err(StoreError::Changed(_))), "{late:?}");
    assert_eq!(**store.directory().credential("scanner1").unwrap(), changed);
}

pub(crate) async fn a_network_belongs_to_one_credential(world: &mut World) {
    let (store, own) = (world.store(), account(1, "contoso"));
    store.accounts().add(own.clone(), None, audit("account.add")).await.unwrap();
    let (first, mut second) = (credential(1, "scanner1", &own), credential(2, "scanner2", &own));
    second.networks = first.networks.clone();
    store.credentials().add(first, audit("credential.add")).await.unwrap();
    let refused = store.credentials().add(second, audit("credential.add")).await;
    assert!(matches!(refused, Err(StoreError::InUse { .. } | StoreError::Exists(_))), "{refused:?}");
    let found = store.directory().credential_without_login("10.0.1.9".parse().unwrap()).cloned();
    assert_eq!(found.unwrap().login.as_str(), "scanner1");
}
