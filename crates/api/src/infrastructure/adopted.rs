//! Importing existing Azure resources: the request and its result.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::infrastructure::manifest::Manifest;

/// What to import: everything that the account's communication service has, if the request is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Adopt {
    /// The communication service that mail goes through from now on; if absent, the account's, or the only one that
    /// the app has access to.
    pub service: Option<String>,
    /// Linked domains; all if empty.
    pub domains: Vec<String>,
    /// What the domains become.
    pub scope: AdoptScope,
}

/// What imported domains become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdoptScope {
    /// The desired state; devices can use their senders.
    #[default]
    DesiredState,
    /// Devices can use their senders; the desired state stays as it is.
    Senders,
}

/// What was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Adopted {
    /// The communication service.
    pub service: String,
    /// The desired state as it is now; empty with the scope `senders`.
    pub manifest: Manifest,
    /// With the scope `senders`: addresses that were added.
    pub added: Vec<String>,
    /// With the scope `senders`: addresses that the account had already.
    pub there: Vec<String>,
    /// Domains.
    pub domains: usize,
    /// Senders.
    pub senders: usize,
    /// What could not be imported, and why.
    pub notes: Vec<String>,
}
