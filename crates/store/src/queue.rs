//! The queue: messages that were accepted, the sends that carry them, and what came of each.
//!
//! Accept ([`Queue::accept`]) -> claim under a lease ([`Queue::claim_due`]) -> settle
//! ([`Queue::settle`]). Nothing is deleted on the way; rows change state. What is done with is pruned
//! after its retention.

mod notices;
mod outline;

use std::borrow::Cow;

use jiff::Timestamp;
use model::delivery::{SendId, SendState};
use model::id::{AccountId, QueueId};
use model::queued::{Change, QueuedMessage};
use model::search::Search;

use crate::engine::{Engine, on_engine};
use crate::{
    Accepted, AuditEntry, Body, BodyWriter, Claim, Cursor, Deadline, DeliveryNoted, Disk, Found, Hindered,
    LaneQueue, Listed, RepairUse, ReportedDelivery, Settled, Settlement, StatusCheck, StoreError,
    StoredMessage, Suppressed, Usage,
};

/// A handle to the queue.
#[derive(Clone)]
pub struct Queue(Engine);

impl Queue {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Accepts a message: when this returns `Ok`, message and envelope are on disk, synced.
    ///
    /// Dropping the future does not stop what has begun.
    ///
    /// # Errors
    /// When the disk is full or fails, or the database is too far behind. Nothing was accepted then.
    pub async fn accept(&self, message: QueuedMessage, body: Body) -> Result<Accepted, StoreError> {
        on_engine!(self.0, queue.accept(message, body).await)
    }

    /// Whether a message of that id was accepted before.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn contains(&self, id: QueueId) -> Result<bool, StoreError> {
        on_engine!(self.0, queue.contains(id).await)
    }

    /// Claims up to `limit` sends of an account that are due: of each lane its share, the most urgent lane first, and
    /// of a lane each sender's in turn ([`model::fairness`]). A deadline that is near goes first in its lane. Until `lease_until` nobody else gets them.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn claim_due(
        &self,
        account: AccountId,
        now: Timestamp,
        limit: usize,
        lease_until: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        on_engine!(self.0, queue.claim_due(account, now, limit, lease_until).await)
    }

    /// Claims up to `limit` waiting sends of an account whose time is over. None waits for longer.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn claim_expired(
        &self,
        account: AccountId,
        now: Timestamp,
        limit: usize,
        lease_until: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        on_engine!(self.0, queue.claim_expired(account, now, limit, lease_until).await)
    }

    /// Waiting sends of an account that have a deadline, the nearest first, up to `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn deadlines(&self, account: AccountId, limit: usize) -> Result<Vec<Deadline>, StoreError> {
        on_engine!(self.0, queue.deadlines(account, limit).await)
    }

    /// Claims those of the sends that still wait, whether or not they are due.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn claim_waiting(
        &self,
        sends: Vec<SendId>,
        lease_until: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        on_engine!(self.0, queue.claim_waiting(sends, lease_until).await)
    }

    /// When the next send of an account is due, if one waits.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next_due(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        on_engine!(self.0, queue.next_due(account).await)
    }

    /// Puts every send back that a process had under way which is gone; says how many of each account: Azure may
    /// have counted them.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn release_leases(&self, now: Timestamp) -> Result<Vec<(AccountId, u32)>, StoreError> {
        on_engine!(self.0, queue.release_leases(now).await)
    }

    /// Takes up to `limit` sends whose status may be read now. Until `lease_until` nobody else does.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn claim_status_checks(
        &self,
        account: AccountId,
        now: Timestamp,
        limit: usize,
        lease_until: Timestamp,
    ) -> Result<Vec<StatusCheck>, StoreError> {
        on_engine!(self.0, queue.claim_status_checks(account, now, limit, lease_until).await)
    }

    /// How many sends of an account wait for their status to be read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn unread(&self, account: AccountId) -> Result<u32, StoreError> {
        on_engine!(self.0, queue.unread(account).await)
    }

    /// When the next status is to be read, if one is.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next_status_check(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        on_engine!(self.0, queue.next_status_check(account).await)
    }

    /// Moves the messages of the sparsest old segment to the end of the journal. Says how many were
    /// moved; 0 when there is nothing worth moving.
    ///
    /// # Errors
    /// When something cannot be read or written; nothing is lost then, and the segment stays.
    pub async fn compact(&self) -> Result<usize, StoreError> {
        on_engine!(self.0, queue.compact().await)
    }

    /// The disk that holds the queue.
    ///
    /// # Errors
    /// When the file system does not say.
    pub fn disk(&self) -> Result<Disk, StoreError> {
        on_engine!(self.0, queue.disk())
    }

    /// Writes to the database, synced, and changes nothing.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn probe(&self) -> Result<(), StoreError> {
        on_engine!(self.0, queue.probe().await)
    }

    /// Adds some messages of builds without an index to the index of searches. Says whether there are more. Messages
    /// that are not in the index are found too, but each search compares them one by one.
    ///
    /// # Errors
    /// When the database cannot be read or written; the messages of this step are not in the index then.
    pub async fn index_older(&self) -> Result<bool, StoreError> {
        on_engine!(self.0, queue.index_older().await)
    }

    /// How many sends of each account wait or are under way.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn waiting(&self) -> Result<Vec<(AccountId, u64)>, StoreError> {
        on_engine!(self.0, queue.waiting().await)
    }

    /// What of each account's lanes waits, and since when; of those where something does.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn lanes(&self) -> Result<Vec<LaneQueue>, StoreError> {
        on_engine!(self.0, queue.lanes().await)
    }

    /// What waits because Azure refuses its sender, of the tries since `since`; of very many the latest thousand.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn hindered(&self, since: Timestamp) -> Result<Vec<Hindered>, StoreError> {
        on_engine!(self.0, queue.hindered(since).await)
    }

    /// What Azure dropped because of its suppression lists since `since`; of very many the latest thousand.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn suppressed(&self, since: Timestamp) -> Result<Vec<Suppressed>, StoreError> {
        on_engine!(self.0, queue.suppressed(since).await)
    }

    /// Lists sends, newest message first, with all that was accepted before.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self, cursor: Cursor) -> Result<Listed, StoreError> {
        on_engine!(self.0, queue.list(cursor).await)
    }

    /// Counts sends by state.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn counts(&self) -> Result<Vec<(SendState, u64)>, StoreError> {
        on_engine!(self.0, queue.counts().await)
    }

    /// One message with its sends and what was tried; `None` if it is unknown. What was accepted is known, even if
    /// the database hears of it only now.
    ///
    /// # Errors
    /// When the database cannot be read, or cannot be told of what was accepted.
    pub async fn view(&self, id: QueueId) -> Result<Option<StoredMessage>, StoreError> {
        on_engine!(self.0, queue.view(id).await)
    }

    /// The account of a message.
    ///
    /// # Errors
    /// When the message is unknown, or the database cannot be read.
    pub async fn account_of(&self, id: QueueId) -> Result<AccountId, StoreError> {
        on_engine!(self.0, queue.account_of(id).await)
    }

    /// Sends of an account that are not done with.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open_sends(&self, account: AccountId) -> Result<u64, StoreError> {
        on_engine!(self.0, queue.open_sends(account).await)
    }

    /// Says that a client knows that its message was accepted: an equal one is a new one from now on.
    pub fn heard(&self, id: QueueId) {
        on_engine!(self.0, queue.heard(id));
    }

    /// Begins the body of a message.
    #[must_use]
    pub fn begin_body(&self, id: QueueId) -> BodyWriter {
        on_engine!(self.0, queue.begin_body(id))
    }

    /// Whether there is room for a message of that size, with something left for the database.
    ///
    /// # Errors
    /// When there is not, or when the file system does not say.
    pub fn has_room(&self, bytes: u64) -> Result<(), StoreError> {
        on_engine!(self.0, queue.has_room(bytes))
    }

    /// Resolves when mail of that account has arrived in the queue since the last call.
    pub async fn arrival(&self, account: AccountId) {
        on_engine!(self.0, queue.arrival(account).await);
    }

    /// Wakes the dispatcher that waits for that account's mail.
    pub fn announce(&self, account: AccountId) {
        on_engine!(self.0, queue.announce(account));
    }

    /// Reads the small messages of a batch of claimed sends together. What cannot be read now is read by
    /// [`Queue::body`], which says why not.
    pub async fn read_ahead(&self, claims: &mut [Claim]) {
        on_engine!(self.0, queue.read_ahead(claims).await);
    }

    /// Reads the message of a claimed send.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was stored.
    pub async fn body<'c>(&self, claim: &'c Claim) -> Result<Cow<'c, [u8]>, StoreError> {
        on_engine!(self.0, queue.body(claim).await)
    }

    /// Reads a message that is still needed.
    ///
    /// # Errors
    /// When it is unknown, done with, or cannot be read.
    pub async fn body_of(&self, id: QueueId) -> Result<Vec<u8>, StoreError> {
        on_engine!(self.0, queue.body_of(id).await)
    }

    /// All repairs that were ever made, by login.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn repairs(&self) -> Result<Vec<RepairUse>, StoreError> {
        on_engine!(self.0, queue.repairs().await)
    }

    /// Counts the repairs of a message that is not queued here.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn count_repairs(&self, login: &str, changes: &[Change]) -> Result<(), StoreError> {
        on_engine!(self.0, queue.count_repairs(login, changes).await)
    }

    /// Notes what came of claimed sends, with the requests that Azure counted for them. A settlement of
    /// a send that the operator dropped meanwhile changes nothing, nor does one of a send that another
    /// process has claimed since.
    ///
    /// What was sent must not be forgotten, or it is sent again: this takes as long as the database cannot
    /// be written. What is asked of the queue afterwards finds it noted, whether or not the future is awaited.
    ///
    /// # Errors
    /// When the store is closed.
    pub fn settle(&self, settlements: Vec<Settlement>, usage: Vec<Usage>) -> Settled {
        on_engine!(self.0, queue.settle(settlements, usage))
    }

    /// Makes a message's waiting sends due now. Returns how many there were; where there are any, the entry is in
    /// the log with them.
    ///
    /// # Errors
    /// When the message is unknown or the database cannot be written.
    pub async fn retry(&self, id: QueueId, now: Timestamp, audit: AuditEntry) -> Result<usize, StoreError> {
        on_engine!(self.0, queue.retry(id, now, audit).await)
    }

    /// Removes a message's waiting sends from the queue for good. Returns how many there were; where there are any, the
    /// entry is in the log with them.
    ///
    /// # Errors
    /// When the message is unknown or the database cannot be written.
    pub async fn drop_message(&self, id: QueueId, audit: AuditEntry) -> Result<usize, StoreError> {
        on_engine!(self.0, queue.drop_message(id, audit).await)
    }

    /// Notes what Azure reports of recipients, of what the account sent: on disk, synced, in one transaction, when this
    /// returns. Says of each report what it came to. A recipient that was not reached, and of whom the sender has not
    /// been told, is untold from then on.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delivered(
        &self,
        account: AccountId,
        deliveries: Vec<ReportedDelivery>,
    ) -> Result<Vec<DeliveryNoted>, StoreError> {
        on_engine!(self.0, queue.delivered(account, deliveries).await)
    }

    /// Finds messages, the newest first. What was accepted before is found.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn search(&self, search: Search) -> Result<Found, StoreError> {
        on_engine!(self.0, queue.search(search).await)
    }

    /// Deletes what is known of messages that were accepted before `before` and are done with, a limited
    /// number at a time. Says how many went.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        on_engine!(self.0, queue.prune(before, limit).await)
    }
}
