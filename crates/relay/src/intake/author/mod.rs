//! Who a message is from: what the operator's rule says, else what the author wrote, if the login may write it.

use ::smtp::address::{AddressError, Mailbox};
use ::smtp::path::ReversePath;
use message::address::Address;
use message::author::{self, AuthorFault, excerpt};
use message::header::{self, Field};
use message::submission::{Facts, author_fields};
use model::credential::{AuthorRule, Credential};
use model::queued::{Cause, Change};
use model::repair::{Repair, Repairs};

use super::policy::Denied;
use super::{Part, Rejection};

/// A header section, and what may be done with it.
pub(super) struct HeaderSection<'a> {
    pub(super) header: &'a [u8],
    pub(super) facts: &'a Facts,
    pub(super) repairs: &'a Repairs,
    pub(super) reverse_path: &'a ReversePath,
}

/// The author of a message, and what has to be written for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Author {
    /// The first author, who is a sender of the account.
    pub(super) address: Mailbox,
    /// The body of the From that replaces what is there.
    pub(super) from: Option<String>,
    /// The body of the Reply-To, where there is none.
    pub(super) reply_to: Option<String>,
    /// Names of the fields that go, because they contradict the author or the login's scope.
    pub(super) left_out: Vec<String>,
    /// All of this in words.
    pub(super) changes: Vec<Change>,
}

/// Fields beside From that say who sends (RFC 5322 sections 3.6.2 and 3.6.6).
const SENDER_FIELDS: [&str; 3] = ["Sender", "Resent-From", "Resent-Sender"];

impl HeaderSection<'_> {
    /// The author of a credential's message, as whom `may_send_as` says that it may be sent. The operator's rule comes
    /// before strictness.
    ///
    /// # Errors
    /// When it cannot be told who the author is, or the credential may not send as they.
    pub(super) fn of_credential(
        &self,
        credential: &Credential,
        may_send_as: &dyn Fn(&Mailbox) -> Result<(), Denied>,
    ) -> Result<Author, Rejection> {
        let may_be =
            |mailbox: &Mailbox| may_send_as(mailbox).map_err(|denied| denied.rejection(mailbox, Part::From));
        let mut author = match (&credential.author, self.written()) {
            (AuthorRule::Forced(forced), Ok(written)) if written == [forced.clone()] => {
                Author::as_written(forced.clone())
            }
            (AuthorRule::Forced(forced), _) => self.replaced(forced, credential),
            (AuthorRule::Keep | AuthorRule::Default(_), Ok(written)) => {
                written.iter().try_for_each(may_be)?;
                Author::as_written(written[0].clone())
            }
            (rule, Err(fault)) => match (self.repaired(), rule) {
                (Some(repaired), _) if may_be(&repaired.address).is_ok() => repaired,
                (_, AuthorRule::Default(default)) => self.replaced(default, credential),
                (Some(repaired), _) => repaired,
                (None, _) => return Err(Rejection::AuthorUnknown(fault)),
            },
        };
        may_be(&author.address)?;
        self.leave_out_senders(&mut author, may_send_as);
        Ok(author)
    }

    /// The author as written, or repaired; whether the message may come from them is for the caller to say.
    ///
    /// # Errors
    /// When it cannot be told who the author is.
    pub(super) fn as_written_or_repaired(&self) -> Result<Author, Rejection> {
        match self.written() {
            Ok(written) => Ok(Author::as_written(written[0].clone())),
            Err(fault) => self.repaired().ok_or_else(|| Rejection::AuthorUnknown(fault)),
        }
    }

    /// The mailboxes of From; there is at least one.
    fn written(&self) -> Result<Vec<Mailbox>, AuthorFault> {
        let addresses = self.facts.from.as_ref().map_err(Clone::clone)?;
        let mailbox = |one: &Address| {
            let invalid =
                |error: AddressError| AuthorFault::Invalid(excerpt(&one.address), error.to_string());
            one.address.parse().map_err(invalid)
        };
        addresses.iter().map(mailbox).collect()
    }

    /// The one address that a broken From must mean, if the repair is allowed.
    fn repaired(&self) -> Option<Author> {
        if !self.repairs.allow(Repair::From) {
            return None;
        }
        let fields = author_fields(self.header);
        let is_address = |text: &str| text.parse::<Mailbox>().is_ok();
        // RFC 6409 section 4.2: the client wrote the domain into the envelope, and left it out here.
        let complete = |local_part: &str| {
            let mailbox = self.reverse_path.mailbox()?;
            let is_same = mailbox.local_part().as_str().eq_ignore_ascii_case(local_part);
            is_same.then(|| mailbox.to_string())
        };
        let repaired = author::repair(&fields, is_address, complete)?;
        let from = author::written(repaired.name.as_deref(), &repaired.address);
        let cause = Cause::Repair(Repair::From);
        Some(Author {
            changes: vec![Change { cause, text: format!("{}, is {}", was(&fields), one_line(&from)) }],
            from: Some(from),
            ..Author::as_written(repaired.address.parse().ok()?)
        })
    }

    /// The operator's address in place of whatever is there, with the name that was written.
    fn replaced(&self, mailbox: &Mailbox, credential: &Credential) -> Author {
        let fields = author_fields(self.header);
        let from = author::written(author::display_name(&fields).as_deref(), &mailbox.to_string());
        let mut changes =
            vec![Change { cause: Cause::Rule, text: format!("{}, is {}", was(&fields), one_line(&from)) }];
        let wants_reply_to = credential.intake.reply_to_author && !self.facts.has_reply_to;
        let reply_to = wants_reply_to.then(|| self.reply_to(&fields)).flatten();
        if let Some(reply_to) = &reply_to {
            let text = format!("Reply-To was missing, is {}", one_line(reply_to));
            changes.push(Change { cause: Cause::Rule, text });
        }
        Author { from: Some(from), reply_to, changes, ..Author::as_written(mailbox.clone()) }
    }

    /// The authors as they were written, as far as they can be told.
    fn reply_to(&self, fields: &[Field<'_>]) -> Option<String> {
        let is_address = |text: &str| text.parse::<Mailbox>().is_ok();
        let authors = match &self.facts.from {
            Ok(authors) => authors.clone(),
            Err(_) => vec![author::repair(fields, is_address, |_| None)?],
        };
        let written = |one: &Address| author::written(one.name.as_deref(), &one.address);
        let is_usable = authors.iter().all(|one| is_address(&one.address));
        is_usable.then(|| authors.iter().map(written).collect::<Vec<_>>().join(",\r\n "))
    }

    /// Leaves out what names another sender than the author that was put in, or one of the account's own domains
    /// that this login may not use, or may do so to some readers: its scope is not to be evaded by another field than
    /// From.
    fn leave_out_senders(&self, author: &mut Author, may_send_as: &dyn Fn(&Mailbox) -> Result<(), Denied>) {
        let is_another = |mailbox: &Mailbox| {
            matches!(may_send_as(mailbox), Err(Denied::UnknownSender | Denied::OtherLogin))
        };
        let is_at_home = |mailbox: &Mailbox| !matches!(may_send_as(mailbox), Err(Denied::DomainNotLinked));
        for field in header::fields(self.header).map_while(Result::ok) {
            let Some(name) = SENDER_FIELDS.into_iter().find(|name| field.is(name)) else { continue };
            let named = named(&field);
            let is_author = named.as_deref() == Some(std::slice::from_ref(&author.address));
            let contradicts = name == "Sender" && author.from.is_some() && !is_author;
            let evades = match named {
                Some(named) => named.iter().any(is_another),
                None => perhaps_named(&field).iter().any(is_at_home),
            };
            if contradicts || evades {
                author.left_out.push(name.to_owned());
                let text = format!("{name} was \"{}\", is left out", excerpt(&field.body()));
                author.changes.push(Change { cause: Cause::Rule, text });
            }
        }
    }
}

impl Author {
    fn as_written(address: Mailbox) -> Self {
        Self { address, from: None, reply_to: None, left_out: Vec::new(), changes: Vec::new() }
    }
}

/// Whom a field beside From names; `None` where readers may differ.
fn named(field: &Field<'_>) -> Option<Vec<Mailbox>> {
    let addresses = author::read(std::slice::from_ref(field)).ok()?;
    addresses.iter().map(|one| one.address.parse().ok()).collect()
}

/// Somebody at each domain that a reader may find in a field, whatever that reader skips or decodes first.
fn perhaps_named(field: &Field<'_>) -> Vec<Mailbox> {
    let (mut text, mut without_comments, mut depth) = (String::new(), String::new(), 0_usize);
    let both = format!("{} {}", field.body(), field.decoded());
    for c in both.chars().filter(|c| !matches!(c, '"' | '\\')) {
        text.push(c);
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => without_comments.push(c),
            _ => continue,
        }
        if depth > 0 {
            without_comments.push(' ');
        }
    }
    let texts = [joined(&text), joined(&without_comments)];
    let somebody = |rest: &str| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '.').unwrap_or(rest.len());
        format!("somebody@{}", rest[..end].trim_end_matches('.')).parse().ok()
    };
    texts.iter().flat_map(|text| text.split('@').skip(1)).filter_map(somebody).collect()
}

/// A text without the blanks that may stand around the dots and the at sign of an address (RFC 5322 section 4.4).
fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !joined.ends_with(['.', '@']) && !word.starts_with(['.', '@']) {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

fn was(fields: &[Field<'_>]) -> String {
    if fields.is_empty() {
        return "From was missing".to_owned();
    }
    let bodies: Vec<String> = fields.iter().map(|field| field.body().into_owned()).collect();
    format!("From was \"{}\"", excerpt(&bodies.join("; ")))
}

fn one_line(body: &str) -> String {
    body.replace("\r\n", "")
}

#[cfg(test)]
mod tests;
