//! Time and randomness, handed to everything that needs them.
//!
//! A [`Clock`] is the system's, or one that a test moves: then nothing ever sleeps for real. [`Entropy`]
//! is the system's, or a sequence that a test can repeat.

mod entropy;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use entropy::Entropy;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Tells the time and waits for it.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System(Start),
    Moved(Arc<watch::Sender<Timestamp>>),
}

/// Where the steady time of a system clock begins.
#[derive(Clone, Copy, Debug)]
struct Start {
    time: Timestamp,
    instant: Instant,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Kind::System(Start { time: Timestamp::now(), instant: Instant::now() }))
    }

    /// A clock that stands still until [`Clock::advance`] moves it. All clones move together.
    #[must_use]
    pub fn standing(at: Timestamp) -> Self {
        Self(Kind::Moved(Arc::new(watch::Sender::new(at))))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::System(_) => Timestamp::now(),
            Kind::Moved(time) => *time.borrow(),
        }
    }

    /// A time that neither jumps nor stands still when somebody sets the system's clock. It began as
    /// the time of day when this clock was made.
    #[must_use]
    pub fn steady(&self) -> Timestamp {
        match &self.0 {
            Kind::System(start) => {
                let gone = SignedDuration::try_from(start.instant.elapsed()).unwrap_or(SignedDuration::MAX);
                start.time.saturating_add(gone).unwrap_or(Timestamp::MAX)
            }
            Kind::Moved(time) => *time.borrow(),
        }
    }

    /// Moves a standing clock. The system's clock is not ours to move, and stays.
    pub fn advance(&self, by: Duration) {
        if let Kind::Moved(time) = &self.0 {
            let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
            time.send_modify(|now| *now = now.saturating_add(by).unwrap_or(Timestamp::MAX));
        }
    }

    /// Waits until the clock shows `time` or later.
    pub async fn sleep_until(&self, time: Timestamp) {
        match &self.0 {
            Kind::System(_) => {
                let left = time.duration_since(Timestamp::now());
                tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
            }
            Kind::Moved(clock) => {
                // The sender lives in this clock, so waiting cannot fail.
                let _ = clock.subscribe().wait_for(|now| *now >= time).await;
            }
        }
    }

    /// Waits for so long.
    pub async fn sleep(&self, duration: Duration) {
        let by = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        self.sleep_until(self.now().saturating_add(by).unwrap_or(Timestamp::MAX)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved_past_its_time() {
        let clock = Clock::standing(Timestamp::UNIX_EPOCH);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep(Duration::from_secs(60)).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        assert_eq!(sleeper.await.unwrap().as_second(), 60);
    }
}
