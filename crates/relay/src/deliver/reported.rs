//! Reports of Azure's about single recipients, from where they come in to the record.

use std::sync::Arc;

use azure_types::email_events::{DeliveryStatus, EmailDeliveryReport};
use azure_types::ids::OperationId;
use model::account::Account;
use model::id::QueueId;
use model::search::Search;
use model::tracking::{DeliveryReport, RecipientState};
use store::{DeliveryNoted, Reported, ReportedDelivery, Store, StoreError};

/// What a report came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportResult {
    /// The recipient has another outcome now.
    Changed,
    /// It was known already, or something newer is.
    Unchanged,
    /// The account has no such message, or the message no such recipient.
    Unknown,
}

/// Reports in one transaction; other writers wait so long.
const TOGETHER: usize = 250;
/// Messages with the same Message-ID that are compared.
const SAME_ID: usize = 20;

/// Notes reports, on disk and synced, as a rule in one transaction. The DSNs that follow are [`super::untold`]'s.
///
/// # Errors
/// When the database cannot be read or written: all reports have to be given again.
pub(crate) async fn note_deliveries(
    store: &Store,
    account: &Arc<Account>,
    reported: &[EmailDeliveryReport],
) -> Result<Vec<ReportResult>, StoreError> {
    let mut results = Vec::with_capacity(reported.len());
    for some in reported.chunks(TOGETHER) {
        results.extend(note(store, account, some).await?.into_iter().map(result));
    }
    Ok(results)
}

/// Finds each message by the operation id. By SMTP Azure has an id of its own: there it is the newest message of that
/// Message-ID that has the recipient.
async fn note(
    store: &Store,
    account: &Arc<Account>,
    reported: &[EmailDeliveryReport],
) -> Result<Vec<DeliveryNoted>, StoreError> {
    let mut noted = vec![DeliveryNoted::default(); reported.len()];
    let mut by_operation = Found::default();
    for (index, report) in reported.iter().enumerate() {
        if let Ok(operation) = report.message_id.parse::<OperationId>() {
            by_operation.add(index, Reported::Send(operation), report);
        }
    }
    by_operation.note(store, account, &mut noted).await?;
    let mut by_message = Found::default();
    for (index, report) in reported.iter().enumerate() {
        if !noted[index].is_known
            && let Some(id) = message_of(store, account, report).await?
        {
            by_message.add(index, Reported::Message(id), report);
        }
    }
    by_message.note(store, account, &mut noted).await?;
    Ok(noted)
}

/// Reports whose message is known, each with its place among all that came together.
#[derive(Default)]
struct Found {
    places: Vec<usize>,
    deliveries: Vec<ReportedDelivery>,
}

impl Found {
    fn add(&mut self, place: usize, about: Reported, reported: &EmailDeliveryReport) {
        let report = DeliveryReport {
            recipient: reported.recipient.clone(),
            state: state(reported.status),
            at: reported.attempted_at,
            status: enhanced_status(&reported.message),
            text: reported.message.clone(),
        };
        self.places.push(place);
        self.deliveries.push(ReportedDelivery::new(about, report));
    }

    async fn note(
        self,
        store: &Store,
        account: &Account,
        noted: &mut [DeliveryNoted],
    ) -> Result<(), StoreError> {
        if self.places.is_empty() {
            return Ok(());
        }
        let results = store.queue().delivered(account.id, self.deliveries).await?;
        for (place, result) in self.places.into_iter().zip(results) {
            noted[place] = result;
        }
        Ok(())
    }
}

fn result(noted: DeliveryNoted) -> ReportResult {
    match (noted.is_news, noted.is_known) {
        (true, _) => ReportResult::Changed,
        (false, true) => ReportResult::Unchanged,
        (false, false) => ReportResult::Unknown,
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
}
