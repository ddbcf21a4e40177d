//! Every row of the table, as it goes over the wire and as the operator sees it.

use std::fmt::Write as _;
use std::time::Duration;

use message::author::AuthorFault;
use message::submission::inspect;
use model::suppression::{Evidence, Suppression, SuppressionReason, SuppressionScope};
use store::StoreError;

use super::*;
use crate::intake::Part;

fn suppression() -> Suppression {
    Suppression {
        address: "ann@example.com".parse().unwrap(),
        account: None,
        scope: SuppressionScope::All,
        reason: SuppressionReason::Complaint,
        evidence: Evidence::default(),
        added_at: jiff::Timestamp::UNIX_EPOCH,
        reported_at: jiff::Timestamp::UNIX_EPOCH,
        times: 1,
        expires_at: None,
    }
}

fn all() -> Vec<Rejection> {
    let fault = |part| AddressFault { mailbox: "a@contoso.example".parse().unwrap(), part };
    let not_sent = [
        NotSent::Never {
            code: 552,
            status: (3, 4),
            text: "Azure does not take a message of that size.".into(),
        },
        NotSent::Never { code: 250, status: (6, 0), text: "No.".into() },
        NotSent::TooFast,
        NotSent::DomainNotLinked,
        NotSent::UnknownSender("550 5.1.8 nobody".into()),
        NotSent::LoginRejected,
        NotSent::Later("HTTP 503".into()),
    ];
    let mut all = vec![
        Rejection::CredentialGone(ChosenBy::Login),
        Rejection::CredentialGone(ChosenBy::Network),
        Rejection::TokenExpiring,
        Rejection::AccountDisabled("contoso".parse().unwrap()),
        Rejection::TooFast { retry_after: Duration::from_secs(12) },
        Rejection::NoMemory,
        Rejection::ReversePathUnreadable,
        Rejection::RecipientUnreadable,
        Rejection::SenderNotAllowed(fault(Part::From)),
        Rejection::SenderNotAllowed(fault(Part::ReversePath)),
        Rejection::UnknownSender(fault(Part::From)),
        Rejection::DomainNotLinked(fault(Part::ReversePath)),
        Rejection::AuthorUnknown(AuthorFault::Invalid("root".into(), "the address has no domain".into())),
        Rejection::NoRecipients,
        Rejection::TooManyRecipients { limit: 50 },
        Rejection::RecipientNotPossible,
        Rejection::RecipientSuppressed(Box::new(suppression())),
        Rejection::RecipientUncertain { reason: "the server did not answer".into() },
        Rejection::Malformed(inspect(b"From root\r\n").unwrap_err()),
        Rejection::HeaderTooLarge { limit_bytes: 262_144 },
        Rejection::TooLarge { limit_bytes: 10_000_000 },
        Rejection::Loop { hops: 51 },
        Rejection::Timing(TimingFault::NoLane("fast".into())),
        Rejection::Timing(TimingFault::Passed(jiff::Timestamp::UNIX_EPOCH)),
        Rejection::InProgress,
        Rejection::NoRoom(StoreError::Behind),
        Rejection::Store(StoreError::Closed),
    ];
    all.extend(not_sent.map(Rejection::NotSent));
    all
}

#[test]
fn every_rejection_has_its_reply() {
    let mut table = String::new();
    for one in all() {
        let refusal = rejection(&one);
        let reason = refusal.reason().map(|reason| format!("\n    log: {reason}")).unwrap_or_default();
        writeln!(table, "{refusal}{reason}").unwrap();
    }
    assert_eq!(table, include_str!("table.txt"), "{table}");
}

#[test]
fn what_may_be_accepted_later_is_a_4yz_reply() {
    for one in all() {
        // Azure knows neither the domain nor the sender: the reply says so for good, whatever comes later.
        assert_eq!(rejection(&one).is_permanent(), !one.is_temporary(), "{one:?}");
    }
}
