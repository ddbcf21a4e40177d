//! Sealed secrets.

use model::id::AccountId;
use secrecy::{ExposeSecret as _, SecretString};
use store::{MasterKey, NewSecret, SecretFacts, SecretName, SecretOwner, StoreError};

use crate::sample::audit;
use crate::{World, at};

const OWNER: SecretOwner = SecretOwner::Account(AccountId::from_bytes([7; 16]));

async fn put(world: &World) {
    let secret = SecretString::from("s3cr~t".to_owned());
    let facts = SecretFacts::of(&secret, at(0));
    let new = NewSecret { name: SecretName::ClientSecret, secret, facts };
    world.store().secrets().put(OWNER, new).await.unwrap();
}

pub(crate) async fn a_secret_is_opened_only_where_it_was_put(world: &mut World) {
    put(world).await;
    world.restart();
    let secrets = world.store().secrets();
    assert_eq!(secrets.get(OWNER, SecretName::ClientSecret).await.unwrap().expose_secret(), "s3cr~t");
    let facts = secrets.facts(OWNER, SecretName::ClientSecret).await.unwrap().unwrap();
    assert_eq!((facts.hint.as_str(), facts.set_at), ("s3c", at(0)));
    let other = secrets.get(OWNER, SecretName::AccessKey).await;
    assert!(matches!(other, Err(StoreError::Missing(_))), "{other:?}");
}

pub(crate) async fn a_new_key_opens_what_was_sealed_before(world: &mut World) {
    put(world).await;
    let count = world.store().rewrap(MasterKey::from_bytes([2; 32]), audit("secrets.rewrap")).await.unwrap();
    assert_eq!(count, 1);
    let secret = world.store().secrets().get(OWNER, SecretName::ClientSecret).await.unwrap();
    assert_eq!(secret.expose_secret(), "s3cr~t");
    let log = world.store().audit().list(String::new(), None, 1).await.unwrap();
    assert_eq!(log[0].1.action, "secrets.rewrap", "the change of keys and its entry are one");
}
