//! The rules of a credential, from what the operator wrote.

use jiff::SignedDuration;
use model::credential::{AuthorRule, DsnRecipient, IntakeRules, ReversePathRule, SenderRule};
use model::id::AccountId;
use model::repair::Repairs;
use model::suppression::OnSuppressed;
use smtp::address::{Domain, Mailbox};
use store::Directory;

use super::NewIntakeRules;
use crate::error::Invalid;

/// An author must be one of the account's senders, or every message would be refused.
pub(super) fn known_sender(
    field: &'static str,
    text: &str,
    account: AccountId,
    directory: &Directory,
) -> Result<Mailbox, Invalid> {
    let mailbox: Mailbox = text.trim().parse().map_err(|error| Invalid::new(field, error))?;
    match directory.sender(account, &mailbox) {
        Some(_) => Ok(mailbox),
        None => Err(Invalid::new(field, format!("{mailbox} is not a sender of the account; add it first"))),
    }
}

pub(super) fn sender_rule(texts: &[String]) -> Result<SenderRule, Invalid> {
    if texts.is_empty() {
        return Ok(SenderRule::Any);
    }
    let (mut mailboxes, mut domains) = (Vec::new(), Vec::new());
    for text in texts.iter().map(|text| text.trim()) {
        if text.contains('@') {
            mailboxes
                .push(text.parse().map_err(|error| Invalid::new("senders", format!("{text}: {error}")))?);
        } else {
            let domain: Domain =
                text.parse().map_err(|error| Invalid::new("senders", format!("{text}: {error}")))?;
            domains.push(domain);
        }
    }
    Ok(SenderRule::Only { mailboxes, domains })
}

pub(super) fn intake_rules(new: &NewIntakeRules) -> Result<IntakeRules, Invalid> {
    Ok(IntakeRules {
        reply_to_author: new.reply_to_author,
        reverse_paths: match new.reverse_path_anywhere {
            true => ReversePathRule::Anywhere,
            false => ReversePathRule::Domains(reverse_path_domains(&new.reverse_paths)?),
        },
        repairs: repairs(&new.repairs)?,
        suppressed: new.suppressed.as_deref().map(suppressed).transpose()?.flatten(),
        dsn_to: new.dsn_to.as_deref().map(dsn_recipient).transpose()?.unwrap_or_default(),
        deadline: deadline(new.deadline_seconds)?,
    })
}

/// Reply-To names an author who was replaced: without a rule nobody is.
pub(super) fn replaces_somebody(author: &AuthorRule) -> Result<(), Invalid> {
    match author {
        AuthorRule::Keep => Err(Invalid::new(
            "reply_to_author",
            "it needs a forced or default From: without one From is kept",
        )),
        AuthorRule::Forced(_) | AuthorRule::Default(_) => Ok(()),
    }
}

pub(super) fn reverse_path_domains(texts: &[String]) -> Result<Vec<Domain>, Invalid> {
    let domain = |text: &String| {
        let read = text.trim().parse();
        read.map_err(|error| Invalid::new("reverse_paths", format!("{text}: {error}")))
    };
    texts.iter().map(domain).collect()
}

pub(super) fn repairs(words: &[String]) -> Result<Repairs, Invalid> {
    let repair = |word: &String| word.trim().parse().map_err(|unknown| Invalid::new("repairs", unknown));
    words.iter().map(repair).collect()
}

/// What happens to recipients that mail must not go to; `default` means what the server is set up for.
pub(super) fn suppressed(word: &str) -> Result<Option<OnSuppressed>, Invalid> {
    match word.trim() {
        "" | "default" => Ok(None),
        word => word
            .parse()
            .map(Some)
            .map_err(|unknown| Invalid::new("suppressed", format!("{unknown}, or default"))),
    }
}

pub(super) fn dsn_recipient(text: &str) -> Result<DsnRecipient, Invalid> {
    text.parse().map_err(|error| Invalid::new("dsn_to", error))
}

pub(super) fn deadline(seconds: Option<u32>) -> Result<Option<SignedDuration>, Invalid> {
    match seconds {
        Some(0) => Err(Invalid::new("deadline_seconds", "with 0 every message would be too late")),
        seconds => Ok(seconds.map(|seconds| SignedDuration::from_secs(seconds.into()))),
    }
}

pub(super) fn rate(per_minute: Option<u32>) -> Result<Option<u32>, Invalid> {
    match per_minute {
        Some(0) => Err(Invalid::new("rate_per_minute", "with 0 it could send nothing")),
        per_minute => Ok(per_minute),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_addresses_or_domains() {
        let rule = sender_rule(&["a@b.example".into(), "c.example".into()]).unwrap();
        assert!(rule.allows(&"x@c.example".parse().unwrap()));
        assert!(sender_rule(&["a@".into()]).is_err());
        assert_eq!(sender_rule(&[]).unwrap(), SenderRule::Any);
    }
}
