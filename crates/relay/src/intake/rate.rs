//! How many messages a credential may bring in a minute.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use model::credential::Credential;
use model::id::CredentialId;

use super::Rejection;

/// Messages of the last minute, of credentials that have a limit.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<CredentialId, VecDeque<Timestamp>>>);

const MINUTE: SignedDuration = SignedDuration::from_secs(60);

impl Rates {
    /// Counts a message.
    ///
    /// # Errors
    /// When it would be one too many; it is not counted then.
    pub(super) fn count(&self, credential: &Credential, now: Timestamp) -> Result<(), Rejection> {
        let Some(limit) = credential.rate_per_minute else { return Ok(()) };
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = rates.entry(credential.id).or_default();
        while recent.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            recent.pop_front();
        }
        if recent.len() >= limit as usize {
            let age = recent.front().map_or(MINUTE, |at| now.duration_since(*at));
            return Err(Rejection::TooFast { retry_after: (MINUTE - age).unsigned_abs() });
        }
        recent.push_back(now);
        Ok(())
    }
}
