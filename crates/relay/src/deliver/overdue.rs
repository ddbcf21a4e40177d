//! What senders hear because time has passed: after four hours that a message waits still, and after a day that Azure
//! has it and reported nothing. Each message is looked at once; how far that went is on record.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use message::notification::Action;
use store::{Overdue, OverduePage, OverdueSend, Period, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::Context;
use super::dsn::{self, News};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(60);
/// Sends looked at together.
const PAGE: usize = 500;

/// Who hears within this time that a message has failed needs not hear that it is late.
const SOON: SignedDuration = SignedDuration::from_hours(1);

/// How old a message is when its sender hears of it.
fn age(what: Overdue) -> SignedDuration {
    match what {
        Overdue::Waiting => SignedDuration::from_hours(4),
        Overdue::Unreported => SignedDuration::from_hours(24),
    }
}

/// Looks until `shutdown`.
pub(crate) async fn watch(context: Context, shutdown: CancellationToken) {
    loop {
        for what in Overdue::ALL {
            if let Err(error) = look(&context, what).await {
                error!(error = model::error_chain(&error), "mail that waits for long could not be looked at");
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = context.clock.sleep(LOOK) => {}
        }
    }
}

async fn look(context: &Context, what: Overdue) -> Result<(), StoreError> {
    let queue = context.store.queue();
    let up_to = context.clock.now().saturating_sub(age(what)).unwrap_or(Timestamp::MIN);
    // What came before this build had an eye on it is left alone.
    let Some(after) = queue.overdue_up_to(what).await? else { return queue.note_overdue(what, up_to).await };
    if up_to <= after {
        return Ok(());
    }
    let mut page = OverduePage { what, period: Period { after, up_to }, behind: None, limit: PAGE };
    loop {
        let found = queue.overdue(page).await?;
        for send in &found {
            tell(context, what, send).await;
        }
        match found.last() {
            Some(last) if found.len() >= PAGE => page.behind = Some(last.id),
            _ => return queue.note_overdue(what, up_to).await,
        }
    }
}

async fn tell(context: &Context, what: Overdue, send: &OverdueSend) {
    let OverdueSend { id, account, recipients, attempts, expires_at } = send;
    let directory = context.store.directory();
    let Some(account) = directory.account(*account) else { return };
    if what == Overdue::Waiting && expires_at.duration_since(context.clock.now()) < SOON {
        return;
    }
    let news = match what {
        Overdue::Waiting => News::Delayed { recipients, attempts: *attempts, until: *expires_at },
        Overdue::Unreported => News::Succeeded { action: Action::Relayed, recipients, status: None },
    };
    if let Err(rejection) = dsn::queue(context, account, *id, news).await {
        warn!(message.id = %id.message, error = model::error_chain(&rejection), "a DSN could not be queued");
    }
}
