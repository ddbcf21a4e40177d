//! One connection: bytes to the session, its questions to the service, its replies to the client.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use ipnet::IpNet;
use rustls::ServerConfig;
use smtp::path::OfferedPath;
use smtp::reply::{Refusal, Reply};
use smtp::server::{Authenticate, Ending, MailAsk, Session, Settings, Step, TlsPolicy, Waiting};
use tls::Stream;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::admission::Permit;
use crate::service::{Answer, Peer, Refused, Service};
use crate::timeouts::{LOOK_AGAIN, Timeouts};

/// What all connections of a listener share.
pub struct Endpoint<S> {
    /// Who answers the questions.
    pub service: Arc<S>,
    /// How the sessions speak.
    pub settings: Arc<Settings>,
    /// Certificate and versions; `None` only where the settings have no TLS.
    pub tls: Option<Arc<ServerConfig>>,
    /// When to hang up.
    pub timeouts: Timeouts,
    /// Networks that may connect; all may when empty.
    pub networks: Vec<IpNet>,
}

const TIMED_OUT: Refusal = Refusal::temporary(421, (4, 2), "Waited too long for you");
const TOO_LONG_A_STRANGER: Refusal =
    Refusal::temporary(421, (4, 2), "No login within the time for it: connect again");
const SESSION_TOO_LONG: Refusal = Refusal::temporary(421, (4, 2), "Enough for one session: connect again");
const SHUTTING_DOWN: Refusal = Refusal::temporary(421, (3, 2), "Shutting down: try again in a minute");

/// Room made for a command, and for the pieces of a message: small while idle, large while useful.
const COMMAND_BYTES: usize = 1_024;
const DATA_BYTES: usize = 16_384;
const LARGE_DATA_BYTES: usize = 131_072;

/// Serves one client until it leaves, fails a deadline, or `shutdown` finds it between messages.
///
/// # Errors
/// When the connection breaks or its TLS handshake fails.
pub async fn serve<S, IO>(
    endpoint: &Endpoint<S>,
    io: IO,
    permit: Permit,
    shutdown: CancellationToken,
) -> io::Result<Ending>
where
    S: Service,
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let address = permit.address();
    let mut connection = Connection {
        endpoint,
        stream: Stream::Clear(io),
        permit,
        peer: Peer { address, client: None, tls: None, login: endpoint.settings.login },
        principal: None,
        transaction: None,
        refused_login: None,
        refused_path: None,
        unheard: None,
        failed_logins: 0,
        started: Instant::now(),
        arrival: Arrival::default(),
        shutdown,
    };
    if endpoint.settings.tls == TlsPolicy::Implicit {
        Box::pin(connection.secure()).await?;
    }
    connection.run(Session::open(Arc::clone(&endpoint.settings), address.ip().to_canonical())).await
}

struct Connection<'a, S: Service, IO> {
    endpoint: &'a Endpoint<S>,
    stream: Stream<IO>,
    permit: Permit,
    peer: Peer,
    principal: Option<S::Principal>,
    transaction: Option<S::Transaction>,
    refused_login: Option<String>,
    refused_path: Option<OfferedPath>,
    /// The reply to the last message, until the client shows that it has received it.
    unheard: Option<Reply>,
    failed_logins: u32,
    started: Instant,
    arrival: Arrival,
    shutdown: CancellationToken,
}

/// How a message is arriving.
#[derive(Default)]
struct Arrival {
    since: Option<Instant>,
    bytes: u64,
    last_read_filled_the_buffer: bool,
}

impl<S, IO> Connection<'_, S, IO>
where
    S: Service,
    IO: AsyncRead + AsyncWrite + Unpin,
{
    /// What happens once in a session or message is boxed: an idle session would hold the memory for it, too.
    async fn run(&mut self, mut session: Session) -> io::Result<Ending> {
        loop {
            let mut step = session.advance();
            self.tell_of(step.refusals());
            session = match step {
                Step::NeedsInput(session) => self.read(session).await?,
                Step::StartTls(mut start) => {
                    self.write(start.pending()).await?;
                    Box::pin(self.secure()).await?;
                    (self.principal, self.transaction, self.refused_login) = (None, None, None);
                    start.established()
                }
                Step::Hello(ask) => match self.endpoint.service.hello(&self.peer, ask.client()).await {
                    Ok(()) => ask.accept(),
                    Err(refusal) => ask.reject(&refusal),
                },
                Step::Authenticate(ask) => Box::pin(self.authenticate(ask)).await,
                Step::Mail(ask) => self.mail(ask).await,
                Step::Recipient(ask) => {
                    let Some(transaction) = &mut self.transaction else { unreachable_transaction() };
                    match self.endpoint.service.recipient(transaction, ask.path(), ask.parameters()).await {
                        Ok(()) => ask.accept(),
                        Err(refusal) => ask.reject(&refusal),
                    }
                }
                Step::Data(ask) => {
                    let Some(transaction) = &mut self.transaction else { unreachable_transaction() };
                    match self.endpoint.service.begin_data(transaction).await {
                        Ok(()) => ask.accept(),
                        Err(refusal) => ask.reject(&refusal),
                    }
                }
                Step::MailData(ask) => {
                    let Some(transaction) = &mut self.transaction else { unreachable_transaction() };
                    match self.endpoint.service.data(transaction, ask.bytes()).await {
                        Ok(()) => ask.taken(),
                        Err(refusal) => ask.refuse(refusal),
                    }
                }
                Step::EndOfData(ask) => {
                    let Some(transaction) = &mut self.transaction else { unreachable_transaction() };
                    match Box::pin(self.endpoint.service.finish(transaction, ask.measures())).await {
                        Ok(reply) => {
                            let mut session = ask.accept(&reply);
                            // What was sent without waiting for the reply shows nothing.
                            self.unheard = Some(reply).filter(|_| session.input().is_empty());
                            session
                        }
                        Err(refusal) => ask.reject(&refusal),
                    }
                }
                Step::Closed(session, ending) => return Box::pin(self.close(session, ending)).await,
            };
            self.tell_of(session.refusals());
            if !session.in_transaction() {
                self.transaction = None;
            }
        }
    }

    /// Tells the service what the client is refused.
    fn tell_of(&self, refusals: Vec<Refusal>) {
        for refusal in &refusals {
            self.tell(Answer::Reply(refusal));
        }
    }

    fn tell(&self, answer: Answer<'_>) {
        self.endpoint.service.refused(&Refused {
            peer: &self.peer,
            principal: self.principal.as_ref(),
            login: self.refused_login.as_deref(),
            path: self.refused_path.as_ref(),
            transaction: self.transaction.as_ref(),
            answer,
        });
    }

    async fn authenticate(&mut self, ask: Authenticate) -> Session {
        match self.endpoint.service.authenticate(&self.peer, ask.login()).await {
            Ok(principal) => {
                self.principal = Some(principal);
                self.refused_login = None;
                self.permit.prove();
                ask.accept()
            }
            Err(refusal) => {
                self.failed_logins += 1;
                self.refused_login = Some(ask.login().name.clone());
                sleep(self.endpoint.timeouts.failed_login * self.failed_logins.min(10)).await;
                ask.reject(refusal)
            }
        }
    }

    async fn mail(&mut self, ask: MailAsk) -> Session {
        self.peer.client = ask.session().client().cloned();
        self.refused_path = None;
        let service = &self.endpoint.service;
        match service.mail(&self.peer, self.principal.as_ref(), ask.path(), ask.parameters()).await {
            Ok(transaction) => {
                let line_ends = service.line_ends(&transaction);
                self.transaction = Some(transaction);
                self.permit.prove();
                ask.accept(line_ends)
            }
            Err(refusal) => {
                self.refused_path = Some(ask.path().clone());
                ask.reject(&refusal)
            }
        }
    }

    /// Sends what is pending and reads what comes, or closes the session at a deadline.
    async fn read(&mut self, mut session: Session) -> io::Result<Session> {
        self.write(session.pending()).await?;
        if !session.in_transaction() && self.shutdown.is_cancelled() {
            session.close(&SHUTTING_DOWN);
            return Ok(session);
        }
        let waiting = session.waiting();
        if waiting != Waiting::ForMailData {
            self.arrival = Arrival::default();
            // A client that always has something to say would never meet the deadline below.
            if !session.in_transaction() && Instant::now() >= self.end() {
                session.close(&self.why_it_is_over());
                return Ok(session);
            }
        }
        let may_shut_down = !session.in_transaction();
        self.make_room(session.input(), waiting);
        let shutdown = self.shutdown.clone();
        let read = tokio::select! {
            biased;
            read = self.receive(session.input(), waiting) => read,
            () = shutdown.cancelled(), if may_shut_down => {
                session.close(&SHUTTING_DOWN);
                return Ok(session);
            }
        };
        match read {
            Ok(Ok(0)) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(Ok(bytes)) => {
                if let Some(reply) = self.unheard.take() {
                    self.endpoint.service.heard(&reply);
                }
                self.arrival.bytes += bytes as u64;
                self.arrival.last_read_filled_the_buffer =
                    session.input().capacity() == session.input().len();
                Ok(session)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => {
                session.close(&self.why_it_is_over());
                Ok(session)
            }
        }
    }

    /// Reads what comes before the deadline, which may come nearer while a stranger is waited for.
    async fn receive(
        &mut self,
        input: &mut BytesMut,
        waiting: Waiting,
    ) -> Result<io::Result<usize>, Elapsed> {
        let since = Instant::now();
        loop {
            let deadline = self.deadline(waiting, since);
            let look = if self.permit.is_strangers() { Instant::now() + LOOK_AGAIN } else { deadline };
            match timeout_at(deadline.min(look), self.stream.read_buf(input)).await {
                Err(_) if Instant::now() < self.deadline(waiting, since) => {}
                read => return read,
            }
        }
    }

    fn why_it_is_over(&self) -> Refusal {
        let patience = self.endpoint.timeouts.patience(&self.permit);
        match patience {
            _ if self.is_over() => SESSION_TOO_LONG,
            Some(patience) if Instant::now() >= self.started + patience.session => TOO_LONG_A_STRANGER,
            Some(_) | None => TIMED_OUT,
        }
    }

    /// When the session is over even if its client never falls silent.
    fn end(&self) -> Instant {
        let timeouts = &self.endpoint.timeouts;
        let patience = timeouts.patience(&self.permit);
        self.started + patience.map_or(timeouts.session, |patience| patience.session)
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.started + self.endpoint.timeouts.session
    }

    /// When a wait that began at `now` is over.
    fn deadline(&mut self, waiting: Waiting, now: Instant) -> Instant {
        let timeouts = &self.endpoint.timeouts;
        match waiting {
            Waiting::ForCommand | Waiting::ForLogin => match timeouts.patience(&self.permit) {
                Some(patience) => patience.deadline(self.started, now),
                None => (now + timeouts.command).min(self.started + timeouts.session),
            },
            Waiting::ForMailData => {
                let since = *self.arrival.since.get_or_insert(now);
                let earned = Duration::from_secs(self.arrival.bytes / timeouts.data_bytes_per_second.max(1));
                (now + timeouts.data).min(since + timeouts.data_grace + earned)
            }
        }
    }

    /// Many sessions are idle and few receive mail: only those hold a large buffer.
    fn make_room(&self, input: &mut BytesMut, waiting: Waiting) {
        match waiting {
            Waiting::ForMailData if self.arrival.last_read_filled_the_buffer => {
                input.reserve(LARGE_DATA_BYTES);
            }
            Waiting::ForMailData => input.reserve(DATA_BYTES),
            Waiting::ForCommand | Waiting::ForLogin => {
                if input.is_empty() && input.capacity() > COMMAND_BYTES {
                    *input = BytesMut::new();
                }
                input.reserve(COMMAND_BYTES);
            }
        }
    }

    async fn write(&mut self, pending: &mut Vec<u8>) -> io::Result<()> {
        if pending.is_empty() {
            return Ok(());
        }
        let write = async {
            self.stream.write_all(pending).await?;
            self.stream.flush().await
        };
        let patience = self.endpoint.timeouts.patience(&self.permit);
        let limit = patience.map_or(self.endpoint.timeouts.data, |patience| patience.command);
        timeout(limit, write).await.map_err(|_| io::ErrorKind::TimedOut)??;
        *pending = Vec::new();
        Ok(())
    }

    async fn secure(&mut self) -> io::Result<()> {
        let Some(config) = self.endpoint.tls.clone() else {
            return Err(io::Error::other("the listener has no certificate"));
        };
        let timeouts = &self.endpoint.timeouts;
        let limit = timeouts.patience(&self.permit).map_or(timeouts.handshake, |patience| {
            let now = Instant::now();
            timeouts.handshake.min(patience.deadline(self.started, now).duration_since(now))
        });
        if let Err(error) = self.stream.accept(config, limit).await {
            self.tell(Answer::Handshake(&error));
            return Err(error.into());
        }
        self.peer.tls = self.stream.tls_facts();
        self.peer.client = None;
        Ok(())
    }

    async fn close(&mut self, mut session: Session, ending: Ending) -> io::Result<Ending> {
        self.write(session.pending()).await?;
        drop(session);
        let linger = async {
            self.stream.shutdown().await?;
            // A client that is still sending would lose our last reply to a reset connection.
            let mut rest = [0; 4_096];
            while self.stream.read(&mut rest).await? > 0 {}
            io::Result::Ok(())
        };
        let _ = timeout(LINGER, linger).await;
        Ok(ending)
    }
}

/// How long a closed session's client may still send into the void.
const LINGER: Duration = Duration::from_secs(2);

/// The session asks about recipients and data only after a MAIL that the service accepted.
#[track_caller]
fn unreachable_transaction() -> ! {
    unreachable!("the session has a transaction that the service did not begin")
}
