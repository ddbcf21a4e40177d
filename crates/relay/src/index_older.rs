//! Has messages of older builds added to the index of searches, step by step, until none is left.

use std::time::Duration;

use clock::Clock;
use store::StoreError;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// The wait after the first failure; it doubles with each one that follows.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Takes steps until one says that nothing is left, or until `shutdown`. After a failure it waits and tries again. A
/// failure is logged once, until another one follows or a step succeeds.
pub(crate) async fn index_older(
    mut step: impl AsyncFnMut() -> Result<bool, StoreError>,
    clock: Clock,
    shutdown: CancellationToken,
) {
    let (mut wait, mut logged) = (FIRST_WAIT, None);
    while !shutdown.is_cancelled() {
        match step().await {
            Ok(is_more) => {
                if logged.take().is_some() {
                    info!("messages of an older build are indexed for searches again");
                }
                if !is_more {
                    return;
                }
                wait = FIRST_WAIT;
            }
            Err(error) => {
                let failure = model::error_chain(&error);
                if logged.as_ref() != Some(&failure) {
                    let until = clock::after(clock.now(), wait);
                    error!(error = failure, %until, "messages of an older build cannot be indexed for searches, which stay slow: Postern tries again");
                    logged = Some(failure);
                }
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = clock.sleep(wait) => {}
                }
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};

    use jiff::Timestamp;

    use super::*;

    type Steps = Arc<Mutex<VecDeque<Result<bool, StoreError>>>>;

    /// Runs the job with steps that end like these; it is woken whenever it sleeps. Gives the waits, in seconds.
    async fn waits(steps: &Steps) -> Vec<i64> {
        let clock = Clock::standing(Timestamp::UNIX_EPOCH);
        let next = Arc::clone(steps);
        let step = async move || next.lock().unwrap().pop_front().unwrap();
        let job = index_older(step, clock.clone(), CancellationToken::new());
        let mut job = std::pin::pin!(job);
        let mut waits = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = &mut job => return waits,
                () = std::future::ready(()) => {}
            }
            let [until] = clock.sleepers()[..] else { panic!("it neither works nor sleeps") };
            let wait = until.duration_since(clock.steady());
            waits.push(wait.as_secs());
            clock.advance(wait.unsigned_abs());
        }
    }

    #[tokio::test]
    async fn a_failure_is_tried_again_later_and_later_until_all_is_indexed() {
        let failed = || Err(StoreError::Closed);
        let mut ends: VecDeque<_> = [Ok(true), failed(), failed(), Ok(true), failed(), Ok(true)].into();
        ends.extend((0..9).map(|_| failed()));
        ends.push_back(Ok(false));
        let steps = Arc::new(Mutex::new(ends));
        assert_eq!(waits(&steps).await, [5, 10, 5, 5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert!(steps.lock().unwrap().is_empty(), "it ends when nothing is left");
    }

    #[tokio::test]
    async fn it_ends_with_the_server_while_it_waits() {
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let step = async move || {
            stop.cancel();
            Err(StoreError::Closed)
        };
        index_older(step, Clock::standing(Timestamp::UNIX_EPOCH), shutdown).await;
    }
}
