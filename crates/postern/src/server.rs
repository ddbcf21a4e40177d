//! The server: listeners, relay and management socket over one store.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use api::status::ListenerView;
use azure_client::credential::IdentityEndpoint;
use clock::{Clock, Sources};
use control::Control;
use control::watch::Watch;
use meter::Counter;
use relay::intake::{Intake, IntakeParts, LONGEST_HOLD};
use relay::login::LoginProtection;
use relay::refusals::Refusals;
use relay::smtp::SmtpService;
use relay::webhooks::WebhookSender;
use relay::{Delivery, Relay, RelayHandle, RelayParts, RelaySettings, Upstreams};
use secrecy::ExposeSecret as _;
use smtp::extension::{Extension, Extensions};
use smtp::sasl::Mechanism;
use smtp::server::{LoginPolicy, LongestHold, Settings, TlsPolicy};
use smtp_server::admission::Admission;
use smtp_server::{Endpoint, listener};
use store::{DataDir, KeySource, MasterKey, Store};
use tls::ServerIdentity;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};
use web::Seats;
use web::api::{Api, Lifecycle, Listening};

use crate::alarm::Alarms;
use crate::certificates;
use crate::config::raw::{ListenerLogin, Mode};
use crate::config::{self, Config, Listener};
use crate::problems::Lookout;

/// A running server.
pub struct Server {
    /// Where it listens, in the order of the configuration.
    pub addresses: Vec<(SocketAddr, Mode)>,
    /// Its data directory.
    pub data_dir: PathBuf,
    /// SHA-256 of its first certificate.
    pub fingerprint: String,
    /// Where Event Grid posts events, if it does.
    pub events: Option<SocketAddr>,
    /// What it keeps.
    pub store: Store,
    /// The intake that accepts mail.
    pub intake: Intake,
    refusals: Refusals,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    /// Listeners for mail that have ended.
    ended_listeners: Arc<Counter>,
    /// The listener for metrics and health. It ends last, so that whoever asks meanwhile hears that the server stops.
    last: ServedLast,
}

/// What is served until everything else has ended.
#[derive(Default)]
struct ServedLast {
    end: CancellationToken,
    tasks: TaskTracker,
}

/// Counts a listener that ends, by a panic too.
struct Ends(Arc<Counter>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.count();
    }
}

/// Name of the management socket in the data directory.
pub const SOCKET: &str = "control.sock";

impl Server {
    /// Opens the store and all listeners, and starts to deliver.
    ///
    /// # Errors
    /// When the data directory, a certificate or an address cannot be used.
    pub async fn start(config: Config, sources: Sources) -> anyhow::Result<Self> {
        let data_dir = DataDir::open(&config.data_dir, config.volatile)?;
        let parts = Parts::open(&config, &data_dir, sources).await?;
        let socket = web::bind_socket(&data_dir.join(SOCKET))?;
        let mut server = Self {
            addresses: Vec::new(),
            data_dir: data_dir.path().to_owned(),
            fingerprint: parts.identity.fingerprint(),
            events: None,
            store: parts.store.clone(),
            intake: parts.intake.clone(),
            refusals: parts.refusals.clone(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
            ended_listeners: Arc::default(),
            last: ServedLast::default(),
        };
        let listeners = server.listen(&config, &parts).await?;
        let metrics =
            bound(config.metrics, "metrics are served at /metrics, health at /health/ready").await?;
        let events = bound(config.events.listen, "events are accepted").await?;
        let control = parts.control(&config);
        let api = Api::new(control.clone(), parts.handle(), parts.sources.clock.clone())
            .listening(server.listening(&parts, listeners, &config))
            .taking_events_at(config.events.url.clone().filter(|_| config.events.listen.is_some()));
        server.spawn(|shutdown| web::serve_socket(socket, api.clone().routes(), shutdown));
        if let Some(listener) = metrics {
            let ServedLast { end, tasks } = &server.last;
            tasks.spawn(web::serve_tcp(listener, api.clone().metrics(), Seats::OPERATORS, end.clone()));
        }
        if let Some(listener) = events {
            server.events = Some(listener.local_addr()?);
            let (identity, hooks) = (Arc::clone(&parts.identity), web::hooks(api));
            if config.events.is_plain {
                server.spawn(|shutdown| web::serve_tcp(listener, hooks, Seats::HOOKS, shutdown));
            } else {
                server.spawn(|shutdown| web::serve_tls(listener, hooks, identity, shutdown));
            }
        }
        server.work(parts, &control, config);
        for (address, mode) in &server.addresses {
            info!(listener.address = %address, listener.mode = %mode, "listening");
        }
        Ok(server)
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(&self, work: impl FnOnce(CancellationToken) -> F) {
        self.tasks.spawn(work(self.shutdown.clone()));
    }

    /// Starts the loops that work without a request: deliveries, logins, accounts, problems and certificates.
    fn work(&self, parts: Parts, control: &Control, config: Config) {
        let Parts { store, identity, settings, upstreams, intake, logins, refusals, sources, .. } = parts;
        let webhooks = WebhookSender::new(store.clone(), sources.clone());
        let clock = sources.clock;
        let alarms = Alarms {
            store: store.clone(),
            settings: config.alarms,
            relay: settings,
            clock: clock.clone(),
            intake: intake.clone(),
        };
        let raise = alarms.raise();
        let lookout = Lookout { store, upstreams: Arc::clone(&upstreams), clock, raise: Arc::clone(&raise) };
        self.spawn(|shutdown| logins.run(shutdown));
        self.spawn(|shutdown| Watch::new(control, config.watch, raise).run(shutdown));
        self.spawn(|shutdown| lookout.run(shutdown));
        self.spawn(|shutdown| refusals.keep_up(shutdown));
        self.spawn(|shutdown| webhooks.run(shutdown));
        self.spawn(|shutdown| deliver(Relay::new(intake, upstreams), shutdown));
        self.spawn(|shutdown| certificates::reload(identity, shutdown));
    }

    /// Binds all listeners and serves them; gives the management API's view of them.
    async fn listen(&mut self, config: &Config, parts: &Parts) -> anyhow::Result<Vec<ListenerView>> {
        let mut views = Vec::new();
        for wanted in &config.listeners {
            for warning in config::warnings(wanted) {
                warn!("{warning}");
            }
            let bound = TcpListener::bind(wanted.address).await;
            let bound = bound.with_context(|| format!("cannot listen on {}", wanted.address))?;
            let address = bound.local_addr()?;
            self.addresses.push((address, wanted.mode));
            let (mode, login) = (wanted.mode.to_string(), wanted.login.to_string());
            views.push(ListenerView { address, mode, login });
            let endpoint = Arc::new(Endpoint {
                service: Arc::new(parts.smtp.with_repairs(wanted.repairs.clone())),
                settings: Arc::new(session_settings(wanted, &parts.settings, &parts.sources.clock)),
                tls: Some(parts.identity.server_config(&[])?),
                timeouts: config.timeouts,
                networks: wanted.networks.clone(),
            });
            let served = listener::run(bound, endpoint, Arc::clone(&parts.admission), self.shutdown.clone());
            let ends = Ends(Arc::clone(&self.ended_listeners));
            self.tasks.spawn(async move {
                let _ends = ends;
                served.await;
            });
        }
        Ok(views)
    }

    /// What the management API shows of the listeners.
    fn listening(&self, parts: &Parts, listeners: Vec<ListenerView>, config: &Config) -> Listening {
        let (stopping, ended_listeners) = (self.shutdown.clone(), Arc::clone(&self.ended_listeners));
        Listening {
            listeners,
            self_signed: config.certificates.is_empty(),
            identity: Some(Arc::clone(&parts.identity)),
            lifecycle: Lifecycle { stopping, ended_listeners },
        }
    }

    /// Stops to accept, lets sessions and sends under way finish, and closes.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.refusals.write_down().await;
        self.last.end.cancel();
        self.last.tasks.close();
        self.last.tasks.wait().await;
    }
}

/// What the server is made of, opened and not yet at work.
struct Parts {
    sources: Sources,
    store: Store,
    /// The certificates for TLS.
    identity: Arc<ServerIdentity>,
    settings: Arc<RelaySettings>,
    upstreams: Arc<Upstreams>,
    intake: Intake,
    smtp: SmtpService,
    logins: Arc<LoginProtection>,
    refusals: Refusals,
    admission: Arc<Admission>,
    /// Where the tokens of this machine's own identity are.
    machine: IdentityEndpoint,
}

impl Parts {
    async fn open(config: &Config, data_dir: &DataDir, sources: Sources) -> anyhow::Result<Self> {
        let Sources { clock, entropy } = sources.clone();
        let key = master_key(config, data_dir)?;
        let store = Store::open(data_dir, key, &config.store, clock.now());
        let store = store.context("the store cannot be opened")?;
        let identity = certificates::identity(config, data_dir)?;
        let settings = Arc::new(config.relay.clone());
        let machine = config.identity.clone();
        let upstreams = Arc::new(Upstreams::new(store.clone(), sources.clone(), machine.clone()));
        let delivery = Delivery::new(Arc::clone(&upstreams), Arc::clone(&settings), clock.clone());
        let intake = Intake::new(IntakeParts {
            store: store.clone(),
            settings: Arc::clone(&settings),
            onward: Arc::new(delivery),
            clock,
            entropy,
        });
        let smtp = SmtpService::new(intake.clone())?;
        let logins = Arc::clone(smtp.protection());
        logins.load().await.context("which logins worked cannot be read")?;
        let refusals = known_refusals(&smtp).await;
        let admission = Admission::new(config.admission);
        Ok(Self {
            sources,
            store,
            identity,
            settings,
            upstreams,
            intake,
            smtp,
            logins,
            refusals,
            admission,
            machine,
        })
    }

    fn control(&self, config: &Config) -> Control {
        let control = Control::new(self.store.clone(), self.sources.clone(), self.machine.clone());
        match config.name_server {
            Some(server) => control.asking(server),
            None => control,
        }
    }

    /// What the management API asks of the relay.
    fn handle(&self) -> RelayHandle {
        let parts = RelayParts {
            intake: self.intake.clone(),
            upstreams: Arc::clone(&self.upstreams),
            logins: Arc::clone(&self.logins),
            refusals: self.refusals.clone(),
            admission: Arc::clone(&self.admission),
        };
        RelayHandle::new(self.store.clone(), parts, self.sources.clone())
    }
}

async fn bound(address: Option<SocketAddr>, what: &str) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
    info!(listener.address = %listener.local_addr()?, "{what}");
    Ok(Some(listener))
}

async fn deliver(relay: Relay, shutdown: CancellationToken) {
    if let Err(error) = relay.run(shutdown).await {
        error!(error = &error as &dyn std::error::Error, "delivery has stopped");
    }
}

/// What clients were refused, before the start too where that can be read: it is no reason not to start.
async fn known_refusals(smtp: &SmtpService) -> Refusals {
    let refusals = smtp.refusals();
    if let Err(error) = refusals.load().await {
        warn!(error = &error as &dyn std::error::Error, "what clients were refused before cannot be read");
    }
    refusals
}

fn session_settings(wanted: &Listener, relay: &RelaySettings, clock: &Clock) -> Settings {
    let policy = match wanted.mode {
        Mode::Starttls => TlsPolicy::StartTls,
        Mode::Tls => TlsPolicy::Implicit,
        Mode::Plain => TlsPolicy::Absent,
    };
    let mut settings = Settings::submission(relay.host_name.clone(), policy);
    settings.login = match (wanted.login, wanted.mode) {
        (ListenerLogin::Required, _) => LoginPolicy::Required,
        // A password that is not needed is not asked for in clear text.
        (ListenerLogin::None, Mode::Plain) => LoginPolicy::NotOffered,
        (ListenerLogin::None, Mode::Starttls | Mode::Tls) => LoginPolicy::Optional,
    };
    if relay.entra.tenants.is_empty() {
        // Nobody's token could be taken.
        settings.mechanisms.retain(|mechanism| *mechanism != Mechanism::XOAuth2);
    }
    settings.banner = "ESMTP Postern".to_owned();
    if !relay.entra.tenants.is_empty() {
        // What an Entra login sends is Azure's at once, which reports no success and no delay. So that DSN is not
        // promised where there may be such logins; other clients that use its parameters are served all the same.
        settings.extensions = settings.extensions.without(Extension::Dsn);
    }
    settings.tolerated = Extensions::none().with(Extension::Dsn).with(Extension::Auth);
    settings.longest_hold = Some(longest_hold(clock));
    settings.limits.message_octets = relay.max_message_bytes;
    settings.limits.recipients = u32::try_from(relay.max_recipients).unwrap_or(u32::MAX);
    settings
}

/// What FUTURERELEASE announces.
fn longest_hold(clock: &Clock) -> LongestHold {
    let clock = clock.clone();
    let latest = move || clock::after(clock.now(), LONGEST_HOLD).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let seconds = u32::try_from(LONGEST_HOLD.as_secs()).unwrap_or(u32::MAX);
    LongestHold { seconds, latest: Arc::new(latest) }
}

fn master_key(config: &Config, data_dir: &DataDir) -> anyhow::Result<KeySource> {
    match &config.master_key {
        Some(key) => {
            let key = MasterKey::parse(key.expose_secret());
            Ok(key.context("POSTERN_MASTER_KEY is not 32 bytes in base64")?.into())
        }
        None => Ok(KeySource::File(data_dir.join("master.key"))),
    }
}
