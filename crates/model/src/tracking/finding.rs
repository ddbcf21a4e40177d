//! What a report about a recipient says about the address itself. A refusal of the message, of its sender or of the
//! moment blames nobody.

use jiff::{SignedDuration, Timestamp};

use super::{RecipientOutcome, RecipientState};
use crate::suppression::{SuppressionReason, later, managed_lease};

/// Something that was reported of a recipient and concerns later mail to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The recipient's place in its message.
    pub position: u32,
    pub reason: SuppressionReason,
    /// Enhanced status code, where one is known.
    pub status: Option<String>,
    /// What was said.
    pub text: String,
    pub at: Timestamp,
    /// When the entry ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// How long an address is suppressed that may come back: its domain or its mailbox is out of order.
const SOFT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Whether an enhanced status (RFC 3463 section 3.2) says that the address will never work. Faults of the sender's
/// address (5.1.7, 5.1.8) and what names no fault (5.1.0) do not.
fn is_hard_bounce(status: &str) -> bool {
    matches!(status, "5.1.1" | "5.1.3" | "5.1.6" | "5.1.10")
}

/// Whether an enhanced status says that the address does not work now: its domain takes no mail, or its mailbox is
/// disabled.
fn is_soft_bounce(status: &str) -> bool {
    matches!(status, "5.1.2" | "5.2.1")
}

impl Finding {
    /// What an outcome says about the address.
    pub(super) fn of(position: u32, reported: &RecipientOutcome) -> Option<Self> {
        let status = reported.status.clone().or_else(|| status_in(&reported.text));
        let (reason, expires_at) = match (reported.state, status.as_deref()) {
            (RecipientState::Suppressed, _) => {
                (SuppressionReason::AzureManaged, Some(later(reported.at, managed_lease(1))))
            }
            (RecipientState::Bounced | RecipientState::Failed, Some(status)) if is_hard_bounce(status) => {
                (SuppressionReason::HardBounce, None)
            }
            (RecipientState::Bounced | RecipientState::Failed, Some(status)) if is_soft_bounce(status) => {
                (SuppressionReason::HardBounce, Some(later(reported.at, SOFT)))
            }
            // Azure calls it a hard bounce and says no more.
            (RecipientState::Bounced, None) => (SuppressionReason::HardBounce, None),
            _ => return None,
        };
        Some(Self { position, reason, status, text: reported.text.clone(), at: reported.at, expires_at })
    }
}

/// The first enhanced status code of a permanent failure in a server's words.
fn status_in(text: &str) -> Option<String> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let is_code = |word: &str| {
        let mut parts = word.split('.');
        let is_number = |part: Option<&str>| {
            part.is_some_and(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
        };
        parts.next() == Some("5")
            && is_number(parts.next())
            && is_number(parts.next())
            && parts.next().is_none()
    };
    words.map(|word| word.trim_matches('.')).find(|word| is_code(word)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_of_the_address_counts() {
        use RecipientState::{Bounced, Delivered, Failed, FilteredSpam, Suppressed, Undelivered};
        let hard = Some((SuppressionReason::HardBounce, None));
        let soft = Some((SuppressionReason::HardBounce, Some(14 * 24)));
        for (state, status, text, expected) in [
            (Bounced, None, "550 5.1.1 User unknown", hard),
            (Bounced, None, "550 5.1.10 RESOLVER.ADR.RecipientNotFound", hard),
            (Bounced, Some("5.1.1"), "", hard),
            (Bounced, None, "", hard),
            (Bounced, None, "no such user", hard),
            (Bounced, None, "550 5.7.1 our policy forbids it (see 5.1.1)", None),
            (Bounced, None, "552 5.2.2 mailbox full", None),
            (Bounced, None, "550 5.2.1 mailbox disabled", soft),
            (Bounced, None, "550 5.1.2 bad destination system", soft),
            (Bounced, None, "550 5.1.8 bad sender", None),
            (Failed, Some("5.1.1"), "unknown", hard),
            (Failed, Some("5.1.0"), "Azure does not take this address.", None),
            (Failed, None, "it was tried for two days", None),
            (Failed, Some("5.4.7"), "", None),
            (Suppressed, None, "", Some((SuppressionReason::AzureManaged, Some(24)))),
            (Undelivered, None, "550 5.1.1 said somebody", None),
            (FilteredSpam, None, "554 5.7.1 spam", None),
            (Delivered, None, "250 2.0.0 OK from 5.1.1.1", None),
        ] {
            let status = status.map(str::to_owned);
            let outcome =
                RecipientOutcome { state, at: Timestamp::UNIX_EPOCH, status, text: text.to_owned() };
            let found = Finding::of(3, &outcome);
            let hours = |end: Timestamp| end.as_second() / 3_600;
            let found = found.map(|found| (found.reason, found.expires_at.map(hours)));
            assert_eq!(found, expected, "{state} {text}");
        }
    }
}
