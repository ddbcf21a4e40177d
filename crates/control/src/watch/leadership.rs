//! Leadership: of all nodes on one store, one watches. Two would rotate the same secret, and tell everything twice.

use std::time::Duration;

use store::{Held, Term};
use tracing::error;

use crate::Control;

/// The lock that the leader has.
const LOCK: &str = "watch";
/// Between two tries to become the leader.
const RETRY: Duration = Duration::from_secs(15);

impl Control {
    /// Waits until this node is the leader. It stays the leader as long as it lives and keeps what this returns.
    pub(super) async fn lead(&self) -> Held {
        loop {
            match self.store.locks().try_take(LOCK, Term::from(self.clock.now())).await {
                Ok(Some(held)) => return held,
                Ok(None) => {}
                Err(error) => {
                    error!(error = model::error_chain(&error), "it cannot be decided which node watches");
                }
            }
            self.clock.sleep(RETRY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::tests::control;

    #[tokio::test]
    async fn one_watches_and_the_next_one_once_it_ended() {
        let (_folder, control) = control();
        let first = control.lead().await;
        let epoch = first.epoch();
        let next = tokio::spawn({
            let control = control.clone();
            async move { control.lead().await.epoch() }
        });
        while control.clock.sleepers().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(!next.is_finished(), "there is a leader");
        drop(first);
        while !next.is_finished() {
            control.clock.advance(RETRY);
            tokio::task::yield_now().await;
        }
        assert!(next.await.unwrap() > epoch);
    }
}
