//! Rotations of client secrets: each step is here before the next one begins.

use model::id::AccountId;
use model::rotation::{Rotation, Step};
use secrecy::SecretString;

use crate::engine::{Engine, on_engine};
use crate::{AuditEntry, SecretFacts, StoreError};

/// A handle to the rotations.
#[derive(Clone)]
pub struct Rotations(Engine);

impl Rotations {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Begins a rotation, unless one is under way; says whether it was begun.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn begin(&self, rotation: Rotation, audit: AuditEntry) -> Result<bool, StoreError> {
        on_engine!(self.0, rotations.begin(rotation, audit).await)
    }

    /// Notes that a rotation was given up at the step `from`, and forgets the secret that it had made.
    ///
    /// # Errors
    /// When it has left that step meanwhile, or nothing can be written.
    pub async fn roll_back(
        &self,
        from: Step,
        rotation: Rotation,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, rotations.roll_back(from, rotation, audit).await)
    }

    /// Takes a rotation that was at the step `from` to its next step.
    ///
    /// # Errors
    /// When it has left that step meanwhile, or nothing can be written.
    pub async fn advance(&self, from: Step, rotation: Rotation, audit: AuditEntry) -> Result<(), StoreError> {
        on_engine!(self.0, rotations.advance(from, rotation, audit).await)
    }

    /// Notes what keeps a rotation at its step.
    ///
    /// # Errors
    /// When it has left that step meanwhile, or nothing can be written.
    pub async fn note_problem(&self, rotation: Rotation) -> Result<(), StoreError> {
        on_engine!(self.0, rotations.note_problem(rotation).await)
    }

    /// Notes a step together with the secret that it brought, which is not in use yet.
    ///
    /// # Errors
    /// When the account is gone, the rotation was given up, or nothing can be written.
    pub async fn note_with_secret(
        &self,
        rotation: Rotation,
        secret: SecretString,
        facts: SecretFacts,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, rotations.note_with_secret(rotation, secret, facts, audit).await)
    }

    /// The rotation of an account: one that is under way, or the last one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(&self, account: AccountId) -> Result<Option<Rotation>, StoreError> {
        on_engine!(self.0, rotations.of(account).await)
    }
}
