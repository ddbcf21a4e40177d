//! The change feed, which nodes follow.

use store::Changed;

use crate::World;
use crate::sample::{account, audit, credential, sender};

pub(crate) async fn numbers_grow_and_name_what_changed(world: &mut World) {
    let (store, own) = (world.store(), account(1, "contoso"));
    let added = credential(1, "scanner1", &own);
    store.accounts().add(own.clone(), None, audit("account.add")).await.unwrap();
    store.senders().add(sender(&own, "a@contoso.com", None), audit("sender.add")).await.unwrap();
    store.credentials().add(added.clone(), audit("credential.add")).await.unwrap();
    let all = store.changes().since(0, 10).await.unwrap();
    let changed: Vec<Changed> = all.iter().map(|change| change.changed).collect();
    assert_eq!(changed, [Changed::Account(own.id), Changed::Senders(own.id), Changed::Credential(added.id)]);
    assert!(all.is_sorted_by(|one, next| one.number < next.number));
    let last = all[2].number;
    assert_eq!(store.directory().change(), last, "the directory has all that this process wrote");
    store.senders().remove(&sender(&own, "a@contoso.com", None), audit("sender.remove")).await.unwrap();
    world.restart();
    let since = world.store().changes().since(last, 10).await.unwrap();
    assert_eq!(since.iter().map(|change| change.changed).collect::<Vec<_>>(), [Changed::Senders(own.id)]);
    assert_eq!(world.store().directory().change(), since[0].number);
    assert_eq!(world.store().changes().since(0, 2).await.unwrap().len(), 2, "no more than asked for");
}
