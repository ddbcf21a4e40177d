//! Two sinks that check and count what arrives and keep nothing: the Email API and SMTP.

mod rest;
mod smtp;

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::tls::{Names, ServerIdentity};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::audit::Audit;
use crate::watch::Taken;

/// Both sinks, running.
pub struct Sink {
    /// Port of the Email API, which also gives out tokens.
    pub https_port: u16,
    /// Port of the SMTP sink.
    pub smtp_port: u16,
    /// What both certificates are to be checked with.
    pub certificate_pem: String,
    shutdown: CancellationToken,
    gate: watch::Sender<bool>,
    taken: Arc<OnceLock<mpsc::UnboundedSender<Taken>>>,
}

/// What both sinks share.
#[derive(Clone)]
struct Shared {
    audit: Arc<Audit>,
    delay: Duration,
    gate: watch::Receiver<bool>,
    taken: Arc<OnceLock<mpsc::UnboundedSender<Taken>>>,
}

impl Sink {
    /// Starts both; each answer to a message takes `delay`.
    ///
    /// # Errors
    /// When a port or the certificate's folder cannot be had.
    pub async fn start(audit: Arc<Audit>, delay: Duration, folder: &Path) -> anyhow::Result<Self> {
        let (certificate, key) = (folder.join("sink.pem"), folder.join("sink.key"));
        let names = Names { hosts: vec!["localhost".to_owned()], addresses: vec!["127.0.0.1".parse()?] };
        let (certificate_pem, key_pem) = ::tls::self_signed(&names)?;
        std::fs::write(&certificate, &certificate_pem)?;
        std::fs::write(&key, key_pem)?;
        let identity = ServerIdentity::load(&certificate, &key)?;
        let shutdown = CancellationToken::new();
        let (gate, opened) = watch::channel(true);
        let taken = Arc::default();
        let shared = Shared { audit, delay, gate: opened, taken: Arc::clone(&taken) };
        let https_port =
            rest::start(shared.clone(), identity.server_config(&[b"h2", b"http/1.1"])?, shutdown.clone())
                .await?;
        let smtp_port = smtp::start(shared, identity.server_config(&[])?, shutdown.clone()).await?;
        Ok(Self { https_port, smtp_port, certificate_pem, shutdown, gate, taken })
    }

    /// Answers no more messages until [`Sink::release`]: the server's queue grows.
    pub fn hold(&self) {
        let _ = self.gate.send(false);
    }

    /// What the Email API takes from now on. Once only; the second receiver gets nothing.
    #[must_use]
    pub fn taken(&self) -> mpsc::UnboundedReceiver<Taken> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let _ = self.taken.set(sender);
        receiver
    }

    /// Lets the sink answer again, after it held its answers back.
    pub fn release(&self) {
        let _ = self.gate.send(true);
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Shared {
    /// Waits as long as an answer takes.
    async fn hesitate(&mut self) {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        // The gate's other end may be gone; then the sink is, too.
        let _ = self.gate.wait_for(|open| *open).await;
    }
}
