//! Telling the sender that a message did not arrive: one DSN for each send that fails, never one for
//! a DSN.

use std::sync::Arc;

use ::smtp::address::{LocalPart, Mailbox};
use ::smtp::path::ReversePath;
use aws_lc_rs::digest;
use jiff::Timestamp;
use message::notification::{FailedRecipient, FailureDsn, Layout};
use model::account::Account;
use model::delivery::SendId;
use model::id::QueueId;
use model::queued::{Origin, Recipient};
use store::StoredMessage;
use tracing::info;

use super::Context;
use super::outcome::Failed;
use super::upstream::carrier::carries_everything;
use crate::intake::{Envelope, Internal, InternalKind, Principal, Rejection, WholeMessage};

/// Queues a DSN about recipients that were not reached. Doing it twice queues one.
pub(crate) async fn queue(
    context: &Context,
    account: &Account,
    id: SendId,
    failures: &[(Recipient, Failed)],
) -> Result<(), Rejection> {
    let Some(message) = context.store.queue().view(id.message).await? else { return Ok(()) };
    let Some(from) = author(&message) else { return Ok(()) };
    queue_through(context, &Through { account, from }, &FailedSend { id, message: &message, failures }).await
}

/// An account that a DSN goes through, and the mailbox that it comes from.
pub(super) struct Through<'a> {
    pub(super) account: &'a Account,
    pub(super) from: Mailbox,
}

/// A send that did not reach everybody.
pub(super) struct FailedSend<'a> {
    pub(super) id: SendId,
    pub(super) message: &'a StoredMessage,
    pub(super) failures: &'a [(Recipient, Failed)],
}

/// The same through an account that need not be the message's own.
pub(super) async fn queue_through(
    context: &Context,
    through: &Through<'_>,
    &FailedSend { id, message, failures }: &FailedSend<'_>,
) -> Result<(), Rejection> {
    let mentioned = mentioned(message, failures);
    let (Some(to), false) = (message.reverse_path.mailbox(), mentioned.is_empty()) else { return Ok(()) };
    let Through { account, from } = through;
    let dsn = Dsn { context, account, id: derived_id(id, &mentioned, message.accepted_at), from, to };
    if context.store.queue().contains(dsn.id).await? {
        return Ok(());
    }
    let internal =
        Internal { kind: InternalKind::Dsn { id: dsn.id }, account: Arc::new(Account::clone(account)) };
    let whole = WholeMessage {
        envelope: Envelope::internal(ReversePath::Null),
        recipients: vec![to.clone().into()],
        bytes: dsn.compose(message, &mentioned).await,
    };
    context.intake.submit(&Principal::Internal(internal), whole).await?;
    info!(message.id = %id.message, dsn.id = %dsn.id, "a DSN tells the sender that delivery failed");
    Ok(())
}

/// Of whom the sender of a message wants to hear. Nobody hears of a DSN.
pub(super) fn mentioned(message: &StoredMessage, failures: &[(Recipient, Failed)]) -> Vec<FailedRecipient> {
    if message.origin == Origin::Dsn || message.reverse_path.mailbox().is_none() {
        return Vec::new();
    }
    // RFC 3461 section 4.1: a recipient of whom the sender wants to hear nothing is not mentioned.
    failures
        .iter()
        .filter(|(recipient, _)| recipient.notify.is_none_or(|notify| notify.failure))
        .map(|(recipient, failed)| failed_recipient(recipient, failed))
        .collect()
}

struct Dsn<'a> {
    context: &'a Context,
    account: &'a Account,
    id: QueueId,
    from: &'a Mailbox,
    to: &'a Mailbox,
}

impl Dsn<'_> {
    async fn compose(&self, message: &StoredMessage, recipients: &[FailedRecipient]) -> Vec<u8> {
        let original = self.context.store.queue().body_of(message.id).await;
        let returned_header = match &original {
            Ok(bytes) => message::header::split(bytes).0.to_vec(),
            // The message is gone; what was noted of it has to do.
            Err(_) => format!(
                "From: {}\r\nSubject: {}\r\nMessage-ID: {}\r\n",
                message.header.from, message.header.subject, message.header.message_id
            )
            .into_bytes(),
        };
        FailureDsn {
            reporting_host: &self.context.settings.host_name,
            from: &format!("Mail Delivery <{}>", self.from),
            to: &self.to.to_string(),
            message_id: &self.message_id(),
            boundary: &format!("=_{}", self.id),
            written_at: self.context.clock.now(),
            arrived_at: message.accepted_at,
            envelope_id: message.envelope_id.as_deref(),
            queue_id: &message.id.to_string(),
            recipients,
            returned_header: &returned_header,
            layout: match self.account.transports() {
                open if open.iter().any(|one| carries_everything(*one)) => Layout::Report,
                _ => Layout::Text,
            },
        }
        .compose()
    }

    fn message_id(&self) -> String {
        format!("<{}@{}>", self.id, self.context.settings.host_name)
    }
}

/// DSNs come from the sender that every linked domain has.
fn author(message: &StoredMessage) -> Option<Mailbox> {
    let author: Mailbox = message.header.from.parse().ok()?;
    at_domain(&author)
}

/// The author of DSNs at the domain of a mailbox.
pub(super) fn at_domain(mailbox: &Mailbox) -> Option<Mailbox> {
    let local_part = LocalPart::parse("donotreply").ok()?;
    Some(Mailbox::new(local_part, mailbox.domain().clone()))
}

fn failed_recipient(recipient: &Recipient, failed: &Failed) -> FailedRecipient {
    let original = recipient.original.as_ref();
    FailedRecipient {
        address: recipient.mailbox.to_string(),
        original: original.map(|original| (original.kind.clone(), original.address.clone())),
        status: failed.status_text(),
        reason: failed.reason.clone(),
        diagnostic: failed.diagnostic.clone(),
    }
}

/// The same failure gives the same DSN, however often it is reported.
fn derived_id(id: SendId, recipients: &[FailedRecipient], accepted_at: Timestamp) -> QueueId {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&id.message.to_bytes());
    context.update(&id.part.to_be_bytes());
    for recipient in recipients {
        context.update(recipient.address.as_bytes());
        context.update(&[0]);
    }
    let mut random = [0; 10];
    random.copy_from_slice(&context.finish().as_ref()[..10]);
    QueueId::new(accepted_at, random)
}
