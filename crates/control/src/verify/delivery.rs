//! Whether Azure took a test message.

use api::verification::{ActionOwner, Check, Finding, Outcome};
use model::delivery::TestOutcome;
use model::upstream::Transport;
use smtp::address::Mailbox;

/// What a test message by one transport shows.
#[must_use]
pub fn delivery_finding(transport: Transport, from: &Mailbox, to: &Mailbox, outcome: TestOutcome) -> Finding {
    let by = transport.as_str();
    let (word, outcome, message) = match outcome {
        TestOutcome::Accepted(text) => {
            ("taken", Outcome::Passed, format!("A test message from {from} to {to} left by {by}: {text}."))
        }
        TestOutcome::Refused(text) => {
            ("refused", Outcome::Failed, format!("A test message from {from} was not taken by {by}: {text}."))
        }
        TestOutcome::RateLimited(at) => {
            let until = at.strftime("%H:%M:%S UTC");
            let message = format!("No test message by {by}: the quota is used up until {until}.");
            ("no_room", Outcome::Warning, message)
        }
    };
    let owner = match outcome {
        Outcome::Failed => Some(ActionOwner::You),
        Outcome::Warning => Some(ActionOwner::Wait),
        Outcome::Passed | Outcome::Skipped => None,
    };
    let code = format!("delivery.{by}_{word}");
    Finding { check: Check::Delivery, code, outcome, message, owner, fix: None }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn each_outcome_has_a_code_and_an_owner() {
        let mailbox = |text: &str| text.parse().unwrap();
        for (outcome, code, owner) in [
            (TestOutcome::Accepted("ok".to_owned()), "delivery.rest_taken", None),
            (TestOutcome::Refused("no".to_owned()), "delivery.rest_refused", Some(ActionOwner::You)),
            (
                TestOutcome::RateLimited(Timestamp::UNIX_EPOCH),
                "delivery.rest_no_room",
                Some(ActionOwner::Wait),
            ),
        ] {
            let (from, to) = (mailbox("a@b.example"), mailbox("c@d.example"));
            let finding = delivery_finding(Transport::Rest, &from, &to, outcome);
            assert_eq!((finding.code.as_str(), finding.owner), (code, owner), "{}", finding.message);
        }
    }
}
