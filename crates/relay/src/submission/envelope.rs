//! Where notices about a message go: the reverse-path that was offered, or what stands in for it.

use ::smtp::address::Mailbox;
use ::smtp::path::{OfferedPath, ReversePath};
use ::smtp::reply::Refusal;
use message::author::{bare_address, excerpt};
use model::credential::AuthorRule;
use model::queued::{Cause, Change};
use model::repair::{Repair, Repairs};
use store::Directory;

use super::{Sender, policy};
use crate::reply_for;

/// The reverse-path of a message, and what was changed to have it.
#[derive(Debug)]
pub(super) struct Returned {
    pub(super) path: ReversePath,
    pub(super) changes: Vec<Change>,
}

/// Finds the reverse-path. The operator's rule comes first: where an author is forced, what the client offers does
/// not matter, and a default stands in for what cannot be read.
///
/// # Errors
/// When it cannot be read, or may not be used.
pub(super) fn reverse_path(
    offered: &OfferedPath,
    sender: &Sender,
    repairs: &Repairs,
    directory: &Directory,
) -> Result<Returned, Refusal> {
    let rule = match sender {
        Sender::Credential(credential) => &credential.author,
        Sender::Entra(_) => &AuthorRule::Keep,
    };
    let (path, cause) = match (offered, rule) {
        (OfferedPath::Path(ReversePath::Null), _) => (ReversePath::Null, None),
        (OfferedPath::Path(ReversePath::Mailbox(mailbox)), AuthorRule::Forced(forced))
            if mailbox == forced =>
        {
            (ReversePath::Mailbox(forced.clone()), None)
        }
        (_, AuthorRule::Forced(forced)) => (ReversePath::Mailbox(forced.clone()), Some(Cause::Rule)),
        (OfferedPath::Path(path), _) => (path.clone(), None),
        (OfferedPath::Unreadable { text, refusal }, rule) => match (repaired(text, repairs), rule) {
            (Some(mailbox), _) => (ReversePath::Mailbox(mailbox), Some(Cause::Repair(Repair::Envelope))),
            (None, AuthorRule::Default(default)) => {
                (ReversePath::Mailbox(default.clone()), Some(Cause::Rule))
            }
            (None, _) => return Err(refusal.clone()),
        },
    };
    if let (Sender::Credential(credential), Some(mailbox)) = (sender, path.mailbox()) {
        let allowed = policy::may_return_to(directory, credential, mailbox);
        allowed.map_err(|denied| reply_for::denied(denied, "MAIL FROM", mailbox))?;
    }
    let text = || format!("MAIL FROM was \"{}\", is {path}", excerpt(&offered.to_string()));
    let changes = cause.map(|cause| Change { cause, text: text() }).into_iter().collect();
    Ok(Returned { path, changes })
}

/// The address in a broken path, if the repair is allowed and there can be no other: what is in its only pair of
/// brackets, or all of it.
fn repaired(text: &str, repairs: &Repairs) -> Option<Mailbox> {
    if !repairs.allow(Repair::Envelope) {
        return None;
    }
    let (before, inner) = text.rsplit_once('<').unwrap_or(("", text));
    let (address, behind) = inner.split_once('>').unwrap_or((inner, ""));
    let is_alone = !before.contains('@')
        && behind.trim_matches(['>', ' ']).is_empty()
        && !text.contains(char::REPLACEMENT_CHARACTER);
    bare_address(address).parse().ok().filter(|_| is_alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_path_is_repaired_where_there_is_one_address() {
        let all: Repairs = Repair::ALL.into_iter().collect();
        for (text, expected) in [
            ("a@b.example.", Some("a@b.example")),
            ("mailto:a@b.example", Some("a@b.example")),
            ("a @ b.example", Some("a@b.example")),
            ("'a@b.example'", Some("a@b.example")),
            ("<Scanner <a@b.example>>", Some("a@b.example")),
            ("Scanner <a@b.example>", Some("a@b.example")),
            ("<a@b.example", Some("a@b.example")),
            ("a@b.example>", Some("a@b.example")),
            ("<<a@b.example>>", Some("a@b.example")),
            ("a b@c.example", None),
            ("root", None),
            ("", None),
            ("<a@b.example>,<c@d.example>", None),
            ("a@b.example;c@d.example", None),
            ("m\u{fffd}ller@b.example", None),
        ] {
            let mailbox = repaired(text, &all).map(|mailbox| mailbox.to_string());
            assert_eq!(mailbox.as_deref(), expected, "{text}");
            assert_eq!(repaired(text, &Repairs::default()), None);
        }
    }
}
