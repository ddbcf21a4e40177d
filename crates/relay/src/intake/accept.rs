//! The end of a message that is queued.

use azure_types::email::MAX_RECIPIENTS;
use azure_types::ids::OperationId;
use jiff::SignedDuration;
use meter::Counter;
use model::credential::{Access, Credential, Lane};
use model::id::{AccountId, QueueId};
use model::operation;
use model::queued::{NewSend, Origin, QueuedMessage, Recipient};
use smtp::path::ReversePath;
use store::StoreError;
use tracing::info;

use super::data::Complete;
use super::timing::Timing;
use super::{Draft, Internal, Rejection, rejected_by_store, standing};
use crate::meters::QueuedKind;
use crate::noticed::StorageKind;

/// What became of a message that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is in the queue, on disk and synced.
    Queued(QueueId),
    /// It had been queued before, under this id; nothing was stored.
    Repeated(QueueId),
    /// Azure has it, and sends it to all recipients.
    Sent(OperationId),
    /// Azure has it, and does not send it to all recipients.
    SentToSome(OperationId),
}

/// Whose a message in the queue is, and how urgent.
struct OnBehalf {
    account: AccountId,
    origin: Origin,
    lane: Lane,
    /// How long after it may leave it is of use, where it does not say so.
    deadline: Option<SignedDuration>,
}

impl Draft {
    /// Queues a credential's message. The login may have gone, and its account with it, while the message came in.
    pub(super) async fn queue_for_credential(
        &mut self,
        complete: Complete,
        credential: &Credential,
    ) -> Result<Accepted, Rejection> {
        let address = self.envelope.source.address();
        let (credential, account) = standing::current(credential, address, &self.intake.store().directory())?;
        let owner = OnBehalf {
            account: account.id,
            origin: origin(&credential),
            lane: credential.lane,
            deadline: credential.intake.deadline,
        };
        let (size_bytes, recipients) = (complete.bytes, self.recipients.len());
        let accepted = self.queue(complete, owner).await?;
        info!(
            message.id = %accepted.id(),
            login = %credential.login,
            peer.address = %address,
            message.size_bytes = size_bytes,
            message.recipients = recipients,
            "accepted"
        );
        Ok(match accepted {
            store::Accepted::New(id) => Accepted::Queued(id),
            store::Accepted::Repeated(id) => Accepted::Repeated(id),
        })
    }

    /// Queues a message of Postern's own.
    pub(super) async fn queue_internal(
        &mut self,
        complete: Complete,
        internal: &Internal,
    ) -> Result<Accepted, Rejection> {
        let Internal { kind, account } = internal;
        let (origin, lane) = (kind.origin(), kind.lane());
        let owner = OnBehalf { account: account.id, origin, lane, deadline: None };
        Ok(Accepted::Queued(self.queue(complete, owner).await?.id()))
    }

    async fn queue(&mut self, complete: Complete, owner: OnBehalf) -> Result<store::Accepted, Rejection> {
        let now = self.intake.clock().now();
        let recipients = std::mem::take(&mut self.recipients);
        let Timing { lane, deadline, send_at } = self.timing;
        let leaves_at = send_at.unwrap_or(now);
        let given_up = clock::after(leaves_at, self.intake.settings().expiry);
        let deadline = deadline.or(owner.deadline.map(|deadline| clock::after(leaves_at, deadline)));
        let message = QueuedMessage {
            id: self.id,
            account: owner.account,
            origin: owner.origin,
            lane: lane.unwrap_or(owner.lane),
            reverse_path: std::mem::replace(&mut self.reverse_path, ReversePath::Null),
            ret: self.envelope.dsn.ret,
            envelope_id: self.envelope.dsn.envelope_id.take(),
            header: complete.metadata,
            changes: std::mem::take(&mut self.changes),
            size_bytes: complete.bytes,
            accepted_at: now,
            expires_at: deadline.map_or(given_up, |deadline| deadline.min(given_up)),
            deadline,
            send_at,
            idempotency_key: complete.idempotency_key,
            sends: sends(self.id, recipients),
        };
        let (has_file, kind) = (complete.body.has_file(), QueuedKind::of(&message));
        let (clock, meters) = (self.intake.clock(), self.intake.meters());
        let begun = clock.steady();
        let accepted = self.intake.store().queue().accept(message, complete.body).await;
        meters.accepting.time(clock.steady().duration_since(begun).try_into().unwrap_or_default());
        if let Ok(store::Accepted::New(_)) = accepted {
            meters.queued.of(&kind, Counter::default).count();
        }
        let onward = &self.intake.0.onward;
        match &accepted {
            // Stored before, nothing was written now; or stored by another connection at this moment.
            Ok(store::Accepted::Repeated(_)) | Err(StoreError::InProgress) => {}
            Ok(store::Accepted::New(_)) if has_file => {
                onward.store_wrote(&[StorageKind::Journal, StorageKind::LargeFile]);
            }
            Ok(store::Accepted::New(_)) => onward.store_wrote(&[StorageKind::Journal]),
            Err(error) => onward.store_failed(StorageKind::Journal, error),
        }
        accepted.map_err(rejected_by_store)
    }
}

fn origin(credential: &Credential) -> Origin {
    let name = credential.login.to_string();
    match credential.access {
        Access::Password(_) => Origin::Credential(name),
        Access::Network => Origin::Network(name),
    }
}

/// As many sends as it takes, each with an id that follows from the message's.
fn sends(id: QueueId, recipients: Vec<Recipient>) -> Vec<NewSend> {
    if recipients.len() <= MAX_RECIPIENTS {
        return vec![NewSend { operation: operation_of(id, 0), recipients }];
    }
    let parts = recipients.chunks(MAX_RECIPIENTS).zip(0_u16..);
    parts
        .map(|(recipients, part)| NewSend {
            operation: operation_of(id, part),
            recipients: recipients.to_vec(),
        })
        .collect()
}

/// The id under which Azure gets one send of a message: always the same one.
fn operation_of(id: QueueId, part: u16) -> OperationId {
    let mut bytes = [0; 18];
    bytes[..16].copy_from_slice(&id.to_bytes());
    bytes[16..].copy_from_slice(&part.to_be_bytes());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    let mut random = [0; 10];
    random.copy_from_slice(&digest.as_ref()[..10]);
    operation::for_message(id, random)
}
