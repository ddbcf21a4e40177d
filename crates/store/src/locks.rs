//! Locks by name that all nodes share. A lock has an owner at most, and an epoch that grows with every owner: it tells
//! the work of the present one from what an owner before still has under way.

use crate::engine::{Engine, on_engine};
use crate::{Held, StoreError, Term};

/// A handle to the locks.
#[derive(Clone)]
pub struct Locks(Engine);

impl Locks {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Takes a lock; `None` if somebody has it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn try_take(&self, name: &str, term: Term) -> Result<Option<Held>, StoreError> {
        on_engine!(self.0, locks.try_take(name, term).await)
    }

    /// Takes a lock, once those of this process who have it gave it back.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn take(&self, name: &str, term: Term) -> Result<Held, StoreError> {
        on_engine!(self.0, locks.take(name, term).await)
    }
}
