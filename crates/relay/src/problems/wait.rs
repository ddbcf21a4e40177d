//! Why one message waits, and until when. Pure.

use jiff::Timestamp;
use model::account::AccountState;
use model::delivery::Reason;

use super::words::{said, time, window};
use super::{Code, ObservedAccount, StreakKind};
use crate::deliver::Foretold;

/// A send that is in state `queued`.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// When it is due.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub tries: usize,
    /// What the last try that put it off brought.
    pub deferred: Option<&'a str>,
    /// Why the last try did not bring it away.
    pub reason: Option<Reason>,
    /// When its sender wants it to be sent, where it said so.
    pub send_at: Option<Timestamp>,
    /// When it leaves, as far as is known now.
    pub foretold: Option<Foretold>,
}

/// Why a send waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The code of the account's problem that holds it up; `put_off` after a try that failed, `scheduled` before
    /// the time that its sender wants, `next` if nothing holds it up.
    pub code: &'static str,
    /// The same in a sentence.
    pub message: String,
    /// When it leaves, as far as is known now; `None` if somebody has to act first.
    pub until: Option<Timestamp>,
    /// So many of its lane leave before it.
    pub before: Option<u64>,
}

/// Why a send of the account waits at `now`.
#[must_use]
pub fn why_it_waits(account: &ObservedAccount, send: Waiting<'_>, now: Timestamp) -> Wait {
    let wait = held_up(account, send, now);
    let Some(foretold) = send.foretold.filter(|_| account.state == AccountState::Enabled) else {
        return wait;
    };
    let others = match foretold.before {
        0 => String::new(),
        1 => format!("; 1 message of lane {} leaves before it", foretold.lane),
        count => format!("; {count} messages of lane {} leave before it", foretold.lane),
    };
    let until = foretold.leaves_at.map(|at| at.max(now).max(wait.until.unwrap_or(at)));
    Wait { message: format!("{}{others}", wait.message), until, before: Some(foretold.before), ..wait }
}

/// What holds a send up, and until when at least.
fn held_up(account: &ObservedAccount, send: Waiting<'_>, now: Timestamp) -> Wait {
    let name = &account.name;
    let wait = |code: Code, message: String, until: Option<Timestamp>| Wait {
        code: code.as_str(),
        message,
        until: until.map(|until| until.max(send.due_at)),
        before: None,
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
        let is_its_own = send.reason == Some(Reason::Rate);
        if is_its_own || send.due_at <= until {
            return wait(Code::AzureRateLimited, message, Some(until));
        }
    }
    if send.due_at > now {
        return put_off(send);
    }
    if let Some(full) = account.sends.full {
        let until = full.until.map(|until| format!(", until {}", time(until, now))).unwrap_or_default();
        let window = window(full.seconds);
        let message =
            format!("the quota of account {name} is used up: {} sends in {window}{until}", full.limit);
        return wait(Code::QuotaUsedUp, message, full.until);
    }
    let message = "it is sent in its turn".to_owned();
    Wait { code: "next", message, until: Some(send.due_at.max(now)), before: None }
}

/// It is not due: why the last try put it off.
fn put_off(send: Waiting<'_>) -> Wait {
    let put_off = |code, message| Wait { code, message, until: Some(send.due_at), before: None };
    if send.tries == 0 && send.send_at.is_some_and(|at| at >= send.due_at) {
        let message = "its sender wants it to be sent then".to_owned();
        return put_off("scheduled", message);
    }
    let message = match send.deferred {
        Some(text) => format!("attempt {} failed ({})", send.tries, said(text)),
        None => "it is not due yet".to_owned(),
    };
    put_off("put_off", message)
}
