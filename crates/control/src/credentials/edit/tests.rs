//! Credentials changed: what is given is different, and nothing else.

use azure_client::credential::IdentityEndpoint;
use clock::{Clock, Entropy, Sources};
use jiff::Timestamp;
use model::account::Concurrency;
use model::azure::TransportChoice;
use model::credential::SenderRule;
use model::quota::Quota;
use store::{DataDir, MasterKey, Options, Store, Volatile};

use super::*;
use crate::credentials::{NewAccess, NewCredential, NewIntakeRules};
use crate::{AuthenticationMethod, NewAccount, NewCloud, NewSender};

struct Context {
    control: Control,
    _folder: tempfile::TempDir,
}

impl Context {
    async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(folder.path(), Volatile::Allowed).unwrap();
        let (now, options) = (Timestamp::UNIX_EPOCH, Options { segment_bytes: 65_536, ..Options::default() });
        let store = Store::open(&data_dir, MasterKey::from_bytes([1; 32]), &options, now).unwrap();
        let sources = Sources { clock: Clock::standing(now), entropy: Entropy::repeatable(1) };
        let control = Control::new(store, sources, IdentityEndpoint::default());
        let account = NewAccount {
            name: "contoso".into(),
            tenant_id: "11111111-aaaa-4111-8111-111111111111".into(),
            client_id: "33333333-cccc-4333-8333-333333333333".into(),
            authentication: AuthenticationMethod::ClientSecret("s~cret".into()),
            expires_at: None,
            subscription_id: "22222222-bbbb-4222-8222-222222222222".into(),
            service: Some("contoso-mail".into()),
            endpoint: None,
            cloud: NewCloud::default(),
            transport: TransportChoice::Auto,
            quota: Quota::CUSTOM_DOMAIN,
            concurrency: Concurrency::default(),
        };
        control.add_account(account).await.unwrap();
        for mailbox in ["a@b.example", "c@b.example"] {
            let (account, mailbox) = ("contoso".into(), mailbox.into());
            control.add_sender(NewSender { account, mailbox, display_name: None }).await.unwrap();
        }
        Self { control, _folder: folder }
    }

    async fn add(&self, login: &str, access: NewAccess, networks: &[&str]) {
        let new = NewCredential {
            login: login.into(),
            account: "contoso".into(),
            access,
            senders: vec!["a@b.example".into()],
            networks: texts(networks),
            default_from: None,
            forced_from: Some("a@b.example".into()),
            intake: NewIntakeRules { reverse_paths: texts(&["lists.example"]), ..NewIntakeRules::default() },
            rate_per_minute: Some(5),
            lane: Lane::Bulk,
        };
        self.control.add_credential(new).await.unwrap();
    }

    async fn change(&self, login: &str, change: CredentialChange) -> Result<Arc<Credential>, String> {
        self.control.change_credential(login, change).await.map_err(|error| error.to_string())
    }

    fn now(&self, login: &str) -> Credential {
        Credential::clone(self.control.store.directory().credential(login).unwrap())
    }

    /// What was entered last about that login.
    async fn entered(&self, login: &str) -> String {
        let entries = self.control.store.audit().list(login.into(), None, 1).await.unwrap();
        format!("{} {}", entries[0].1.action, entries[0].1.detail)
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn what_is_given_changes_and_nothing_else() {
    type Case = (CredentialChange, fn(&mut Credential), &'static str);
    let nothing = CredentialChange::default;
    let cases: [Case; 9] = [
        (
            CredentialChange { senders: Some(Vec::new()), ..nothing() },
            |one| one.senders = SenderRule::Any,
            "senders any (was a@b.example)",
        ),
        (
            CredentialChange { networks: Some(texts(&["192.0.2.7"])), ..nothing() },
            |one| one.networks = vec!["192.0.2.7/32".parse().unwrap()],
            "networks 192.0.2.7/32 (was any)",
        ),
        (
            CredentialChange { default_from: Some(Some("c@b.example".into())), ..nothing() },
            |one| one.author = AuthorRule::Default("c@b.example".parse().unwrap()),
            "author default c@b.example (was forced a@b.example)",
        ),
        (
            CredentialChange { forced_from: Some(None), default_from: Some(None), ..nothing() },
            |one| one.author = AuthorRule::Keep,
            "author kept (was forced a@b.example)",
        ),
        (
            CredentialChange { reply_to_author: Some(true), ..nothing() },
            |one| one.intake.reply_to_author = true,
            "reply to author yes (was no)",
        ),
        (
            CredentialChange { reverse_path_anywhere: Some(true), ..nothing() },
            |one| one.intake.reverse_paths = ReversePathRule::Anywhere,
            "reverse-paths any (was lists.example)",
        ),
        (
            CredentialChange { repairs: Some(texts(&["line-ends", "from"])), ..nothing() },
            |one| {
                one.intake.repairs =
                    [model::repair::Repair::From, model::repair::Repair::LineEnds].into_iter().collect();
            },
            "repairs line-ends from (was none)",
        ),
        (
            CredentialChange { rate_per_minute: Some(None), ..nothing() },
            |one| one.rate_per_minute = None,
            "messages a minute as the account allows (was 5)",
        ),
        (
            CredentialChange { lane: Some(Lane::Urgent), ..nothing() },
            |one| one.lane = Lane::Urgent,
            "lane urgent (was bulk)",
        ),
    ];
    let context = Context::set().await;
    for (number, (change, expected, detail)) in cases.into_iter().enumerate() {
        let login = format!("device{number}");
        context.add(&login, NewAccess::MadePassword, &[]).await;
        let mut wanted = context.now(&login);
        expected(&mut wanted);
        let changed = context.change(&login, change).await.unwrap();
        assert_eq!(*changed, wanted);
        assert_eq!(context.now(&login), wanted, "what is returned is what is stored");
        assert_eq!(context.entered(&login).await, format!("credential.edit {detail}"));
    }
}

#[tokio::test]
async fn one_kind_of_author_is_removed_without_the_other() {
    let context = Context::set().await;
    context.add("device", NewAccess::MadePassword, &[]).await;
    let before = context.now("device");
    let change = CredentialChange { default_from: Some(None), ..CredentialChange::default() };
    context.change("device", change).await.unwrap();
    assert_eq!(context.now("device"), before, "there was a forced author, and it stays");
    assert!(context.entered("device").await.starts_with("credential.add"), "nothing changed");
    let change = CredentialChange { reverse_path_anywhere: Some(false), ..CredentialChange::default() };
    context.change("device", change).await.unwrap();
    assert_eq!(context.now("device"), before, "listed domains are not any address already");
}

#[tokio::test]
async fn what_is_not_valid_changes_nothing() {
    let nothing = CredentialChange::default;
    let cases = [
        CredentialChange { senders: Some(texts(&["a@"])), ..nothing() },
        CredentialChange { networks: Some(texts(&["10.0.0.0/33"])), ..nothing() },
        CredentialChange { forced_from: Some(Some("x@b.example".into())), ..nothing() },
        CredentialChange {
            forced_from: Some(Some("a@b.example".into())),
            default_from: Some(Some("c@b.example".into())),
            ..nothing()
        },
        CredentialChange {
            reverse_path_anywhere: Some(true),
            reverse_paths: Some(texts(&["lists.example"])),
            ..nothing()
        },
        CredentialChange { repairs: Some(texts(&["everything"])), ..nothing() },
        CredentialChange { rate_per_minute: Some(Some(0)), ..nothing() },
        CredentialChange { forced_from: Some(None), reply_to_author: Some(true), ..nothing() },
        CredentialChange { public: PublicNetworks::Allowed, ..nothing() },
        CredentialChange { password: Some("1234".into()), ..nothing() },
    ];
    let context = Context::set().await;
    context.add("device", NewAccess::MadePassword, &[]).await;
    let before = context.now("device");
    for change in cases {
        let change = CredentialChange { lane: Some(Lane::Urgent), ..change };
        assert!(context.change("device", change.clone()).await.is_err(), "{change:?}");
        assert_eq!(context.now("device"), before);
    }
    assert_eq!(context.change("other", nothing()).await.unwrap_err(), "credential other does not exist");
}

#[tokio::test]
async fn a_weak_password_does_not_outlive_the_networks_that_allowed_it() {
    let context = Context::set().await;
    let networks = |list: &[&str]| CredentialChange { networks: Some(texts(list)), ..Default::default() };
    let with = |password: &str, change: CredentialChange| CredentialChange {
        password: Some(password.into()),
        ..change
    };
    context.add("weak", NewAccess::Password("1234".into()), &["10.1.2.0/24"]).await;
    context.change("weak", networks(&["10.7.0.0/16"])).await.unwrap();
    for wide in [&[][..], &["10.0.0.0/8"]] {
        let refused = context.change("weak", networks(wide)).await.unwrap_err();
        assert!(refused.contains("--password-stdin"), "{refused}");
        assert!(context.change("weak", with("1234", networks(wide))).await.is_err());
    }
    context.change("weak", with("correct horse battery", networks(&[]))).await.unwrap();
    let now = context.now("weak");
    assert!(now.password_hash().unwrap().is_of(&"correct horse battery".into()) && now.networks.is_empty());
    assert_eq!(
        context.entered("weak").await,
        "credential.edit networks any (was 10.7.0.0/16), a new password"
    );
    // The password as it is only shows that it is strong: open sessions stay.
    context.add("strong", NewAccess::Password("correct horse battery".into()), &["10.1.2.0/24"]).await;
    let before = context.now("strong");
    context.change("strong", with("correct horse battery", networks(&[]))).await.unwrap();
    assert_eq!(context.now("strong").access, before.access);
}

#[tokio::test]
async fn networks_without_login_are_judged_as_when_they_were_added() {
    let context = Context::set().await;
    let networks = |list: &[&str], public| CredentialChange {
        networks: Some(texts(list)),
        public,
        ..CredentialChange::default()
    };
    let (refused, allowed) = (PublicNetworks::Refused, PublicNetworks::Allowed);
    context.add("hall", NewAccess::Network(refused), &["10.1.2.0/24"]).await;
    context.add("yard", NewAccess::Network(refused), &["10.1.3.0/24"]).await;
    let taken = context.change("hall", networks(&["10.1.3.0/24"], refused)).await.unwrap_err();
    assert_eq!(taken, "a credential for network 10.1.3.0/24 (yard) exists already");
    // Its own networks are not those of another.
    context.change("hall", networks(&["10.1.2.0/24", "10.1.4.0/24"], refused)).await.unwrap();
    assert!(context.change("hall", networks(&[], refused)).await.is_err());
    assert!(context.change("hall", networks(&["203.0.113.0/24"], refused)).await.is_err());
    context.change("hall", networks(&["203.0.113.0/24"], allowed)).await.unwrap();
    let found = context.control.store.directory();
    assert!(found.credential_without_login("203.0.113.7".parse().unwrap()).is_some());
    assert!(found.credential_without_login("10.1.2.7".parse().unwrap()).is_none());
    let password = CredentialChange { password: Some("correct horse battery".into()), ..Default::default() };
    assert!(context.change("hall", password).await.unwrap_err().contains("has no password"));
}

#[tokio::test]
async fn nobody_overwrites_what_somebody_else_changed_meanwhile() {
    let context = Context::set().await;
    context.add("device", NewAccess::MadePassword, &[]).await;
    let lane = CredentialChange { lane: Some(Lane::Urgent), ..CredentialChange::default() };
    let rate = CredentialChange { rate_per_minute: Some(Some(9)), ..CredentialChange::default() };
    let (one, other) = tokio::join!(context.change("device", lane), context.change("device", rate));
    assert!(one.is_ok() && other.is_ok());
    let now = context.now("device");
    assert_eq!((now.lane, now.rate_per_minute), (Lane::Urgent, Some(9)));
    // A change that began with what is not there any more is told so by the store.
    let stale = Arc::new(Credential { lane: Lane::Bulk, ..now.clone() });
    let audit = context.control.entry("credential.edit", "device", "");
    let late = context.control.store.credentials().change(stale, now, audit).await;
    assert!(matches!(late, Err(StoreError::Changed(_))), "{late:?}");
}
