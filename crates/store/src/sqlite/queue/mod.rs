//! The queue: messages that were accepted, the sends that carry them, and what came of each.
//!
//! Accept ([`Queue::accept`]) -> claim under a lease ([`Queue::claim_due`]) -> settle
//! ([`Queue::settle`]). Nothing is deleted on the way; rows change state. What is done with is pruned
//! after its retention.

mod accept;
mod ahead;
mod apply;
mod claim;
mod compact;
mod counts;
mod events;
mod health;
mod list;
mod order;
mod outline;
mod overdue;
mod recent;
mod recipients;
mod repairs;
mod room;
mod search;
mod segments;
mod sent;
mod settle;
mod status_checks;
mod untold;

use std::borrow::Cow;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use model::delivery::{Attempt, ClaimedSend, SendId};
use model::id::{AccountId, QueueId};
use model::queued::Recipient;
use model::tracking::{NextStep, RefusedAlone};
use tokio::sync::Notify;

pub use self::accept::Accepted;
pub(crate) use self::apply::Reports;
pub use self::events::StoredEvent;
pub use self::health::{Disk, Hindered, LaneQueue, Suppressed};
pub(crate) use self::list::open_sends;
pub use self::list::{Cursor, Listed, ListedSend, StoredMessage, StoredSend};
pub use self::outline::WaitingSend;
pub use self::overdue::{Overdue, OverduePage, OverdueSend, Period};
pub use self::repairs::RepairUse;
pub use self::search::{Found, FoundMessage, FoundRecipient};
pub use self::settle::{DeliveryNoted, Reported, ReportedDelivery};
pub(crate) use self::settle::{drop_waiting, make_due_now};
pub use self::untold::Untold;

use self::order::Order;
use self::recent::Recent;
use self::room::Room;
use self::search::Tail;
use self::segments::Intake;
use crate::data_dir::DataDir;
use crate::error::StoreError;
use crate::options::Options;
use crate::sqlite::body::{BodyWriter, LargeBodies};
use crate::sqlite::database::{Database, Durability};
use crate::sqlite::journal::{Entry, Journal, JournalPosition, Maintenance, Opening};
use crate::sqlite::kept_headers::{self, KeptHeaders};
use crate::sqlite::nodes::Node;
use crate::sqlite::suppressions::Index;
use crate::sqlite::webhooks::Feed;

/// A handle to the queue.
#[derive(Clone)]
pub(crate) struct Queue(Arc<Inner>);

struct Inner {
    data_dir: DataDir,
    reserve_bytes: u64,
    room: Room,
    database: Database,
    journal: Journal,
    maintenance: Maintenance,
    large: LargeBodies,
    headers: KeptHeaders,
    recent: Recent,
    arrivals: Arc<Arrivals>,
    tail: Arc<Tail>,
    order: Arc<Order>,
    node: Node,
    /// What endpoints may be told.
    feed: Arc<Feed>,
    /// Wakes who tells senders of failures.
    untold_added: Notify,
    suppressed: Arc<Index>,
}

/// A send that may be tried now, and where its message is.
#[derive(Clone, Debug)]
pub struct Claim {
    pub send: ClaimedSend,
    place: JournalPosition,
    /// The body, if it was read with those of the others.
    body: Option<Vec<u8>>,
}

/// A waiting send of which its sender said when it has no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub id: SendId,
    pub deadline: Timestamp,
}

/// What a queue is made of.
pub(crate) struct Parts {
    pub(crate) data_dir: DataDir,
    pub(crate) database: Database,
    /// The process that claims.
    pub(crate) node: Node,
    /// Which addresses the suppression list has.
    pub(crate) suppressed: Arc<Index>,
}

/// Ends when settlements are committed.
pub type Settled = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// What came of a claimed send.
#[derive(Clone, Debug)]
pub struct Settlement {
    pub id: SendId,
    /// What was tried, if anything was.
    pub attempt: Option<Attempt>,
    /// What happens next.
    pub next: NextStep,
    /// Recipients that were refused alone.
    pub refused: Vec<RefusedAlone>,
}

/// A send that Azure has, whose status may be read now.
#[derive(Clone, Debug)]
pub struct StatusCheck {
    pub id: SendId,
    /// Under which id Azure has it.
    pub operation: azure_types::ids::OperationId,
    /// To whom it goes.
    pub recipients: Vec<Recipient>,
    /// When Azure took it.
    pub submitted_at: Timestamp,
}

/// Wakes the dispatcher that waits for an account's mail.
#[derive(Default)]
struct Arrivals(Mutex<HashMap<AccountId, Arc<Notify>>>);

impl Queue {
    pub(crate) fn open(parts: Parts, options: &Options, now: Timestamp) -> Result<Self, StoreError> {
        let Parts { data_dir, database, node, suppressed } = parts;
        let large = LargeBodies::open(data_dir.join("large"))?;
        let headers = KeptHeaders::open(data_dir.join("headers"))?;
        let arrivals = Arc::new(Arrivals::default());
        let tail =
            Arc::new(database.read_blocking(|connection| Tail::load(connection, options.indexed_together))?);
        let order = Order::load(&database)?;
        let feed = Arc::new(database.read_blocking(Feed::load)?);
        let opening = Opening {
            folder: data_dir.join("journal"),
            large: large.clone(),
            headers: headers.clone(),
            segment_bytes: options.segment_bytes,
            sink: Arc::new(Intake {
                arrivals: Arc::clone(&arrivals),
                tail: Arc::clone(&tail),
                order: Arc::clone(&order),
                feed: Arc::clone(&feed),
            }),
        };
        let (journal, maintenance) = Journal::open(opening, &database)?;
        let recent = Recent::load(&database, now)?;
        let (reserve_bytes, room) = (options.reserve_bytes, Room::default());
        let inner = Inner {
            data_dir,
            reserve_bytes,
            room,
            database,
            journal,
            maintenance,
            large,
            headers,
            recent,
            arrivals,
            tail,
            order,
            node,
            feed,
            untold_added: Notify::new(),
            suppressed,
        };
        Ok(Self(Arc::new(inner)))
    }

    pub(crate) fn feed(&self) -> Arc<Feed> {
        Arc::clone(&self.0.feed)
    }

    pub(crate) fn heard(&self, id: QueueId) {
        self.0.recent.forget(id);
    }

    /// Waits until the database has heard of all that was accepted before.
    pub(crate) async fn caught_up(&self) {
        // What was accepted is entered before any other work. A database that cannot be written is as far as it gets.
        let nothing = self.0.database.write(Durability::Written, |_| Ok(()));
        drop(nothing.await);
    }

    pub(crate) fn begin_body(&self, id: QueueId) -> BodyWriter {
        BodyWriter::new(id, self.0.large.clone())
    }

    pub(crate) fn has_room(&self, bytes: u64) -> Result<(), StoreError> {
        if self.0.room.take(bytes) {
            return Ok(());
        }
        let free = self.0.data_dir.free_bytes()?;
        let spare = free.checked_sub(bytes.saturating_add(self.0.reserve_bytes));
        spare.map(|bytes| self.0.room.found(bytes)).ok_or(StoreError::Full(None))
    }

    pub(crate) async fn arrival(&self, account: AccountId) {
        let notify = self.0.arrivals.of(account);
        notify.notified().await;
    }

    pub(crate) fn announce(&self, account: AccountId) {
        self.0.arrivals.of(account).notify_one();
    }

    pub(crate) async fn body<'c>(&self, claim: &'c Claim) -> Result<Cow<'c, [u8]>, StoreError> {
        if let Some(body) = &claim.body {
            return Ok(Cow::Borrowed(body));
        }
        let (inner, id, place) = (Arc::clone(&self.0), claim.send.id.message, claim.place);
        let read = tokio::task::spawn_blocking(move || inner.journal.body(id, place));
        match read.await.map_err(|_| StoreError::Closed)? {
            // It may have been moved to another segment since it was claimed.
            Err(StoreError::Damaged(_)) => self.body_of(id).await.map(Cow::Owned),
            result => result.map(Cow::Owned),
        }
    }

    pub(crate) async fn header_of(&self, id: QueueId) -> Result<Option<Vec<u8>>, StoreError> {
        let inner = Arc::clone(&self.0);
        let read = tokio::task::spawn_blocking(move || {
            let place = inner.database.read_blocking(|connection| segments::last_place_of(connection, id))?;
            let Some(place) = place else { return Ok(None) };
            match inner.journal.body(id, place) {
                Ok(body) => Ok(Some(kept_headers::section(&body).to_vec())),
                // Its segment or its file is gone.
                Err(_) => Ok(inner.headers.find(id, place.segment)?),
            }
        });
        read.await.map_err(|_| StoreError::Closed)?
    }

    pub(crate) async fn body_of(&self, id: QueueId) -> Result<Vec<u8>, StoreError> {
        let inner = Arc::clone(&self.0);
        let read = tokio::task::spawn_blocking(move || {
            let place = inner.database.read_blocking(|connection| segments::place_of(connection, id))?;
            let place = place.ok_or_else(|| StoreError::Missing(format!("the content of message {id}")))?;
            inner.journal.body(id, place)
        });
        read.await.map_err(|_| StoreError::Closed)?
    }
}

impl Arrivals {
    fn of(&self, account: AccountId) -> Arc<Notify> {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(map.entry(account).or_default())
    }

    fn announce(&self, entries: &[Entry]) {
        let mut accounts: Vec<AccountId> = entries.iter().map(|entry| entry.message.account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        for account in accounts {
            self.of(account).notify_one();
        }
    }
}
