//! Reports of Azure's about single recipients, from where they come in to the record and to the sender.

use std::sync::Arc;

use azure_types::email_events::{DeliveryStatus, EmailDeliveryReport};
use azure_types::ids::OperationId;
use model::account::Account;
use model::id::QueueId;
use model::search::Search;
use model::tracking::{DeliveryReport, RecipientState};
use store::{DeliveryNoted, Reported, Store, StoreError, Untold};
use tracing::warn;

use super::Context;
use super::dsn;
use super::outcome::Failed;
use crate::intake::Intake;

/// What a report came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportResult {
    /// The recipient has another outcome now.
    Changed,
    /// It was known already, or something newer is.
    Unchanged,
    /// The account has no such message, or the message no such recipient.
    Unknown,
}

/// Messages with the same Message-ID that are compared.
const SAME_ID: usize = 20;

/// Notes a report, on disk and synced, and queues the DSN that follows from it.
///
/// # Errors
/// When the database cannot be read or written: the report has to be given again.
pub(crate) async fn note_delivery(
    intake: &Intake,
    account: &Arc<Account>,
    reported: &EmailDeliveryReport,
) -> Result<ReportResult, StoreError> {
    let report = DeliveryReport {
        recipient: reported.recipient.clone(),
        state: state(reported.status),
        at: reported.attempted_at,
        status: enhanced_status(&reported.message),
        text: reported.message.clone(),
    };
    let noted = note(intake.store(), account, reported, &report).await?;
    let context = Context::new(intake.clone());
    for untold in &noted.untold {
        tell(&context, account, untold, &report).await;
    }
    Ok(match (noted.is_news, noted.is_known) {
        (true, _) => ReportResult::Changed,
        (false, true) => ReportResult::Unchanged,
        (false, false) => ReportResult::Unknown,
    })
}

/// Finds the message by the operation id. By SMTP Azure has an id of its own: there it is the newest message of that
/// Message-ID that has the recipient.
async fn note(
    store: &Store,
    account: &Arc<Account>,
    reported: &EmailDeliveryReport,
    report: &DeliveryReport,
) -> Result<DeliveryNoted, StoreError> {
    let queue = store.queue();
    if let Ok(operation) = reported.message_id.parse::<OperationId>() {
        let noted = queue.delivered(account.id, Reported::Send(operation), report.clone()).await?;
        if noted.is_known {
            return Ok(noted);
        }
    }
    match message_of(store, account, reported).await? {
        Some(id) => queue.delivered(account.id, Reported::Message(id), report.clone()).await,
        None => Ok(DeliveryNoted::default()),
    }
}

async fn message_of(
    store: &Store,
    account: &Arc<Account>,
    reported: &EmailDeliveryReport,
) -> Result<Option<QueueId>, StoreError> {
    let Some(message_id) = reported.internet_message_id.clone() else { return Ok(None) };
    let search = Search {
        accounts: Some([account.id].into()),
        message_id: Some(message_id),
        limit: SAME_ID,
        ..Search::default()
    };
    let found = store.queue().search(search).await?;
    let has_recipient = |addresses: &[store::FoundRecipient]| {
        addresses.iter().any(|one| one.address.eq_ignore_ascii_case(&reported.recipient))
    };
    Ok(found.messages.into_iter().find(|one| has_recipient(&one.recipients)).map(|one| one.id))
}

/// Queues the DSN. One that is rejected is logged: the report is in the record, and would not be given again.
async fn tell(context: &Context, account: &Arc<Account>, untold: &Untold, report: &DeliveryReport) {
    let failed = failed(report);
    let failures: Vec<_> =
        untold.recipients.iter().map(|recipient| (recipient.clone(), failed.clone())).collect();
    match dsn::queue(context, account, untold.id, &failures).await {
        Ok(()) => context.store.queue().announce(account.id),
        Err(rejection) => warn!(
            message.id = %untold.id.message,
            error = model::error_chain(&rejection),
            "a DSN about a delivery report could not be queued"
        ),
    }
}

fn state(status: DeliveryStatus) -> RecipientState {
    match status {
        DeliveryStatus::Delivered => RecipientState::Delivered,
        DeliveryStatus::Expanded => RecipientState::Expanded,
        DeliveryStatus::Bounced => RecipientState::Bounced,
        DeliveryStatus::Suppressed => RecipientState::Suppressed,
        DeliveryStatus::FilteredSpam => RecipientState::FilteredSpam,
        DeliveryStatus::Quarantined => RecipientState::Quarantined,
        DeliveryStatus::Failed => RecipientState::Undelivered,
    }
}

fn failed(report: &DeliveryReport) -> Failed {
    let (default, reason) = match report.state {
        RecipientState::Suppressed => ((1, 1), "The address is on a suppression list of Azure's."),
        RecipientState::FilteredSpam => ((7, 1), "The message was rejected as spam."),
        RecipientState::Quarantined => ((7, 1), "The message was put into quarantine."),
        RecipientState::Bounced => ((0, 0), "The recipient's server rejected the message."),
        _ => ((0, 0), "The message could not be delivered."),
    };
    let status = report.status.as_deref().and_then(|status| {
        let mut parts = status.strip_prefix("5.")?.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    });
    // Only what a server said is a diagnostic (RFC 3464 section 2.3.6).
    let is_reply = |text: &str| {
        text.split_whitespace().next().is_some_and(|word| word.len() == 3 && word.parse::<u16>().is_ok())
    };
    let (reason, diagnostic) = match report.text.as_str() {
        "" => (reason.to_owned(), None),
        text if is_reply(text) => (reason.to_owned(), Some(text.to_owned())),
        text => (format!("{reason} {text}"), None),
    };
    Failed { code: 550, status: status.unwrap_or(default), reason, diagnostic }
}

/// The enhanced status code in a server's reply (RFC 3463): the first word of that form among the first three.
fn enhanced_status(text: &str) -> Option<String> {
    text.split_whitespace().take(3).find(|word| is_enhanced_status(word)).map(str::to_owned)
}

fn is_enhanced_status(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts[1..].iter().all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enhanced_status_is_found_in_a_reply() {
        for (text, expected) in [
            ("550 5.1.1 no such user", Some("5.1.1")),
            ("550 5.1.10 RESOLVER.ADR.RecipientNotFound", Some("5.1.10")),
            ("5.7.1 rejected", Some("5.7.1")),
            ("Server mx.example said 550 5.1.1 no", None),
            ("550 1.2.3.4 is listed", None),
            ("550 3.1.1 x", None),
            ("", None),
        ] {
            assert_eq!(enhanced_status(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_dsn_says_what_the_server_said_or_what_the_outcome_means() {
        let failed_as = |state, status: Option<&str>| {
            let report = DeliveryReport {
                recipient: "a@example.com".to_owned(),
                state,
                at: jiff::Timestamp::UNIX_EPOCH,
                status: status.map(str::to_owned),
                text: String::new(),
            };
            failed(&report).status_text()
        };
        assert_eq!(failed_as(RecipientState::Bounced, Some("5.2.1")), "5.2.1");
        assert_eq!(failed_as(RecipientState::Quarantined, Some("2.6.0")), "5.7.1");
        assert_eq!(failed_as(RecipientState::Suppressed, None), "5.1.1");
        assert_eq!(failed_as(RecipientState::Undelivered, None), "5.0.0");
    }
}
