//! Values to be kept.

use jiff::Timestamp;
use model::account::{Account, AccountState, Concurrency};
use model::azure::{Authorization, AzureConnection, TransportChoice};
use model::cloud::Cloud;
use model::credential::{Access, AuthorRule, Credential, IntakeRules, Lane, SenderRule};
use model::delivery::SendId;
use model::id::{AccountId, CredentialId, QueueId};
use model::operation;
use model::queued::{HeaderMetadata, NewSend, Origin, QueuedMessage, Recipient};
use model::quota::Quota;
use model::sender::Sender;
use model::upstream::Upstream;
use smtp::path::ReversePath;
use store::{AuditEntry, NextStep, Settlement};

use crate::at;

/// The account that all messages go through.
pub(crate) const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);

pub(crate) fn message(number: u32) -> QueuedMessage {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&number.to_be_bytes());
    let mailbox = format!("r{number}@example.com").parse().unwrap();
    let id = QueueId::new(at(0), random);
    QueuedMessage {
        id,
        account: ACCOUNT,
        origin: Origin::Credential("scanner1".into()),
        lane: Lane::Normal,
        reverse_path: ReversePath::Null,
        ret: None,
        envelope_id: None,
        header: HeaderMetadata::default(),
        changes: Vec::new(),
        size_bytes: 1,
        accepted_at: at(0),
        expires_at: at(48 * 3_600),
        deadline: None,
        send_at: None,
        idempotency_key: None,
        sends: vec![NewSend {
            operation: operation::for_message(id, random),
            recipients: vec![Recipient { mailbox, notify: None, original: None }],
        }],
    }
}

pub(crate) fn settlement(id: SendId, next: NextStep) -> Settlement {
    Settlement { id, attempt: None, next, refused: Vec::new() }
}

pub(crate) fn audit(action: &str) -> AuditEntry {
    AuditEntry {
        at: at(0),
        who: "test".to_owned(),
        origin: String::new(),
        action: action.to_owned(),
        subject: "subject".to_owned(),
        detail: String::new(),
    }
}

pub(crate) fn account(number: u8, name: &str) -> Account {
    Account {
        id: AccountId::from_bytes([number; 16]),
        name: name.parse().unwrap(),
        upstream: Upstream::Azure(AzureConnection {
            tenant: "11111111-aaaa-4111-8111-111111111111".parse().unwrap(),
            client: "33333333-cccc-4333-8333-333333333333".parse().unwrap(),
            subscription: "22222222-bbbb-4222-8222-222222222222".parse().unwrap(),
            cloud: Cloud::Public,
            service: None,
            authorization: Authorization::ClientSecret,
            transport: TransportChoice::Auto,
        }),
        quota: Quota::CUSTOM_DOMAIN,
        concurrency: Concurrency::default(),
        state: AccountState::Enabled,
        created_at: Timestamp::UNIX_EPOCH,
        changed_at: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn sender(account: &Account, mailbox: &str, display_name: Option<&str>) -> Sender {
    Sender {
        account: account.id,
        mailbox: mailbox.parse().unwrap(),
        display_name: display_name.map(str::to_owned),
        created_at: at(1),
    }
}

pub(crate) fn credential(number: u8, login: &str, account: &Account) -> Credential {
    Credential {
        id: CredentialId::new(at(0), [number; 10]),
        login: login.parse().unwrap(),
        account: account.id,
        access: Access::Network,
        senders: SenderRule::Any,
        networks: vec![format!("10.0.{number}.0/24").parse().unwrap()],
        author: AuthorRule::Keep,
        intake: IntakeRules::default(),
        rate_per_minute: Some(7),
        lane: Lane::Urgent,
        created_at: at(2),
    }
}
