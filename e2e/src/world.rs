//! The world of a story.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use azure_client::credential::IdentityEndpoint;
use clock::{Clock, Entropy};
use control::watch::WatchSettings;
use control::{
    AuthenticationMethod, Control, NewAccess, NewAccount, NewCloud, NewCredential, NewIntakeRules, NewSender,
};
use jiff::Timestamp;
use model::account::{Concurrency, TransportChoice};
use model::credential::Lane;
use model::delivery::SendState;
use model::id::QueueId;
use model::quota::{Allowance, Quota};
use model::repair::Repair;
use postern::config::raw::{ListenerLogin, LogFormat, Mode};
use postern::config::{AlarmSettings, Config, Listener};
use postern::server::Server;
use relay::{EntraSettings, RelaySettings};
use secrecy::{ExposeSecret as _, SecretString};
use smtp::client::{Envelope, Settings, TlsPolicy, Verdict};
use smtp::path::ReversePath;
use smtp::sasl::{Login, Proof};
use smtp_client::{Connection, Target, Timeouts};
use smtp_server::admission::AdmissionLimits;
use store::{MessageView, Volatile};
use tempfile::TempDir;
use twin::captured::CapturedMail;
use twin::state::Behaviour;
use twin::{Options, Twin};

/// Product and twin, and the time for both.
pub struct World {
    /// The time for both.
    pub clock: Clock,
    pub twin: Twin,
    /// The device that the story's mail comes from.
    pub device: Device,
    server: Option<Server>,
    setup: Setup,
    folder: TempDir,
    accepted: Mutex<Vec<QueueId>>,
}

/// The login of a device, and its password.
#[derive(Clone, Debug)]
pub struct Device {
    /// What it types.
    pub login: String,
    pub password: String,
}

/// What is different in one story.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The time for product and twin. It stands still but in stories with clients that have their own.
    pub clock: Clock,
    /// Which way mail takes.
    pub transport: TransportChoice,
    /// What the account says that Azure allows.
    pub quota: Quota,
    /// What the twin allows, if it is not the default.
    pub twin_is_generous: bool,
    /// Whether the account has an access key in place of a client secret.
    pub by_access_key: bool,
    /// What is not known for sure about Azure.
    pub behaviour: Behaviour,
    /// How the server watches accounts: not at all, unless a story is about that.
    pub watch: WatchSettings,
    /// Where alarms go.
    pub alarms: AlarmSettings,
    /// Where the tokens of the machine's own identity are.
    pub identity: IdentityEndpoint,
    /// How long a message is tried.
    pub expiry: Duration,
    /// Whether apps of the tenant may log in.
    pub apps_may_log_in: bool,
    /// Whether they may only name communication services of accounts.
    pub only_known_services: bool,
    /// Listeners; one of each mode, of which the plain one asks for no login.
    pub listeners: Vec<(Mode, ListenerLogin)>,
    /// The listener that is open to other networks alone.
    pub closed: Option<Mode>,
    /// What listeners repair.
    pub repairs: Vec<Repair>,
    /// A packed folder whose `data` the product finds at its first start, in place of an account and a device.
    pub older_data: Option<PathBuf>,
    /// How the data directory is used.
    pub store: store::Options,
}

/// More than any story sends.
const PLENTY: Allowance = Allowance { per_minute: 100_000, per_hour: 1_000_000 };
/// Real time until a story is given up; nothing is measured by it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Real time between two looks at something that has no way to call.
pub(crate) const LOOK: Duration = Duration::from_millis(2);
const START: i64 = 1_800_000_000;

impl Default for Setup {
    fn default() -> Self {
        Self {
            clock: Clock::standing(Timestamp::from_second(START).unwrap()),
            transport: TransportChoice::Auto,
            quota: Quota { sends: PLENTY, status_reads: PLENTY },
            twin_is_generous: true,
            by_access_key: false,
            behaviour: Behaviour::default(),
            watch: WatchSettings { verify_every: None, rotate_before: None, ..WatchSettings::default() },
            alarms: AlarmSettings::default(),
            identity: IdentityEndpoint::default(),
            expiry: Duration::from_secs(2 * 86_400),
            apps_may_log_in: true,
            only_known_services: false,
            listeners: vec![
                (Mode::Starttls, ListenerLogin::Required),
                (Mode::Tls, ListenerLogin::Required),
                (Mode::Plain, ListenerLogin::None),
            ],
            closed: None,
            repairs: Vec::new(),
            older_data: None,
            store: store::Options::default(),
        }
    }
}

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
        let source = (self.clock.clone(), Entropy::system());
        Control::new(self.server().store.clone(), source, self.setup.identity.clone())
            .asking(self.name_server())
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
        };
        self.server =
            Some(Box::pin(Server::start(config, self.clock.clone(), Entropy::system())).await.unwrap());
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

    /// Makes an account with the usual senders.
    pub async fn add_account(&self, name: &str, transport: TransportChoice, by_access_key: bool) {
        let ready = self.twin.ready();
        let key = self.twin.backend().state().services[0].keys[0].clone();
        let account = NewAccount {
            name: name.to_owned(),
            tenant_id: ready.tenant_id.to_string(),
            client_id: ready.client_id.to_string(),
            authentication: if by_access_key {
                AuthenticationMethod::AccessKey(key.into())
            } else {
                AuthenticationMethod::ClientSecret(ready.client_secret.clone().into())
            },
            expires_at: None,
            subscription_id: ready.subscription_id.to_string(),
            service: Some(ready.communication_service.clone()),
            endpoint: Some(ready.url.clone()),
            cloud: self.cloud(),
            transport,
            quota: self.setup.quota,
            concurrency: Concurrency::default(),
        };
        let control = self.control();
        control.add_account(account).await.unwrap();
        for (mailbox, display_name) in
            [("scanner@contoso.example", Some("Scanner")), ("noreply@contoso.example", None)]
        {
            let new = NewSender {
                account: name.to_owned(),
                mailbox: mailbox.to_owned(),
                display_name: display_name.map(str::to_owned),
            };
            control.add_sender(new).await.unwrap();
        }
    }

    /// Where the twin is, for an account.
    pub fn cloud(&self) -> NewCloud {
        let ready = self.twin.ready();
        NewCloud {
            authority: Some(ready.url.clone()),
            smtp: Some((ready.smtp_host.clone(), ready.smtp_port)),
            ca_pem: Some(std::fs::read_to_string(&ready.ca).unwrap()),
            ..NewCloud::default()
        }
    }

    /// Makes a login that may send from every sender of the account.
    pub async fn add_device(&self, login: &str) -> Device {
        self.add_credential(login, |_| ()).await
    }

    /// Makes a login that may send from every sender of another account.
    pub async fn add_device_of(&self, account: &str, login: &str) -> Device {
        self.add_credential(login, |new| account.clone_into(&mut new.account)).await
    }

    /// Makes a credential that is special in some way; without a password that was made, the device has none.
    pub async fn add_credential(&self, login: &str, change: impl FnOnce(&mut NewCredential)) -> Device {
        let mut new = NewCredential {
            login: login.to_owned(),
            account: "contoso".to_owned(),
            access: NewAccess::MadePassword,
            senders: Vec::new(),
            networks: Vec::new(),
            default_from: None,
            forced_from: None,
            intake: NewIntakeRules::default(),
            rate_per_minute: None,
            lane: Lane::Normal,
        };
        change(&mut new);
        let issued = self.control().add_credential(new).await.unwrap();
        let password = issued.password.map(|made| made.expose_secret().to_owned());
        Device { login: login.to_owned(), password: password.unwrap_or_default() }
    }

    /// The product's port.
    pub fn port(&self, mode: Mode) -> u16 {
        self.server().addresses.iter().find(|(_, other)| *other == mode).unwrap().0.port()
    }

    /// What a client of the product has to trust, a PEM file.
    pub fn certificate(&self) -> PathBuf {
        self.server().data_dir.join("tls/certificate.pem")
    }

    /// Where a client of the product connects.
    pub fn target(&self, mode: Mode) -> Target {
        let certificate = std::fs::read_to_string(self.certificate()).unwrap();
        Target {
            host: "localhost".to_owned(),
            port: self.port(mode),
            trust: tls::client_config(Some(&certificate)).unwrap(),
            timeouts: Timeouts::default(),
        }
    }

    /// Connects and logs in.
    pub async fn log_in(&self, device: &Device) -> Result<Connection, smtp_client::Error> {
        let password = SecretString::from(device.password.as_str());
        self.log_in_by(&device.login, Proof::Password(password)).await
    }

    /// Connects and logs in by password or token.
    pub async fn log_in_by(&self, name: &str, proof: Proof) -> Result<Connection, smtp_client::Error> {
        let settings = Settings {
            client_name: "device.example".to_owned(),
            tls: TlsPolicy::StartTls,
            login: Some(Login { name: name.to_owned(), proof }),
        };
        Connection::open(&self.target(Mode::Starttls), settings).await
    }

    /// Connects to the listener that asks for no login.
    pub async fn connect_without_login(&self) -> Connection {
        let settings =
            Settings { client_name: "device.example".to_owned(), tls: TlsPolicy::Absent, login: None };
        Connection::open(&self.target(Mode::Plain), settings).await.unwrap()
    }

    /// Submits a message from the scanner; gives the server's verdict.
    pub async fn offer(&self, connection: &mut Connection, recipients: &[&str], message: &[u8]) -> Verdict {
        self.offer_from("scanner@contoso.example", connection, recipients, message).await
    }

    async fn offer_from(
        &self,
        from: &str,
        connection: &mut Connection,
        recipients: &[&str],
        message: &[u8],
    ) -> Verdict {
        let envelope = Envelope {
            reverse_path: ReversePath::Mailbox(from.parse().unwrap()),
            recipients: recipients.iter().map(|recipient| recipient.parse().unwrap()).collect(),
            size_octets: message.len() as u64,
            eight_bit: !message.is_ascii(),
            smtputf8: false,
        };
        let verdict = connection.send(envelope, message).await.unwrap();
        if let Some(Ok(reply)) = &verdict.message {
            // What Azure answered at once has another kind of id, and is nobody's to account for.
            if let Ok(id) = reply.text().rsplit(' ').next().unwrap_or_default().parse() {
                self.accepted.lock().unwrap_or_else(PoisonError::into_inner).push(id);
            }
        }
        verdict
    }

    /// Submits a message over a connection of its own; it has to be accepted.
    pub async fn submit(&self, recipients: &[&str], message: &[u8]) -> QueueId {
        self.submit_from("scanner@contoso.example", recipients, message).await
    }

    /// The same from another sender.
    pub async fn submit_from(&self, from: &str, recipients: &[&str], message: &[u8]) -> QueueId {
        let mut connection = self.log_in(&self.device).await.unwrap();
        let verdict = self.offer_from(from, &mut connection, recipients, message).await;
        connection.quit().await;
        let reply = verdict.message.expect("a recipient was accepted").expect("the message was accepted");
        reply.text().rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// A message as the queue knows it.
    pub async fn view(&self, id: QueueId) -> Option<MessageView> {
        self.server().store.queue().view(id).await.unwrap()
    }

    /// Waits until a message's sends are all in one of these states.
    pub async fn until(&self, id: QueueId, states: &[SendState]) -> MessageView {
        self.until_view(id, |view| view.sends.iter().all(|send| states.contains(&send.state))).await
    }

    /// Waits until a message is as wanted.
    pub async fn until_view(&self, id: QueueId, wanted: impl Fn(&MessageView) -> bool) -> MessageView {
        let looking = async {
            loop {
                match self.view(id).await {
                    Some(view) if wanted(&view) => return view,
                    _ => tokio::time::sleep(LOOK).await,
                }
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(view) => view,
            Err(_) => panic!("it never came about: {:#?}", self.view(id).await),
        }
    }

    /// Waits until the twin has taken so many mails in all.
    pub async fn until_taken(&self, count: u64) {
        let waiting = self.twin.backend().until_taken(count);
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            panic!("{count} mails were expected, {} were taken", self.twin.backend().captured().taken());
        }
    }

    /// What the twin has taken, oldest first.
    pub fn captured(&self) -> Vec<CapturedMail> {
        let mut mail: Vec<CapturedMail> = self.twin.backend().captured().all().cloned().collect();
        mail.reverse();
        mail
    }

    /// Captured mail to an address.
    pub fn captured_for(&self, address: &str) -> Vec<CapturedMail> {
        let is_for =
            |mail: &CapturedMail| mail.recipients.iter().any(|recipient| recipient.address == address);
        self.captured().into_iter().filter(is_for).collect()
    }

    /// Takes the account's secret away at Azure and gives it another.
    pub fn revoke_secrets(&self) {
        let client = self.twin.ready().client_id;
        self.twin.backend().change_state(|state| state.app_mut(client).unwrap().secrets.clear());
    }

    /// Ends the story, and asks of every accepted message what became of it.
    pub async fn finish(mut self) {
        let accepted = std::mem::take(&mut *self.accepted.lock().unwrap_or_else(PoisonError::into_inner));
        for id in accepted {
            let accounted_for = |view: &MessageView| {
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

/// A message from the scanner.
pub fn message(subject: &str, to: &str, text: &str) -> Vec<u8> {
    format!("From: scanner@contoso.example\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{text}\r\n").into_bytes()
}
