//! What is wrong with one account. Pure.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::account::AccountState;
use model::delivery::Reason;
use store::SecretName;

use super::words::{days, last_attempts, said, time, waiting, window};
use super::{Code, ObservedAccount, Problem, Streak, StreakKind};
use model::rate_limit::{AskedFor, FullWindow, LoweredWindow};

/// Before its end a secret is a problem; one that Postern may renew has been renewed by then.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// A longer pause is a problem.
const LONG_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// Mail that waits for longer, while nothing is sent, needs an explanation.
const STUCK: SignedDuration = SignedDuration::from_mins(15);
/// Then it is an alarm. Messages that fail one by one are tried again within an hour.
const LONG_STUCK: SignedDuration = SignedDuration::from_mins(75);
/// An Azure that cannot be reached for longer is a problem.
const LONG_OUTAGE: SignedDuration = SignedDuration::from_mins(15);

pub(super) fn problems(account: &ObservedAccount, now: Timestamp) -> Vec<Problem> {
    if account.state == AccountState::Disabled {
        return disabled(account, now).into_iter().collect();
    }
    let mut found: Vec<Problem> = secret(account, now).into_iter().collect();
    found.extend(account.streak.as_ref().and_then(|streak| failing(account, streak, now)));
    found.extend(senders(account, now));
    found.extend(account.sends.pause.and_then(|pause| paused(account, pause, now)));
    if account.sends.pause.is_none_or(|pause| now >= pause.until) {
        found.extend(account.sends.full.and_then(|full| used_up(account, full, now)));
    }
    found.extend(account.sends.lowered.and_then(|lowered| lowered_quota(account, lowered, now)));
    found.extend(awaiting_approval(account, now));
    found.extend(suppressed(account, now));
    // What stops the account is named already.
    let is_named = found.iter().any(|one| matches!(one.code, Code::SecretExpired | Code::LoginRefused));
    found.extend(not_ready(account, now).filter(|_| !is_named));
    let explains = |one: &Problem| !matches!(one.code, Code::SecretExpires | Code::RecipientsSuppressed);
    let is_explained = found.iter().any(explains);
    found.extend(stuck(account, now).filter(|_| !is_explained));
    found
}

fn problem(account: &ObservedAccount, code: Code, since: Timestamp) -> Problem {
    Problem {
        code,
        account: Some(account.name.clone()),
        subject: None,
        since,
        message: String::new(),
        action: String::new(),
        alarm_at: None,
    }
}

fn disabled(account: &ObservedAccount, now: Timestamp) -> Option<Problem> {
    let name = &account.name;
    (account.waiting > 0).then(|| Problem {
        message: format!(
            "Account {name} has been disabled since {}, so Postern sends nothing for it. {}.",
            time(account.changed_at, now),
            waiting(account.waiting)
        ),
        action: format!("`postern account enable {name}` enables it and sends the queued mail."),
        ..problem(account, Code::AccountDisabled, account.changed_at)
    })
}

fn secret(account: &ObservedAccount, now: Timestamp) -> Option<Problem> {
    let (name, end) = (&account.name, account.secret_expires_at?);
    let left = end.duration_since(now);
    let day = end.strftime("%F");
    let what = match account.secret {
        Some(SecretName::Certificate) => "certificate",
        _ => "client secret",
    };
    if !left.is_positive() {
        return Some(Problem {
            message: format!(
                "The {what} of account {name} expired on {day}; Entra refuses it. {}.",
                waiting(account.waiting)
            ),
            action: format!(
                "Create a new one in the Entra admin center (App registrations, Certificates & secrets) and enter \
                 it with `postern account edit {name} --secret`."
            ),
            ..problem(account, Code::SecretExpired, end)
        });
    }
    let since = end.saturating_sub(SOON).unwrap_or(now);
    (left < SOON).then(|| Problem {
        message: format!("The {what} of account {name} expires in {}, on {day}.", days(left)),
        action: format!(
            "`postern account rotate {name}` renews it. If the app has no permission for that, create one in Entra and \
             enter it with `postern account edit {name} --secret`."
        ),
        ..problem(account, Code::SecretExpires, since)
    })
}

/// The last tries failed, and mail waits for the next one.
fn failing(account: &ObservedAccount, streak: &Streak, now: Timestamp) -> Option<Problem> {
    let name = &account.name;
    if account.waiting == 0 {
        return None;
    }
    let since = time(streak.since, now);
    let (last, said) = (last_attempts(streak.count), said(&streak.text));
    let next = streak.next_at.filter(|next| *next > now);
    let next = next.map(|next| format!(" The next attempt is at {}.", time(next, now))).unwrap_or_default();
    let rest = format!("{}.{next}", waiting(account.waiting));
    let outage = streak.since.saturating_add(LONG_OUTAGE).ok();
    let look = "https://azure.status.microsoft shows outages";
    let (message, action, alarm_at) = match streak.kind {
        StreakKind::Login => (
            format!("Azure has refused the login of account {name} since {since} ({said}). {rest}"),
            format!(
                "`postern account verify {name}` names the reason; `postern account edit {name} --secret` stores a new \
                 client secret."
            ),
            // The watch verifies the account at once, and raises what that finds.
            None,
        ),
        StreakKind::Unreachable => (
            format!(
                "Postern has not been able to reach Azure for account {name} since {since}: {last} failed ({said}). {rest}"
            ),
            format!(
                "Check this server's connection to Azure: DNS, proxy, firewall (`postern account verify {name}` tries each \
                 host). {look}. Postern sends the mail as soon as it can reach Azure."
            ),
            outage,
        ),
        StreakKind::Azure => (
            format!(
                "Azure has been failing for account {name} since {since}: {last} ended with an error from Azure ({said}). {rest}"
            ),
            format!("No action is needed: Postern retries. {look}."),
            outage,
        ),
        StreakKind::Unusable => (
            format!("Postern has not been able to use account {name} since {since}: {said}. {rest}"),
            format!(
                "`postern account verify {name}` shows details; `postern account edit {name}` corrects the account."
            ),
            Some(streak.since),
        ),
    };
    Some(Problem { message, action, alarm_at, ..problem(account, streak.kind.code(), streak.since) })
}

/// Mail waits and nothing leaves, for which there is no reason.
fn stuck(account: &ObservedAccount, now: Timestamp) -> Option<Problem> {
    let (name, oldest) = (&account.name, account.waiting_since.filter(|_| account.waiting > 0)?);
    let idle_since = account.accepted_at.unwrap_or(account.started_at);
    let since = oldest.max(idle_since);
    (now.duration_since(since) >= STUCK).then(|| Problem {
        message: format!(
            "Nothing has been sent for account {name} since {}, and nothing explains it. {}, the oldest since {}.",
            time(idle_since, now),
            waiting(account.waiting),
            time(oldest, now)
        ),
        action: format!(
            "`postern queue list --state queued --account {name}` lists the mail, `postern message show ID` says of each why it \
             waits. If each has failed for a reason of its own, that is it; otherwise look at the log, and restart the server."
        ),
        alarm_at: since.saturating_add(LONG_STUCK).ok(),
        ..problem(account, Code::QueueStuck, since)
    })
}

/// Azure refuses senders: each domain that is not linked, each username that it does not know.
fn senders(account: &ObservedAccount, now: Timestamp) -> Vec<Problem> {
    let mut by_subject: BTreeMap<(Reason, String), (u64, Timestamp)> = BTreeMap::new();
    for one in &account.hindered {
        let subject = match one.reason {
            Reason::DomainNotLinked => one.author.rsplit('@').next().unwrap_or_default().to_lowercase(),
            _ => one.author.clone(),
        };
        let found = by_subject.entry((one.reason, said(&subject))).or_insert((0, one.since));
        *found = (found.0 + one.count, found.1.min(one.since));
    }
    by_subject
        .into_iter()
        .map(|((reason, subject), (count, since))| {
            refused_sender(account, &RefusedSender { reason, subject, count, since }, now)
        })
        .collect()
}

/// A domain or a username that Azure refuses, and what waits for it.
struct RefusedSender {
    reason: Reason,
    subject: String,
    count: u64,
    since: Timestamp,
}

fn refused_sender(account: &ObservedAccount, refused: &RefusedSender, now: Timestamp) -> Problem {
    let &RefusedSender { reason, ref subject, count, since } = refused;
    let name = &account.name;
    let service = account.service.as_deref().unwrap_or("of the account");
    let rest = format!("{} since {}", waiting(count), time(since, now));
    let (code, message, action) = if reason == Reason::DomainNotLinked {
        (
            Code::DomainNotLinked,
            format!(
                "Azure refuses mail from {subject}: the domain is not linked to the communication service {service} of \
                 account {name}. {rest}."
            ),
            format!(
                "Link the domain: `postern domain doctor {subject} --account {name}` if Postern manages it, \
                 otherwise in the Azure portal: {service}, Email, Domains, Connect domain. Postern then retries within an \
                 hour; `postern queue retry ID` sends a message at once."
            ),
        )
    } else {
        (
            Code::SenderUnknown,
            format!(
                "Azure refuses mail from {subject}: its domain has no such sender username, or account {name} may \
                 not use it. {rest}."
            ),
            format!(
                "`postern sender add {subject} --account {name}` creates the sender in Azure; the portal lists them under \
                 the domain's MailFrom addresses. Postern then retries within an hour."
            ),
        )
    };
    let subject = Some(subject.clone());
    Problem { message, action, subject, alarm_at: Some(since), ..problem(account, code, since) }
}

/// Azure said 429 and asked for a pause.
fn paused(account: &ObservedAccount, pause: AskedFor, now: Timestamp) -> Option<Problem> {
    let name = &account.name;
    let is_over = now >= pause.until;
    if is_over && account.waiting == 0 {
        return None;
    }
    let asked = format!(
        "Azure rejected a request of account {name} at {} because of too many requests (429) and asked for a pause until {}",
        time(pause.since, now),
        time(pause.asked_until, now)
    );
    let next = if is_over {
        "one message is tried before the others".to_owned()
    } else if pause.until < pause.asked_until {
        format!("nothing is sent before {}, when one message is tried", time(pause.until, now))
    } else {
        "nothing is sent before then".to_owned()
    };
    let empty = account.empty_at.map(|at| format!(" The queue is empty at {}.", time(at, now)));
    let is_long = pause.asked_until.duration_since(pause.since) > LONG_PAUSE;
    Some(Problem {
        message: format!("{asked}: {next}. {}.{}", waiting(account.waiting), empty.unwrap_or_default()),
        action: format!(
            "No action is needed: Postern tries one message after the pause, and then sends the others. The pause applies to \
             the whole subscription, including other programs that send through it. `postern account verify {name}` \
             compares the quota with Azure's limits."
        ),
        alarm_at: is_long.then_some(pause.since),
        ..problem(account, Code::AzureRateLimited, pause.since)
    })
}

/// The quota leaves no room, and mail waits for it.
fn used_up(account: &ObservedAccount, full: FullWindow, now: Timestamp) -> Option<Problem> {
    let name = &account.name;
    if account.waiting == 0 {
        return None;
    }
    let (window, limit) = (window(full.seconds), full.limit);
    let empty = account.empty_at.map(|at| format!(" The queue is empty at {}.", time(at, now)));
    let (used, action) = match full.until {
        Some(until) => (
            format!(
                "The quota of account {name} is used up: {limit} sends in {window}. The next message leaves at {}.",
                time(until, now)
            ),
            format!(
                "No action is needed: Postern sends the mail as the quota allows. If this happens often, ask Microsoft to raise \
                 the subscription's quota, then set it: `postern account edit {name} --quota MINUTE/HOUR`."
            ),
        ),
        None => (
            format!("The quota of account {name} allows no sends at all."),
            format!("`postern account edit {name} --quota MINUTE/HOUR` sets what Azure allows."),
        ),
    };
    Some(Problem {
        message: format!("{used} {}.{}", waiting(account.waiting), empty.unwrap_or_default()),
        action,
        ..problem(account, Code::QuotaUsedUp, full.since)
    })
}

/// Azure refused although less had been sent than is configured.
fn lowered_quota(account: &ObservedAccount, lowered: LoweredWindow, now: Timestamp) -> Option<Problem> {
    let (name, window) = (&account.name, window(lowered.seconds));
    (account.waiting > 0 && now < lowered.until).then(|| Problem {
        message: format!(
            "Azure refused a request of account {name} at {} (429) although fewer than the configured {} sends in {window} had \
             been made: Postern makes at most {} for now, more step by step, and all again from {}.",
            time(lowered.since, now),
            lowered.configured,
            lowered.limit,
            time(lowered.until, now)
        ),
        action: format!(
            "`postern account verify {name}` compares the quota with Azure's refusals, and `postern account edit {name} --quota \
             MINUTE/HOUR` corrects it. Other programs that send through the subscription use its quota, too."
        ),
        ..problem(account, Code::QuotaLowered, lowered.since)
    })
}

fn not_ready(account: &ObservedAccount, now: Timestamp) -> Option<Problem> {
    let (name, found) = (&account.name, account.not_ready.as_ref()?);
    // Azure has accepted mail since: whatever it was, it is over.
    if account.streak.is_none() && account.accepted_at.is_some_and(|at| at > found.at) {
        return None;
    }
    Some(Problem {
        message: format!(
            "Account {name} cannot send. Its verification at {} found: {}.",
            time(found.at, now),
            said(&found.worst)
        ),
        action: format!("`postern account verify {name}` checks again and says who must do what."),
        ..problem(account, Code::AccountNotReady, found.at)
    })
}

/// What provisioning may not go on with. The comparison with Azure and DNS that found it has raised the alarm.
fn awaiting_approval(account: &ObservedAccount, now: Timestamp) -> Option<Problem> {
    let (name, first) = (&account.name, account.awaiting.first()?);
    let since = account.awaiting.iter().map(|step| step.at).min().unwrap_or(now);
    let (steps, them) = match account.awaiting.len() {
        1 => ("1 step".to_owned(), "it"),
        count => (format!("{count} steps"), "them"),
    };
    let why = first.problem.as_deref().unwrap_or(&first.key);
    let why = why.strip_prefix("awaiting approval: ").unwrap_or(why).trim_end_matches('.');
    Some(Problem {
        message: format!(
            "Provisioning of account {name} has had {steps} awaiting approval since {}: {why}. Postern changes nothing \
             about {them} before somebody approves.",
            time(since, now)
        ),
        action: format!(
            "`postern plan --account {name}` shows the changes and the plan's id; `postern apply --account {name} --plan \
             ID` approves exactly that plan."
        ),
        ..problem(account, Code::AwaitingApproval, since)
    })
}

fn suppressed(account: &ObservedAccount, now: Timestamp) -> Option<Problem> {
    let (name, found) = (&account.name, account.suppressed.as_ref()?);
    let (messages, whose) = match found.count {
        1 => ("1 message".to_owned(), "its"),
        count => (format!("{count} messages"), "their"),
    };
    Some(Problem {
        message: format!(
            "Azure dropped {messages} of account {name} since {}: {whose} recipients are on a suppression list, to which \
             Azure adds addresses whose mail bounced.",
            time(found.since, now)
        ),
        action: format!(
            "`postern queue list --state failed --account {name}` lists them, and `postern suppression explain ADDRESS` \
             says until when Azure drops mail to one. If an address is valid again and the domain's suppression list has \
             it, remove it there in the Azure portal."
        ),
        ..problem(account, Code::RecipientsSuppressed, found.since)
    })
}
