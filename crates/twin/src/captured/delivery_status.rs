//! What becomes of a recipient: its local part says so.

use serde::{Deserialize, Serialize};

/// What becomes of a recipient. The names are those of Azure's delivery reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryStatus {
    Delivered,
    /// It arrives after ten minutes.
    Delayed,
    /// The address does not exist.
    Bounced,
    /// Azure does not send to it any more.
    Suppressed,
    /// The receiving side put it aside.
    Quarantined,
    /// The receiving side took it for spam.
    FilteredSpam,
    /// It could not be delivered.
    Failed,
    /// The request itself is refused because of it.
    Refused,
}

impl DeliveryStatus {
    /// Reads the outcome off a local part; what follows a `+` or `-` is free.
    #[must_use]
    pub fn of(address: &str) -> Self {
        let local_part = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
        match local_part.split(['+', '-']).next().unwrap_or_default() {
            "bounce" => Self::Bounced,
            "suppressed" => Self::Suppressed,
            "quarantine" => Self::Quarantined,
            "spam" => Self::FilteredSpam,
            "fail" => Self::Failed,
            "slow" => Self::Delayed,
            "refuse" => Self::Refused,
            _ => Self::Delivered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_part_decides() {
        assert_eq!(DeliveryStatus::of("Bounce+7@example.com"), DeliveryStatus::Bounced);
        assert_eq!(DeliveryStatus::of("bounces@example.com"), DeliveryStatus::Delivered);
        assert_eq!(DeliveryStatus::of("slow-1@example.com"), DeliveryStatus::Delayed);
        assert_eq!(DeliveryStatus::of("someone@bounce.example"), DeliveryStatus::Delivered);
    }
}
