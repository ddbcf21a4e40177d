//! Time and randomness, handed to everything that needs them.
//!
//! A [`Clock`] is the system's, or one that a test moves: then nothing ever sleeps for real, and who sleeps can be
//! counted. [`Entropy`] is the system's, or a sequence that a test can repeat.

mod entropy;
mod sources;
mod standing;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use entropy::Entropy;
pub use sources::Sources;

use jiff::{SignedDuration, Timestamp, TimestampArithmetic};

use self::standing::Standing;

/// Tells the time and waits for it.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System(Start),
    Moved(Arc<Standing>),
}

/// Where the steady time of a system clock begins.
#[derive(Clone, Copy, Debug)]
struct Start {
    time: Timestamp,
    instant: Instant,
}

/// The time that is `by` later than `at`; the last representable time where it would be later than that.
#[must_use]
pub fn after(at: Timestamp, by: impl Into<TimestampArithmetic>) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
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
        Self(Kind::Moved(Arc::new(Standing::at(at))))
    }

    /// The time of day, which may jump; see [`Clock::steady`].
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::System(_) => Timestamp::now(),
            Kind::Moved(standing) => standing.now(),
        }
    }

    /// A time that neither jumps nor stands still when somebody sets the system's clock. It began as
    /// the time of day when this clock was made.
    #[must_use]
    pub fn steady(&self) -> Timestamp {
        match &self.0 {
            Kind::System(start) => after(start.time, start.instant.elapsed()),
            Kind::Moved(standing) => standing.now(),
        }
    }

    /// Moves a standing clock. The system's clock is not ours to move, and stays.
    pub fn advance(&self, by: Duration) {
        if let Kind::Moved(standing) = &self.0 {
            standing.advance(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX));
        }
    }

    /// The deadlines that are slept until on a standing clock, one for each sleeper, the next one first. A sleeper that was
    /// woken and has not run yet is not among them. Nobody knows who sleeps on the system's clock.
    #[must_use]
    pub fn sleepers(&self) -> Vec<Timestamp> {
        match &self.0 {
            Kind::System(_) => Vec::new(),
            Kind::Moved(standing) => standing.sleepers(),
        }
    }

    /// Waits until somebody goes to sleep or wakes on a standing clock, from the time of this call on.
    pub fn sleepers_change(&self) -> impl Future<Output = ()> + use<> {
        let changes = match &self.0 {
            Kind::System(_) => None,
            Kind::Moved(standing) => Some(standing.changes()),
        };
        async move {
            match changes {
                Some(mut changes) => drop(changes.changed().await),
                None => std::future::pending().await,
            }
        }
    }

    /// Waits until the clock shows `time` or later.
    pub async fn sleep_until(&self, time: Timestamp) {
        match &self.0 {
            Kind::System(_) => {
                let left = time.duration_since(Timestamp::now());
                tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
            }
            Kind::Moved(standing) => standing.sleep_until(time).await,
        }
    }

    /// Waits for so long.
    pub async fn sleep(&self, duration: Duration) {
        self.sleep_until(after(self.now(), duration)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_ends_and_does_not_overflow() {
        let start = Timestamp::UNIX_EPOCH;
        assert_eq!(after(start, SignedDuration::from_secs(60)).as_second(), 60);
        assert_eq!(after(start, Duration::from_millis(1_500)).as_millisecond(), 1_500);
        assert_eq!(after(start, SignedDuration::from_secs(-60)).as_second(), -60);
        assert_eq!(after(start, Duration::MAX), Timestamp::MAX);
        assert_eq!(after(Timestamp::MAX, SignedDuration::from_nanos(1)), Timestamp::MAX);
    }

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

    #[tokio::test]
    async fn sleepers_are_counted_until_they_wake_or_give_up() {
        let clock = Clock::standing(Timestamp::UNIX_EPOCH);
        let second = |second| Timestamp::from_second(second).unwrap();
        let sleep = |seconds| {
            let clock = clock.clone();
            tokio::spawn(async move { clock.sleep_until(second(seconds)).await })
        };
        let (late, early, _early_too) = (sleep(30), sleep(10), sleep(10));
        assert_eq!(clock.sleepers(), [], "nobody has run yet");
        clock.sleepers_change().await;
        tokio::task::yield_now().await;
        assert_eq!(clock.sleepers(), [second(10), second(10), second(30)]);

        let woken = clock.sleepers_change();
        clock.advance(Duration::from_secs(20));
        assert_eq!(clock.sleepers(), [second(30)], "who was woken does not sleep, although it has not run");
        woken.await;
        early.await.unwrap();
        late.abort();
        assert!(late.await.unwrap_err().is_cancelled());
        assert_eq!(clock.sleepers(), []);
        clock.sleep_until(second(20)).await;
    }
}
