//! Alarms that were raised, so that a restart does not repeat them.

use crate::engine::{Engine, on_engine};
use crate::{RaisedAlarm, StoreError};

/// A handle to the alarms whose problem goes on.
#[derive(Clone)]
pub struct RaisedAlarms(Engine);

impl RaisedAlarms {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// All of them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn all(&self) -> Result<Vec<RaisedAlarm>, StoreError> {
        on_engine!(self.0, raised_alarms.all().await)
    }

    /// Puts these in the place of all that were there.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn replace(&self, alarms: Vec<RaisedAlarm>) -> Result<(), StoreError> {
        on_engine!(self.0, raised_alarms.replace(alarms).await)
    }
}
