//! Events of Event Grid, from wherever they come: recorded together, and counted by what came of them.

use std::sync::Arc;

use azure_types::email_events::{EmailEvent, EventContent, UnreadableEvent};
use model::account::Account;
use store::{Store, StoreError};
use tracing::info;

use super::reported::{ReportResult, note_deliveries};
use crate::event_counts::{EventCounts, EventResult};

/// Events that came together.
pub(crate) type EventsRead = Vec<Result<EmailEvent, UnreadableEvent>>;

/// Records all reports together; gives the code of a handshake, if the events are one.
///
/// # Errors
/// When the database cannot be read or written: the events have to be given again.
pub(crate) async fn take_events(
    store: &Store,
    counts: &EventCounts,
    account: &Arc<Account>,
    events: EventsRead,
) -> Result<Option<String>, StoreError> {
    let (mut ids, mut reports, mut validation) = (Vec::new(), Vec::new(), None);
    let (mut unreadable, mut others) = (Vec::new(), 0_u32);
    for event in events {
        match event {
            Err(error) => unreadable.push(error),
            Ok(EmailEvent { id, content: EventContent::Delivery(report) }) => {
                ids.push(id);
                reports.push(report);
            }
            Ok(EmailEvent { content: EventContent::Validation(code), .. }) => validation = Some(code),
            Ok(EmailEvent { content: EventContent::Other(_), .. }) => others += 1,
        }
    }
    let results = note_deliveries(store, account, &reports).await?;
    // What was not recorded comes again: it is counted then.
    unreadable.iter().for_each(|error| counts.malformed(account, error));
    (0..others).for_each(|_| counts.count(EventResult::Ignored));
    for ((id, report), result) in ids.iter().zip(&reports).zip(results) {
        counts.count(counted(result));
        if result == ReportResult::Unknown {
            info!(account = %account.name, event.id = %id, azure.operation_id = %report.message_id, "an event is about a message that Postern does not know");
        }
    }
    Ok(validation)
}

fn counted(result: ReportResult) -> EventResult {
    match result {
        ReportResult::Changed => EventResult::Applied,
        ReportResult::Unchanged => EventResult::Repeated,
        ReportResult::Unknown => EventResult::Unknown,
    }
}
