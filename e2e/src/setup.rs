//! What is different in the world of one story, and the device that its mail comes from.

use std::path::PathBuf;
use std::time::Duration;

use azure_client::credential::IdentityEndpoint;
use clock::Clock;
use control::watch::WatchSettings;
use jiff::Timestamp;
use model::azure::TransportChoice;
use model::quota::{Allowance, Quota};
use model::repair::Repair;
use postern::config::raw::{ListenerLogin, Mode};
use postern::config::{AlarmSettings, EventSettings};
use twin::state::Behaviour;

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
    /// Where Event Grid posts events.
    pub events: EventSettings,
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
pub(crate) const PLENTY: Allowance = Allowance { per_minute: 100_000, per_hour: 1_000_000, per_day: None };
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
            events: EventSettings::default(),
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
