//! One message: MAIL, RCPT, DATA, and what the server made of them.

use super::{Session, Stage, State};
use crate::address::Mailbox;
use crate::extension::{Extension, Offered};
use crate::mail_data::{DotWriter, Violation};
use crate::path::ReversePath;
use crate::reply::{Refusal, Reply, Severity};

/// A session that is free for a message.
#[derive(Debug)]
pub struct Ready(pub(super) Session);

/// The server wants the message.
#[derive(Debug)]
pub struct MailData {
    session: Session,
    writer: DotWriter,
}

/// The server has decided about a message.
#[derive(Debug)]
pub struct Finished {
    session: Session,
    replies: TransactionReplies,
}

/// To whom a message goes and what the server should know about it.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub reverse_path: ReversePath,
    /// RCPT TO, at least one.
    pub recipients: Vec<Mailbox>,
    /// SIZE, said where it is offered.
    pub size_octets: u64,
    /// Whether the message has octets beyond ASCII. Only for a server that offers 8BITMIME.
    pub eight_bit: bool,
    /// Whether addresses or header fields do. Only for a server that offers SMTPUTF8.
    pub smtputf8: bool,
}

/// What a server decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionReplies {
    /// In the order of [`Envelope::recipients`]; empty when MAIL was refused.
    pub recipients: Vec<Result<(), Refusal>>,
    /// About the message itself; `None` when no recipient was accepted, so that it was never sent.
    pub message: Option<Result<Reply, Refusal>>,
}

/// Where a transaction stands.
#[derive(Debug)]
pub(super) struct Sending {
    envelope: Envelope,
    /// Whether MAIL, all RCPT and DATA went out together (RFC 2920).
    pipelined: bool,
    mail_refused: Option<Refusal>,
    verdicts: Vec<Result<(), Refusal>>,
    awaited: Awaited,
}

#[derive(Debug)]
enum Awaited {
    Mail,
    Recipient,
    Data,
    Content,
    EndOfData,
    /// The reply to the end of a message without content, which nobody was to get.
    EndOfNothing,
    /// The reply to RSET, after which this verdict can be given.
    Reset(Option<Result<Reply, Refusal>>),
}

impl Ready {
    /// What the server offers.
    #[must_use]
    pub fn offered(&self) -> &Offered {
        &self.0.0.offered
    }

    /// Begins a transaction.
    #[must_use]
    pub fn send(self, envelope: Envelope) -> Session {
        let Self(mut session) = self;
        let extensions = session.0.offered.extensions;
        let mut line = format!("MAIL FROM:{}", envelope.reverse_path);
        if extensions.contains(Extension::Size) {
            line.push_str(&format!(" SIZE={}", envelope.size_octets));
        }
        if envelope.eight_bit && extensions.contains(Extension::EightBitMime) {
            line.push_str(" BODY=8BITMIME");
        }
        if envelope.smtputf8 && extensions.contains(Extension::SmtpUtf8) {
            line.push_str(" SMTPUTF8");
        }
        session.0.command(&line);
        let pipelined = extensions.contains(Extension::Pipelining);
        if pipelined {
            for recipient in &envelope.recipients {
                session.0.command(&format!("RCPT TO:<{recipient}>"));
            }
            session.0.command("DATA");
        }
        session.0.state = State::Sending(Sending {
            envelope,
            pipelined,
            mail_refused: None,
            verdicts: Vec::new(),
            awaited: Awaited::Mail,
        });
        session
    }

    /// Ends the session with QUIT.
    #[must_use]
    pub fn quit(self) -> Session {
        let Self(mut session) = self;
        session.0.command("QUIT");
        session.0.state = State::Quit;
        session
    }

    /// The session itself, for a driver that lets it rest.
    #[must_use]
    pub fn into_session(self) -> Session {
        self.0
    }
}

impl MailData {
    pub(super) fn new(session: Session) -> Self {
        Self { session, writer: DotWriter::new() }
    }

    /// Writes a piece of the message.
    ///
    /// # Errors
    /// When it holds a bare CR, a bare LF or a NUL. The session can then only be dropped.
    pub fn write(&mut self, content: &[u8]) -> Result<(), Violation> {
        self.writer.write(content, &mut self.session.0.output)
    }

    /// What is to be sent to the server; the driver empties it between pieces.
    pub fn pending(&mut self) -> &mut Vec<u8> {
        self.session.pending()
    }

    /// Ends the message.
    ///
    /// # Errors
    /// When it ends in a carriage return. The session can then only be dropped.
    pub fn finish(mut self) -> Result<Session, Violation> {
        self.writer.finish(&mut self.session.0.output)?;
        if let State::Sending(sending) = &mut self.session.0.state {
            sending.awaited = Awaited::EndOfData;
        }
        Ok(self.session)
    }
}

impl Finished {
    /// The session, for the next message, and the server's replies.
    #[must_use]
    pub fn into_parts(self) -> (Session, TransactionReplies) {
        (self.session, self.replies)
    }
}

impl Sending {
    pub(super) fn wants_content(&self) -> bool {
        matches!(self.awaited, Awaited::Content)
    }

    /// Whether the server has taken the sender and any recipient.
    fn has_somebody(&self) -> bool {
        self.mail_refused.is_none() && self.verdicts.iter().any(Result::is_ok)
    }

    /// What is said of a message that nobody was to get. Where the sender was refused, the recipients say nothing.
    fn why_nobody(&mut self) -> Option<Result<Reply, Refusal>> {
        let refusal = self.mail_refused.take()?;
        self.verdicts.clear();
        Some(Err(refusal))
    }

    pub(super) fn stage(&self) -> Stage {
        match self.awaited {
            Awaited::Mail | Awaited::Recipient | Awaited::Reset(_) => Stage::Envelope,
            Awaited::Data | Awaited::Content | Awaited::EndOfNothing => Stage::Data,
            Awaited::EndOfData => Stage::EndOfData,
        }
    }
}

impl Session {
    /// Takes the next reply of a transaction.
    pub(super) fn answered(mut self, mut sending: Sending, reply: Reply) -> Result<Self, Finished> {
        let awaited = std::mem::replace(&mut sending.awaited, Awaited::Content);
        if matches!(awaited, Awaited::Mail | Awaited::Recipient | Awaited::Data) {
            // A 421 is the last reply there is, whatever else was asked (RFC 5321 section 3.8).
            if let Some(goodbye) = Refusal::try_from(reply.clone()).ok().filter(Refusal::ends_session) {
                return Err(self.finished(Vec::new(), Some(Err(goodbye))));
            }
        }
        match awaited {
            Awaited::Mail => match refusal_unless(Severity::Positive, reply) {
                Ok(_) => Ok(self.next_recipient(sending)),
                // The replies to pipelined recipients still come, and mean nothing.
                Err(refusal) if sending.pipelined => {
                    sending.mail_refused = Some(refusal);
                    Ok(self.next_recipient(sending))
                }
                Err(refusal) => Err(self.finished(Vec::new(), Some(Err(refusal)))),
            },
            Awaited::Recipient => {
                sending.verdicts.push(refusal_unless(Severity::Positive, reply).map(drop));
                Ok(self.next_recipient(sending))
            }
            Awaited::Data => match refusal_unless(Severity::Intermediate, reply) {
                Ok(_) => Ok(self.go_ahead(sending)),
                Err(_) if !sending.has_somebody() => {
                    let refusal = sending.why_nobody();
                    Ok(self.reset(sending, refusal))
                }
                Err(refusal) => Ok(self.reset(sending, Some(Err(refusal)))),
            },
            Awaited::EndOfNothing => {
                let refusal = sending.why_nobody();
                Err(self.finished(sending.verdicts, refusal))
            }
            Awaited::EndOfData => {
                let verdict = refusal_unless(Severity::Positive, reply);
                Err(self.finished(sending.verdicts, Some(verdict)))
            }
            Awaited::Reset(verdict) => Err(self.finished(sending.verdicts, verdict)),
            Awaited::Content => {
                self.0.state = State::Sending(sending);
                Ok(self)
            }
        }
    }

    /// Goes on to the next recipient, to DATA, or gives up when there is nobody to send to.
    fn next_recipient(mut self, mut sending: Sending) -> Self {
        if let Some(next) = sending.envelope.recipients.get(sending.verdicts.len()) {
            if !sending.pipelined {
                self.0.command(&format!("RCPT TO:<{next}>"));
            }
            sending.awaited = Awaited::Recipient;
        } else if sending.pipelined {
            sending.awaited = Awaited::Data;
        } else if sending.has_somebody() {
            self.0.command("DATA");
            sending.awaited = Awaited::Data;
        } else {
            return self.reset(sending, None);
        }
        self.0.state = State::Sending(sending);
        self
    }

    /// The server waits for content. One that has taken nobody may do so all the same, and gets none: the message ends
    /// before it begins (RFC 2920 section 3.1).
    fn go_ahead(mut self, mut sending: Sending) -> Self {
        if sending.has_somebody() {
            sending.awaited = Awaited::Content;
        } else {
            self.0.command(".");
            sending.awaited = Awaited::EndOfNothing;
        }
        self.0.state = State::Sending(sending);
        self
    }

    fn reset(mut self, mut sending: Sending, verdict: Option<Result<Reply, Refusal>>) -> Self {
        self.0.command("RSET");
        sending.awaited = Awaited::Reset(verdict);
        self.0.state = State::Sending(sending);
        self
    }

    fn finished(
        mut self,
        recipients: Vec<Result<(), Refusal>>,
        message: Option<Result<Reply, Refusal>>,
    ) -> Finished {
        let last = message.as_ref().and_then(|result| result.as_ref().err());
        self.0.state = match last {
            Some(refusal) if refusal.ends_session() => State::Over(super::ProtocolError::Ended),
            _ => State::Idle,
        };
        Finished { session: self, replies: TransactionReplies { recipients, message } }
    }
}

/// A reply of another severity than the wanted one is a refusal, even a nonsensical 2yz.
fn refusal_unless(wanted: Severity, reply: Reply) -> Result<Reply, Refusal> {
    if reply.severity() == wanted {
        return Ok(reply);
    }
    const OUT_OF_PLACE: Refusal = Refusal::temporary(451, (5, 0), "The server answered out of place");
    Err(Refusal::try_from(reply).unwrap_or(OUT_OF_PLACE))
}
