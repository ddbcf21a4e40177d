//! How much each token may ask: so many requests in any five minutes.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::failure::CloudflareError;
use crate::backend::Backend;
use crate::state::dns::provider::CloudflareToken;

/// When each token asked.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<HashMap<String, VecDeque<Timestamp>>>);

const WINDOW: SignedDuration = SignedDuration::from_mins(5);

impl Meter {
    /// Counts a request, or refuses it.
    pub(super) fn count(&self, backend: &Backend, token: &CloudflareToken) -> Result<(), CloudflareError> {
        let limit = usize::try_from(backend.state().behaviour.cloudflare_requests).unwrap_or(usize::MAX);
        let now = backend.now();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = all.entry(token.id.clone()).or_default();
        while asked.front().is_some_and(|at| now.duration_since(*at) >= WINDOW) {
            asked.pop_front();
        }
        if asked.len() < limit {
            asked.push_back(now);
            return Ok(());
        }
        let oldest = asked.front().copied().unwrap_or(now);
        let wait = WINDOW.saturating_sub(now.duration_since(oldest)).as_secs();
        Err(CloudflareError::too_many(u64::try_from(wait).unwrap_or(0).max(1)))
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
