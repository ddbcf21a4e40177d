//! The world of a story, from its start to its end.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use azure_client::credential::IdentityEndpoint;
use clock::{Clock, Entropy, Sources};
use control::Control;
use model::delivery::SendState;
use model::id::QueueId;
use postern::config::raw::{ListenerLogin, LogFormat, Mode};
use postern::config::{Config, Listener};
use postern::server::Server;
use relay::{EntraSettings, RelaySettings};
use smtp_server::admission::AdmissionLimits;
use store::{StoredMessage, Volatile};
use tempfile::TempDir;
use twin::{Options, Twin};

use crate::setup::{Device, PLENTY, Setup};

/// Product and twin, and the time for both.
pub struct World {
    /// The time for both.
    pub clock: Clock,
    pub twin: Twin,
    /// The device that the story's mail comes from.
    pub device: Device,
    server: Option<Server>,
    pub(crate) setup: Setup,
    folder: TempDir,
    /// Messages that the product has accepted, and has to account for.
    pub(crate) accepted: Mutex<Vec<QueueId>>,
}

/// Real time until a story is given up; nothing is measured by it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Real time between two looks at something that has no way to call.
pub(crate) const LOOK: Duration = Duration::from_millis(2);
impl World {
    /// A world as most stories want it.
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    /// A world that is different in some way.
    pub async fn start_with(setup: Setup) -> Self {
        // Every story holds this future: it is to be small.
        Box::pin(Self::started(setup)).await
    }

    async fn started(setup: Setup) -> Self {
        tls::install_provider();
        crate::leaks::listen();
        let clock = setup.clock.clone();
        let twin = Twin::start(Options::ephemeral(clock.clone())).await.unwrap();
        twin.backend().change_state(|state| {
            state.behaviour = setup.behaviour.clone();
            if setup.twin_is_generous {
                for subscription in &mut state.subscriptions {
                    subscription.limits = Some(twin::state::Limits {
                        sends_per_minute: PLENTY.per_minute,
                        sends_per_hour: PLENTY.per_hour,
                        status_reads_per_minute: PLENTY.per_minute,
                        status_reads_per_hour: PLENTY.per_hour,
                    });
                }
            }
        });
        let mut world = Self {
            clock,
            twin,
            device: Device { login: "scanner1".to_owned(), password: String::new() },
            server: None,
            setup,
            folder: tempfile::tempdir().unwrap(),
            accepted: Mutex::default(),
        };
        if let Some(archive) = world.setup.older_data.clone() {
            world.unpack(&archive);
            world.start_server().await;
        } else {
            world.start_server().await;
            world.seed().await;
        }
        world
    }

    /// The server that the stories talk to.
    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// What an operator may change.
    pub fn control(&self) -> Control {
        let sources = self.sources();
        Control::new(self.server().store.clone(), sources, self.setup.identity.clone())
            .asking(self.name_server())
    }

    fn sources(&self) -> Sources {
        Sources { clock: self.clock.clone(), entropy: Entropy::system() }
    }

    /// The twin's name server.
    #[must_use]
    pub fn name_server(&self) -> std::net::SocketAddr {
        self.twin.ready().dns.parse().unwrap()
    }

    /// Starts the product on the data that is there.
    pub async fn start_server(&mut self) {
        let any = || "127.0.0.1:0".parse().unwrap();
        let tenants = self.setup.apps_may_log_in.then_some(self.twin.ready().tenant_id);
        let elsewhere = || vec!["192.0.2.0/24".parse().unwrap()];
        let listener = |&(mode, login): &(Mode, ListenerLogin)| Listener {
            address: any(),
            mode,
            login,
            networks: if self.setup.closed == Some(mode) { elsewhere() } else { Vec::new() },
            repairs: self.setup.repairs.iter().copied().collect(),
        };
        let config = Config {
            data_dir: self.folder.path().join("server"),
            volatile: Volatile::Allowed,
            master_key: None,
            identity: self.setup.identity.clone(),
            watch: self.setup.watch,
            alarms: self.setup.alarms.clone(),
            metrics: None,
            events: self.setup.events.clone(),
            name_server: Some(self.name_server()),
            store: self.setup.store.clone(),
            listeners: self.setup.listeners.iter().map(listener).collect(),
            certificates: Vec::new(),
            admission: AdmissionLimits { sessions: 1_000, sessions_per_network: 1_000 },
            timeouts: smtp_server::Timeouts { failed_login: Duration::ZERO, ..Default::default() },
            relay: RelaySettings {
                host_name: "relay.contoso.example".to_owned(),
                expiry: self.setup.expiry,
                entra: EntraSettings {
                    tenants: tenants.into_iter().collect(),
                    authority: self.twin.ready().url.parse().unwrap(),
                    endpoint: match self.setup.only_known_services {
                        true => EntraSettings::default().endpoint,
                        false => self.twin.ready().url.clone(),
                    },
                    ca_pem: Some(std::fs::read_to_string(&self.twin.ready().ca).unwrap()),
                    ..EntraSettings::default()
                },
                ..RelaySettings::default()
            },
            log: String::new(),
            log_format: LogFormat::Text,
            log_addresses: Default::default(),
        };
        self.server = Some(Box::pin(Server::start(config, self.sources())).await.unwrap());
    }

    /// From the next start on so much of the disk is left to the database.
    pub fn set_disk_reserve(&mut self, bytes: u64) {
        self.setup.store.reserve_bytes = bytes;
    }

    /// From the next start on the tokens of the machine's own identity are there.
    pub fn set_identity(&mut self, identity: IdentityEndpoint) {
        self.setup.identity = identity;
    }

    /// Stops the product in good order.
    pub async fn stop_server(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// Where the world keeps what it has.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn unpack(&self, archive: &Path) {
        let mut tar = Command::new("tar");
        tar.arg("--extract").arg("--file").arg(archive).arg("--directory").arg(self.folder());
        assert!(tar.status().unwrap().success(), "{}", archive.display());
        std::fs::rename(self.folder().join("data"), self.folder().join("server")).unwrap();
    }

    async fn seed(&mut self) {
        self.add_account("contoso", self.setup.transport, self.setup.by_access_key).await;
        self.device = self.add_device("scanner1").await;
    }

    /// Ends the story, and asks of every accepted message what became of it.
    pub async fn finish(mut self) {
        let accepted = std::mem::take(&mut *self.accepted.lock().unwrap_or_else(PoisonError::into_inner));
        for id in accepted {
            let accounted_for = |view: &StoredMessage| {
                view.sends.iter().all(|send| match send.state {
                    SendState::Queued => !send.attempts.is_empty(),
                    SendState::Sending => false,
                    SendState::Submitted | SendState::Sent | SendState::Failed | SendState::Dropped => true,
                })
            };
            self.until_view(id, accounted_for).await;
        }
        self.stop_server().await;
        crate::leaks::look(&self.twin.backend().state(), &self.folder.path().join("server"));
        self.twin.stop().await;
    }
}
