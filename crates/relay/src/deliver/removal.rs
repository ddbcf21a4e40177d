//! Telling the senders of mail that waits for an account which the administrator removes.

use model::account::Account;
use model::delivery::{SendId, SendState};
use model::id::QueueId;
use model::queued::Recipient;
use store::StoredMessage;
use tracing::warn;

use super::Context;
use super::dsn::{self, News, Notice};
use super::messenger::Messenger;
use super::outcome::Failed;
use crate::intake::{Intake, Rejection};

/// Whose senders could be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Messages whose senders get a DSN.
    pub told: Vec<QueueId>,
    /// Messages whose senders cannot get one: no other account sends from the domain of their author or their
    /// reverse-path.
    pub untold: Vec<QueueId>,
    /// Messages of which nobody wants to hear: DSNs, and those without a reverse-path.
    pub silent: Vec<QueueId>,
}

/// Queues a DSN for each of these messages, through other accounts than the one that is removed. Doing it twice
/// queues one.
///
/// # Errors
/// When the database cannot be read, or a DSN cannot be queued: then nothing must be removed.
pub(crate) async fn tell_of_removal(
    intake: &Intake,
    removed: &Account,
    messages: &[QueueId],
) -> Result<Told, Rejection> {
    let (context, store) = (Context::new(intake.clone()), intake.store());
    let mut told = Told::default();
    for id in messages {
        let Some(message) = store.queue().view(*id).await? else { continue };
        let sends = failures(&message);
        let notice = |(id, failures)| Notice { id, message: &message, news: News::Failed(failures) };
        let notices: Vec<Notice<'_>> =
            sends.iter().map(|(id, failures)| notice((*id, &failures[..]))).collect();
        if !notices.iter().any(|notice| dsn::is_wanted(store, notice)) {
            told.silent.push(*id);
            continue;
        }
        let Some(messenger) = Messenger::other(store, removed, &message) else {
            warn!(message.id = %id, account = %removed.name, "the sender cannot be told that the account is removed");
            told.untold.push(*id);
            continue;
        };
        for notice in &notices {
            dsn::queue_through(&context, &messenger, notice).await?;
        }
        told.told.push(*id);
    }
    Ok(told)
}

/// Everybody whom the message has not reached, by send.
fn failures(message: &StoredMessage) -> Vec<(SendId, Vec<(Recipient, Failed)>)> {
    let failed = Failed {
        code: 550,
        status: (3, 0),
        reason: "The administrator removed the account through which it was to be sent.".to_owned(),
        diagnostic: None,
    };
    let waiting = message.sends.iter().filter(|send| send.state == SendState::Queued);
    let of = |recipients: &[Recipient]| recipients.iter().map(|one| (one.clone(), failed.clone())).collect();
    waiting.map(|send| (send.id, of(&send.recipients))).collect()
}
