//! So many requests in any five minutes, for each token.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// When each token asked, by its id.
#[derive(Debug, Default)]
pub(crate) struct RequestWindow(Mutex<HashMap<String, VecDeque<Timestamp>>>);

/// A request too many.
#[derive(Debug)]
pub(crate) struct TooMany {
    /// Seconds until the next one may come.
    pub(crate) wait: u64,
}

const WINDOW: SignedDuration = SignedDuration::from_mins(5);

impl RequestWindow {
    /// Counts a request of a token, unless there are `limit` in the window.
    pub(crate) fn count(&self, token: &str, limit: usize, now: Timestamp) -> Result<(), TooMany> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = all.entry(token.to_owned()).or_default();
        while asked.front().is_some_and(|at| now.duration_since(*at) >= WINDOW) {
            asked.pop_front();
        }
        if asked.len() < limit {
            asked.push_back(now);
            return Ok(());
        }
        let oldest = asked.front().copied().unwrap_or(now);
        let wait = WINDOW.saturating_sub(now.duration_since(oldest)).as_secs();
        Err(TooMany { wait: u64::try_from(wait).unwrap_or(0).max(1) })
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
