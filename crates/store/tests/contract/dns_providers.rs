//! DNS providers and their tokens.

use model::dns_provider::{DnsProvider, DnsProviderKind};
use model::id::DnsProviderId;
use secrecy::{ExposeSecret as _, SecretString};
use store::{SecretName, SecretOwner, StoreError};

use crate::sample::audit;
use crate::{World, at};

fn provider(number: u8, name: &str) -> DnsProvider {
    DnsProvider {
        id: DnsProviderId::new(at(0), [number; 10]),
        name: name.parse().unwrap(),
        kind: DnsProviderKind::Cloudflare,
        base_url: "https://api.cloudflare.com/".parse().unwrap(),
        ca_pem: None,
        created_at: at(0),
    }
}

pub(crate) async fn a_provider_comes_and_goes_with_its_token(world: &mut World) {
    let token = || SecretString::from("t0ken".to_owned());
    let one = provider(1, "cloudflare");
    world.store().dns_providers().add(one.clone(), token(), audit("dns.add")).await.unwrap();
    let taken = world.store().dns_providers().add(provider(2, "cloudflare"), token(), audit("dns.add")).await;
    assert!(matches!(taken, Err(StoreError::Exists(_))), "{taken:?}");
    world.restart();
    let (store, owner) = (world.store(), SecretOwner::DnsProvider(one.id));
    assert_eq!(store.dns_providers().list().await.unwrap(), std::slice::from_ref(&one));
    assert_eq!(store.secrets().get(owner, SecretName::ApiToken).await.unwrap().expose_secret(), "t0ken");
    store.dns_providers().remove(one, audit("dns.remove")).await.unwrap();
    let gone = store.secrets().get(owner, SecretName::ApiToken).await;
    assert!(matches!(gone, Err(StoreError::Missing(_))), "{gone:?}");
}
