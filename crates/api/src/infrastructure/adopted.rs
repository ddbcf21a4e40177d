//! What was adopted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::infrastructure::manifest::Manifest;

/// What was taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Adopted {
    /// The desired state as it is now.
    pub manifest: Manifest,
    /// Domains.
    pub domains: usize,
    /// Senders.
    pub senders: usize,
    /// What is there and could not be taken over.
    pub notes: Vec<String>,
}
