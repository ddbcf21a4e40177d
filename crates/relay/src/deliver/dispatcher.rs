//! One account's dispatcher: claims what is due, as much as the rate limit and the account's own limits
//! allow, and keeps that many sends under way at once.

mod late;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::delivery::{Attempt, AttemptResult, Reason, SendId};
use model::quota::QuotaKind;
use store::{NextStep, Settlement, StoreError, Throttling, Usage};
use tokio::task::{self, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::attempt::attempt;
use super::outcome::Matter;
use super::tried::Tried;
use super::upstream::ReadyAccount;
use super::{Context, Upstreams, backoff};
use model::rate_limit::Ended;

/// Sends one account's mail until it is stopped.
pub(crate) struct Dispatcher {
    context: Context,
    upstreams: Arc<Upstreams>,
    account: Arc<Account>,
    under_way: JoinSet<Tried>,
    /// What has come of sends and is not handed to the store yet.
    done: Done,
    /// Settlements that are being committed.
    notes: JoinSet<()>,
    /// Which send each of them works on.
    sends: HashMap<task::Id, SendId>,
    /// Nothing is tried before then: the account cannot log in, or Azure cannot be reached.
    paused_until: Timestamp,
    /// How often in a row that was so.
    failures: u32,
    /// Whether more may be due than the last claim brought.
    maybe_more: bool,
    /// When the first of those is due that the last claim left.
    next_due: Timestamp,
    claimed_at: Timestamp,
    /// When it was last looked for what has waited too long.
    expired_at: Timestamp,
    /// When deadlines were last compared with a forecast.
    foretold_at: Timestamp,
    /// Whether there are deadlines that were not compared since.
    has_unjudged: bool,
}

/// Settlements, and what they count against the rate limit.
#[derive(Default)]
struct Done {
    settlements: Vec<Settlement>,
    usage: Vec<Usage>,
}

/// A send that is not settled within this time may be claimed again.
const LEASE: SignedDuration = SignedDuration::from_mins(30);
/// While sends are under way, claims are this far apart, so that each brings a batch.
const BETWEEN_CLAIMS: SignedDuration = SignedDuration::from_millis(5);
/// Sends claimed at once.
const BATCH: usize = 128;
/// A look at the queue at least this often, whatever woke nobody up.
const LOOK: SignedDuration = SignedDuration::from_secs(60);
/// After a failure of our own.
const OUR_TROUBLE: Duration = Duration::from_secs(5);
/// Until a send is tried again that met one.
const AFTER_A_FAULT: Duration = Duration::from_secs(300);

impl Dispatcher {
    pub(crate) fn new(context: Context, upstreams: Arc<Upstreams>, account: Arc<Account>) -> Self {
        // Made anew where the account has changed: what failed before says nothing any more.
        upstreams.noticed().forget(account.id);
        Self {
            context,
            upstreams,
            account,
            under_way: JoinSet::new(),
            done: Done::default(),
            notes: JoinSet::new(),
            sends: HashMap::new(),
            paused_until: Timestamp::MIN,
            failures: 0,
            maybe_more: true,
            next_due: Timestamp::MAX,
            claimed_at: Timestamp::MIN,
            expired_at: Timestamp::MIN,
            foretold_at: Timestamp::MIN,
            has_unjudged: false,
        }
    }

    /// Runs until `shutdown`; then what is under way is settled first.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            while self.notes.try_join_next().is_some() {}
            if self.notes.is_empty() {
                self.note();
            }
            let wake_at = match self.turn().await {
                Ok(wake_at) => wake_at,
                Err(error) => {
                    error!(account = %self.account.name, error = model::error_chain(&error), "the queue cannot be worked on");
                    self.upstreams.noticed().database_failed(&error, self.context.clock.now());
                    clock::after(self.context.clock.now(), OUR_TROUBLE)
                }
            };
            let (clock, queue) = (self.context.clock.clone(), self.context.store.queue().clone());
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(first) = self.under_way.join_next_with_id(), if !self.under_way.is_empty() => {
                    self.settle(first).await;
                }
                Some(_) = self.notes.join_next(), if !self.notes.is_empty() => {}
                () = queue.arrival(self.account.id) => self.maybe_more = true,
                () = clock.sleep_until(wake_at) => self.maybe_more = true,
            }
        }
        while let Some(last) = self.under_way.join_next_with_id().await {
            self.settle(last).await;
        }
        self.note();
        while self.notes.join_next().await.is_some() {}
    }

    /// Claims and starts what can be started; says when to look again.
    async fn turn(&mut self) -> Result<Timestamp, StoreError> {
        let now = self.context.clock.now();
        if now < self.paused_until {
            self.give_up_late(now, self.paused_until).await?;
            return Ok(self.paused_until);
        }
        let look = clock::after(now, LOOK);
        if !self.maybe_more {
            return Ok(self.next_due.min(look));
        }
        let upstream = match self.upstreams.of(&self.account).await {
            Ok(upstream) => upstream,
            Err(error) => {
                // Said once: an account that was just added may not be complete yet, and have no mail.
                if self.failures == 0 {
                    let error = model::error_chain(&error);
                    warn!(account = %self.account.name, error, "the account cannot be used");
                }
                self.pause(now, None);
                let why = model::error_chain(&error);
                self.upstreams.noticed().unusable(self.account.id, &why, now, self.paused_until);
                self.give_up_late(now, self.paused_until).await?;
                return Ok(self.paused_until);
            }
        };
        self.upstreams.noticed().usable(self.account.id);
        let limit = self.free(&upstream);
        if limit == 0 {
            let next = self.next_permit(&upstream, now);
            self.give_up_late(now, next.unwrap_or(now)).await?;
            return Ok(next.unwrap_or(look).min(look).min(self.next_forecast()));
        }
        let next_claim = clock::after(self.claimed_at, BETWEEN_CLAIMS);
        if !self.under_way.is_empty() && now < next_claim {
            return Ok(next_claim);
        }
        self.claim(&upstream, now, limit).await?;
        if self.maybe_more {
            return Ok(now);
        }
        let next_due = self.context.store.queue().next_due(self.account.id).await?;
        self.next_due = next_due.unwrap_or(Timestamp::MAX);
        Ok(self.next_due.min(look))
    }

    async fn claim(
        &mut self,
        upstream: &Arc<ReadyAccount>,
        now: Timestamp,
        limit: usize,
    ) -> Result<(), StoreError> {
        self.note();
        let permits = u32::try_from(limit).unwrap_or(u32::MAX);
        upstream.sends.lock().start(permits);
        let lease_until = clock::after(now, LEASE);
        let claimed = self.context.store.queue().claim_due(self.account.id, now, limit, lease_until).await;
        let unused = limit - claimed.as_ref().map_or(0, Vec::len);
        (0..unused).for_each(|_| upstream.sends.lock().cancel());
        let mut claims = claimed?;
        self.upstreams.noticed().database_works();
        self.context.store.queue().read_ahead(&mut claims).await;
        self.claimed_at = self.context.clock.now();
        self.maybe_more = claims.len() == limit;
        for claim in claims {
            let (context, upstream) = (self.context.clone(), Arc::clone(upstream));
            let id = claim.send.id;
            let task = self.under_way.spawn(async move { attempt(&context, &upstream, claim).await });
            self.sends.insert(task.id(), id);
        }
        Ok(())
    }

    /// How many sends may be started now.
    fn free(&self, upstream: &ReadyAccount) -> usize {
        let concurrency = self.account.concurrency;
        let slots = usize::from(concurrency.requests.max(concurrency.smtp_sessions)).max(1);
        let slots = slots.saturating_sub(self.under_way.len());
        // A few free slots are not worth a claim while there is much to do.
        if slots * 8 < usize::from(concurrency.requests) && !self.under_way.is_empty() {
            return 0;
        }
        let permits = upstream.sends.lock().permits(self.context.clock.steady());
        slots.min(permits as usize).min(BATCH)
    }

    /// When the rate limit allows the next send, by the time of day.
    fn next_permit(&self, upstream: &ReadyAccount, now: Timestamp) -> Option<Timestamp> {
        let steady = self.context.clock.steady();
        let next = upstream.sends.lock().next_permit(steady)?;
        let wait = next.duration_since(steady);
        // With a permit at hand it is slots that are missing; the end of a send wakes us.
        if wait.is_positive() { now.saturating_add(wait).ok() } else { None }
    }

    /// Takes what came of a send, and of others that are done, to be noted together.
    async fn settle(&mut self, first: Result<(task::Id, Tried), JoinError>) {
        let mut done = vec![first];
        // Sends that can be finished without waiting go into the same transaction.
        task::yield_now().await;
        while let Some(next) = self.under_way.try_join_next_with_id() {
            done.push(next);
        }
        let now = self.context.clock.now();
        for tried in done {
            let (settlement, counted) = match tried {
                Ok((task, tried)) => self.finished(task, tried, now).await,
                Err(error) => self.broken(&error, now).await,
            };
            self.done.settlements.extend(settlement);
            self.done.usage.extend(counted);
        }
        // What Azure has leaves the queue; anything else may be due again.
        let is_over = |next: &NextStep| matches!(next, NextStep::Sent | NextStep::ReadStatus { .. });
        self.maybe_more |= self.done.settlements.iter().any(|one| !is_over(&one.next));
    }

    /// A send that was tried: what that means for the account's other mail is done, what it means for itself is returned.
    async fn finished(
        &mut self,
        task: task::Id,
        tried: Tried,
        now: Timestamp,
    ) -> (Option<Settlement>, Vec<Usage>) {
        self.sends.remove(&task);
        match Consequence::of(&tried) {
            Consequence::None => self.failures = 0,
            Consequence::RateLimited(wait) => self.note_refusal(now, wait).await,
            Consequence::LoginFailed(wait) => {
                let attempt = tried.settlement.attempt.as_ref();
                let words = attempt.map(|attempt| attempt.text.as_str()).unwrap_or_default();
                self.context.store.authentication_failures().note(self.account.id, words);
                self.hold_back(now, wait);
            }
            Consequence::Unreachable(wait) => self.hold_back(now, wait),
        }
        self.take_note(&tried);
        (Some(tried.settlement), tried.usage)
    }

    /// Has what is done written down, and goes on meanwhile. A claim comes behind it, and mostly shares its commit.
    fn note(&mut self) {
        let Done { settlements, usage } = std::mem::take(&mut self.done);
        if settlements.is_empty() && usage.is_empty() {
            return;
        }
        let has_status = settlements.iter().any(|one| matches!(one.next, NextStep::ReadStatus { .. }));
        let settled = self.context.store.queue().settle(settlements, combined(usage));
        let (upstreams, account) = (Arc::clone(&self.upstreams), self.account.id);
        self.notes.spawn(async move {
            if let Err(error) = settled.await {
                error!(error = model::error_chain(&error), "what came of a send could not be noted");
            }
            if has_status {
                upstreams.want_status(account);
            }
        });
    }

    fn hold_back(&mut self, now: Timestamp, wait: Option<Duration>) {
        self.pause(now, wait);
        warn!(account = %self.account.name, until = %self.paused_until, "the account's mail waits");
    }

    /// What an attempt says about the account as a whole.
    fn take_note(&self, tried: &Tried) {
        let Some(attempt) = &tried.settlement.attempt else { return };
        self.upstreams.meters().tried(self.account.id, tried.settlement.id.message, attempt);
        let pauses = matches!(attempt.reason, Some(Reason::Login | Reason::Unreachable));
        let next_at = (pauses && attempt.at < self.paused_until).then_some(self.paused_until);
        let noticed = self.upstreams.noticed();
        match tried.said.clone() {
            Some(text) => noticed.tried(self.account.id, &Attempt { text, ..attempt.clone() }, next_at),
            None => noticed.tried(self.account.id, attempt, next_at),
        }
    }

    /// A send whose work broke: a fault of ours, which must not take the message with it.
    async fn broken(&mut self, error: &JoinError, now: Timestamp) -> (Option<Settlement>, Vec<Usage>) {
        error!(%error, "a send ended badly");
        let usage = match self.upstreams.of(&self.account).await {
            // Nobody knows whether Azure has counted it.
            Ok(upstream) => upstream.sends.finish(self.context.clock.steady(), Ended::Unanswered),
            Err(_) => Vec::new(),
        };
        let text = "a fault of the relay's own; its log has more".to_owned();
        let attempt =
            Attempt { at: now, transport: None, result: AttemptResult::Deferred, text, reason: None };
        let next = NextStep::Again { at: clock::after(now, AFTER_A_FAULT) };
        let id = self.sends.remove(&error.id());
        (id.map(|id| Settlement { id, attempt: Some(attempt), next, refused: Vec::new() }), usage)
    }

    /// Keeps what Azure refused, beyond a restart too. The limit itself knows already.
    async fn note_refusal(&self, now: Timestamp, wait: Option<Duration>) {
        let Ok(upstream) = self.upstreams.of(&self.account).await else { return };
        let steady = self.context.clock.steady();
        let [in_minute, in_hour] = upstream.sends.lock().used(steady);
        // What Azure really allows shows in how much it had been asked.
        let wait_seconds = wait.map(|wait| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX));
        let key = self.account.quota_scope().of(QuotaKind::Sends);
        let throttling = Throttling { at: now, in_minute, in_hour, wait_seconds };
        let noted = self.context.store.rate_usage().throttled(key, throttling).await;
        if let Err(error) = noted {
            error!(error = model::error_chain(&error), "a limit of Azure's could not be noted");
        }
    }

    fn pause(&mut self, now: Timestamp, wait: Option<Duration>) {
        if now < self.paused_until {
            return;
        }
        let wait = backoff::wait(self.failures, wait, self.context.entropy.fraction());
        self.failures = (self.failures + 1).min(6);
        self.paused_until = clock::after(now, wait);
        debug!(account = %self.account.name, until = %self.paused_until, "nothing is sent until then");
    }
}

/// What a try means for the account's other mail, with the wait that the upstream asked for.
enum Consequence {
    /// It goes on.
    None,
    /// The quota is used up.
    RateLimited(Option<Duration>),
    /// Nothing is sent until the login works.
    LoginFailed(Option<Duration>),
    /// Nothing is sent until the upstream can be reached.
    Unreachable(Option<Duration>),
}

impl Consequence {
    fn of(tried: &Tried) -> Self {
        match tried.trouble {
            None => Self::None,
            Some((Matter::Rate, wait)) => Self::RateLimited(wait),
            Some((Matter::Login, wait)) => Self::LoginFailed(wait),
            Some((_, wait)) => Self::Unreachable(wait),
        }
    }
}

/// One row for each slot instead of one for each request.
fn combined(mut usage: Vec<Usage>) -> Vec<Usage> {
    let key = |usage: &Usage| (usage.key, usage.slot_seconds, usage.slot);
    usage.sort_by_key(key);
    usage.dedup_by(|next, kept| {
        let is_same = key(next) == key(kept);
        if is_same {
            kept.count += next.count;
        }
        is_same
    });
    usage
}
