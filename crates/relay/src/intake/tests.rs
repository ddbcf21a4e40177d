//! The intake used without SMTP: as a send API by HTTP would, and as Postern itself does.

use std::time::Duration;

use jiff::Timestamp;
use model::account::{Account, AccountState, Concurrency};
use model::azure::{Authorization, AzureConnection, TransportChoice};
use model::cloud::Cloud;
use model::credential::{Access, AuthorRule, Credential, IntakeRules, Lane, PasswordHash, SenderRule};
use model::id::{AccountId, CredentialId};
use model::queued::Origin;
use model::quota::Quota;
use model::repair::Repair;
use model::sender::Sender;
use model::upstream::Upstream;
use store::{AuditEntry, DataDir, MasterKey, Options, Volatile};
use tempfile::TempDir;

use super::*;

/// No delivery: mail stays in the queue.
struct NoDelivery;

impl Onward for NoDelivery {
    fn reaches_beyond_ascii<'a>(&'a self, _: &'a Arc<Account>) -> Answer<'a, Result<bool, String>> {
        Box::pin(std::future::ready(Ok(false)))
    }

    fn send_now<'a>(&'a self, _: DirectMessage<'a>) -> Answer<'a, Result<Sent, Rejection>> {
        Box::pin(std::future::ready(Ok(Sent::ToAll)))
    }

    fn store_wrote(&self, _: &[StorageKind]) {}

    fn store_failed(&self, _: StorageKind, _: &StoreError) {}
}

/// An intake with a store with one account, two senders and one credential, which may use the first of them.
struct Fixture {
    intake: Intake,
    clock: Clock,
    credential: Principal,
    account: Arc<Account>,
    _folder: TempDir,
}

fn audit() -> AuditEntry {
    let text = String::new;
    AuditEntry {
        at: Timestamp::UNIX_EPOCH,
        who: text(),
        origin: text(),
        action: text(),
        subject: text(),
        detail: text(),
    }
}

fn account() -> Account {
    Account {
        id: AccountId::from_bytes([7; 16]),
        name: "contoso".parse().unwrap(),
        upstream: Upstream::Azure(AzureConnection {
            tenant: "11111111-aaaa-4111-8111-111111111111".parse().unwrap(),
            client: "33333333-cccc-4333-8333-333333333333".parse().unwrap(),
            subscription: "22222222-bbbb-4222-8222-222222222222".parse().unwrap(),
            cloud: Cloud::Public,
            service: None,
            authorization: Authorization::ManagedIdentity,
            transport: TransportChoice::Auto,
        }),
        quota: Quota::CUSTOM_DOMAIN,
        concurrency: Concurrency::default(),
        state: AccountState::Enabled,
        created_at: Timestamp::UNIX_EPOCH,
        changed_at: Timestamp::UNIX_EPOCH,
    }
}

fn credential() -> Credential {
    Credential {
        id: CredentialId::from_bytes([2; 16]),
        login: "app".parse().unwrap(),
        account: account().id,
        access: Access::Password(PasswordHash::new(String::new())),
        senders: SenderRule::Only {
            mailboxes: vec!["news@contoso.example".parse().unwrap()],
            domains: Vec::new(),
        },
        networks: Vec::new(),
        author: AuthorRule::Keep,
        intake: IntakeRules::default(),
        rate_per_minute: Some(3),
        lane: Lane::Normal,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

impl Fixture {
    async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::standing("2027-01-15T08:00:00Z".parse().unwrap());
        let data_dir = DataDir::open(folder.path(), Volatile::Allowed).unwrap();
        let options = Options { segment_bytes: 65_536, ..Options::default() };
        let store = Store::open(&data_dir, MasterKey::from_bytes([1; 32]), &options, clock.now()).unwrap();
        store.accounts().add(account(), None, audit()).await.unwrap();
        for mailbox in ["news@contoso.example", "ceo@contoso.example"] {
            let mailbox = mailbox.parse().unwrap();
            let sender =
                Sender { account: account().id, mailbox, display_name: None, created_at: clock.now() };
            store.senders().add(sender, audit()).await.unwrap();
        }
        store.credentials().add(credential(), audit()).await.unwrap();
        let settings = RelaySettings {
            host_name: "relay.contoso.example".to_owned(),
            max_message_bytes: 10_000,
            max_recipients: 2,
            ..RelaySettings::default()
        };
        let intake = Intake::new(IntakeParts {
            store,
            settings: Arc::new(settings),
            onward: Arc::new(NoDelivery),
            clock: clock.clone(),
            entropy: Entropy::repeatable(1),
        });
        let credential = Principal::Credential(Arc::new(credential()));
        Self { intake, clock, credential, account: Arc::new(account()), _folder: folder }
    }

    fn internal(&self, kind: InternalKind) -> Principal {
        Principal::Internal(Internal { kind, account: Arc::clone(&self.account) })
    }

    /// The message as it is kept, once the database has it.
    async fn content(&self, accepted: &Accepted) -> String {
        let Accepted::Queued(id) = accepted else { panic!("{accepted:?}") };
        let queue = self.intake.store().queue();
        while queue.view(*id).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        String::from_utf8(queue.body_of(*id).await.unwrap()).unwrap()
    }
}

/// What a request by HTTP carries as JSON.
fn request(from: &str, to: &[&str]) -> serde_json::Value {
    serde_json::json!({ "from": from, "to": to, "subject": "Hello", "text": "It works." })
}

/// What a way in by HTTP does with it: nothing here is SMTP's.
async fn send_json(
    intake: &Intake,
    principal: &Principal,
    request: &serde_json::Value,
) -> Result<Accepted, Rejection> {
    let text = |name: &str| request[name].as_str().unwrap().to_owned();
    let (from, to) = (text("from"), request["to"].as_array().unwrap());
    let to: Vec<&str> = to.iter().filter_map(|one| one.as_str()).collect();
    let message = format!(
        "From: {from}\r\nTo: {}\r\nSubject: {}\r\n\r\n{}\r\n",
        to.join(", "),
        text("subject"),
        text("text")
    );
    let mut draft = intake.begin(
        principal,
        Envelope {
            reverse_path: Offered::Unreadable(from),
            dsn: DsnWishes::default(),
            timing: message::submission::TimingFields::default(),
            declared_bytes: Some(message.len() as u64),
            smtputf8: true,
            source: Source::Http("203.0.113.9".parse().unwrap()),
            repairs: Repair::ALL.into_iter().collect(),
        },
    )?;
    for one in to {
        let mailbox = one.parse().map_or_else(|_| Offered::Unreadable(one.to_owned()), Offered::Path);
        draft.recipient(NewRecipient { mailbox, notify: None, original: None }).await?;
    }
    draft.data(message.as_bytes()).await?;
    draft.finish().await
}

#[tokio::test]
async fn a_message_by_http_is_queued_and_traced() {
    let fixture = Fixture::set().await;
    let sent = request("news@contoso.example", &["a@example.com"]);
    let accepted = send_json(&fixture.intake, &fixture.credential, &sent).await.unwrap();
    let Accepted::Queued(id) = accepted else { panic!("{accepted:?}") };
    let content = fixture.content(&accepted).await;
    let message = fixture.intake.store().queue().view(id).await.unwrap().unwrap();
    assert_eq!(message.origin, Origin::Credential("app".to_owned()));
    assert_eq!(message.sends[0].recipients[0].mailbox.to_string(), "a@example.com");
    assert!(content.starts_with("Received: from unknown ([203.0.113.9])"), "{content}");
    assert!(content.contains("with HTTP") && content.contains(&id.to_string()), "{content}");
    let again = send_json(&fixture.intake, &fixture.credential, &sent).await.unwrap();
    assert_eq!(again, Accepted::Repeated(id), "the answer may have been lost");
    fixture.intake.heard(&accepted);
    let third = send_json(&fixture.intake, &fixture.credential, &sent).await.unwrap();
    assert!(matches!(third, Accepted::Queued(other) if other != id), "{third:?}");
}

#[tokio::test]
async fn what_is_rejected_says_why_and_queues_nothing() {
    let fixture = Fixture::set().await;
    let rejected = async |from: &str, to: &[&str]| {
        let answer = send_json(&fixture.intake, &fixture.credential, &request(from, to)).await;
        fixture.clock.advance(Duration::from_secs(60));
        answer.unwrap_err()
    };
    let to = ["a@example.com"];
    let foreign = rejected("ceo@contoso.example", &to).await;
    let Rejection::SenderNotAllowed(AddressFault { mailbox, part: Part::From }) = &foreign else {
        panic!("{foreign:?}")
    };
    assert_eq!(mailbox.to_string(), "ceo@contoso.example");
    assert!(!foreign.is_temporary());
    assert!(matches!(rejected("x@contoso.example", &to).await, Rejection::UnknownSender(_)));
    assert!(matches!(rejected("x@fabrikam.example", &to).await, Rejection::DomainNotLinked(_)));
    assert!(matches!(rejected("nobody", &to).await, Rejection::ReversePathUnreadable));
    let news = "news@contoso.example";
    assert!(matches!(rejected(news, &["a b"]).await, Rejection::RecipientUnreadable));
    assert!(matches!(rejected(news, &[]).await, Rejection::NoRecipients));
    assert!(matches!(rejected(news, &["j\u{fc}rgen@example.com"]).await, Rejection::RecipientNotPossible));
    let three = ["a@example.com", "b@example.com", "c@example.com"];
    assert!(matches!(rejected(news, &three).await, Rejection::TooManyRecipients { limit: 2 }));
    let long = "x".repeat(10_000);
    let mut large = request(news, &to);
    large["text"] = long.into();
    let answer = send_json(&fixture.intake, &fixture.credential, &large).await.unwrap_err();
    assert!(matches!(answer, Rejection::TooLarge { limit_bytes: 10_000 }), "{answer:?}");
    let losses = fixture.intake.store().accounts().losses(fixture.account.id).await.unwrap();
    assert_eq!(losses.messages.len(), 0, "nothing was queued");
}

#[tokio::test]
async fn a_rate_limit_says_when_the_next_message_is_accepted() {
    let fixture = Fixture::set().await;
    let send = async |subject: &str| {
        let mut request = request("news@contoso.example", &["a@example.com"]);
        request["subject"] = subject.into();
        send_json(&fixture.intake, &fixture.credential, &request).await
    };
    for subject in ["1", "2", "3"] {
        send(subject).await.unwrap();
        fixture.clock.advance(Duration::from_secs(10));
    }
    let answer = send("4").await.unwrap_err();
    let Rejection::TooFast { retry_after } = answer else { panic!("{answer:?}") };
    assert_eq!(retry_after, Duration::from_secs(30));
    fixture.clock.advance(retry_after);
    send("4").await.unwrap();
}

#[tokio::test]
async fn the_rules_for_what_postern_writes_are_those_of_its_kind() {
    let fixture = Fixture::set().await;
    let form = DsnForm::Report;
    let dsn = InternalKind::Dsn { id: QueueId::new(Timestamp::UNIX_EPOCH, [9; 10]), form };
    let submit = async |kind: InternalKind, header: &str| {
        let kind = match kind {
            InternalKind::Dsn { .. } => {
                let id = QueueId::new(fixture.clock.now(), fixture.intake.entropy().bytes());
                InternalKind::Dsn { id, form }
            }
            kind => kind,
        };
        let message = WholeMessage {
            envelope: Envelope::internal(::smtp::path::ReversePath::Null),
            recipients: vec!["a@example.com".parse::<::smtp::address::Mailbox>().unwrap().into()],
            bytes: format!("{header}\r\nText.\r\n").into_bytes(),
        };
        fixture.intake.submit(&fixture.internal(kind), message).await
    };
    let own = "From: news@contoso.example\r\nSubject: x\r\n";
    for kind in [dsn, InternalKind::Alarm, InternalKind::Operator] {
        let accepted = submit(kind, own).await.unwrap();
        let content = fixture.content(&accepted).await;
        assert!(content.starts_with("From: news@contoso.example\r\n"), "it has passed nobody: {content}");
        assert!(content.contains("\r\nMessage-ID: <") && content.contains("\r\nDate: "), "{content}");
        let malformed = submit(kind, "From news@contoso.example\r\n").await.unwrap_err();
        assert!(matches!(malformed, Rejection::Malformed(_)), "{malformed:?}");
        let hops = "Received: from a\r\n".repeat(51);
        let looping = submit(kind, &format!("{hops}{own}")).await.unwrap_err();
        assert!(matches!(looping, Rejection::Loop { hops: 51 }), "{looping:?}");
        let large = format!("{own}X: {}\r\n", "x".repeat(10_000));
        assert!(matches!(submit(kind, &large).await.unwrap_err(), Rejection::TooLarge { .. }));
        let foreign = submit(kind, "From: donotreply@contoso.example\r\n").await;
        match kind {
            InternalKind::Dsn { .. } => drop(foreign.unwrap()),
            InternalKind::Alarm | InternalKind::Operator => {
                assert!(matches!(foreign.unwrap_err(), Rejection::UnknownSender(_)));
            }
        }
    }
    let disabled = Account { state: AccountState::Disabled, ..account() };
    let fixture = Fixture { account: Arc::new(disabled), ..fixture };
    let begin = |kind| {
        let envelope = Envelope::internal(::smtp::path::ReversePath::Null);
        fixture.intake.begin(&fixture.internal(kind), envelope).map(drop)
    };
    assert!(begin(dsn).is_ok(), "it waits until the account is enabled");
    assert!(matches!(begin(InternalKind::Alarm), Err(Rejection::AccountDisabled(_))));
    assert!(matches!(begin(InternalKind::Operator), Err(Rejection::AccountDisabled(_))));
}
