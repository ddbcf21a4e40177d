//! Opens all endpoints, and closes them.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use clock::Clock;
use smtp_server::admission::{Admission, AdmissionLimits, Standing};
use smtp_server::{Endpoint, Timeouts, serve};
use tls::ServerIdentity;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use crate::backend::Backend;
use crate::captured::Captured;
use crate::dns::Sockets;
use crate::endpoints::{Cuttable, bind, serve_http, serve_https};
use crate::faults::{Effect, Operation};
use crate::keys::TokenKey;
use crate::persistence::Persistence;
use crate::ready::ReadyFile;
use crate::resolver::Resolver;
use crate::smtp::SmtpService;
use crate::state::{RetiredSmtp, Seed};
use crate::{arm, certificate, cloudflare, email, entra, events, graph, inspect, smtp};

/// How to start a twin.
#[derive(Debug)]
pub struct Options {
    /// Where it keeps its state; nothing is kept when absent.
    pub data_dir: Option<PathBuf>,
    /// The HTTPS endpoint. Port 0 means any.
    pub listen: SocketAddr,
    /// The SMTP endpoint.
    pub smtp_listen: SocketAddr,
    /// The inspection endpoint.
    pub inspect_listen: SocketAddr,
    /// Names by which the inspection endpoint may be called, beside loopback ones and addresses.
    pub inspect_hosts: Vec<String>,
    /// The name server's endpoint, UDP and TCP.
    pub dns_listen: SocketAddr,
    /// Whom the verification of domains asks; the twin's own zones when absent.
    pub resolver: Option<SocketAddr>,
    /// What exists at the first start.
    pub seed: Seed,
    /// The time, before the twin's own clock is moved.
    pub clock: Clock,
    /// Where to write down that the endpoints are open.
    pub ready_file: Option<PathBuf>,
}

/// Why a twin does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file cannot be read or written.
    #[error("the twin's files cannot be used")]
    Files(#[source] io::Error),
    /// An address is taken or not ours.
    #[error("the twin cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// Its settings are not usable.
    #[error("the resolver {0} cannot be used")]
    Resolver(SocketAddr, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// The certificate that was just made is not usable.
    #[error("the twin's certificate cannot be used")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A running twin. Dropping it does not stop it; [`Twin::stop`] does.
pub struct Twin {
    backend: Arc<Backend>,
    ready: ReadyFile,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    /// The certificates' folder of a twin that keeps nothing.
    _folder: Option<Scratch>,
}

impl Options {
    /// A twin on free ports of the loopback, that keeps nothing.
    #[must_use]
    pub fn ephemeral(clock: Clock) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            data_dir: None,
            listen: any,
            smtp_listen: any,
            inspect_listen: any,
            inspect_hosts: Vec::new(),
            dns_listen: any,
            resolver: None,
            seed: Seed::standard(),
            clock,
            ready_file: None,
        }
    }
}

impl Twin {
    /// Opens all endpoints.
    ///
    /// # Errors
    /// When files or addresses cannot be used.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let (folder, scratch) = match &options.data_dir {
            Some(folder) => (folder.clone(), None),
            None => {
                let scratch = Scratch::new().map_err(StartError::Files)?;
                (scratch.0.clone(), Some(scratch))
            }
        };
        std::fs::create_dir_all(&folder).map_err(StartError::Files)?;
        let files = certificate::prepare(&folder).map_err(StartError::Files)?;
        let token_key = TokenKey::open(&folder).map_err(StartError::Files)?;
        let mut backend = open_backend(options.data_dir.as_deref(), token_key, options.seed, options.clock)?;
        backend.resolver = options.resolver.map(open_resolver).transpose()?;
        let backend = Arc::new(backend);

        let listen =
            |address| async move { bind(address).await.map_err(|error| StartError::Listen(address, error)) };
        let https = listen(options.listen).await?;
        let smtp = listen(options.smtp_listen).await?;
        let inspect = listen(options.inspect_listen).await?;
        let dns = Sockets::bind(options.dns_listen)
            .await
            .map_err(|error| StartError::Listen(options.dns_listen, error))?;
        let port = |listeners: &[TcpListener]| {
            listeners[0].local_addr().map(|address| address.port()).map_err(StartError::Files)
        };
        let ready = ready_file(
            &backend,
            files.ca.display().to_string(),
            [port(&https)?, port(&smtp)?, port(&inspect)?],
            dns.address(),
        );

        let identity = ServerIdentity::load(&files.certificate, &files.key)
            .map_err(|error| StartError::Certificate(error.into()))?;
        let twin = Self {
            backend,
            ready,
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
            _folder: scratch,
        };
        let config = |alpn: &[&[u8]]| {
            identity.server_config(alpn).map_err(|error| StartError::Certificate(error.into()))
        };
        twin.open_https(https, config(&[b"h2", b"http/1.1"])?);
        twin.open_smtp(smtp, config(&[])?);
        twin.open_inspection(inspect, &options.inspect_hosts);
        twin.tasks.spawn(dns.serve(Arc::clone(&twin.backend), twin.shutdown.clone()));
        twin.tasks.spawn(events::run(Arc::clone(&twin.backend), twin.shutdown.clone()));
        if let Some(path) = options.ready_file {
            twin.ready.write(&path).map_err(StartError::Files)?;
        }
        Ok(twin)
    }

    /// Where the endpoints are.
    #[must_use]
    pub fn ready(&self) -> &ReadyFile {
        &self.ready
    }

    /// What is behind the endpoints, for a program that runs the twin in its own process.
    #[must_use]
    pub fn backend(&self) -> &Arc<Backend> {
        &self.backend
    }

    /// Closes all endpoints.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn open_https(&self, listeners: Vec<TcpListener>, config: Arc<rustls::ServerConfig>) {
        let router = Router::new()
            .merge(entra::routes())
            .merge(arm::routes())
            .merge(graph::routes())
            .merge(cloudflare::routes())
            .merge(email::routes())
            .merge(events::routes())
            .merge(events::queue_routes())
            .with_state(Arc::clone(&self.backend));
        for listener in listeners {
            let backend = Arc::clone(&self.backend);
            let served =
                serve_https(listener, backend, Arc::clone(&config), router.clone(), self.shutdown.clone());
            self.tasks.spawn(served);
        }
    }

    fn open_smtp(&self, listeners: Vec<TcpListener>, config: Arc<rustls::ServerConfig>) {
        let service = Arc::new(SmtpService::new(Arc::clone(&self.backend)));
        let limits = AdmissionLimits { sessions: 2_000, sessions_per_network: 2_000 };
        let admission = Admission::new(limits);
        for listener in listeners {
            let served = serve_smtp(
                listener,
                (Arc::clone(&service), Arc::clone(&config)),
                Arc::clone(&admission),
                Arc::clone(&self.backend),
                self.shutdown.clone(),
            );
            self.tasks.spawn(served);
        }
    }

    fn open_inspection(&self, listeners: Vec<TcpListener>, hosts: &[String]) {
        let router = inspect::checked(inspect::routes().with_state(Arc::clone(&self.backend)), hosts);
        for listener in listeners {
            self.tasks.spawn(serve_http(listener, router.clone(), self.shutdown.clone()));
        }
    }
}

/// What the endpoints share: what was kept in the folder, else what the seed says.
fn open_backend(
    data_dir: Option<&Path>,
    token_key: TokenKey,
    seed: Seed,
    clock: Clock,
) -> Result<Backend, StartError> {
    let (persistence, state, captured) = match data_dir {
        Some(folder) => Persistence::open(folder).map_err(StartError::Files)?,
        None => (Persistence::none(), None, Captured::default()),
    };
    let seeded = seed.into_state(clock.now());
    let state = state.unwrap_or_else(|| seeded.clone());
    persistence.keep_state(&state);
    Ok(Backend::new((state, seeded), captured, clock, token_key, persistence))
}

fn open_resolver(address: SocketAddr) -> Result<Resolver, StartError> {
    Resolver::new(address).map_err(|error| StartError::Resolver(address, error.into()))
}

async fn serve_smtp(
    listener: TcpListener,
    (service, config): (Arc<SmtpService>, Arc<rustls::ServerConfig>),
    admission: Arc<Admission>,
    backend: Arc<Backend>,
    shutdown: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => return,
        };
        let Ok((mut tcp, address)) = accepted else { continue };
        let Ok(permit) = admission.admit(address, Standing::Welcome) else { continue };
        let _ = tcp.set_nodelay(true);
        let retired = smtp::retired(&backend);
        let cut_after = match backend.faults.trigger(Operation::SmtpConnection) {
            Some(Effect::CutAfter(bytes)) => Some(bytes),
            Some(Effect::Answer { status, code, message, .. }) => {
                let _ = tcp.write_all(&smtp::refused_greeting(status, &code, &message)).await;
                continue;
            }
            None if retired == Some(RetiredSmtp::Unavailable) => {
                let _ = tcp.write_all(&smtp::farewell()).await;
                continue;
            }
            None if retired != Some(RetiredSmtp::Closed) => None,
            Some(_) | None => continue,
        };
        let endpoint = Endpoint {
            service: Arc::clone(&service),
            settings: Arc::new(smtp::settings(&backend.state().behaviour.smtp)),
            tls: Some(Arc::clone(&config)),
            timeouts: Timeouts { failed_login: std::time::Duration::ZERO, ..Timeouts::default() },
            networks: Vec::new(),
        };
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            let session = serve(&endpoint, Cuttable::new(tcp, cut_after), permit, shutdown.clone());
            // A session that hangs on purpose must not keep the twin from stopping.
            tokio::select! {
                ended = session => debug!(reason = ?ended, "an SMTP session ended"),
                () = shutdown.cancelled() => {}
            }
        });
    }
}

fn ready_file(backend: &Backend, ca: String, [https, smtp, inspect]: [u16; 3], dns: SocketAddr) -> ReadyFile {
    let state = backend.state();
    let url = format!("https://localhost:{https}");
    let tenant = &state.tenants[0];
    let app = &tenant.apps[0];
    let service = state.services.first();
    let key = service.map(|service| service.keys[0].clone()).unwrap_or_default();
    ReadyFile {
        connection_string: format!("endpoint={url}/;accesskey={key}"),
        communication_service: service.map(|service| service.name.clone()).unwrap_or_default(),
        url,
        ca,
        tenant_id: tenant.id,
        client_id: app.client,
        client_secret: app.secrets.first().map(|secret| secret.value.clone()).unwrap_or_default(),
        subscription_id: state.subscriptions[0].id,
        smtp_host: "localhost".to_owned(),
        smtp_port: smtp,
        dns: dns.to_string(),
        inspect_url: format!("http://localhost:{inspect}"),
    }
}

/// A folder for certificates that goes with the twin.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("postern-twin-{}", crate::keys::random_guid().simple()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
