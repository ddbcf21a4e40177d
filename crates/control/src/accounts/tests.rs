//! Accounts, from what is typed to what is kept.

use super::*;
use azure_client::credential::IdentityEndpoint;
use clock::{Clock, Entropy, Sources};
use model::caller::{AccountScope, Caller, Identity, Role};
use secrecy::{ExposeSecret as _, SecretString};
use store::{DataDir, MasterKey, Options, SecretName, SecretOwner, Store, Volatile};

pub(crate) fn control() -> (tempfile::TempDir, Control) {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), Volatile::Allowed).unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let options = Options { segment_bytes: 65_536, ..Options::default() };
    let store = Store::open(&data_dir, MasterKey::from_bytes([1; 32]), &options, now).unwrap();
    (
        folder,
        Control::new(
            store,
            Sources { clock: Clock::standing(now), entropy: Entropy::repeatable(1) },
            IdentityEndpoint::default(),
        ),
    )
}

pub(crate) fn new() -> NewAccount {
    NewAccount {
        name: "contoso".into(),
        tenant_id: " \"11111111-aaaa-4111-8111-111111111111\" ".into(),
        client_id: "33333333-cccc-4333-8333-333333333333".into(),
        authentication: AuthenticationMethod::ClientSecret(SecretString::from(" s~cret\n")),
        expires_at: None,
        subscription_id: "22222222-bbbb-4222-8222-222222222222".into(),
        service: Some("contoso-mail".into()),
        endpoint: None,
        cloud: NewCloud::default(),
        transport: TransportChoice::Auto,
        quota: Quota::CUSTOM_DOMAIN,
        concurrency: Concurrency::default(),
    }
}

#[tokio::test]
async fn what_is_pasted_is_cleaned_and_kept() {
    let (_folder, control) = control();
    let Noted { account, notes } = control.add_account(new()).await.unwrap();
    let service = account.azure().unwrap().service.clone().unwrap();
    assert_eq!(service.endpoint.as_str(), "https://contoso-mail.communication.azure.com/");
    assert_eq!(notes.len(), 2, "{notes:?}");
    let owner = SecretOwner::Account(account.id);
    let secret = control.store.secrets().get(owner, SecretName::ClientSecret).await.unwrap();
    assert_eq!(secret.expose_secret(), "s~cret");
    let again = control.add_account(NewAccount { name: "CONTOSO".into(), ..new() }).await;
    assert_eq!(again.unwrap_err().code(), "exists");
    let secret = Some(SecretString::from("an~other"));
    let change = AccountChange { secret, transport: Some(TransportChoice::Rest), ..AccountChange::default() };
    let changed = control.change_account("contoso", change).await.unwrap().account;
    assert_eq!((changed.azure().unwrap().transport, changed.quota), (TransportChoice::Rest, account.quota));
    let secret = control.store.secrets().get(owner, SecretName::ClientSecret).await.unwrap();
    assert_eq!(secret.expose_secret(), "an~other");
    assert_eq!(**control.store.directory().account_named("contoso").unwrap(), changed);
    let nothing = AccountChange { requests: Some(0), ..AccountChange::default() };
    assert!(control.change_account("contoso", nothing).await.is_err());
    let moved = AccountChange {
        name: Some("fabrikam".into()),
        client_id: Some(" 33333333-cccc-4333-8333-333333333334".into()),
        service: Some("fabrikam-mail".into()),
        state: Some(AccountState::Disabled),
        ..AccountChange::default()
    };
    let moved = control.change_account("contoso", moved).await.unwrap().account;
    assert_eq!(
        moved.azure().unwrap().smtp_login().unwrap(),
        "fabrikam-mail|33333333-cccc-4333-8333-333333333334|11111111-aaaa-4111-8111-111111111111"
    );
    assert!(!control.account("fabrikam").unwrap().is_enabled());
    control.remove_account("Fabrikam").await.unwrap();
    assert!(control.account("fabrikam").is_err());
}

type Spoil = fn(&mut NewAccount);

#[tokio::test]
async fn each_wrong_field_is_named() {
    let (_folder, control) = control();
    let cases: [(&str, Spoil); 8] = [
        ("quota.sends_per_minute", |new| new.quota.sends.per_minute = new.quota.sends.per_hour + 1),
        ("quota.status_reads_per_hour", |new| new.quota.status_reads.per_hour = 0),
        ("name", |new| new.name = "a b".into()),
        ("tenant_id", |new| new.tenant_id = "contoso".into()),
        ("subscription_id", |new| new.subscription_id.clear()),
        ("client_secret", |new| {
            new.authentication = AuthenticationMethod::ClientSecret(new.client_id.clone().into());
        }),
        ("access_key", |new| new.authentication = AuthenticationMethod::AccessKey("no key!".into())),
        ("endpoint", |new| new.endpoint = Some("http://contoso.example".into())),
    ];
    for (field, spoil) in cases {
        let mut new = new();
        spoil(&mut new);
        match control.add_account(new).await {
            Err(Fault::Invalid { field: named, .. }) => assert_eq!(named, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn every_change_is_entered_and_no_secret_with_it() {
    let (_folder, control) = control();
    let identity = Identity { who: "alice".into(), origin: "process 7".into() };
    let alice = control.by(Caller { identity, role: Role::Operator, accounts: AccountScope::All });
    alice.add_account(new()).await.unwrap();
    let secret = Some(SecretString::from("an~other"));
    let change = AccountChange { secret, requests: Some(3), ..AccountChange::default() };
    alice.change_account("contoso", change).await.unwrap();
    control.remove_account("contoso").await.unwrap();
    let entries = control.store.audit().list("contoso".into(), None, 10).await.unwrap();
    let words: Vec<String> =
        entries.iter().rev().map(|(_, e)| format!("{} {} {}", e.who, e.action, e.detail)).collect();
    assert_eq!(words[1], "alice account.edit a new secret, 3 requests at once");
    assert_eq!(words[2], "postern account.remove ");
    assert!(!words.concat().contains("s~cret") && !words.concat().contains("an~other"));
}
