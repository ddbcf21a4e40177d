//! The relay as a whole: a dispatcher for each account, and the housekeeping.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::id::AccountId;
use store::StoreError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, info, warn};

use crate::deliver::{
    Context, Dispatcher, EventQueueReader, StatusReader, Upstreams, tell_untold, watch_overdue,
};
use crate::index_older::index_older;
use crate::intake::Intake;
use model::rate_limit::MEMORY;

/// Delivery of everything that is queued.
pub struct Relay {
    context: Context,
    upstreams: Arc<Upstreams>,
    workers: HashMap<AccountId, Worker>,
    tasks: TaskTracker,
}

struct Worker {
    account: Arc<Account>,
    stop: CancellationToken,
}

/// Between two rounds of housekeeping.
const HOUSEKEEPING: Duration = Duration::from_secs(300);
/// Messages forgotten at a time.
const PRUNE: usize = 1_000;

impl Relay {
    /// A relay that is not running yet. It sends what comes in by `intake`, and its DSNs come in there too.
    #[must_use]
    pub fn new(intake: Intake, upstreams: Arc<Upstreams>) -> Self {
        let context = Context::new(intake);
        Self { context, upstreams, workers: HashMap::new(), tasks: TaskTracker::new() }
    }

    /// Delivers until `shutdown`, and then until what is under way is settled.
    ///
    /// # Errors
    /// When the queue cannot be read at the start.
    pub async fn run(mut self, shutdown: CancellationToken) -> Result<(), StoreError> {
        self.recover().await?;
        self.tasks.spawn(watch_overdue(self.context.clone(), shutdown.clone()));
        self.tasks.spawn(housekeeping(self.context.clone(), shutdown.clone()));
        self.tasks.spawn(tell_untold(self.context.clone(), shutdown.clone()));
        let (queue, clock) = (self.context.store.queue().clone(), self.context.clock.clone());
        let step = async move || queue.index_older().await;
        self.tasks.spawn(index_older(step, clock, shutdown.clone()));
        let mut directory = self.context.store.directory();
        loop {
            self.follow(directory.accounts().cloned().collect(), &shutdown);
            tokio::select! {
                () = shutdown.cancelled() => break,
                changed = self.context.store.directory_change(&directory) => directory = changed,
            }
        }
        self.tasks.close();
        self.tasks.wait().await;
        Ok(())
    }

    /// Puts back what was under way when the last process ended, and counts it as used: nobody knows
    /// whether Azure saw it.
    async fn recover(&self) -> Result<(), StoreError> {
        let released = self.context.store.queue().release_leases(self.context.clock.now()).await?;
        let directory = self.context.store.directory();
        for (account, count) in released {
            info!(account = %account, sends = count, "sends that were under way are tried again");
            let Some(account) = directory.account(account) else { continue };
            match self.upstreams.of(account).await {
                Ok(upstream) => {
                    if upstream.may_double() {
                        warn!(account = %account.name, "what was under way by SMTP may arrive twice: the server honours no id");
                    }
                    let usage = upstream.sends.count(self.context.clock.steady(), count);
                    self.context.store.rate_usage().add(usage).await?;
                }
                Err(error) => debug!(error = model::error_chain(&error), "the account cannot be used"),
            }
        }
        Ok(())
    }

    /// Has one dispatcher for each account, made anew where the account has changed.
    fn follow(&mut self, accounts: Vec<Arc<Account>>, shutdown: &CancellationToken) {
        self.workers.retain(|id, worker| {
            let stays = accounts.iter().any(|account| account.id == *id && *account == worker.account);
            if !stays {
                worker.stop.cancel();
            }
            stays
        });
        for account in accounts.into_iter().filter(|account| account.is_enabled()) {
            if self.workers.contains_key(&account.id) {
                continue;
            }
            let stop = shutdown.child_token();
            let context = || self.context.clone();
            let dispatcher = Dispatcher::new(context(), Arc::clone(&self.upstreams), Arc::clone(&account));
            let reader = StatusReader::new(context(), Arc::clone(&self.upstreams), Arc::clone(&account));
            let events = EventQueueReader::new(context(), Arc::clone(&self.upstreams), Arc::clone(&account));
            self.tasks.spawn(dispatcher.run(stop.clone()));
            self.tasks.spawn(events.run(stop.clone()));
            self.tasks.spawn(reader.run(stop.clone()));
            self.workers.insert(account.id, Worker { account, stop });
        }
    }
}

/// Forgets what is old, and empties segments that hold little.
async fn housekeeping(context: Context, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = context.clock.sleep(HOUSEKEEPING) => {}
        }
        if let Err(error) = clean_up(&context).await {
            error!(error = model::error_chain(&error), "housekeeping failed");
        }
    }
}

async fn clean_up(context: &Context) -> Result<(), StoreError> {
    let before = |age: SignedDuration| context.clock.now().saturating_sub(age).unwrap_or(Timestamp::MIN);
    let history = SignedDuration::try_from(context.settings.history).unwrap_or(SignedDuration::MAX);
    while context.store.queue().prune(before(history), PRUNE).await? == PRUNE {}
    context.store.rate_usage().forget(before(MEMORY)).await?;
    context.store.suppressions().forget_ended(before(history)).await?;
    let moved = context.store.queue().compact().await?;
    if moved > 0 {
        debug!(messages = moved, "waiting messages were moved so that old segments can go");
    }
    Ok(())
}
