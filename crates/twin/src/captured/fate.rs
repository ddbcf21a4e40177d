//! What becomes of a recipient before anything is sent: nothing is sent to those who are suppressed.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::{Captured, CapturedRecipient, DeliveryStatus, Field};
use crate::state::{Behaviour, Domain};

/// What decides about the recipients of one mail.
pub(crate) struct Fate<'a> {
    /// The sender's domain, which has suppression lists.
    pub(crate) domain: &'a Domain,
    /// The sender's username, which lists may be for.
    pub(crate) username: &'a str,
    /// What was sent before.
    pub(crate) captured: &'a Captured,
    /// Whether what came back before counts.
    pub(crate) behaviour: &'a Behaviour,
    pub(crate) now: Timestamp,
}

/// Addresses that mail came back from, and until when Azure sends nothing to them.
#[derive(Debug, Default)]
pub(super) struct Bounces(HashMap<String, Bounce>);

#[derive(Debug, Default)]
struct Bounce {
    times: usize,
    until: Timestamp,
}

/// Hours for which Azure's own list holds an address, longer each time (Microsoft's documentation of the managed
/// suppression list).
const HOURS: [i64; 5] = [24, 48, 96, 7 * 24, 14 * 24];

impl Fate<'_> {
    /// What becomes of one recipient.
    pub(crate) fn of(&self, address: &str, field: Field) -> CapturedRecipient {
        let captured = CapturedRecipient::new(address, field, self.now);
        let is_held = || self.behaviour.suppresses_bounced && self.captured.bounces.hold(address, self.now);
        let is_suppressed = self.domain.suppresses(self.username, address) || is_held();
        if is_suppressed { captured.suppressed(self.now) } else { captured }
    }
}

impl Bounces {
    /// Remembers those of a mail's recipients whose mail came back.
    pub(super) fn note(&mut self, recipients: &[CapturedRecipient], now: Timestamp) {
        let bounced = recipients.iter().filter(|one| one.outcome == DeliveryStatus::Bounced);
        for recipient in bounced {
            if self.hold(&recipient.address, now) {
                continue;
            }
            let bounce = self.0.entry(recipient.address.to_lowercase()).or_default();
            let hours = HOURS[bounce.times.min(HOURS.len() - 1)];
            bounce.times += 1;
            bounce.until = clock::after(now, SignedDuration::from_hours(hours));
        }
    }

    /// Whether nothing is sent to an address at that time.
    fn hold(&self, address: &str, now: Timestamp) -> bool {
        self.0.get(&address.to_lowercase()).is_some_and(|bounce| now < bounce.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_held_longer_each_time() {
        let mut bounces = Bounces::default();
        let hour = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let mut now = 0;
        for hours in [24, 48, 96, 168, 336, 336] {
            let gone = CapturedRecipient::new("Bounce@example.com", Field::To, hour(now));
            bounces.note(std::slice::from_ref(&gone), hour(now));
            bounces.note(&[gone], hour(now + 1));
            assert!(bounces.hold("bounce@example.com", hour(now + hours - 1)), "{hours}");
            assert!(!bounces.hold("bounce@example.com", hour(now + hours)), "{hours}");
            assert!(!bounces.hold("a@example.com", hour(now)));
            now += hours;
        }
    }
}
