//! One concurrency limit for all calls of one app to one subscription: a few at a time, and nobody while Azure says to wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use azure_types::ids::{ClientId, SubscriptionId};
use clock::Clock;
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

/// A concurrency limit. Resource Manager counts by app and subscription, so that there is one for each pair.
#[derive(Debug)]
pub struct Gate {
    permits: Semaphore,
    closed_until: Mutex<Timestamp>,
}

/// The concurrency limits of all pairs of application and subscription.
#[derive(Clone, Debug, Default)]
pub struct Gates(Arc<Mutex<HashMap<Pair, Arc<Gate>>>>);

type Pair = (ClientId, SubscriptionId);

/// Calls at once. More would only be refused together.
const AT_ONCE: usize = 8;

impl Default for Gate {
    fn default() -> Self {
        Self { permits: Semaphore::new(AT_ONCE), closed_until: Mutex::new(Timestamp::MIN) }
    }
}

impl Gates {
    /// The limit of an app to a subscription.
    #[must_use]
    pub fn of(&self, client: ClientId, subscription: SubscriptionId) -> Arc<Gate> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry((client, subscription)).or_default())
    }
}

impl Gate {
    /// Lets a call through, once it is its turn.
    pub(crate) async fn pass(&self, clock: &Clock) -> Option<SemaphorePermit<'_>> {
        let permit = self.permits.acquire().await.ok();
        loop {
            let until = self.until();
            if clock.now() >= until {
                return permit;
            }
            clock.sleep_until(until).await;
        }
    }

    /// Closes it until then: Azure has said that there was too much.
    pub(crate) fn close(&self, until: Timestamp) {
        let mut closed = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = (*closed).max(until);
    }

    fn until(&self) -> Timestamp {
        *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn nobody_passes_a_closed_gate() {
        let clock = Clock::standing(Timestamp::UNIX_EPOCH);
        let gate = Arc::new(Gate::default());
        gate.close(clock.now() + jiff::SignedDuration::from_secs(3));
        let passing = tokio::spawn({
            let (gate, clock) = (Arc::clone(&gate), clock.clone());
            async move { gate.pass(&clock).await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!passing.is_finished());
        clock.advance(Duration::from_secs(3));
        assert!(passing.await.unwrap());
    }
}
