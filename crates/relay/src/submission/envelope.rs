//! Where DSNs about a message go: the reverse-path that was offered, or what stands in for it.

use ::smtp::address::Mailbox;
use ::smtp::parameters::MailParameters;
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

/// What may be done with a path that cannot be read.
pub(super) struct Mending<'a> {
    pub(super) repairs: &'a Repairs,
    /// Those of MAIL.
    pub(super) parameters: &'a MailParameters,
}

/// Finds the reverse-path. The operator's rule comes first: where an author is forced, what the client offers does
/// not matter, and a default stands in for what cannot be read.
///
/// # Errors
/// When it cannot be read, or may not be used.
pub(super) fn reverse_path(
    offered: &OfferedPath,
    sender: &Sender,
    mending: &Mending<'_>,
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
        (OfferedPath::Unreadable { text, refusal }, rule) => match (mending.mailbox(text), rule) {
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

impl Mending<'_> {
    /// The address in a broken path, if the repair is allowed and there can be no other: what is in its only pair of
    /// brackets, or all of it.
    pub(super) fn mailbox(&self, text: &str) -> Option<Mailbox> {
        if !self.repairs.allow(Repair::Envelope) {
            return None;
        }
        let (before, inner) = text.rsplit_once('<').unwrap_or(("", text));
        let (address, behind) = inner.split_once('>').unwrap_or((inner, ""));
        let is_alone = !before.contains('@')
            && behind.trim_matches(['>', ' ']).is_empty()
            && !text.contains(char::REPLACEMENT_CHARACTER);
        let mailbox: Mailbox = bare_address(address).parse().ok().filter(|_| is_alone)?;
        // What a client has not announced (RFC 6531 section 3.2) is no slip of its pen.
        (mailbox.is_ascii() || self.parameters.smtputf8).then_some(mailbox)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox_of(text: &str, repairs: &Repairs, parameters: &MailParameters) -> Option<String> {
        Mending { repairs, parameters }.mailbox(text).map(|mailbox| mailbox.to_string())
    }

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
            let mailbox = mailbox_of(text, &all, &MailParameters::default());
            assert_eq!(mailbox.as_deref(), expected, "{text}");
            assert_eq!(mailbox_of(text, &Repairs::default(), &MailParameters::default()), None);
        }
        let announced = MailParameters { smtputf8: true, ..MailParameters::default() };
        let beyond_ascii = "<m\u{fc}ller@b.example.>";
        assert_eq!(mailbox_of(beyond_ascii, &all, &MailParameters::default()), None);
        assert_eq!(mailbox_of(beyond_ascii, &all, &announced).as_deref(), Some("m\u{fc}ller@b.example"));
    }
}
