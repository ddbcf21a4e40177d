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
mod mail_data;
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
pub use self::settings::{Limits, LoginPolicy, Settings, TlsPolicy, Wording};

use self::auth::Exchange;
use self::mail_data::Receiving;
use self::transaction::Transaction;
use crate::command::{ClientName, Command, CommandError};
use crate::extension::{Extension, Extensions};
use crate::line::{self, LineError};
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

    fn next_command(mut self) -> Flow {
        let line = match line::take(&mut self.0.input, self.0.settings.limits.command_octets) {
            Ok(Some(line)) => line,
            Ok(None) => return ControlFlow::Break(Step::NeedsInput(self)),
            Err(error) => return self.end_for_bad_line(error),
        };
        // Devices write one line end too many behind a login or a message, and wait for no answer to it.
        if line.is_empty() {
            return if self.0.was_fruitless() { self.end_fruitless() } else { ControlFlow::Continue(self) };
        }
        match Command::parse(&line) {
            Ok(command) => self.obey(command),
            Err(CommandError::Http) => self.end(Ending::Http, &wording::NOT_HTTP),
            Err(CommandError::Unknown) => self.refuse(&wording::UNKNOWN_COMMAND),
            Err(CommandError::Syntax(text)) => self.refuse(&wording::SYNTAX.with_text(text)),
        }
    }

    fn obey(mut self, command: Command<'_>) -> Flow {
        if self.0.is_fruitless(&command) {
            return self.end_fruitless();
        }
        match command {
            Command::Ehlo(name) => self.greet(Client { name, extended: true }),
            Command::Helo(name) => self.greet(Client { name, extended: false }),
            Command::Mail(path, parameters) => self.mail(path, parameters),
            Command::Recipient(path, parameters) => self.recipient(path, parameters),
            Command::Data => self.data(),
            Command::Chunk { octets, last } => self.chunk(octets, last),
            Command::Reset => {
                self.0.transaction = None;
                self.answer(&wording::OK)
            }
            Command::Noop => self.answer(&wording::OK),
            // RFC 5321 section 7.3: 252 tells nobody which addresses exist.
            Command::Verify => self.answer(&wording::CANNOT_VERIFY),
            Command::Expand => self.refuse(&wording::NO_EXPANSION),
            Command::Help => self.answer(&wording::HELP),
            Command::Quit => {
                self.0.reply(&wording::GOODBYE);
                self.0.state = State::Closed(Ending::Quit);
                ControlFlow::Continue(self)
            }
            Command::StartTls => self.start_tls(),
            Command::Auth { mechanism, initial } => self.begin_login(mechanism, initial),
        }
    }

    /// EHLO and HELO, which also end an open transaction (RFC 5321 section 4.1.4).
    fn greet(mut self, client: Client) -> Flow {
        self.0.transaction = None;
        ControlFlow::Break(Step::Hello(HelloAsk { session: self, client }))
    }

    fn greeted(mut self, client: Client) -> Self {
        let mut text = format!("{} Hello [{}]", self.0.settings.host_name, self.0.peer);
        if client.extended {
            for line in self.0.announcements() {
                text.push('\n');
                text.push_str(&line);
            }
        }
        self.0.client = Some(client);
        self.0.reply(&Reply::plain(250, "").with_text(text));
        self
    }

    /// STARTTLS (RFC 3207 section 4).
    fn start_tls(mut self) -> Flow {
        if !self.0.offers(Extension::StartTls) {
            return self.refuse(&wording::OUT_OF_ORDER);
        }
        if !self.0.input.is_empty() {
            return self.end(Ending::Injection, &wording::NOTHING_BEHIND_STARTTLS);
        }
        self.0.reply(&wording::START_TLS);
        ControlFlow::Break(Step::StartTls(StartTls(self)))
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

    /// Counts commands that bring no message nearer, and says when there were too many.
    fn is_fruitless(&mut self, command: &Command<'_>) -> bool {
        let brings_mail_nearer = matches!(
            command,
            Command::Mail(..)
                | Command::Recipient(..)
                | Command::Data
                | Command::Chunk { octets: 1.., .. }
                | Command::Chunk { last: true, .. }
                | Command::Quit
        );
        !brings_mail_nearer && self.was_fruitless()
    }

    /// Counts one more, and says when there were too many.
    fn was_fruitless(&mut self) -> bool {
        self.counts.fruitless += 1;
        self.counts.fruitless > self.settings.limits.fruitless_commands
    }

    /// Whether `extension` is offered at this moment.
    fn offers(&self, extension: Extension) -> bool {
        match extension {
            Extension::StartTls => self.settings.tls == TlsPolicy::StartTls && !self.secured,
            Extension::Auth => {
                self.settings.login != LoginPolicy::NotOffered
                    && (self.secured || self.settings.tls == TlsPolicy::Absent)
            }
            _ => self.extensions().contains(extension),
        }
    }

    /// The extensions to offer in the clear or under TLS, whichever it is now; STARTTLS and AUTH apart.
    fn extensions(&self) -> Extensions {
        let settings = &self.settings;
        if settings.tls == TlsPolicy::StartTls && !self.secured {
            settings.extensions.intersection(settings.extensions_in_clear)
        } else {
            settings.extensions
        }
    }

    /// The extensions whose parameters a client may use now. RFC 5321 section 2.2.1 has extensions for clients that
    /// said EHLO; devices that said HELO use them all the same, and nothing is at stake.
    fn usable(&self) -> Extensions {
        let usable = self.extensions().union(self.settings.tolerated);
        if self.offers(Extension::Auth) { usable.with(Extension::Auth) } else { usable }
    }

    fn announcements(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let (settings, extensions) = (&self.settings, self.extensions());
        if extensions.contains(Extension::Size) {
            lines.push(format!("SIZE {}", settings.limits.message_octets));
        }
        for extension in [
            Extension::Pipelining,
            Extension::EightBitMime,
            Extension::BinaryMime,
            Extension::SmtpUtf8,
            Extension::EnhancedStatusCodes,
            Extension::Dsn,
        ] {
            if extensions.contains(extension) {
                lines.push(extension.keyword().to_owned());
            }
        }
        if settings.tls == TlsPolicy::StartTls && !self.secured {
            lines.push(Extension::StartTls.keyword().to_owned());
        } else if settings.login != LoginPolicy::NotOffered {
            let names: Vec<&str> = settings.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
            lines.push(format!("AUTH {}", names.join(" ")));
        }
        if extensions.contains(Extension::Chunking) {
            lines.push(Extension::Chunking.keyword().to_owned());
        }
        lines
    }
}
