//! How long Azure is waited for, and how often it is asked meanwhile.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Context, NotDone};

/// Seconds between looks at something that Azure is making: soon at first, and then more seldom.
const LOOKS: [u64; 6] = [1, 1, 2, 3, 5, 8];
/// After that, Azure is asked again by the next apply.
pub(super) const PATIENCE: SignedDuration = SignedDuration::from_mins(20);
/// How long something is waited for, and how often it was polled.
pub(super) struct Patience {
    until: Timestamp,
    looks: usize,
}

impl Context {
    pub(super) fn until(&self) -> Timestamp {
        clock::after(self.azure.provisioning.clock.now(), PATIENCE)
    }

    pub(super) fn patience(&self) -> Patience {
        Patience { until: self.until(), looks: 0 }
    }

    /// Between two looks, unless it has been too long.
    pub(super) async fn pause(&self, patience: &mut Patience, what: &str) -> Result<(), NotDone> {
        let clock = &self.azure.provisioning.clock;
        if clock.now() >= patience.until {
            let minutes = PATIENCE.as_mins();
            return Err(NotDone::Pending(format!(
                "Azure is not done with {what} after {minutes} minutes. Apply again later: it goes on from there"
            )));
        }
        clock.sleep(look(patience.looks)).await;
        patience.looks += 1;
        Ok(())
    }
}

/// How long to wait before the next look, after so many.
pub(super) fn look(number: usize) -> Duration {
    Duration::from_secs(LOOKS.get(number).or(LOOKS.last()).copied().unwrap_or_default())
}
