//! What a subscription may send.

use serde::{Deserialize, Serialize};

/// What a subscription may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Sends in any minute.
    pub sends_per_minute: u32,
    /// Sends in any hour.
    pub sends_per_hour: u32,
    /// Status reads in any minute.
    pub status_reads_per_minute: u32,
    /// Status reads in any hour.
    pub status_reads_per_hour: u32,
}

impl Limits {
    /// What a subscription with custom domains starts with.
    pub const CUSTOM: Self = Self {
        sends_per_minute: 30,
        sends_per_hour: 100,
        status_reads_per_minute: 60,
        status_reads_per_hour: 200,
    };

    /// What Azure-managed domains are held to.
    pub const AZURE_MANAGED: Self = Self {
        sends_per_minute: 5,
        sends_per_hour: 10,
        status_reads_per_minute: 10,
        status_reads_per_hour: 20,
    };
}
