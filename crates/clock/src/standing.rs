//! A clock that stands until it is moved, and knows who waits for it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

#[derive(Debug)]
pub(crate) struct Standing {
    time: watch::Sender<Timestamp>,
    /// How many wait for each time.
    waiting: watch::Sender<BTreeMap<Timestamp, usize>>,
}

/// One that waits, until this is dropped.
struct Waiting<'a> {
    standing: &'a Standing,
    until: Timestamp,
}

impl Standing {
    pub(crate) fn at(time: Timestamp) -> Self {
        Self { time: watch::Sender::new(time), waiting: watch::Sender::default() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.time.borrow()
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.time.send_modify(|now| *now = crate::after(*now, by));
    }

    pub(crate) async fn sleep_until(&self, time: Timestamp) {
        if self.now() >= time {
            return;
        }
        let _waiting = self.wait(time);
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.time.subscribe().wait_for(|now| *now >= time).await;
    }

    /// Those whose time has not come.
    pub(crate) fn sleepers(&self) -> Vec<Timestamp> {
        let now = self.now();
        let waiting = self.waiting.borrow();
        let asleep = waiting.iter().filter(|(until, _)| **until > now);
        asleep.flat_map(|(until, count)| std::iter::repeat_n(*until, *count)).collect()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<BTreeMap<Timestamp, usize>> {
        self.waiting.subscribe()
    }

    fn wait(&self, until: Timestamp) -> Waiting<'_> {
        self.waiting.send_modify(|waiting| *waiting.entry(until).or_default() += 1);
        Waiting { standing: self, until }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.standing.waiting.send_modify(|waiting| {
            if let Some(count) = waiting.get_mut(&self.until) {
                *count -= 1;
                if *count == 0 {
                    waiting.remove(&self.until);
                }
            }
        });
    }
}
