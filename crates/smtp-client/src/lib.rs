//! Drives [`smtp::client`] over sockets.
//!
//! 1. [`Connection::open`] connects, secures the session and logs in.
//! 2. [`Connection::send`] carries one message and gives the server's [`TransactionReplies`]; the connection is
//!    then free for the next.
//! 3. An [`Error`] says how far the session was: only from the end of the message on may the server
//!    have taken it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use smtp::client::{
    Envelope, Ready, Session, SessionError, Settings, Stage, Step, TlsPolicy, TransactionReplies,
};
use smtp::extension::Offered;
use tls::Stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

/// A server, and how to trust it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Host name or address; the certificate must be for it.
    pub host: String,
    pub port: u16,
    /// The roots to trust.
    pub trust: Arc<ClientConfig>,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// How long to wait for a server (RFC 5321 section 4.5.3.2 has the limits for patient clients).
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the connection and for TLS.
    pub connect: Duration,
    /// For the reply to a command.
    pub command: Duration,
    /// For the reply to the message, which is long because giving up too early makes duplicates.
    pub end_of_data: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            command: Duration::from_secs(120),
            end_of_data: Duration::from_secs(600),
        }
    }
}

/// An open session.
#[derive(Debug)]
pub struct Connection {
    stream: Stream<TcpStream>,
    ready: Option<Ready>,
    timeouts: Timeouts,
}

/// Why a session failed, and how far it was.
#[derive(Debug, thiserror::Error)]
#[error("the session with the mail server failed at {stage:?}")]
pub struct Error {
    /// How far the session was.
    pub stage: Stage,
    #[source]
    pub cause: Cause,
}

/// What ended a session.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    #[error("the connection failed")]
    Io(#[source] io::Error),
    /// Nothing came in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The host name cannot be in a certificate.
    #[error("the host name is not valid")]
    HostName,
    #[error(transparent)]
    Protocol(SessionError),
    /// The message has a bare line end, which is never sent.
    #[error("the message holds {0}")]
    Message(smtp::mail_data::Violation),
}

impl Error {
    fn new(stage: Stage, cause: Cause) -> Self {
        Self { stage, cause }
    }

    /// Whether the server may have taken the message although it did not say so.
    #[must_use]
    pub fn message_may_be_taken(&self) -> bool {
        self.stage == Stage::EndOfData
    }
}

/// Pieces in which a message is written; between them the socket is waited for.
const PIECE_BYTES: usize = 65_536;

impl Connection {
    /// Connects, starts TLS as `settings` have it, and logs in.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn open(target: &Target, settings: Settings) -> Result<Self, Error> {
        let at_greeting = |cause| Error::new(Stage::Greeting, cause);
        let connect = TcpStream::connect((target.host.as_str(), target.port));
        let tcp = timeout(target.timeouts.connect, connect)
            .await
            .map_err(|_| at_greeting(Cause::TimedOut))?
            .map_err(|error| at_greeting(Cause::Io(error)))?;
        let _ = tcp.set_nodelay(true);
        let mut stream = Stream::Clear(tcp);
        if settings.tls == TlsPolicy::Implicit {
            secure(&mut stream, target).await.map_err(at_greeting)?;
        }
        let (mut session, mut asked_at) = (Session::open(settings), Instant::now());
        loop {
            session = match session.advance() {
                Step::NeedsInput(session) => {
                    exchange(&mut stream, session, target.timeouts.command, &mut asked_at).await?
                }
                Step::StartTls(start) => {
                    let secured = secure(&mut stream, target).await;
                    secured.map_err(|cause| Error::new(Stage::StartTls, cause))?;
                    start.established()
                }
                Step::Ready(ready) => {
                    return Ok(Self { stream, ready: Some(ready), timeouts: target.timeouts });
                }
                Step::Failed(failure) => return Err(failure.into()),
                Step::MailData(_) | Step::Finished(_) => {
                    unreachable!("a session sends no message before it is ready")
                }
            };
        }
    }

    /// What the server offers; nothing once the session is over.
    #[must_use]
    pub fn offered(&self) -> Option<&Offered> {
        self.ready.as_ref().map(Ready::offered)
    }

    /// Whether another message can be sent.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.ready.is_some()
    }

    /// Sends one message.
    ///
    /// # Errors
    /// When the session breaks. A refusal of the message is not an error but a reply.
    pub async fn send(&mut self, envelope: Envelope, message: &[u8]) -> Result<TransactionReplies, Error> {
        let Some(ready) = self.ready.take() else {
            return Err(Error::new(Stage::Idle, Cause::Io(io::ErrorKind::NotConnected.into())));
        };
        let mut session = ready.send(envelope);
        let (mut replies, mut asked_at) = (None, Instant::now());
        loop {
            session = match session.advance() {
                Step::NeedsInput(session) => {
                    let patience = match session.stage() {
                        Stage::EndOfData => self.timeouts.end_of_data,
                        _ => self.timeouts.command,
                    };
                    exchange(&mut self.stream, session, patience, &mut asked_at).await?
                }
                Step::MailData(ask) => {
                    let session = write_message(&mut self.stream, ask, message, self.timeouts).await?;
                    asked_at = Instant::now();
                    session
                }
                Step::Finished(finished) => {
                    let (session, given) = finished.into_parts();
                    replies = Some(given);
                    session
                }
                Step::Ready(ready) => {
                    self.ready = Some(ready);
                    return replies.ok_or_else(|| Error::new(Stage::Idle, Cause::TimedOut));
                }
                // After its replies the end of the session is only the end of the connection.
                Step::Failed(failure) => return replies.ok_or_else(|| failure.into()),
                Step::StartTls(_) => unreachable!("TLS comes before the session is ready"),
            };
        }
    }

    /// Says goodbye and closes the connection.
    pub async fn quit(mut self) {
        if let Some(ready) = self.ready.take() {
            let mut session = ready.quit();
            let goodbye = async {
                self.stream.write_all(session.pending()).await?;
                self.stream.flush().await?;
                self.stream.shutdown().await
            };
            let _ = timeout(GOODBYE, goodbye).await;
        }
    }
}

/// A server that does not listen any more need not be waited for.
const GOODBYE: Duration = Duration::from_secs(2);

impl From<SessionError> for Error {
    fn from(failure: SessionError) -> Self {
        Self::new(failure.stage, Cause::Protocol(failure))
    }
}

/// How much longer than its first piece a reply may take, or those to commands that were sent together: a server that
/// says a byte a minute is not waited for until it has said all.
const REST_OF_REPLIES: Duration = Duration::from_secs(300);

/// Sends what is pending and reads what comes. `asked_at` is when something was last sent.
async fn exchange(
    stream: &mut Stream<TcpStream>,
    mut session: Session,
    patience: Duration,
    asked_at: &mut Instant,
) -> Result<Session, Error> {
    let (stage, now) = (session.stage(), Instant::now());
    if !session.pending().is_empty() {
        *asked_at = now;
    }
    let deadline = (now + patience).min(*asked_at + patience + REST_OF_REPLIES);
    let turn = async {
        if !session.pending().is_empty() {
            let pending = std::mem::take(session.pending());
            stream.write_all(&pending).await?;
            stream.flush().await?;
        }
        session.input().reserve(2_048);
        match stream.read_buf(session.input()).await? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            _ => Ok(()),
        }
    };
    match timeout_at(deadline, turn).await {
        Ok(Ok(())) => Ok(session),
        Ok(Err(error)) => Err(Error::new(stage, Cause::Io(error))),
        Err(_) => Err(Error::new(stage, Cause::TimedOut)),
    }
}

async fn write_message(
    stream: &mut Stream<TcpStream>,
    mut ask: smtp::client::MailData,
    message: &[u8],
    timeouts: Timeouts,
) -> Result<Session, Error> {
    for piece in message.chunks(PIECE_BYTES) {
        ask.write(piece).map_err(|violation| Error::new(Stage::Data, Cause::Message(violation)))?;
        // The last piece travels with the end mark.
        if ask.pending().len() >= PIECE_BYTES {
            let pending = std::mem::take(ask.pending());
            match timeout(timeouts.command, stream.write_all(&pending)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(Error::new(Stage::Data, Cause::Io(error))),
                Err(_) => return Err(Error::new(Stage::Data, Cause::TimedOut)),
            }
        }
    }
    ask.finish().map_err(|violation| Error::new(Stage::Data, Cause::Message(violation)))
}

async fn secure(stream: &mut Stream<TcpStream>, target: &Target) -> Result<(), Cause> {
    let name = ServerName::try_from(target.host.clone()).map_err(|_| Cause::HostName)?;
    match timeout(target.timeouts.connect, stream.connect(Arc::clone(&target.trust), name)).await {
        Ok(result) => result.map_err(Cause::Io),
        Err(_) => Err(Cause::TimedOut),
    }
}
