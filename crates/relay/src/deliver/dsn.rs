//! Telling the sender what became of a message: one DSN for each send and occasion, never one for a DSN.

use std::sync::Arc;

use ::smtp::parameters::Ret;
use ::smtp::path::ReversePath;
use aws_lc_rs::digest;
use jiff::Timestamp;
use message::notification::{Action, Layout, Notification, ReportedRecipient, Returned};
use model::account::Account;
use model::delivery::SendId;
use model::id::QueueId;
use model::queued::Recipient;
use store::StoredMessage;
use tracing::info;

use super::Context;
use super::messenger::{Messenger, addressee};
use super::outcome::Failed;
use crate::intake::{DsnForm, Envelope, Internal, InternalKind, Principal, Rejection, WholeMessage};

/// What a sender is to hear.
#[derive(Clone, Copy, Debug)]
pub(crate) enum News<'a> {
    /// Recipients that are not reached.
    Failed(&'a [(Recipient, Failed)]),
    /// Recipients for whom it is tried further.
    Delayed {
        recipients: &'a [Recipient],
        /// How often it was tried.
        attempts: u32,
        /// When it is given up.
        until: Timestamp,
    },
    /// Recipients that are reached, as far as anybody reports.
    Succeeded {
        action: Action,
        recipients: &'a [Recipient],
        /// Enhanced status code, where one is known.
        status: Option<&'a str>,
    },
}

/// News of a send.
pub(super) struct Notice<'a> {
    pub(super) id: SendId,
    pub(super) message: &'a StoredMessage,
    pub(super) news: News<'a>,
}

/// Room that a report needs beside a message that it returns.
const ROOM_BYTES: u64 = 65_536;

/// Queues a DSN. Doing it twice queues one.
pub(crate) async fn queue(
    context: &Context,
    account: &Account,
    id: SendId,
    news: News<'_>,
) -> Result<(), Rejection> {
    if news.whom().is_empty() {
        return Ok(());
    }
    let Some(message) = context.store.queue().view(id.message).await? else { return Ok(()) };
    let Some(messenger) = Messenger::find(&context.store, account, &message) else { return Ok(()) };
    queue_through(context, &messenger, &Notice { id, message: &message, news }).await
}

/// The same through an account that need not be the message's own.
pub(super) async fn queue_through(
    context: &Context,
    messenger: &Messenger,
    notice: &Notice<'_>,
) -> Result<(), Rejection> {
    let Notice { id, message, news } = notice;
    let recipients = reported(notice, context.clock.now());
    let (Some(to), false) = (addressee(&context.store, message), recipients.is_empty()) else {
        return Ok(());
    };
    let dsn = Dsn {
        context,
        messenger,
        id: derived_id(notice, &recipients),
        to: to.to_string(),
        recipients: &recipients,
    };
    if context.store.queue().contains(dsn.id).await? {
        return Ok(());
    }
    let kind = InternalKind::Dsn { id: dsn.id, form: messenger.form };
    let internal = Internal { kind, account: Arc::clone(&messenger.account) };
    let whole = WholeMessage {
        envelope: Envelope::internal(ReversePath::Null),
        recipients: vec![to.into()],
        bytes: dsn.compose(notice).await?,
    };
    context.intake.submit(&Principal::Internal(internal), whole).await?;
    context.store.queue().announce(messenger.account.id);
    info!(message.id = %id.message, dsn.id = %dsn.id, "a DSN tells the sender: {}", news.action().as_str());
    Ok(())
}

/// Whether anybody wants to hear that.
pub(super) fn is_wanted(store: &store::Store, notice: &Notice<'_>) -> bool {
    !notice.news.whom().is_empty() && addressee(store, notice.message).is_some()
}

/// Whether a success is to be reported.
pub(super) fn wants_success(recipient: &Recipient) -> bool {
    recipient.notify.is_some_and(|notify| notify.success)
}

impl<'a> News<'a> {
    /// Of whom the sender wants to hear (RFC 3461 section 4.1). Who says nothing hears of failures; of a delay only
    /// where a try has failed: mail that only waits for its turn in the quota would use up more of that by its DSNs.
    fn whom(&self) -> Vec<&'a Recipient> {
        match *self {
            Self::Failed(failures) => {
                let wanted = |one: &&Recipient| one.notify.is_none_or(|notify| notify.failure);
                failures.iter().map(|(recipient, _)| recipient).filter(wanted).collect()
            }
            Self::Delayed { recipients, attempts, .. } => {
                let wanted = |one: &&Recipient| one.notify.map_or(attempts > 0, |notify| notify.delay);
                recipients.iter().filter(wanted).collect()
            }
            Self::Succeeded { recipients, .. } => {
                recipients.iter().filter(|one| wants_success(one)).collect()
            }
        }
    }

    fn action(&self) -> Action {
        match self {
            Self::Failed(_) => Action::Failed,
            Self::Delayed { .. } => Action::Delayed,
            Self::Succeeded { action, .. } => *action,
        }
    }

    /// What an id is derived from. A success is reported once, by whoever reports it first.
    fn occasion(&self) -> &'static str {
        match self {
            // As builds wrote it that knew failures only.
            Self::Failed(_) => "",
            Self::Delayed { .. } => "delayed",
            Self::Succeeded { .. } => "succeeded",
        }
    }
}

struct Dsn<'a> {
    context: &'a Context,
    messenger: &'a Messenger,
    id: QueueId,
    to: String,
    recipients: &'a [ReportedRecipient],
}

impl Dsn<'_> {
    async fn compose(&self, Notice { message, news, .. }: &Notice<'_>) -> Result<Vec<u8>, Rejection> {
        let settings = &self.context.settings;
        let wants_all = message.ret == Some(Ret::Full) && matches!(news, News::Failed(_));
        let fits = message.size_bytes.saturating_add(ROOM_BYTES) <= settings.max_message_bytes;
        let queue = self.context.store.queue();
        let whole = match wants_all && fits {
            // What is gone cannot be returned.
            true => queue.body_of(message.id).await.ok(),
            false => None,
        };
        let header = match &whole {
            Some(_) => None,
            None => queue.header_of(message.id).await?,
        };
        let returned = whole.as_deref().map(Returned::Message).or(header.as_deref().map(Returned::Header));
        Ok(Notification {
            reporting_host: &settings.host_name,
            from: &format!("Mail Delivery <{}>", self.messenger.from),
            to: &self.to,
            message_id: &format!("<{}@{}>", self.id, settings.host_name),
            boundary: &format!("=_{}", self.id),
            written_at: self.context.clock.now(),
            arrived_at: message.accepted_at,
            envelope_id: message.envelope_id.as_deref(),
            queue_id: &message.id.to_string(),
            action: news.action(),
            recipients: self.recipients,
            returned,
            layout: match self.messenger.form {
                DsnForm::Report | DsnForm::ReportElsewhere => Layout::Report,
                DsnForm::Files => Layout::Files,
            },
        }
        .compose())
    }
}

/// The recipients of whom the sender wants to hear, with what there is to be said.
fn reported(notice: &Notice<'_>, now: Timestamp) -> Vec<ReportedRecipient> {
    let last_attempt = notice.message.sends.iter().find(|send| send.id == notice.id);
    let last_attempt = last_attempt.and_then(|send| send.attempts.last());
    let whom = notice.news.whom();
    let one = |recipient: &Recipient| {
        let original = recipient.original.as_ref();
        let plain = ReportedRecipient {
            address: recipient.mailbox.to_string(),
            original: original.map(|original| (original.kind.clone(), original.address.clone())),
            status: "2.0.0".to_owned(),
            reason: String::new(),
            diagnostic: None,
            last_attempt_at: last_attempt.map(|attempt| attempt.at),
            retry_until: None,
        };
        match notice.news {
            News::Failed(failures) => match failures.iter().find(|(other, _)| other == recipient) {
                Some((_, failed)) => ReportedRecipient {
                    status: failed.status_text(),
                    reason: failed.reason.clone(),
                    diagnostic: failed.diagnostic.clone(),
                    last_attempt_at: failed.diagnostic.as_ref().map(|_| now).or(plain.last_attempt_at),
                    ..plain
                },
                None => plain,
            },
            News::Delayed { until, .. } => ReportedRecipient {
                status: "4.4.0".to_owned(),
                reason: last_attempt
                    .map(|attempt| format!("The last try: {}", attempt.text))
                    .unwrap_or_default(),
                retry_until: Some(until),
                ..plain
            },
            News::Succeeded { status, .. } => {
                ReportedRecipient { status: status.unwrap_or("2.0.0").to_owned(), ..plain }
            }
        }
    };
    whom.into_iter().map(one).collect()
}

/// The same news gives the same DSN, however often it is reported.
fn derived_id(notice: &Notice<'_>, recipients: &[ReportedRecipient]) -> QueueId {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&notice.id.message.to_bytes());
    context.update(&notice.id.part.to_be_bytes());
    context.update(notice.news.occasion().as_bytes());
    for recipient in recipients {
        context.update(recipient.address.as_bytes());
        context.update(&[0]);
    }
    let mut random = [0; 10];
    random.copy_from_slice(&context.finish().as_ref()[..10]);
    QueueId::new(notice.message.accepted_at, random)
}

#[cfg(test)]
mod tests {
    use ::smtp::parameters::Notify;

    use super::*;

    #[test]
    fn everybody_hears_what_they_asked_for() {
        let recipient =
            |mailbox: &str, notify| Recipient { mailbox: mailbox.parse().unwrap(), notify, original: None };
        let asked = |success, failure, delay| Some(Notify { success, failure, delay });
        let recipients = [
            recipient("silent@b.example", None),
            recipient("never@b.example", Some(Notify::default())),
            recipient("success@b.example", asked(true, false, false)),
            recipient("failure@b.example", asked(false, true, false)),
            recipient("delay@b.example", asked(false, false, true)),
        ];
        let failed = Failed { code: 550, status: (1, 1), reason: String::new(), diagnostic: None };
        let failures: Vec<_> = recipients.iter().map(|one| (one.clone(), failed.clone())).collect();
        let delayed = |attempts| News::Delayed { recipients: &recipients, attempts, until: Timestamp::MAX };
        let succeeded = News::Succeeded { action: Action::Relayed, recipients: &recipients, status: None };
        for (news, expected) in [
            (News::Failed(&failures), &["silent", "failure"][..]),
            (delayed(0), &["delay"]),
            (delayed(3), &["silent", "delay"]),
            (succeeded, &["success"]),
        ] {
            let whom: Vec<&str> =
                news.whom().into_iter().map(|one| one.mailbox.local_part().as_str()).collect();
            assert_eq!(whom, expected, "{news:?}");
        }
    }
}
