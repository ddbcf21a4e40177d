//! How the last tries of each account went, and which writes of the store failed. In memory: after a restart the next
//! try shows it again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use model::delivery::{Attempt, AttemptResult, Reason};
use model::id::AccountId;
use store::StoreError;

/// What went wrong lately.
#[derive(Default)]
pub(crate) struct Noticed {
    streaks: Mutex<HashMap<AccountId, Streak>>,
    storage: Mutex<BTreeMap<StorageKind, StorageFailure>>,
}

/// Tries of an account that failed one after the other, for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streak {
    pub kind: StreakKind,
    /// When the first of them failed.
    pub since: Timestamp,
    /// When the last of them failed.
    pub last_at: Timestamp,
    pub count: u32,
    /// What was said of the last of them.
    pub text: String,
    /// When the account is tried again; `None` where each message has a time of its own.
    pub next_at: Option<Timestamp>,
}

/// Why tries of an account fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreakKind {
    /// Azure or Entra refuses the login.
    Login,
    /// Azure cannot be reached.
    Unreachable,
    Azure,
    /// What the account needs in order to send is missing.
    Unusable,
}

/// What the store writes. Each can fail while the others work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StorageKind {
    /// The journal, to which every accepted message is appended.
    Journal,
    /// The queue's database.
    Database,
    /// The files of messages that are too large for the journal.
    LargeFile,
}

/// Writes of one kind that fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageFailure {
    pub kind: StorageKind,
    /// When it was met first.
    pub since: Timestamp,
    /// When it was met last.
    pub last_at: Timestamp,
    pub text: String,
}

/// A failure of the store that has not occurred again for so long is over.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(10);

impl StreakKind {
    fn of(reason: Reason) -> Option<Self> {
        match reason {
            Reason::Login => Some(Self::Login),
            Reason::Unreachable => Some(Self::Unreachable),
            Reason::Azure => Some(Self::Azure),
            Reason::Rate | Reason::DomainNotLinked | Reason::SenderUnknown | Reason::Suppressed => None,
        }
    }
}

/// A try that failed.
struct Failing<'a> {
    kind: StreakKind,
    text: &'a str,
    at: Timestamp,
    next_at: Option<Timestamp>,
}

impl StorageFailure {
    fn is_recent(&self, now: Timestamp) -> bool {
        now.duration_since(self.last_at) < FORGOTTEN_AFTER
    }
}

impl Noticed {
    /// Takes note of a try; `next_at` is when the account is tried again.
    pub(crate) fn tried(&self, account: AccountId, attempt: &Attempt, next_at: Option<Timestamp>) {
        let failed = attempt.reason.and_then(StreakKind::of);
        match failed {
            Some(kind) => {
                self.failed(account, Failing { kind, text: &attempt.text, at: attempt.at, next_at });
            }
            // Azure has not been asked: that says nothing of it.
            None if attempt.transport.is_none() && attempt.result != AttemptResult::Accepted => {}
            None => self.forget(account),
        }
    }

    /// Takes note that an account cannot even be tried.
    pub(crate) fn unusable(&self, account: AccountId, why: &str, now: Timestamp, next_at: Timestamp) {
        self.failed(
            account,
            Failing { kind: StreakKind::Unusable, text: why, at: now, next_at: Some(next_at) },
        );
    }

    /// Takes note that an account can be tried.
    pub(crate) fn usable(&self, account: AccountId) {
        let mut streaks = self.streaks();
        if streaks.get(&account).is_some_and(|streak| streak.kind == StreakKind::Unusable) {
            streaks.remove(&account);
        }
    }

    /// Begins anew: the account has changed, or works.
    pub(crate) fn forget(&self, account: AccountId) {
        self.streaks().remove(&account);
    }

    /// What goes on with an account.
    pub(crate) fn streak(&self, account: AccountId) -> Option<Streak> {
        self.streaks().get(&account).cloned()
    }

    /// Takes note that a write failed. A disk that is too slow for the database makes an append to the journal fail.
    pub(crate) fn store_failed(&self, kind: StorageKind, error: &StoreError, now: Timestamp) {
        let kind = if matches!(error, StoreError::Behind) { StorageKind::Database } else { kind };
        let mut storage = self.storage();
        let recent = storage.get(&kind).filter(|before| before.is_recent(now));
        let since = recent.map_or(now, |before| before.since);
        storage.insert(kind, StorageFailure { kind, since, last_at: now, text: model::error_chain(error) });
    }

    /// Takes note of writes that succeeded. Failures of other kinds go on.
    pub(crate) fn store_works(&self, kinds: &[StorageKind]) {
        self.storage().retain(|kind, _| !kinds.contains(kind));
    }

    /// Takes note that the dispatcher could not claim from the queue.
    pub(crate) fn database_failed(&self, error: &StoreError, now: Timestamp) {
        self.store_failed(StorageKind::Database, error, now);
    }

    /// Takes note that the dispatcher could claim from the queue, which writes to its database.
    pub(crate) fn database_works(&self) {
        self.store_works(&[StorageKind::Database]);
    }

    /// The writes that failed a short while ago and have not succeeded since, one of each kind.
    pub(crate) fn store_failures(&self, now: Timestamp) -> Vec<StorageFailure> {
        self.storage().values().filter(|failure| failure.is_recent(now)).cloned().collect()
    }

    fn failed(&self, account: AccountId, failing: Failing<'_>) {
        let Failing { kind, text, at, next_at } = failing;
        let mut streaks = self.streaks();
        let before = streaks.remove(&account).filter(|before| before.kind == kind);
        let (since, count) = before.map_or((at, 0), |before| (before.since, before.count));
        let text = text.to_owned();
        streaks.insert(account, Streak { kind, since, last_at: at, count: count + 1, text, next_at });
    }

    fn streaks(&self) -> MutexGuard<'_, HashMap<AccountId, Streak>> {
        self.streaks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn storage(&self) -> MutexGuard<'_, BTreeMap<StorageKind, StorageFailure>> {
        self.storage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use model::upstream::Transport;

    use super::*;

    const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);

    fn attempt(second: i64, transport: Option<Transport>, reason: Option<Reason>) -> Attempt {
        let at = Timestamp::from_second(second).unwrap();
        Attempt { at, transport, result: AttemptResult::Deferred, text: format!("try {second}"), reason }
    }

    #[test]
    fn tries_that_fail_alike_are_one_streak_until_azure_answers() {
        let noticed = Noticed::default();
        let rest = Some(Transport::Rest);
        for second in [1, 2] {
            noticed.tried(ACCOUNT, &attempt(second, rest, Some(Reason::Unreachable)), None);
        }
        noticed.tried(ACCOUNT, &attempt(3, None, None), None);
        let streak = noticed.streak(ACCOUNT).unwrap();
        assert_eq!((streak.since.as_second(), streak.last_at.as_second(), streak.count), (1, 2, 2));
        assert_eq!(streak.text, "try 2");
        noticed.tried(ACCOUNT, &attempt(4, rest, Some(Reason::Login)), None);
        assert_eq!(
            noticed.streak(ACCOUNT).map(|streak| (streak.kind, streak.count)),
            Some((StreakKind::Login, 1))
        );
        noticed.usable(ACCOUNT);
        assert!(noticed.streak(ACCOUNT).is_some(), "that it can be tried does not mean that it works");
        noticed.tried(ACCOUNT, &attempt(5, rest, Some(Reason::DomainNotLinked)), None);
        assert_eq!(noticed.streak(ACCOUNT), None, "Azure answered");
    }

    #[test]
    fn a_failure_of_one_kind_of_write_ends_when_that_kind_works_or_after_a_while() {
        use StorageKind::{Database, Journal, LargeFile};
        let noticed = Noticed::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let kinds = |second| -> Vec<StorageKind> {
            noticed.store_failures(at(second)).iter().map(|failure| failure.kind).collect()
        };
        noticed.store_failed(LargeFile, &StoreError::Closed, at(1));
        noticed.store_failed(Journal, &StoreError::Closed, at(2));
        noticed.store_failed(Journal, &StoreError::Behind, at(3));
        noticed.store_failed(LargeFile, &StoreError::Closed, at(9));
        assert_eq!(kinds(10), [Journal, Database, LargeFile], "a database that is behind is not the journal");
        noticed.store_works(&[Journal]);
        assert_eq!(kinds(10), [Database, LargeFile], "a small message proves nothing about large files");
        let large = noticed.store_failures(at(10)).pop().unwrap();
        assert_eq!((large.since, large.last_at), (at(1), at(9)));
        assert_eq!(kinds(605), [LargeFile], "each kind is over on its own");
        assert_eq!(kinds(700), []);
        noticed.store_failed(LargeFile, &StoreError::Closed, at(900));
        assert_eq!(noticed.store_failures(at(901))[0].since, at(900), "the one before is over");
        noticed.store_works(&[Journal, Database, LargeFile]);
        assert_eq!(kinds(901), []);
    }
}
