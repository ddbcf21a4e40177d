//! How time passes in a story: the clock stands until it is moved, and is moved when everybody sleeps.

use std::time::Duration;

use model::delivery::SendState;

use crate::world::{LOOK, PATIENCE, World};

impl World {
    /// Lets so much time pass, and waits for the deliveries that fall due with it. What is not done then is not done
    /// at that time.
    pub async fn pass(&self, time: Duration) {
        self.until_at_rest().await;
        self.clock.advance(time);
        self.until_at_rest().await;
    }

    /// Moves the clock step by step until `done` holds: deliveries wait for the clock, and nothing else.
    pub async fn advance_until(&self, step: Duration, done: impl AsyncFn() -> bool) {
        let moving = async {
            self.until_at_rest().await;
            while !done().await {
                self.pass(step).await;
            }
        };
        tokio::time::timeout(PATIENCE, moving).await.expect("it never came about");
    }

    /// Waits until nothing can happen before the clock is moved: each loop of the product sleeps, and no send is
    /// under way.
    pub async fn until_at_rest(&self) {
        let resting = async {
            loop {
                let change = self.clock.sleepers_change();
                if self.is_at_rest().await {
                    return;
                }
                // A dispatcher that was replaced settles its last sends without going to sleep again.
                tokio::select! {
                    () = change => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        };
        if tokio::time::timeout(PATIENCE, resting).await.is_err() {
            panic!("{} loops sleep until {:?}", self.loops(), self.clock.sleepers());
        }
    }

    async fn is_at_rest(&self) -> bool {
        // Tasks that were woken and have not run yet do so now.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        if self.clock.sleepers().len() < self.loops() {
            return false;
        }
        let counts = self.server().store.queue().counts().await.unwrap();
        counts.iter().all(|(state, count)| *state != SendState::Sending || *count == 0)
    }

    /// How many loops the product has that sleep when there is nothing to do: a dispatcher, a reader of statuses and one
    /// of events for each account, and eight for all: housekeeping, DSNs about reports, DSNs about delays, two of web
    /// hooks, the watch, the protection of logins, and the lookout for problems. A loop that is missing here makes a
    /// world seem at rest while one of them works; `stories/rest.rs` fails then.
    /// The loop that writes refusals down sleeps for a while after one, and could stand in for another meanwhile.
    #[must_use]
    pub fn loops(&self) -> usize {
        let directory = self.server().store.directory();
        8 + 3 * directory.accounts().filter(|account| account.is_enabled()).count()
    }

    /// Moves the clock step by step until `done` holds, with real time between the steps: for work that neither the
    /// queue nor the clock shows, such as a rotation that waits for an answer.
    pub async fn advance_slowly_until(&self, step: Duration, done: impl AsyncFn() -> bool) {
        let moving = async {
            while !done().await {
                self.clock.advance(step);
                // The loops that were woken get the chance to do what is due.
                for _ in 0..20 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    if done().await {
                        return;
                    }
                }
            }
        };
        tokio::time::timeout(PATIENCE, moving).await.expect("it never came about");
    }

    /// Lets time pass for as long as work goes on that waits for the clock.
    pub async fn drive<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::time::sleep(Duration::from_millis(5)) => {
                    self.clock.advance(Duration::from_secs(2));
                }
            }
        }
    }
}
