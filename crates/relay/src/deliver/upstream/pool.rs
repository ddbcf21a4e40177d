//! Sessions with a submission server, kept open between messages.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::smtp::client::{Settings, TlsPolicy};
use ::smtp::extension::Extension;
use ::smtp::sasl::{Login, Proof};
use azure_client::TokenSource;
use azure_client::entra::TokenFailure;
use secrecy::SecretString;
use smtp_client::{Connection, Error, Target};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Open sessions with one server under one login.
pub(crate) struct Pool {
    target: Target,
    login: PoolLogin,
    permits: Semaphore,
    idle: Mutex<Vec<(Connection, Instant)>>,
    /// Whether SMTPUTF8 was offered when a session was last opened, and when that was.
    smtputf8: Mutex<Option<(bool, Instant)>>,
}

/// What a session is opened with.
pub(crate) struct PoolLogin {
    pub(crate) name: String,
    pub(crate) proof: PoolProof,
}

/// How a session proves its login.
pub(crate) enum PoolProof {
    /// With the client secret.
    Secret(SecretString),
    /// With a token that is fresh for each session.
    Source(Arc<TokenSource>),
    /// With one token.
    Token(SecretString),
}

/// Why there is no session.
pub(crate) enum LeaseError {
    /// There is no token for it.
    Token(TokenFailure),
    /// The session itself.
    Session(Error),
}

/// A session that is in use.
pub(crate) struct Leased<'p> {
    pub(crate) connection: Connection,
    /// Whether it was used before: then its server may have left without a word.
    pub(crate) is_reused: bool,
    pool: &'p Pool,
    _permit: SemaphorePermit<'p>,
}

/// Azure's idle time-out is not documented; a session that rested longer is not trusted.
const IDLE: Duration = Duration::from_secs(30);

/// A server that did not offer SMTPUTF8 may have learnt it since.
const LOOK_AGAIN: Duration = Duration::from_secs(3_600);

impl Pool {
    /// At most `sessions` at once.
    pub(crate) fn new(target: Target, login: PoolLogin, sessions: u16) -> Self {
        Self {
            target,
            login,
            permits: Semaphore::new(usize::from(sessions.max(1))),
            idle: Mutex::default(),
            smtputf8: Mutex::default(),
        }
    }

    /// A session, rested or new.
    pub(crate) async fn lease(&self) -> Result<Leased<'_>, LeaseError> {
        // The semaphore is never closed; if it were, the session would only be one too many.
        let permit = self.permits.acquire().await;
        let rested = self.take_rested();
        let (connection, is_reused) = match rested {
            Some(connection) => (connection, true),
            None => (self.open().await?, false),
        };
        let permit = permit.unwrap_or_else(|_| unreachable!("nobody closes the pool's semaphore"));
        Ok(Leased { connection, is_reused, pool: self, _permit: permit })
    }

    async fn open(&self) -> Result<Connection, LeaseError> {
        let proof = match &self.login.proof {
            PoolProof::Secret(secret) => Proof::Password(secret.clone()),
            PoolProof::Token(token) => Proof::Token(token.clone()),
            PoolProof::Source(tokens) => {
                Proof::Token(tokens.token().await.map_err(LeaseError::Token)?.access_token)
            }
        };
        let settings = Settings {
            client_name: "postern".to_owned(),
            tls: TlsPolicy::StartTls,
            login: Some(Login { name: self.login.name.clone(), proof }),
        };
        let connection = Connection::open(&self.target, settings).await.map_err(LeaseError::Session)?;
        let offered = connection.offered();
        let offers = offered.is_some_and(|offered| offered.extensions.contains(Extension::SmtpUtf8));
        *self.smtputf8.lock().unwrap_or_else(PoisonError::into_inner) = Some((offers, Instant::now()));
        Ok(connection)
    }

    /// Whether the server takes local parts beyond ASCII, by what it offered after TLS. A session is opened to
    /// learn it only where none has been, or where the last one that did not offer it is long past.
    pub(crate) async fn takes_smtputf8(&self) -> Result<bool, LeaseError> {
        let known = *self.smtputf8.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((offers, since)) = known
            && (offers || since.elapsed() < LOOK_AGAIN)
        {
            return Ok(offers);
        }
        // A rested session would say what was known before.
        let _permit = self.permits.acquire().await;
        let connection = self.open().await?;
        let is_offered = connection.offered().map(|offered| offered.extensions.contains(Extension::SmtpUtf8));
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push((connection, Instant::now()));
        Ok(is_offered.unwrap_or_default())
    }

    /// Ends the sessions that rest.
    pub(crate) async fn close(self) {
        for (connection, _) in self.idle.into_inner().unwrap_or_else(PoisonError::into_inner) {
            connection.quit().await;
        }
    }

    fn take_rested(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < IDLE);
        idle.pop().map(|(connection, _)| connection)
    }
}

impl Leased<'_> {
    /// Gives a session back, to rest until the next message.
    pub(crate) fn give_back(self) {
        if self.connection.is_usable() {
            let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push((self.connection, Instant::now()));
        }
    }
}
