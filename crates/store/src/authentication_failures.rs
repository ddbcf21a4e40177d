//! Accounts that Azure would not let in: noted by the dispatcher, taken by the watch.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::id::AccountId;
use tokio::sync::Notify;

/// The accounts whose login failed and that are not yet verified. Forgotten with the process: the next try brings
/// them back.
#[derive(Clone, Default)]
pub struct AuthenticationFailures(Arc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: Mutex<BTreeMap<AccountId, String>>,
    arrived: Notify,
}

impl AuthenticationFailures {
    /// Notes that a login of the account was refused, and in which words.
    pub fn note(&self, account: AccountId, words: &str) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(account, words.to_owned());
        self.0.arrived.notify_one();
    }

    /// An account whose login failed, once there is one.
    pub async fn next(&self) -> (AccountId, String) {
        loop {
            let first = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            match first {
                Some(first) => return first,
                None => self.0.arrived.notified().await,
            }
        }
    }
}
