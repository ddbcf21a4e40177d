//! How two versions of a credential differ, for the audit log.

use ipnet::IpNet;
use jiff::SignedDuration;
use model::credential::{AuthorRule, Credential, ReversePathRule, SenderRule};
use model::repair::Repairs;
use model::suppression::OnSuppressed;

/// What is different, in words; the password is left out.
pub(super) fn differences(before: &Credential, now: &Credential) -> Vec<String> {
    let yes = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
    let words = [
        ("senders", senders(&before.senders), senders(&now.senders)),
        ("networks", networks_in_words(&before.networks), networks_in_words(&now.networks)),
        ("author", author(&before.author), author(&now.author)),
        ("reply to author", yes(before.intake.reply_to_author), yes(now.intake.reply_to_author)),
        ("reverse-paths", paths(&before.intake.reverse_paths), paths(&now.intake.reverse_paths)),
        ("repairs", repairs_in_words(&before.intake.repairs), repairs_in_words(&now.intake.repairs)),
        ("suppressed recipients", suppressed(before.intake.suppressed), suppressed(now.intake.suppressed)),
        ("messages a minute", number(before.rate_per_minute), number(now.rate_per_minute)),
        ("lane", before.lane.to_string(), now.lane.to_string()),
        ("bounces to", before.intake.dsn_to.to_string(), now.intake.dsn_to.to_string()),
        ("deadline", deadline(before.intake.deadline), deadline(now.intake.deadline)),
    ];
    words
        .into_iter()
        .filter(|(_, before, now)| before != now)
        .map(|(what, before, now)| format!("{what} {now} (was {before})"))
        .collect()
}

fn senders(rule: &SenderRule) -> String {
    match rule {
        SenderRule::Any => "any".to_owned(),
        SenderRule::Only { mailboxes, domains } => {
            joined(mailboxes.iter().map(ToString::to_string).chain(domains.iter().map(ToString::to_string)))
        }
    }
}

fn networks_in_words(networks: &[IpNet]) -> String {
    if networks.is_empty() { "any".to_owned() } else { joined(networks.iter().map(ToString::to_string)) }
}

fn author(rule: &AuthorRule) -> String {
    match rule {
        AuthorRule::Keep => "kept".to_owned(),
        AuthorRule::Default(mailbox) => format!("default {mailbox}"),
        AuthorRule::Forced(mailbox) => format!("forced {mailbox}"),
    }
}

fn paths(rule: &ReversePathRule) -> String {
    match rule {
        ReversePathRule::Anywhere => "any".to_owned(),
        ReversePathRule::Domains(domains) if domains.is_empty() => "of linked domains".to_owned(),
        ReversePathRule::Domains(domains) => joined(domains.iter().map(ToString::to_string)),
    }
}

fn suppressed(rule: Option<OnSuppressed>) -> String {
    rule.map_or_else(|| "default".to_owned(), |rule| rule.to_string())
}

fn repairs_in_words(repairs: &Repairs) -> String {
    let words = joined(repairs.iter().map(|repair| repair.to_string()));
    if words.is_empty() { "none".to_owned() } else { words }
}

fn number(number: Option<u32>) -> String {
    number.map_or_else(|| "as the account allows".to_owned(), |number| number.to_string())
}

fn deadline(deadline: Option<SignedDuration>) -> String {
    deadline.map_or_else(|| "none".to_owned(), |deadline| format!("{deadline:#}"))
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}
