//! The server's side of a session, as a machine that owns no socket.
//!
//! 1. [`Session::open`] writes the greeting; [`Session::pending`] is what goes to the client.
//! 2. [`Session::advance`] works through the input and stops at a [`Step`].
//! 3. [`Step::NeedsInput`]: send what is pending, append what the client says to [`Session::input`].
//! 4. Every other step holds the session and a question; answering gives the session back.
//!
//! The session knows the protocol and nothing else: it counts recipients, but does not keep them.

mod ask;
mod auth;
mod commands;
mod mail_data;
mod offers;
mod settings;
mod transaction;
mod wording;

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::BytesMut;

pub use self::ask::{
    Authenticate, DataAsk, EndOfData, HelloAsk, MailAsk, MailDataAsk, RecipientAsk, StartTls, Step,
};
pub use self::settings::{Limits, LoginPolicy, LongestHold, Settings, TlsPolicy, Wording};

use self::auth::Exchange;
use self::mail_data::Receiving;
use self::transaction::Transaction;
use crate::command::ClientName;
use crate::line::LineError;
use crate::reply::{Refusal, Reply};

/// One connection of a client, from greeting to goodbye.
#[derive(Debug)]
pub struct Session(Box<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Arc<Settings>,
    peer: IpAddr,
    input: BytesMut,
    output: Vec<u8>,
    refusals: Vec<Refusal>,
    state: State,
    secured: bool,
    logged_in: bool,
    client: Option<Client>,
    transaction: Option<Transaction>,
    counts: Counts,
}

/// What the client called itself, and with which verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The argument of EHLO or HELO.
    pub name: ClientName,
    /// Whether it said EHLO.
    pub extended: bool,
}

#[derive(Debug)]
enum State {
    Command,
    Login(Exchange),
    MailData(Receiving),
    Closed(Ending),
}

/// What the session waits for, so that the driver can choose a deadline (RFC 5321 section 4.5.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// The next command.
    ForCommand,
    /// The next line of a login.
    ForLogin,
    /// More of the message.
    ForMailData,
}

/// Why a session ended, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client said QUIT.
    Quit,
    /// The service ended the session with a 421.
    Refused,
    /// Too many refused commands, or too many commands that lead nowhere.
    TooManyErrors,
    /// As many messages as one session may bring.
    TooManyMessages,
    /// A line without end, a bare line end, or octets that are no SMTP.
    Junk,
    /// The client spoke HTTP.
    Http,
    /// Octets followed STARTTLS before TLS began: an injection (RFC 3207 section 6, CVE-2011-0411).
    Injection,
    /// The message broke the rules of mail data, so that its end cannot be trusted.
    BadMailData,
}

#[derive(Debug, Default)]
struct Counts {
    errors: u32,
    fruitless: u32,
    messages: u32,
}

/// Go on with the session, or stop at a step.
type Flow = ControlFlow<Step, Session>;

impl Session {
    /// A session whose greeting is pending.
    #[must_use]
    pub fn open(settings: Arc<Settings>, peer: IpAddr) -> Self {
        let mut inner = Inner {
            secured: settings.tls == TlsPolicy::Implicit,
            settings,
            peer,
            input: BytesMut::new(),
            output: Vec::new(),
            refusals: Vec::new(),
            state: State::Command,
            logged_in: false,
            client: None,
            transaction: None,
            counts: Counts::default(),
        };
        let greeting = format!("{} {}", inner.settings.host_name, inner.settings.banner);
        inner.reply(&Reply::plain(220, "").with_text(greeting));
        Self(Box::new(inner))
    }

    /// Works through the input until something is needed from outside.
    #[must_use]
    pub fn advance(mut self) -> Step {
        loop {
            let flow = match std::mem::replace(&mut self.0.state, State::Command) {
                State::Command => self.next_command(),
                State::Login(exchange) => self.next_login_line(exchange),
                State::MailData(receiving) => self.next_mail_data(receiving),
                State::Closed(ending) => {
                    self.0.state = State::Closed(ending);
                    ControlFlow::Break(Step::Closed(self, ending))
                }
            };
            match flow {
                ControlFlow::Continue(session) => self = session,
                ControlFlow::Break(step) => return step,
            }
        }
    }

    /// Where the driver appends what the client says.
    pub fn input(&mut self) -> &mut BytesMut {
        &mut self.0.input
    }

    /// What is to be sent to the client; the driver empties it.
    pub fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.0.output
    }

    /// The negative replies since the last call, the session's own and the service's, in the order in which the client
    /// gets them.
    #[must_use]
    pub fn refusals(&mut self) -> Vec<Refusal> {
        std::mem::take(&mut self.0.refusals)
    }

    /// What the session waits for.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        match self.0.state {
            State::Login(_) => Waiting::ForLogin,
            State::MailData(_) => Waiting::ForMailData,
            State::Command | State::Closed(_) => Waiting::ForCommand,
        }
    }

    /// Whether a transaction is open. When none is, nothing of one needs to be kept outside either.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.0.transaction.is_some()
    }

    /// Whether the session is protected by TLS.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.0.secured
    }

    /// How the client introduced itself, if it did.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.0.client.as_ref()
    }

    /// Ends the session from outside: shutdown, time-out or load.
    pub fn close(&mut self, refusal: &Refusal) {
        self.0.reply_negative(refusal);
        self.0.state = State::Closed(Ending::Refused);
    }

    fn answer(mut self, reply: &Reply) -> Flow {
        self.0.reply(reply);
        ControlFlow::Continue(self)
    }

    /// Refuses a command; too many of these end the session.
    fn refuse(mut self, refusal: &Refusal) -> Flow {
        self.0.refuse(refusal);
        ControlFlow::Continue(self)
    }

    fn end(mut self, ending: Ending, refusal: &Refusal) -> Flow {
        self.0.reply_negative(refusal);
        self.0.state = State::Closed(ending);
        ControlFlow::Continue(self)
    }

    fn end_fruitless(self) -> Flow {
        self.end(Ending::TooManyErrors, &wording::TOO_MANY_COMMANDS)
    }

    fn end_for_bad_line(self, error: LineError) -> Flow {
        let refusal = match error {
            LineError::TooLong => &wording::LINE_TOO_LONG,
            LineError::BareControl => &wording::BARE_LINE_END,
            LineError::Junk => &wording::JUNK,
        };
        self.end(Ending::Junk, refusal)
    }
}

impl Inner {
    fn reply(&mut self, reply: &Reply) {
        reply.write_to(&mut self.output);
    }

    fn reply_negative(&mut self, refusal: &Refusal) {
        self.reply(refusal.reply());
        self.refusals.push(refusal.clone());
    }

    fn refuse(&mut self, refusal: &Refusal) {
        self.reply_negative(refusal);
        self.counts.errors += 1;
        if refusal.ends_session() {
            self.state = State::Closed(Ending::Refused);
        } else if self.counts.errors >= self.settings.limits.errors {
            self.reply_negative(&wording::TOO_MANY_ERRORS);
            self.state = State::Closed(Ending::TooManyErrors);
        }
    }

    /// Counts one more, and says when there were too many.
    fn was_fruitless(&mut self) -> bool {
        self.counts.fruitless += 1;
        self.counts.fruitless > self.settings.limits.fruitless_commands
    }
}
