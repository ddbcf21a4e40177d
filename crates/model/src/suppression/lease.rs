//! The schedule of Azure's managed suppression list, which nobody can read.

use jiff::SignedDuration;

/// How long Azure's managed list keeps an address at first. Azure documents 24 hours at first and 14 days at most; that
/// it doubles in between is an assumption.
const MANAGED_LEASE_FIRST: SignedDuration = SignedDuration::from_hours(24);
/// How long Azure's managed list keeps an address at most.
pub const MANAGED_LEASE_MOST: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long Azure's managed list keeps an address that it has suppressed so many times.
#[must_use]
pub fn managed_lease(times: u32) -> SignedDuration {
    let doubled = 1_i32 << times.saturating_sub(1).min(4);
    MANAGED_LEASE_FIRST.saturating_mul(doubled).min(MANAGED_LEASE_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_managed_list_keeps_an_address_longer_each_time_and_at_most_two_weeks() {
        let days: Vec<i64> = (0..8).map(|times| managed_lease(times).as_hours() / 24).collect();
        assert_eq!(days, [1, 1, 2, 4, 8, 14, 14, 14]);
        assert_eq!(managed_lease(u32::MAX), MANAGED_LEASE_MOST);
    }
}
