//! How much mail the sends under way may hold in memory: 64 sends of 10 MB at once would be too much.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Memory for messages that are being sent.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    free: Semaphore,
    units: u32,
}

const UNIT_BYTES: u64 = 16_384;
/// A message on its way is held as it came, in parts, and as the request that carries it.
const COPIES: u64 = 4;

impl MemoryBudget {
    /// A budget of so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let units = u32::try_from(bytes / UNIT_BYTES).unwrap_or(u32::MAX).max(1);
        Self { free: Semaphore::new(units as usize), units }
    }

    /// Waits until a message of that size fits. One that never would gets the whole budget.
    pub(crate) async fn take(&self, message_bytes: u64) -> Option<SemaphorePermit<'_>> {
        let wanted = message_bytes.saturating_mul(COPIES).div_ceil(UNIT_BYTES);
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX).min(self.units);
        // The semaphore is never closed.
        self.free.acquire_many(wanted).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future as _;
    use std::task::{Context, Waker};

    #[tokio::test]
    async fn who_does_not_fit_waits_and_the_largest_waits_for_all() {
        let budget = MemoryBudget::new(10 * UNIT_BYTES);
        let small = budget.take(2 * UNIT_BYTES).await;
        let mut huge = Box::pin(budget.take(u64::MAX));
        let mut context = Context::from_waker(Waker::noop());
        assert!(huge.as_mut().poll(&mut context).is_pending());
        drop(small);
        assert!(huge.await.is_some());
    }
}
