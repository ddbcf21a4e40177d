//! Giving up what has waited too long, and what cannot leave before its deadline, while nothing is sent. What can be
//! claimed finds its end when it is tried.

use jiff::{SignedDuration, Timestamp};
use model::delivery::SendId;
use store::{Claim, Deadline, StoreError};

use super::super::forecast::Forecaster;
use super::super::give_up::expire;
use super::{BATCH, Dispatcher, LEASE, LOOK};

/// Mail may come all the time, and a forecast looks at the queue.
const BETWEEN_FORECASTS: SignedDuration = SignedDuration::from_secs(1);

impl Dispatcher {
    /// Gives up what is too late, or will be: nothing leaves before `next`, and then each in its turn.
    pub(super) async fn give_up_late(&mut self, now: Timestamp, next: Timestamp) -> Result<(), StoreError> {
        self.give_up_expired(now).await?;
        if next <= now {
            return Ok(());
        }
        let queue = self.context.store.queue().clone();
        loop {
            let deadlines = queue.deadlines(self.account.id, BATCH).await?;
            let mut late: Vec<SendId> =
                deadlines.iter().filter(|one| one.deadline <= next).map(|one| one.id).collect();
            if late.is_empty() {
                late = self.foretold_late(now, &deadlines).await?;
            }
            if late.is_empty() {
                return Ok(());
            }
            let claims = queue.claim_waiting(late, clock::after(now, LEASE)).await?;
            if claims.is_empty() {
                return Ok(());
            }
            self.give_up(claims).await?;
        }
    }

    /// Those that will be too late when their turn comes.
    async fn foretold_late(
        &mut self,
        now: Timestamp,
        deadlines: &[Deadline],
    ) -> Result<Vec<SendId>, StoreError> {
        self.has_unjudged = !deadlines.is_empty();
        if deadlines.is_empty() || now < clock::after(self.foretold_at, BETWEEN_FORECASTS) {
            return Ok(Vec::new());
        }
        let (store, clock) = (&self.context.store, &self.context.clock);
        let forecaster = Forecaster { store, upstreams: &self.upstreams, clock };
        let late = forecaster.late(&self.account, deadlines).await?;
        if late.is_empty() {
            self.foretold_at = now;
            self.has_unjudged = false;
        }
        Ok(late)
    }

    /// When deadlines are compared with a forecast, if that was too early just now.
    pub(super) fn next_forecast(&self) -> Timestamp {
        if self.has_unjudged { clock::after(self.foretold_at, BETWEEN_FORECASTS) } else { Timestamp::MAX }
    }

    async fn give_up_expired(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if now < clock::after(self.expired_at, LOOK) {
            return Ok(());
        }
        let lease_until = clock::after(now, LEASE);
        let expired =
            self.context.store.queue().claim_expired(self.account.id, now, BATCH, lease_until).await?;
        if expired.len() < BATCH {
            self.expired_at = now;
        }
        self.give_up(expired).await
    }

    async fn give_up(&self, claims: Vec<Claim>) -> Result<(), StoreError> {
        let mut settlements = Vec::with_capacity(claims.len());
        for claim in claims {
            settlements.push(expire(&self.context, &self.account, &claim).await);
        }
        if settlements.is_empty() {
            return Ok(());
        }
        self.context.store.queue().settle(settlements, Vec::new()).await
    }
}
