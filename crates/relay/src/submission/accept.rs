//! The end of a submission: into the queue, or at once to Azure.

use ::smtp::address::Mailbox;
use ::smtp::path::ReversePath;
use ::smtp::reply::{Refusal, Reply};
use azure_types::email::MAX_RECIPIENTS;
use azure_types::ids::OperationId;
use clock::{Clock, Entropy};
use jiff::{SignedDuration, Timestamp};
use message::submission::{Additions, inspect, rewrite};
use model::account::Account;
use model::credential::{Access, Credential, Lane};
use model::id::QueueId;
use model::queued::{Change, HeaderMetadata, NewSend, Origin, QueuedMessage, Recipient};
use store::{Body, Store, StoreError};
use tracing::{info, warn};

use super::intake::{Complete, Stopped};
use super::{Envelope, Submission};
use crate::deliver::{Mail, Verdict, submit_directly};
use crate::login::EntraLogin;
use crate::reply_for;
use crate::settings::RelaySettings;

const OK: Reply = Reply::positive(250, (0, 0), "");
/// What stands before the id in the reply for a message that is queued, and for one that Azure has taken.
const QUEUED_AS: &str = "Queued as ";
const SENT_AS: &str = "OK ";

impl Submission {
    /// Queues a credential's message; the reply is given when it is on disk.
    pub(super) async fn queue(
        &self,
        Taken { envelope, complete, changes }: Taken<'_>,
        credential: &Credential,
        account: &Account,
    ) -> Result<Reply, Refusal> {
        let recipients = envelope.recipients.len();
        let now = self.context.clock.now();
        let message = QueuedMessage {
            id: envelope.id,
            account: account.id,
            origin: origin(credential),
            lane: credential.lane,
            reverse_path: std::mem::replace(&mut envelope.reverse_path, ReversePath::Null),
            ret: envelope.parameters.ret,
            envelope_id: envelope.parameters.envelope_id.take(),
            header: complete.metadata,
            changes,
            size_bytes: complete.bytes,
            accepted_at: now,
            expires_at: expiry(now, &self.context.settings),
            idempotency_key: Some(complete.idempotency_key),
            sends: sends(envelope.id, &envelope.recipients),
        };
        let accepted = self.context.store.queue().accept(message, complete.body).await;
        match &accepted {
            Ok(_) => self.upstreams.noticed().store_works(),
            Err(StoreError::InProgress) => {}
            Err(error) => self.upstreams.noticed().store_failed(error, now),
        }
        let id = accepted.map_err(|error| reply_for::store(&error))?.id();
        info!(
            message.id = %id,
            login = %credential.login,
            peer.address = %envelope.peer.address.ip(),
            message.size_bytes = complete.bytes,
            message.recipients = recipients,
            "accepted"
        );
        Ok(OK.with_text(format!("{QUEUED_AS}{id}")))
    }

    /// The reply where a message was not taken in; that a large one could not be written is noted.
    pub(super) fn stopped(&self, stopped: Stopped) -> Refusal {
        match stopped {
            Stopped::Refused(refusal) => refusal,
            Stopped::Failed(error) => {
                self.upstreams.noticed().store_failed(&error, self.context.clock.now());
                reply_for::store(&error)
            }
        }
    }

    /// Sends an Entra login's message while its client waits.
    pub(super) async fn send_now(
        &self,
        Taken { envelope, complete, changes }: Taken<'_>,
        login: &EntraLogin,
    ) -> Result<Reply, Refusal> {
        if envelope.recipients.len() > MAX_RECIPIENTS {
            return Err(reply_for::TOO_MANY_RECIPIENTS);
        }
        for change in &changes {
            info!(login = login.name, change = ?change.cause, "a message was changed on its way in");
        }
        let operation = self.repeats.operation(complete.idempotency_key, self.context.clock.now());
        let _memory = self.context.memory.take(complete.bytes).await;
        let message = complete.body.into_bytes().await.map_err(|error| reply_for::store(&error))?;
        let recipients: Vec<Mailbox> = envelope.recipients.iter().map(|one| one.mailbox.clone()).collect();
        let mail = Mail {
            message: &message,
            reverse_path: &envelope.reverse_path,
            recipients: &recipients,
            operation,
        };
        let verdict = submit_directly(&self.context, login, mail).await;
        self.count_repairs(&login.name, &changes).await;
        match &verdict {
            Verdict::Accepted(accepted) if accepted.refused.is_empty() && accepted.deferred.is_empty() => {
                info!(login = login.name, azure.operation_id = %operation, "sent at once");
                return Ok(OK.with_text(format!("{SENT_AS}{operation}")));
            }
            // Some have it and some do not; one reply cannot say that. Recipients are refused one by one
            // only by SMTP, and only for good.
            Verdict::Accepted(accepted) => {
                let answer = accepted.story(&envelope.recipients);
                warn!(login = login.name, azure.operation_id = %operation, answer, "sent at once, but not to all recipients");
                return Ok(OK.with_text(format!("{SENT_AS}{operation}, but not for all recipients")));
            }
            Verdict::Deferred(deferred) => {
                warn!(login = login.name, reason = deferred.text, "Azure did not take a message now");
            }
            Verdict::Failed(failed) => {
                warn!(login = login.name, reason = failed.diagnostic, "Azure refused a message");
            }
        }
        Err(reply_for::verdict(&verdict))
    }

    /// Takes note that a client has received this reply: what it sends from now on is no repetition.
    pub(super) fn note_heard(&self, reply: &Reply) {
        let id = |prefix| reply.text().strip_prefix(prefix)?.split(',').next();
        if let Some(Ok(id)) = id(QUEUED_AS).map(str::parse) {
            self.context.store.queue().heard(id);
        } else if let Some(Ok(operation)) = id(SENT_AS).map(str::parse) {
            self.repeats.heard(operation);
        }
    }

    /// Counts repairs of what is not queued; the queue counts its own.
    async fn count_repairs(&self, login: &str, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        if let Err(error) = self.context.store.queue().count_repairs(login, changes).await {
            warn!(error = model::error_chain(&error), "repairs of a message could not be counted");
        }
    }
}

/// A message that has come in whole.
pub(super) struct Taken<'a> {
    /// What goes from here into the queue is taken out of it.
    pub(super) envelope: &'a mut Envelope,
    pub(super) complete: Complete,
    pub(super) changes: Vec<Change>,
}

/// A message that the operator or another part of the product brings.
#[derive(Debug)]
pub struct Message {
    /// The account that it goes through.
    pub account: std::sync::Arc<Account>,
    /// The author, a sender of the account.
    pub from: Mailbox,
    /// To whom.
    pub recipients: Vec<Mailbox>,
    /// How urgent it is.
    pub lane: Lane,
    /// The message, with header section and body.
    pub bytes: Vec<u8>,
}

/// Queues a message on the same path as those that come by SMTP.
///
/// # Errors
/// When it is malformed, or cannot be stored.
pub async fn submit(
    store: &Store,
    settings: &RelaySettings,
    (clock, entropy): (&Clock, &Entropy),
    message: Message,
) -> Result<QueueId, StoreError> {
    let now = clock.now();
    let id = QueueId::new(now, entropy.bytes());
    let (header, body) = message::header::split(&message.bytes);
    let facts = inspect(header).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let message_id = facts.message_id.clone().unwrap_or_else(|| format!("<{id}@{}>", settings.host_name));
    let additions = Additions {
        message_id: facts.message_id.is_none().then(|| message_id.clone()),
        date: (!facts.has_date).then_some(now),
        ..Additions::default()
    };
    let mut bytes = rewrite(header, &additions);
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    let recipients: Vec<Recipient> = message
        .recipients
        .into_iter()
        .map(|mailbox| Recipient { mailbox, notify: None, original: None })
        .collect();
    let queued = QueuedMessage {
        id,
        account: message.account.id,
        origin: Origin::Operator,
        lane: message.lane,
        reverse_path: ReversePath::Mailbox(message.from.clone()),
        ret: None,
        envelope_id: None,
        header: HeaderMetadata {
            from: message.from.to_string(),
            message_id,
            subject: facts.subject.unwrap_or_default(),
        },
        changes: Vec::new(),
        size_bytes: bytes.len() as u64,
        accepted_at: now,
        expires_at: expiry(now, settings),
        idempotency_key: None,
        sends: sends(id, &recipients),
    };
    store.queue().accept(queued, Body::inline(bytes)).await.map(store::Accepted::id)
}

fn origin(credential: &Credential) -> Origin {
    let name = credential.login.to_string();
    match credential.access {
        Access::Password(_) => Origin::Credential(name),
        Access::Network => Origin::Network(name),
    }
}

fn expiry(now: Timestamp, settings: &RelaySettings) -> Timestamp {
    let expiry = SignedDuration::try_from(settings.expiry).unwrap_or(SignedDuration::MAX);
    clock::after(now, expiry)
}

/// As many sends as it takes, each with an id that follows from the message's.
fn sends(id: QueueId, recipients: &[Recipient]) -> Vec<NewSend> {
    recipients
        .chunks(MAX_RECIPIENTS)
        .zip(0_u16..)
        .map(|(recipients, part)| NewSend {
            operation: operation_of(id, part),
            recipients: recipients.to_vec(),
        })
        .collect()
}

/// The id under which Azure gets one send of a message (RFC 9562 section 5.8).
fn operation_of(id: QueueId, part: u16) -> OperationId {
    let mut bytes = [0; 18];
    bytes[..16].copy_from_slice(&id.to_bytes());
    bytes[16..].copy_from_slice(&part.to_be_bytes());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    let mut custom = [0; 16];
    custom.copy_from_slice(&digest.as_ref()[..16]);
    OperationId::new(uuid::Builder::from_custom_bytes(custom).into_uuid())
}
