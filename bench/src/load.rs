//! The generator: sessions that submit one message after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::client::Resumption;
use secrecy::SecretString;
use smtp::client::{Envelope, Settings, TlsPolicy};
use smtp::path::ReversePath;
use smtp::sasl::{Login, Proof};
use smtp_client::{Connection, Target, Timeouts};
use tokio::task::JoinSet;

use crate::audit::Audit;
use crate::mail::{Composer, RECIPIENT};

/// What to submit, and how.
#[derive(Clone)]
pub struct Load {
    pub endpoint: Endpoint,
    /// Sessions at once.
    pub sessions: usize,
    /// Messages after which a session starts anew.
    pub messages_per_session: u64,
    pub composer: Composer,
}

/// A server's address and a login.
#[derive(Clone)]
pub struct Endpoint {
    pub target: Target,
    pub login: String,
    /// With which password.
    pub password: SecretString,
}

/// What a load came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Time from the start to the last reply.
    pub took: Duration,
    /// From MAIL to 250 (with a session of its own: from connect to 250), sorted.
    pub latencies: Vec<Duration>,
    /// Messages that were refused, or whose session broke.
    pub failed: u64,
    /// What the first failure was.
    pub first_failure: Option<String>,
}

impl Endpoint {
    /// A server on this machine.
    ///
    /// # Errors
    /// When the certificate cannot be read.
    pub fn new(port: u16, certificate_pem: &str, login: &str, password: &str) -> anyhow::Result<Self> {
        let mut trust = ClientConfig::clone(tls::client_config(Some(certificate_pem))?.as_ref());
        // Every connection pays for its handshake.
        trust.resumption = Resumption::disabled();
        let target = Target {
            host: "localhost".to_owned(),
            port,
            trust: Arc::new(trust),
            timeouts: Timeouts::default(),
        };
        Ok(Self { target, login: login.to_owned(), password: password.into() })
    }

    /// Connects, with STARTTLS, and logs in.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open(&self) -> Result<Connection, smtp_client::Error> {
        let settings = Settings {
            client_name: "bench.example".to_owned(),
            tls: TlsPolicy::StartTls,
            login: Some(Login { name: self.login.clone(), proof: Proof::Password(self.password.clone()) }),
        };
        Connection::open(&self.target, settings).await
    }
}

impl Load {
    /// Submits until `until`.
    pub async fn run(&self, audit: &Arc<Audit>, until: Instant) -> Tally {
        let start = Instant::now();
        let mut sessions = JoinSet::new();
        for _ in 0..self.sessions {
            let (load, audit) = (self.clone(), Arc::clone(audit));
            sessions.spawn(async move { load.session(&audit, until).await });
        }
        let mut sum = Tally::default();
        while let Some(session) = sessions.join_next().await {
            let Ok(tally) = session else { continue };
            sum.latencies.extend(tally.latencies);
            sum.failed += tally.failed;
            sum.first_failure = sum.first_failure.or(tally.first_failure);
        }
        sum.took = start.elapsed();
        sum.latencies.sort_unstable();
        sum
    }

    async fn session(&self, audit: &Audit, until: Instant) -> Tally {
        let (mut tally, mut buffer) = (Tally::default(), Vec::new());
        while Instant::now() < until {
            if let Err(failure) = self.connection(audit, until, &mut buffer, &mut tally).await {
                tally.failed += 1;
                tally.first_failure.get_or_insert(failure);
                // A server that is away is not asked a thousand times a second.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        tally
    }

    async fn connection(
        &self,
        audit: &Audit,
        until: Instant,
        buffer: &mut Vec<u8>,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let mut begin = Instant::now();
        let mut connection =
            self.endpoint.open().await.map_err(|error| format!("{:#}", anyhow::Error::new(error)))?;
        for sent in 0..self.messages_per_session {
            if Instant::now() >= until {
                break;
            }
            if sent > 0 || self.messages_per_session > 1 {
                begin = Instant::now();
            }
            let number = audit.submit(|number| self.composer.compose(number, buffer));
            let verdict = connection
                .send(self.envelope(), buffer)
                .await
                .map_err(|error| format!("{:#}", anyhow::Error::new(error)))?;
            match verdict.message {
                Some(Ok(_)) => audit.accept(number),
                Some(Err(refusal)) => return Err(refusal.to_string()),
                None => return Err("no recipient was accepted".to_owned()),
            }
            tally.latencies.push(begin.elapsed());
        }
        connection.quit().await;
        Ok(())
    }

    fn envelope(&self) -> Envelope {
        // Both are constants of this program.
        let (sender, recipient) = (self.composer.sender().parse(), RECIPIENT.parse());
        Envelope {
            reverse_path: sender.map_or(ReversePath::Null, ReversePath::Mailbox),
            recipients: recipient.into_iter().collect(),
            size_octets: self.composer.size_bytes() as u64,
            eight_bit: false,
            smtputf8: false,
        }
    }
}

impl Tally {
    /// The latency that so many percent stay below.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).copied().unwrap_or_default()
    }
}
