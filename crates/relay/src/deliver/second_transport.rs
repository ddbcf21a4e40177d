//! What else can be done about a send that the Email API has refused: SMTP, where it is open, and otherwise
//! finding the recipients for whose sake it did.

use ::smtp::address::Mailbox;
use model::delivery::Attempt;
use model::division::{Division, RefusedRecipient};
use model::operation;
use model::queued::Recipient;
use store::{NextStep, StoreError, TakenGroup, Usage};

use super::division::{self, Next};
use super::dsn::News;
use super::give_up::{GivenUp, blamed, tell_in_the_end, tell_relayed};
use super::outcome::{Acceptance, AttemptOutcome, Failed};
use super::tried::{Tried, Try};
use super::upstream::refused::RefusedByRest;

impl Try<'_> {
    /// Why a send goes by SMTP whatever its message is like.
    pub(super) fn only_by_smtp(&self) -> Option<String> {
        let send = &self.claim.send;
        if self.transports().len() < 2 {
            return None;
        }
        if let Some(words) = &send.refused_by_rest {
            return Some(format!("by SMTP because the Email API refused it ({words})"));
        }
        let beyond_ascii = send.recipients.iter().find(|one| !one.mailbox.is_ascii())?;
        Some(format!("by SMTP because the address {} is not ASCII", beyond_ascii.mailbox))
    }

    /// What is left to be done about a send that the Email API has refused.
    pub(super) fn after_refusal(&self, refused: &RefusedByRest, hidden: &[Mailbox]) -> AfterRefusal {
        let send = &self.claim.send;
        let words = refused.words();
        if self.transports().len() > 1 {
            let text = format!("{words}; nothing was taken, so it goes by SMTP now");
            let next = NextStep::BySmtp { at: self.context.clock.now(), refusal: words };
            return AfterRefusal::Next(next, text);
        }
        let outcome = refused.outcome();
        let asked_for = send.asked_for();
        let is_divided = send.division.is_some() || asked_for.len() > 1 && refused.may_be_about_recipients();
        let (true, AttemptOutcome::Failed(failed)) = (is_divided, &outcome) else {
            return AfterRefusal::None(outcome);
        };
        let clue = refused.clue(asked_for);
        let next = match &send.division {
            None => division::begin(asked_for, &clue, &words),
            Some(division) => division::refused(division.clone(), &clue, &words),
        };
        match next {
            Next::Ask(division) => {
                let group = division.next().map_or(0, |group| group.recipients.len());
                let left = division.left().len();
                let text = format!(
                    "{words}; nothing was taken, so {group} of the {left} recipients left are asked for next"
                );
                AfterRefusal::Next(self.divided(division, None, hidden), text)
            }
            Next::Done(refused) => AfterRefusal::GiveUp(GivenUp {
                failures: refused.iter().map(blamed).collect(),
                attempt: None,
                next: given_up_for(&refused, None),
            }),
            // Each alone and all together are refused: that is about the message, and is said once.
            Next::Message => AfterRefusal::GiveUp(GivenUp {
                failures: send.recipients.iter().map(|one| (one.clone(), failed.clone())).collect(),
                attempt: None,
                next: NextStep::Failed,
            }),
        }
    }

    /// All recipients of the message, those who have it included.
    pub(super) async fn everybody(&self) -> Result<Vec<Mailbox>, StoreError> {
        let view = self.context.store.queue().view(self.claim.send.id.message).await?;
        let sends = view.into_iter().flat_map(|view| view.sends);
        Ok(sends.flat_map(|send| send.recipients).map(|recipient| recipient.mailbox).collect())
    }

    /// What goes on with the next group, under an id that is stored before anything goes out under it.
    fn divided(&self, division: Division, taken: Option<TakenGroup>, hidden: &[Mailbox]) -> NextStep {
        let division = division::apart(division, |one| hidden.contains(&one.mailbox));
        let message = self.claim.send.id.message;
        let operation = operation::for_message(message, self.context.entropy.bytes());
        NextStep::Divided { at: self.context.clock.now(), division, operation, taken }
    }

    /// A failure by SMTP of what REST had refused before: the sender hears of both.
    pub(super) fn after_both_transports(&self, mut failed: Failed) -> Failed {
        if let Some(words) = &self.claim.send.refused_by_rest {
            failed.reason = format!("{} The Email API had refused it before: {words}", failed.reason);
        }
        failed
    }

    /// A group was taken: it becomes a send of its own, and the search goes on without it.
    pub(super) async fn group_accepted(
        &self,
        division: &Division,
        accepted: &Acceptance,
        hidden: &[Mailbox],
        Noted { attempt, usage }: Noted,
    ) -> Tried {
        let recipients = self.claim.send.asked_for().to_vec();
        let group = TakenGroup { recipients, read_status_at: self.read_status_at(accepted) };
        if group.read_status_at.is_none() {
            let id = self.claim.send.id;
            tell_relayed(self.context, &self.upstream.account, id, &group.recipients).await;
        }
        let next = match division::taken(division.clone()) {
            Next::Ask(division) => self.divided(division, Some(group), hidden),
            Next::Done(refused) if !refused.is_empty() => {
                let failures: Vec<(Recipient, Failed)> = refused.iter().map(blamed).collect();
                let id = self.claim.send.id;
                tell_in_the_end(self.context, &self.upstream.account, id, News::Failed(&failures)).await;
                given_up_for(&refused, Some(group))
            }
            Next::Done(_) | Next::Message => NextStep::LastGroup(group),
        };
        self.tried(attempt, next, usage)
    }
}

/// What is noted about a try, whatever comes next.
pub(super) struct Noted {
    pub(super) attempt: Attempt,
    pub(super) usage: Vec<Usage>,
}

/// What can still be done about a send that the Email API has refused.
pub(super) enum AfterRefusal {
    /// This, and why.
    Next(NextStep, String),
    GiveUp(GivenUp),
    /// The refusal is all there is.
    None(AttemptOutcome),
}

fn given_up_for(refused: &[RefusedRecipient], taken: Option<TakenGroup>) -> NextStep {
    NextStep::FailedFor { recipients: refused.iter().map(|one| one.recipient.clone()).collect(), taken }
}
