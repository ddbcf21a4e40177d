//! The client's side of a session, as a machine that owns no socket.
//!
//! 1. [`Session::open`] waits for the greeting, says EHLO, secures the session and logs in.
//! 2. [`Step::Ready`]: [`Ready::send`] begins a transaction, [`Ready::quit`] says goodbye.
//! 3. [`Step::MailData`]: the server wants the message; [`MailData::write`] makes it transparent.
//! 4. [`Step::Finished`]: the [`TransactionReplies`] about the message and about each recipient.
//!
//! [`Step::Failed`] ends the session. [`Session::stage`] tells how far it was, which decides whether a
//! message may have been taken: only from [`Stage::EndOfData`] on.

mod hello;
mod transaction;

use bytes::BytesMut;

pub use self::transaction::{Envelope, Finished, MailData, Ready, TransactionReplies};

use self::hello::Hello;
use self::transaction::Sending;
use crate::extension::Offered;
use crate::line;
use crate::reply::{Refusal, Reply};
use crate::sasl::Login;

/// One connection to a server.
#[derive(Debug)]
pub struct Session(Box<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    input: BytesMut,
    output: Vec<u8>,
    partial: Option<(u16, String)>,
    offered: Offered,
    secured: bool,
    state: State,
}

/// How to speak to a server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The argument of EHLO.
    pub client_name: String,
    /// When TLS comes.
    pub tls: TlsPolicy,
    /// Who to log in as.
    pub login: Option<Login>,
}

/// When TLS comes. There is no "if offered": a stripped STARTTLS must not go unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsPolicy {
    Absent,
    /// After STARTTLS, or not at all.
    StartTls,
    /// From the first octet.
    Implicit,
}

/// What a session needs from outside.
#[derive(Debug)]
pub enum Step {
    /// Send what is pending and bring more input.
    NeedsInput(Session),
    /// Send nothing more in clear: start TLS on the connection.
    StartTls(StartTls),
    /// The session is free for a message.
    Ready(Ready),
    /// The server wants the message.
    MailData(MailData),
    /// The server has decided about a message.
    Finished(Finished),
    /// The session is over.
    Failed(SessionError),
}

/// The server agreed to TLS.
#[derive(Debug)]
pub struct StartTls(Session);

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before the server's greeting.
    Greeting,
    Hello,
    StartTls,
    Login,
    Idle,
    /// MAIL and RCPT.
    Envelope,
    /// DATA and the message.
    Data,
    /// The message is out; whether it was taken is not known yet.
    EndOfData,
    Quit,
}

/// Why a session is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause} (at {stage:?})")]
pub struct SessionError {
    /// How far the session was.
    pub stage: Stage,
    pub cause: ProtocolError,
}

/// What ended a session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The server refused.
    #[error("the server refused: {0}")]
    Refused(Refusal),
    /// The server does not offer STARTTLS, or somebody in between took the offer away.
    #[error("the server does not offer STARTTLS")]
    NoTls,
    /// None of the server's mechanisms fits the login.
    #[error("the server offers no mechanism that fits the login")]
    NoMechanism,
    /// The server sent octets behind its reply to STARTTLS, before TLS began.
    #[error("the server injected data before TLS")]
    Injection,
    /// What the server says is not SMTP.
    #[error("the server's reply is malformed")]
    Malformed,
    /// The server said goodbye.
    #[error("the session has ended")]
    Ended,
}

#[derive(Debug)]
enum State {
    Hello(Hello),
    Idle,
    Sending(Sending),
    Quit,
    Over(ProtocolError),
}

/// RFC 5321 section 4.5.3.1.5 has 512; real servers write longer lines.
const MAX_REPLY_LINE_OCTETS: usize = 2_048;
/// More lines than any EHLO reply; keeps a hostile server from filling memory.
const MAX_REPLY_OCTETS: usize = 65_536;

impl Session {
    /// A session that waits for the server's greeting.
    #[must_use]
    pub fn open(settings: Settings) -> Self {
        Self(Box::new(Inner {
            secured: settings.tls == TlsPolicy::Implicit,
            settings,
            input: BytesMut::new(),
            output: Vec::new(),
            partial: None,
            offered: Offered::default(),
            state: State::Hello(Hello::Greeting),
        }))
    }

    /// Works through the input until something is needed from outside.
    #[must_use]
    pub fn advance(mut self) -> Step {
        loop {
            match &self.0.state {
                State::Over(cause) => {
                    return Step::Failed(SessionError { stage: self.stage(), cause: cause.clone() });
                }
                State::Sending(sending) if sending.wants_content() => {
                    // A reply to a message that is not sent yet would be taken for its verdict.
                    if !self.0.input.is_empty() {
                        return self.failed(Stage::Data, ProtocolError::Malformed);
                    }
                    return Step::MailData(MailData::new(self));
                }
                _ => {}
            }
            let reply = match self.0.next_reply() {
                Ok(Some(reply)) => reply,
                Ok(None) if matches!(self.0.state, State::Idle) => return Step::Ready(Ready(self)),
                Ok(None) => return Step::NeedsInput(self),
                Err(cause) => return Step::Failed(SessionError { stage: self.stage(), cause }),
            };
            self = match std::mem::replace(&mut self.0.state, State::Idle) {
                State::Hello(hello) => match self.greeted(hello, reply) {
                    Ok(session) => session,
                    Err(step) => return step,
                },
                State::Sending(sending) => match self.answered(sending, reply) {
                    Ok(session) => session,
                    Err(finished) => return Step::Finished(finished),
                },
                State::Quit => {
                    self.0.state = State::Over(ProtocolError::Ended);
                    self
                }
                // A server that speaks unasked is about to hang up: 421.
                State::Idle | State::Over(_) => {
                    self.0.state = State::Over(refused_or_malformed(reply));
                    self
                }
            };
        }
    }

    /// Where the driver appends what the server says.
    pub fn input(&mut self) -> &mut BytesMut {
        &mut self.0.input
    }

    /// What is to be sent to the server; the driver empties it.
    pub fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.0.output
    }

    /// How far the session is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match &self.0.state {
            State::Hello(hello) => hello.stage(),
            State::Idle | State::Over(_) => Stage::Idle,
            State::Sending(sending) => sending.stage(),
            State::Quit => Stage::Quit,
        }
    }

    fn failed(self, stage: Stage, cause: ProtocolError) -> Step {
        Step::Failed(SessionError { stage, cause })
    }
}

impl StartTls {
    /// TLS stands. What the server offered before is forgotten (RFC 3207 section 4.2).
    #[must_use]
    pub fn established(self) -> Session {
        let Self(mut session) = self;
        session.0.secured = true;
        session.0.offered = Offered::default();
        session.say_hello()
    }
}

impl Inner {
    /// Takes one reply off the input, all its lines together.
    fn next_reply(&mut self) -> Result<Option<Reply>, ProtocolError> {
        loop {
            let line =
                line::take(&mut self.input, MAX_REPLY_LINE_OCTETS).map_err(|_| ProtocolError::Malformed)?;
            let Some(line) = line else { return Ok(None) };
            let line = String::from_utf8_lossy(&line);
            let (code, last, text) = split_line(&line).ok_or(ProtocolError::Malformed)?;
            let text = match self.partial.take() {
                Some((begun, _)) if begun != code => return Err(ProtocolError::Malformed),
                Some((_, mut before)) => {
                    let rest = without_repeated_status(&before, text).to_owned();
                    before.push('\n');
                    before.push_str(&rest);
                    before
                }
                None => text.to_owned(),
            };
            if text.len() > MAX_REPLY_OCTETS {
                return Err(ProtocolError::Malformed);
            }
            if last {
                return Ok(Some(Reply::received(code, text)));
            }
            self.partial = Some((code, text));
        }
    }

    fn command(&mut self, line: &str) {
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }
}

fn refused_or_malformed(reply: Reply) -> ProtocolError {
    Refusal::try_from(reply).map_or(ProtocolError::Malformed, ProtocolError::Refused)
}

/// `250-text`, `250 text` or `250`.
fn split_line(line: &str) -> Option<(u16, bool, &str)> {
    let code = line.get(..3)?.parse::<u16>().ok().filter(|code| (200..600).contains(code))?;
    match line.as_bytes().get(3) {
        None => Some((code, true, "")),
        Some(b' ') => Some((code, true, line.get(4..)?)),
        Some(b'-') => Some((code, false, line.get(4..)?)),
        Some(_) => None,
    }
}

/// Each line of a reply repeats its enhanced status code (RFC 2034 section 4); one is enough.
fn without_repeated_status<'a>(before: &str, text: &'a str) -> &'a str {
    use crate::reply::EnhancedStatus;
    match (EnhancedStatus::split_from(before), EnhancedStatus::split_from(text)) {
        (Some((first, _)), Some((status, rest))) if first == status => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replies(input: &str) -> Result<Vec<String>, ProtocolError> {
        let settings = Settings { client_name: "c".into(), tls: TlsPolicy::Absent, login: None };
        let mut session = Session::open(settings);
        session.input().extend_from_slice(input.as_bytes());
        let mut replies = Vec::new();
        while let Some(reply) = session.0.next_reply()? {
            replies.push(reply.to_string());
        }
        Ok(replies)
    }

    #[test]
    fn lines_become_replies() {
        assert_eq!(replies("220 hi\r\n250\r\n25"), Ok(vec!["220 hi".into(), "250 ".into()]));
        assert_eq!(replies("550-5.1.1 one\r\n550 5.1.1 two\r\n"), Ok(vec!["550 5.1.1 one two".into()]));
        assert_eq!(replies("550-5.1.1 one\r\n550 5.7.1 two\r\n"), Ok(vec!["550 5.1.1 one 5.7.1 two".into()]));
    }

    #[test]
    fn what_is_no_reply_is_malformed() {
        for input in [
            "hi\r\n",
            "250_x\r\n",
            "199 x\r\n",
            "600 x\r\n",
            "250-a\r\n251 b\r\n",
            "250 x\n",
            "25\u{e9} x\r\n",
        ] {
            assert_eq!(replies(input), Err(ProtocolError::Malformed), "{input:?}");
        }
        let endless = "250-x\r\n".repeat(MAX_REPLY_OCTETS);
        assert_eq!(replies(&endless), Err(ProtocolError::Malformed));
    }
}
