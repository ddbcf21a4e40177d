//! MAIL and RCPT: the envelope. The transaction ends with the message; the session goes on.

use std::fmt::Display;
use std::ops::ControlFlow;

use super::{Ending, Flow, Inner, LoginPolicy, MailAsk, RecipientAsk, Session, Step, TlsPolicy, wording};
use crate::address::Mailbox;
use crate::mail_data::{ChunkReader, LineEnds};
use crate::parameters::{Body, MailParameters, ParameterError, RecipientParameters};
use crate::path::{ForwardPath, OfferedPath, ReversePath};
use crate::reply::Refusal;

/// What the protocol has to remember of an open transaction.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) recipients: u32,
    pub(super) smtputf8: bool,
    pub(super) binary: bool,
    pub(super) line_ends: LineEnds,
    /// Present from the first BDAT on.
    pub(super) chunks: Option<ChunkReader>,
}

impl Transaction {
    /// Whether the message has begun to arrive by BDAT.
    pub(super) fn has_chunks(&self) -> bool {
        self.chunks.is_some()
    }
}

impl Session {
    pub(super) fn mail(self, path: OfferedPath, parameters: &str) -> Flow {
        if let Err(refusal) = self.0.may_send() {
            return self.refuse(&refusal);
        }
        if self.0.transaction.is_some() {
            return self.refuse(&wording::OUT_OF_ORDER);
        }
        if self.0.counts.messages >= self.0.settings.limits.messages {
            return self.end(Ending::TooManyMessages, &wording::TOO_MANY_MESSAGES);
        }
        let parameters = match MailParameters::parse(parameters, &self.0.usable()) {
            Ok(parameters) => parameters,
            Err(error) => return self.refuse(&parameter_refusal(&error)),
        };
        // RFC 1870 section 6.1: a size that cannot fit is refused before it is sent.
        if parameters.size_octets.is_some_and(|size| size > self.0.settings.limits.message_octets) {
            return self.refuse(&wording::TOO_LARGE);
        }
        let path = if parameters.smtputf8 { path } else { ascii_only(path, ReversePath::mailbox) };
        ControlFlow::Break(Step::Mail(MailAsk { session: self, path, parameters }))
    }

    pub(super) fn recipient(self, path: OfferedPath<ForwardPath>, parameters: &str) -> Flow {
        let Some(transaction) = &self.0.transaction else {
            return self.refuse(&wording::MAIL_FIRST);
        };
        if transaction.has_chunks() {
            return self.refuse(&wording::CHUNKS_BEGUN);
        }
        if transaction.recipients >= self.0.settings.limits.recipients {
            return self.refuse(&wording::TOO_MANY_RECIPIENTS);
        }
        // RFC 6533 section 3: an ORCPT may be beyond ASCII as its path may.
        if !transaction.smtputf8 && !parameters.is_ascii() {
            return self.refuse(&parameter_refusal(&ParameterError::Value("ORCPT".to_owned())));
        }
        let path = if transaction.smtputf8 { path } else { ascii_only(path, ForwardPath::mailbox) };
        match RecipientParameters::parse(parameters, &self.0.usable()) {
            Ok(parameters) => {
                ControlFlow::Break(Step::Recipient(RecipientAsk { session: self, path, parameters }))
            }
            Err(error) => self.refuse(&parameter_refusal(&error)),
        }
    }

    pub(super) fn mail_accepted(mut self, parameters: &MailParameters, line_ends: LineEnds) -> Self {
        self.0.transaction = Some(Transaction {
            recipients: 0,
            smtputf8: parameters.smtputf8,
            binary: parameters.body == Body::BinaryMime,
            line_ends,
            chunks: None,
        });
        self.0.reply(&wording::SENDER_OK);
        self
    }

    pub(super) fn recipient_accepted(mut self) -> Self {
        if let Some(transaction) = &mut self.0.transaction {
            transaction.recipients += 1;
        }
        self.0.reply(&wording::RECIPIENT_OK);
        self
    }
}

impl Inner {
    /// Whether the client has greeted, secured the session and logged in as far as it has to.
    fn may_send(&self) -> Result<(), Refusal> {
        if self.settings.login == LoginPolicy::Required && !self.logged_in {
            if self.settings.tls == TlsPolicy::StartTls && !self.secured {
                return Err(self.settings.wording.tls_first.clone());
            }
            return Err(self.settings.wording.login_first.clone());
        }
        if self.client.is_some() { Ok(()) } else { Err(wording::GREET_FIRST) }
    }
}

/// Without SMTPUTF8 a path beyond ASCII has no meaning (RFC 6531 section 3.2).
fn ascii_only<P: Display>(path: OfferedPath<P>, mailbox: fn(&P) -> Option<&Mailbox>) -> OfferedPath<P> {
    match path {
        OfferedPath::Path(path) if mailbox(&path).is_some_and(|mailbox| !mailbox.is_ascii()) => {
            OfferedPath::Unreadable { text: path.to_string(), refusal: wording::NEEDS_SMTPUTF8 }
        }
        path => path,
    }
}

fn parameter_refusal(error: &ParameterError) -> Refusal {
    let refusal = match error {
        ParameterError::Unknown(_) => wording::UNKNOWN_PARAMETER,
        ParameterError::Value(_) | ParameterError::Repeated(_) => wording::SYNTAX,
    };
    let mut text = error.to_string();
    text[..1].make_ascii_uppercase();
    refusal.with_text(text)
}
