//! An SMTP server with TLS and login behind which nothing is kept.

use std::future::{Future, ready};
use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use smtp::mail_data::Measures;
use smtp::parameters::{MailParameters, RecipientParameters};
use smtp::path::{ForwardPath, OfferedPath};
use smtp::reply::{Refusal, Reply};
use smtp::sasl::Login;
use smtp::server::{Limits, Settings, TlsPolicy};
use smtp_server::admission::{Admission, AdmissionLimits};
use smtp_server::{Endpoint, Peer, Service, Timeouts, listener};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::mail;

/// Listens on a free port.
pub(super) async fn start(
    shared: Shared,
    config: Arc<ServerConfig>,
    shutdown: CancellationToken,
) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let mut settings = Settings::submission("localhost", TlsPolicy::StartTls);
    settings.limits = Limits { message_octets: 64 << 20, ..Limits::default() };
    let endpoint = Endpoint {
        service: Arc::new(Receiver(shared)),
        settings: Arc::new(settings),
        tls: Some(config),
        timeouts: Timeouts::default(),
        networks: Vec::new(),
    };
    let everybody = Admission::new(AdmissionLimits { sessions: 100_000, sessions_per_network: 100_000 });
    tokio::spawn(listener::run(listener, Arc::new(endpoint), everybody, shutdown));
    Ok(port)
}

struct Receiver(Shared);

impl Service for Receiver {
    type Principal = ();
    type Transaction = Vec<u8>;

    fn authenticate(&self, _: &Peer, _: &Login) -> impl Future<Output = Result<(), Refusal>> + Send {
        ready(Ok(()))
    }

    fn mail(
        &self,
        _: &Peer,
        _: Option<&()>,
        _: &OfferedPath,
        _: &MailParameters,
    ) -> impl Future<Output = Result<Vec<u8>, Refusal>> + Send {
        ready(Ok(Vec::new()))
    }

    fn recipient(
        &self,
        _: &mut Vec<u8>,
        _: &OfferedPath<ForwardPath>,
        _: &RecipientParameters,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        ready(Ok(()))
    }

    fn data(&self, message: &mut Vec<u8>, bytes: &[u8]) -> impl Future<Output = Result<(), Refusal>> + Send {
        message.extend_from_slice(bytes);
        ready(Ok(()))
    }

    async fn finish(&self, message: &mut Vec<u8>, _: Measures) -> Result<Reply, Refusal> {
        self.0.clone().hesitate().await;
        self.0.audit.arrive(mail::read_message(message));
        Ok(Reply::positive(250, (0, 0), "taken"))
    }
}
