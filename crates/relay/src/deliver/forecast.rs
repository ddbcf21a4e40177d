//! When waiting mail leaves, as far as is known now: what the store has, what the limits allow.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use clock::Clock;
use jiff::Timestamp;
use model::account::Account;
use model::credential::Lane;
use model::delivery::SendId;
use model::forecast::{Beginning, Forecast, InLane};
use model::id::{AccountId, QueueId};
use store::{Deadline, Store, StoreError, WaitingSend};

use super::upstream::Upstreams;

/// Where forecasts come from.
#[derive(Clone, Copy)]
pub(crate) struct Forecaster<'a> {
    pub(crate) store: &'a Store,
    pub(crate) upstreams: &'a Upstreams,
    pub(crate) clock: &'a Clock,
}

/// When a waiting send leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foretold {
    pub lane: Lane,
    /// So many of its lane leave before it.
    pub before: u64,
    /// It may not leave before then.
    pub not_before: Timestamp,
    /// `None` if time alone does not bring it about.
    pub leaves_at: Option<Timestamp>,
    pub deadline: Option<Timestamp>,
}

/// Fewer requests say little about how long they take.
const ENOUGH: u64 = 20;

impl Forecaster<'_> {
    /// When the waiting sends of these messages leave.
    pub(crate) async fn of_messages(
        self,
        messages: Vec<QueueId>,
    ) -> Result<HashMap<SendId, Foretold>, StoreError> {
        let sends = self.store.queue().waiting_sends(messages).await?;
        let mut forecasts: HashMap<AccountId, Option<Forecast>> = HashMap::new();
        let mut foretold = HashMap::with_capacity(sends.len());
        for WaitingSend { id, account, in_lane } in sends {
            let forecast = match forecasts.entry(account) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(self.of_account(account).await?),
            };
            let Some(forecast) = forecast else { continue };
            let one = Foretold {
                lane: in_lane.lane,
                before: forecast.before(&in_lane),
                not_before: in_lane.not_before,
                leaves_at: forecast.leaves(&in_lane),
                deadline: in_lane.deadline,
            };
            foretold.insert(id, one);
        }
        Ok(foretold)
    }

    /// Which of an account's sends with these deadlines, the nearest first, cannot leave in time.
    pub(crate) async fn late(
        self,
        account: &Arc<Account>,
        deadlines: &[Deadline],
    ) -> Result<Vec<SendId>, StoreError> {
        let mut messages: Vec<QueueId> = deadlines.iter().map(|one| one.id.message).collect();
        messages.dedup();
        let mut sends: Vec<InLane> =
            self.store.queue().waiting_sends(messages).await?.into_iter().map(|send| send.in_lane).collect();
        sends.sort_by_key(|send| (send.deadline, send.id));
        Ok(self.of(account).await?.late(&sends))
    }

    /// What becomes of an account's queue; `None` where nothing is sent for it.
    pub(crate) async fn of_account(self, account: AccountId) -> Result<Option<Forecast>, StoreError> {
        let account = self.store.directory().account(account).cloned();
        match account.filter(|account| account.is_enabled()) {
            Some(account) => self.of(&account).await.map(Some),
            None => Ok(None),
        }
    }

    /// What becomes of the queue of an account that is used.
    pub(crate) async fn of(self, account: &Arc<Account>) -> Result<Forecast, StoreError> {
        let Self { store, upstreams, clock } = self;
        let backlog = store.queue().backlog(account.id).await?;
        let others = self.others(account).await?;
        let limit = upstreams.limiter_of(account).await?;
        let (now, steady) = (clock.now(), clock.steady());
        let pause = upstreams.noticed().streak(account.id).and_then(|streak| streak.next_at);
        Ok(Forecast::new(&Beginning {
            limit: &limit,
            now,
            a_second: self.a_second(account),
            offset: now.duration_since(steady),
            not_before: pause.unwrap_or(now).max(now),
            backlog: &backlog,
            others: &others,
        }))
    }

    /// How many requests are made in a second, while as many as may be are under way.
    fn a_second(self, account: &Account) -> Option<u32> {
        let requests = &self.upstreams.meters().requests;
        let read = requests.all().into_iter().map(|(_, histogram)| histogram.read());
        let (count, micros) = read.fold((0, 0), |(count, micros), one| (count + one.count, micros + one.sum));
        let at_once = u64::from(account.concurrency.requests.max(1));
        let a_second = (at_once * count).saturating_mul(1_000_000).checked_div(micros)?;
        (count >= ENOUGH).then(|| u32::try_from(a_second).unwrap_or(u32::MAX).max(1))
    }

    /// What waits for other accounts that share the limit.
    async fn others(self, account: &Account) -> Result<Vec<u64>, StoreError> {
        let sharing: Vec<AccountId> = {
            let directory = self.store.directory();
            let others = directory.accounts().filter(|one| one.is_enabled() && one.id != account.id);
            others.filter(|one| one.quota_scope() == account.quota_scope()).map(|one| one.id).collect()
        };
        if sharing.is_empty() {
            return Ok(Vec::new());
        }
        let waiting = self.store.queue().waiting().await?;
        let shares = waiting.into_iter().filter(|(id, count)| sharing.contains(id) && *count > 0);
        Ok(shares.map(|(_, count)| count).collect())
    }
}
