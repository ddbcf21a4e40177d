//! Steps of a session: each holds the session, and the answer gives it back.

use std::ops::Range;

use super::{Client, Ending, Session};
use crate::mail_data::{LineEnds, Measures};
use crate::parameters::{MailParameters, RecipientParameters};
use crate::path::{ForwardPath, OfferedPath};
use crate::reply::{Refusal, Reply};
use crate::sasl::Login;

/// What a session needs from outside.
#[derive(Debug)]
pub enum Step {
    /// Send what is pending and bring more input.
    NeedsInput(Session),
    /// Send what is pending, then start TLS on the connection.
    StartTls(StartTls),
    /// Is this client welcome?
    Hello(HelloAsk),
    /// Is this login good?
    Authenticate(Authenticate),
    /// May mail be sent from here?
    Mail(MailAsk),
    /// May this recipient have it?
    Recipient(RecipientAsk),
    /// May the message follow? Asked at DATA; BDAT brings its octets along.
    Data(DataAsk),
    /// Take a piece of the message.
    MailData(MailDataAsk),
    /// The message is complete: keep it or refuse it.
    EndOfData(EndOfData),
    /// Send what is pending and close the connection.
    Closed(Session, Ending),
}

/// The client asked for TLS and was told to begin.
#[derive(Debug)]
pub struct StartTls(pub(super) Session);

/// A client that introduced itself by EHLO or HELO.
#[derive(Debug)]
pub struct HelloAsk {
    pub(super) session: Session,
    pub(super) client: Client,
}

/// A login to be checked.
#[derive(Debug)]
pub struct Authenticate {
    pub(super) session: Session,
    pub(super) login: Login,
}

/// A reverse-path to be allowed. It starts a new transaction.
#[derive(Debug)]
pub struct MailAsk {
    pub(super) session: Session,
    pub(super) path: OfferedPath,
    pub(super) parameters: MailParameters,
}

/// A forward-path to be allowed.
#[derive(Debug)]
pub struct RecipientAsk {
    pub(super) session: Session,
    pub(super) path: OfferedPath<ForwardPath>,
    pub(super) parameters: RecipientParameters,
}

/// A DATA command in its right place.
#[derive(Debug)]
pub struct DataAsk(pub(super) Session);

/// A piece of the message at the start of the session's input.
#[derive(Debug)]
pub struct MailDataAsk {
    pub(super) session: Session,
    pub(super) content: Content,
}

/// Where a piece of the message is.
#[derive(Debug)]
pub(super) enum Content {
    /// In the input, which is used up to the end of the range.
    InInput(Range<usize>),
    /// Here, in place of so many octets of the input.
    Repaired { used: usize, octets: Vec<u8> },
}

/// The end of a message that broke no rule.
#[derive(Debug)]
pub struct EndOfData {
    pub(super) session: Session,
    pub(super) measures: Measures,
}

impl Step {
    /// [`Session::refusals`] of the session that the step holds: those from before the question.
    #[must_use]
    pub fn refusals(&mut self) -> Vec<Refusal> {
        let session = match self {
            Self::NeedsInput(session) | Self::Closed(session, _) => session,
            Self::StartTls(start) => &mut start.0,
            Self::Hello(ask) => &mut ask.session,
            Self::Authenticate(ask) => &mut ask.session,
            Self::Mail(ask) => &mut ask.session,
            Self::Recipient(ask) => &mut ask.session,
            Self::Data(ask) => &mut ask.0,
            Self::MailData(ask) => &mut ask.session,
            Self::EndOfData(ask) => &mut ask.session,
        };
        session.refusals()
    }
}

impl StartTls {
    /// What is still to be sent in clear.
    pub fn pending(&mut self) -> &mut Vec<u8> {
        self.0.pending()
    }

    /// TLS stands. The session forgets all it knew (RFC 3207 section 4.2).
    #[must_use]
    pub fn established(self) -> Session {
        let Self(mut session) = self;
        session.0.secured = true;
        session.0.client = None;
        session.0.transaction = None;
        session.0.logged_in = false;
        session
    }
}

impl HelloAsk {
    /// What it calls itself.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// It is welcome, and hears what is offered.
    #[must_use]
    pub fn accept(self) -> Session {
        self.session.greeted(self.client)
    }

    /// It is not (RFC 5321 section 4.1.4); the session is as if it had said nothing.
    #[must_use]
    pub fn reject(mut self, refusal: &Refusal) -> Session {
        self.session.0.refuse(refusal);
        self.session
    }
}

impl Authenticate {
    /// Who the client says it is, with the proof.
    #[must_use]
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// The login is good.
    #[must_use]
    pub fn accept(self) -> Session {
        self.session.logged_in()
    }

    /// The login is not.
    #[must_use]
    pub fn reject(self, refusal: Refusal) -> Session {
        self.session.login_refused(&self.login, refusal)
    }
}

impl MailAsk {
    /// The reverse-path, or what the client wrote instead.
    #[must_use]
    pub fn path(&self) -> &OfferedPath {
        &self.path
    }

    /// What the client said about the message.
    #[must_use]
    pub fn parameters(&self) -> &MailParameters {
        &self.parameters
    }

    /// The session, for its client's name and its protection.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Mail may be sent from here. The message's line ends are dealt with as `line_ends` says.
    #[must_use]
    pub fn accept(self, line_ends: LineEnds) -> Session {
        self.session.mail_accepted(&self.parameters, line_ends)
    }

    /// It may not.
    #[must_use]
    pub fn reject(mut self, refusal: &Refusal) -> Session {
        self.session.0.refuse(refusal);
        self.session
    }
}

impl RecipientAsk {
    /// The forward-path, or what the client wrote instead.
    #[must_use]
    pub fn path(&self) -> &OfferedPath<ForwardPath> {
        &self.path
    }

    /// What the client asks for this recipient.
    #[must_use]
    pub fn parameters(&self) -> &RecipientParameters {
        &self.parameters
    }

    /// The recipient may have it.
    #[must_use]
    pub fn accept(self) -> Session {
        self.session.recipient_accepted()
    }

    /// It may not.
    #[must_use]
    pub fn reject(mut self, refusal: &Refusal) -> Session {
        self.session.0.refuse(refusal);
        self.session
    }
}

impl DataAsk {
    /// The message may follow.
    #[must_use]
    pub fn accept(self) -> Session {
        self.0.data_accepted()
    }

    /// It may not. The transaction stays open (RFC 5321 section 4.1.1.4).
    #[must_use]
    pub fn reject(mut self, refusal: &Refusal) -> Session {
        self.0.0.refuse(refusal);
        self.0
    }
}

impl MailDataAsk {
    /// The octets, without transparency dots.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::InInput(range) => &self.session.0.input[range.clone()],
            Content::Repaired { octets, .. } => octets,
        }
    }

    /// The octets are taken.
    #[must_use]
    pub fn taken(self) -> Session {
        self.session.content_used(self.content.used())
    }

    /// The message is refused; the rest of it is skipped, and then the client gets the reply.
    #[must_use]
    pub fn refuse(self, refusal: Refusal) -> Session {
        self.session.content_used(self.content.used()).mail_data_refused(refusal)
    }
}

impl Content {
    /// Octets of the input that are used up.
    pub(super) fn used(&self) -> usize {
        match self {
            Self::InInput(range) => range.end,
            Self::Repaired { used, .. } => *used,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::InInput(range) => range.is_empty(),
            Self::Repaired { octets, .. } => octets.is_empty(),
        }
    }
}

impl EndOfData {
    /// What was seen of the message while it passed.
    #[must_use]
    pub fn measures(&self) -> Measures {
        self.measures
    }

    /// The message is in safe hands. Anything that `reply` promises must be true already.
    #[must_use]
    pub fn accept(self, reply: &Reply) -> Session {
        self.session.message_accepted(reply)
    }

    /// The message is not taken.
    #[must_use]
    pub fn reject(mut self, refusal: &Refusal) -> Session {
        self.session.0.refuse(refusal);
        self.session
    }
}
