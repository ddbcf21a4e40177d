//! Rotations of client secrets.

use model::rotation::{Rotation, Step};
use secrecy::{ExposeSecret as _, SecretString};
use store::{NewSecret, SecretFacts, SecretName, SecretOwner, StoreError};

use crate::sample::{account, audit};
use crate::{World, at};

pub(crate) async fn a_rotation_moves_only_from_the_step_that_it_is_at(world: &mut World) {
    let (store, own) = (world.store(), account(1, "contoso"));
    let secret = |text: &str| {
        let secret = SecretString::from(text.to_owned());
        NewSecret { name: SecretName::ClientSecret, facts: SecretFacts::of(&secret, at(0)), secret }
    };
    store.accounts().add(own.clone(), Some(secret("old~secret")), audit("account.add")).await.unwrap();
    let rotation = |step, second| Rotation {
        account: own.id,
        label: "postern-1".to_owned(),
        step,
        started_at: at(0),
        changed_at: at(second),
        wanted_until: at(1_000),
        new_key: None,
        old_key: None,
        remove_at: None,
        problem: None,
    };
    store.rotations().begin(rotation(Step::Begun, 0), audit("rotation.begin")).await.unwrap();
    let (new, facts) = (SecretString::from("new~secret".to_owned()), secret("new~secret").facts);
    let added = rotation(Step::Added, 1);
    store.rotations().note_with_secret(added, new, facts, audit("rotation.add")).await.unwrap();
    let late =
        store.rotations().advance(Step::Begun, rotation(Step::Proved, 2), audit("rotation.prove")).await;
    assert!(matches!(late, Err(StoreError::Changed(_))), "{late:?}");
    store.rotations().advance(Step::Added, rotation(Step::Proved, 2), audit("rotation.prove")).await.unwrap();
    world.restart();
    let store = world.store();
    assert_eq!(store.rotations().of(own.id).await.unwrap(), Some(rotation(Step::Proved, 2)));
    let mut switched = own.clone();
    switched.changed_at = at(3);
    let step = rotation(Step::Switched, 3);
    store.accounts().switch(switched, own.changed_at, step, audit("rotation.switch")).await.unwrap();
    let now = store.secrets().get(SecretOwner::Account(own.id), SecretName::ClientSecret).await.unwrap();
    assert_eq!(now.expose_secret(), "new~secret");
}
