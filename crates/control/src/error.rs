//! Why a change was not made.

use store::StoreError;

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// A field is not what it should be.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The store refuses or fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A field that is not what it should be, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Invalid {
    /// The field, as the operator knows it.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Invalid {
    pub(crate) fn new(field: &'static str, reason: impl ToString) -> Self {
        Self { field, reason: reason.to_string() }
    }
}
