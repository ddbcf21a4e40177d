//! Why one message waits, and until when. Pure.

use jiff::Timestamp;
use model::account::AccountState;
use model::delivery::{Attempt, AttemptResult, Reason};

use super::words::{said, time};
use super::{Code, ObservedAccount, StreakKind};

/// A send that is in state `queued`.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// When it is due.
    pub due_at: Timestamp,
    /// What was tried.
    pub attempts: &'a [Attempt],
    /// When its sender wants it to be sent, where it said so.
    pub send_at: Option<Timestamp>,
}

/// Why a send waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The code of the account's problem that holds it up; `put_off` after a try that failed, `scheduled` before
    /// the time that its sender wants, `next` if nothing holds it up.
    pub code: &'static str,
    /// The same in a sentence.
    pub message: String,
    /// The earliest time of its next try; `None` if somebody has to act first.
    pub until: Option<Timestamp>,
}

/// Why a send of the account waits at `now`.
#[must_use]
pub fn why_it_waits(account: &ObservedAccount, send: Waiting<'_>, now: Timestamp) -> Wait {
    let name = &account.name;
    let wait = |code: Code, message: String, until: Option<Timestamp>| Wait {
        code: code.as_str(),
        message,
        until: until.map(|until| until.max(send.due_at)),
    };
    if account.state == AccountState::Disabled {
        let message = format!("account {name} is disabled: `postern account enable {name}` enables it");
        return wait(Code::AccountDisabled, message, None);
    }
    let stopped =
        account.streak.as_ref().and_then(|streak| Some((streak, streak.next_at.filter(|at| *at > now)?)));
    if let Some((streak, next)) = stopped {
        let said = said(&streak.text);
        let why = match streak.kind {
            StreakKind::Login => "Azure refuses the account's login",
            StreakKind::Unreachable => "Azure cannot be reached",
            StreakKind::Azure => "Azure is failing",
            StreakKind::Unusable => "the account cannot be used",
        };
        let message = format!("{why} ({said}); all mail of account {name} waits");
        return wait(streak.kind.code(), message, Some(next));
    }
    if let Some(pause) = account.sends.pause {
        let asked = time(pause.asked_until, now);
        let message = format!("Azure answered 429 and asked for a pause until {asked}");
        let until = pause.until.max(now);
        // A message with a longer wait of its own keeps it, unless Azure said it of this one.
        let is_its_own = send.attempts.last().is_some_and(|last| last.reason == Some(Reason::Rate));
        if is_its_own || send.due_at <= until {
            return wait(Code::AzureRateLimited, message, Some(until));
        }
    }
    if send.due_at > now {
        return put_off(send);
    }
    if let Some(full) = account.sends.full {
        let window = if full.seconds == 60 { "a minute" } else { "an hour" };
        let message = format!("the quota of account {name} is used up: {} sends in {window}", full.limit);
        return wait(Code::QuotaUsedUp, message, full.until);
    }
    let message = "nothing blocks it: Postern sends it in its turn".to_owned();
    Wait { code: "next", message, until: Some(send.due_at.max(now)) }
}

/// It is not due: why the last try put it off.
fn put_off(send: Waiting<'_>) -> Wait {
    if send.attempts.is_empty() && send.send_at.is_some_and(|at| at >= send.due_at) {
        let message = "its sender wants it to be sent then".to_owned();
        return Wait { code: "scheduled", message, until: Some(send.due_at) };
    }
    let last = send.attempts.iter().rev().find(|attempt| attempt.result == AttemptResult::Deferred);
    let message = match last {
        Some(last) => format!("attempt {} failed ({})", send.attempts.len(), said(&last.text)),
        None => "it is not due yet".to_owned(),
    };
    Wait { code: "put_off", message, until: Some(send.due_at) }
}
