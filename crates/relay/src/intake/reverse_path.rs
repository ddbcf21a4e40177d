//! Where DSNs about a message go: the reverse-path that was offered, or what stands in for it.

use ::smtp::address::Mailbox;
use ::smtp::path::ReversePath;
use message::author::{bare_address, excerpt};
use model::credential::AuthorRule;
use model::queued::{Cause, Change};
use model::repair::{Repair, Repairs};
use store::Directory;

use super::{Envelope, Offered, Part, Principal, Rejection, policy};

/// The reverse-path of a message, and what was changed to have it.
#[derive(Debug)]
pub(super) struct Returned {
    pub(super) path: ReversePath,
    pub(super) change: Option<Change>,
}

/// What may be done with a path that cannot be read.
pub(super) struct Repairing<'a> {
    pub(super) repairs: &'a Repairs,
    /// Whether the client announced addresses beyond ASCII.
    pub(super) smtputf8: bool,
}

/// Finds the reverse-path. The operator's rule comes first: where an author is forced, what the client offers does
/// not matter, and a default stands in for what cannot be read.
///
/// # Errors
/// When it cannot be read, or may not be used.
pub(super) fn find(
    envelope: &Envelope,
    principal: &Principal,
    repairs: &Repairs,
    directory: &Directory,
) -> Result<Returned, Rejection> {
    let rule = match principal {
        Principal::Credential(credential) => &credential.author,
        Principal::Entra(_) | Principal::Internal(_) => &AuthorRule::Keep,
    };
    let offered = &envelope.reverse_path;
    let repairing = Repairing { repairs, smtputf8: envelope.smtputf8 };
    let (path, cause) = match (offered, rule) {
        (Offered::Path(ReversePath::Null), _) => (ReversePath::Null, None),
        (Offered::Path(ReversePath::Mailbox(mailbox)), AuthorRule::Forced(forced)) if mailbox == forced => {
            (ReversePath::Mailbox(forced.clone()), None)
        }
        (_, AuthorRule::Forced(forced)) => (ReversePath::Mailbox(forced.clone()), Some(Cause::Rule)),
        (Offered::Path(path), _) => (path.clone(), None),
        (Offered::Unreadable(text), rule) => match (repairing.mailbox(text), rule) {
            (Some(mailbox), _) => (ReversePath::Mailbox(mailbox), Some(Cause::Repair(Repair::Envelope))),
            (None, AuthorRule::Default(default)) => {
                (ReversePath::Mailbox(default.clone()), Some(Cause::Rule))
            }
            (None, _) => return Err(Rejection::ReversePathUnreadable),
        },
    };
    if let (Principal::Credential(credential), Some(mailbox)) = (principal, path.mailbox()) {
        let allowed = policy::may_return_to(directory, credential, mailbox);
        allowed.map_err(|denied| denied.rejection(mailbox, Part::ReversePath))?;
    }
    let text = || format!("MAIL FROM was \"{}\", is {path}", excerpt(&offered.to_string()));
    let change = cause.map(|cause| Change { cause, text: text() });
    Ok(Returned { path, change })
}

impl Repairing<'_> {
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
        (mailbox.is_ascii() || self.smtputf8).then_some(mailbox)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox_of(text: &str, repairs: &Repairs) -> Option<String> {
        Repairing { repairs, smtputf8: false }.mailbox(text).map(|mailbox| mailbox.to_string())
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
            assert_eq!(mailbox_of(text, &all).as_deref(), expected, "{text}");
            assert_eq!(mailbox_of(text, &Repairs::default()), None);
        }
        let beyond_ascii = "<m\u{fc}ller@b.example.>";
        assert_eq!(mailbox_of(beyond_ascii, &all), None);
        let announced = Repairing { repairs: &all, smtputf8: true }.mailbox(beyond_ascii);
        assert_eq!(announced.map(|mailbox| mailbox.to_string()).as_deref(), Some("m\u{fc}ller@b.example"));
    }
}
