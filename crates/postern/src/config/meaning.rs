//! What a written configuration means, one section after the other.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use azure_client::credential::IdentityEndpoint;
use control::rotation::RotationTerms;
use control::watch::WatchSettings;
use jiff::SignedDuration;
use model::suppression::OnSuppressed;
use relay::{ControlFields, EntraSettings, RelaySettings};
use smtp::address::{Domain, Mailbox};
use smtp_server::Timeouts;
use smtp_server::admission::AdmissionLimits;
use store::{Options, Volatile};
use tls::CertificateFiles;

use super::plausible::{Implausible, implausible};
use super::raw::{RawAccounts, RawAlarms, RawConfig, RawEntra, RawListener, RawQueue, RawSmtp, RawTls};
use super::{AlarmSettings, Config, ConfigError, EventSettings, Listener, environment, listeners, mistakes};

/// What was written, and where.
pub(super) struct Written {
    pub(super) identity: IdentityEndpoint,
    pub(super) raw: RawConfig,
    pub(super) file: WrittenFile,
    pub(super) master_key: Option<secrecy::SecretString>,
}

/// The file in which it was written, for errors that name a line.
pub(super) struct WrittenFile {
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// Where systemd puts what `LoadCredential=` names.
    pub(super) credentials: Option<PathBuf>,
}

/// What was written, checked and with the defaults of what was not.
///
/// # Errors
/// The first mistake, with its line.
pub(super) fn meaning(written: Written) -> Result<Config, ConfigError> {
    let Written { raw, file, master_key, identity } = written;
    if let Some(Implausible { key, reason }) = implausible(&raw) {
        return Err(file.invalid(key, reason));
    }
    let listeners = file.listeners(raw.listener)?;
    let certificates = file.certificates(raw.tls)?;
    let host_name = file.host_name(raw.host_name)?;
    let entra = file.entra(raw.entra)?;
    Ok(Config {
        data_dir: raw.data_dir,
        volatile: if raw.allow_volatile_data_dir { Volatile::Allowed } else { Volatile::Refused },
        master_key,
        identity,
        store: Options { reserve_bytes: raw.queue.disk_reserve_bytes, ..Options::default() },
        listeners,
        certificates,
        admission: admission(&raw.smtp),
        timeouts: Timeouts::default(),
        relay: RelaySettings { host_name, entra, ..file.relay(&raw.smtp, raw.queue)? },
        watch: watch(&raw.accounts),
        alarms: file.alarms(raw.alarms)?,
        metrics: raw.metrics.listen,
        events: EventSettings { listen: raw.events.listen, url: raw.events.url, is_plain: raw.events.plain },
        name_server: raw.dns.server,
        log: raw.log.filter,
        log_format: raw.log.format,
        log_addresses: raw.log.addresses,
    })
}

impl WrittenFile {
    fn invalid(&self, key: &str, reason: impl Into<String>) -> ConfigError {
        ConfigError::Invalid {
            path: self.path.clone(),
            place: mistakes::place_of(&self.text, key),
            reason: reason.into(),
        }
    }

    fn listeners(&self, raw: Vec<RawListener>) -> Result<Vec<Listener>, ConfigError> {
        listeners::read(raw).map_err(|mistake| ConfigError::Invalid {
            path: self.path.clone(),
            place: mistakes::place_of_table(&self.text, "listener", mistake.number),
            reason: mistake.reason,
        })
    }

    /// The certificates, the most wanted first.
    fn certificates(&self, raw: RawTls) -> Result<Vec<CertificateFiles>, ConfigError> {
        let files = |certificate, key| CertificateFiles {
            certificate: self.expanded(certificate),
            key: self.expanded(key),
        };
        let wrong = |reason: &str| Err(self.invalid("tls", reason));
        let first = match (raw.certificate, raw.key) {
            (Some(certificate), Some(key)) => Some(files(certificate, key)),
            (None, None) => None,
            _ => return wrong("`certificate` and `key` go together"),
        };
        let second = match (raw.second_certificate, raw.second_key) {
            (Some(certificate), Some(key)) if first.is_some() => Some(files(certificate, key)),
            (Some(_), Some(_)) => {
                return wrong("`second_certificate` needs a first: `certificate` and `key`");
            }
            (None, None) => None,
            _ => return wrong("`second_certificate` and `second_key` go together"),
        };
        Ok(first.into_iter().chain(second).collect())
    }

    /// The server's own name: the system's host name if none was written.
    fn host_name(&self, written: Option<String>) -> Result<String, ConfigError> {
        match written {
            Some(name) if name.parse::<Domain>().is_ok() => Ok(name),
            Some(name) => Err(self.invalid("host_name", format!("{name:?} is not a host name"))),
            None => Ok(system_host_name()),
        }
    }

    fn entra(&self, raw: RawEntra) -> Result<EntraSettings, ConfigError> {
        let services = raw.services.into_iter();
        Ok(EntraSettings {
            tenants: raw.tenants.into_iter().collect(),
            audiences: raw.audiences,
            authority: raw.authority,
            endpoint: raw.endpoint,
            geography: raw.geography,
            // Names of services have no case.
            services: services.map(|(name, url)| (name.to_ascii_lowercase(), url)).collect(),
            smtp: (raw.smtp_host, raw.smtp_port),
            ca_pem: raw.ca_file.map(|file| self.ca_pem(file)).transpose()?,
        })
    }

    fn ca_pem(&self, file: PathBuf) -> Result<String, ConfigError> {
        let unreadable = format!("{} cannot be read", file.display());
        let read = fs::read_to_string(self.expanded(file));
        read.map_err(|error| self.invalid("entra.ca_file", format!("{unreadable}: {error}")))
    }

    /// What the relay does, but for the server's name and the logins of Entra apps.
    fn relay(&self, smtp: &RawSmtp, queue: RawQueue) -> Result<RelaySettings, ConfigError> {
        Ok(RelaySettings {
            expiry: Duration::from_secs(u64::from(queue.expiry_hours) * 3_600),
            max_message_bytes: smtp.max_message_bytes,
            max_recipients: smtp.max_recipients,
            max_buffered_bytes: smtp.max_buffered_bytes,
            max_sending_bytes: queue.max_sending_bytes,
            control_fields: match queue.azure_control_fields {
                true => ControlFields::Passed,
                false => ControlFields::LeftOut,
            },
            suppressed: match queue.drop_suppressed {
                true => OnSuppressed::Drop,
                false => OnSuppressed::Reject,
            },
            postmaster: self.mailbox("queue.postmaster", queue.postmaster)?,
            history: Duration::from_secs(u64::from(queue.history_days) * 86_400),
            ..RelaySettings::default()
        })
    }

    fn alarms(&self, raw: RawAlarms) -> Result<AlarmSettings, ConfigError> {
        let mail_to = self.mailbox("alarms.mail_to", raw.mail_to)?;
        Ok(AlarmSettings { web_hook: raw.web_hook, mail_to })
    }

    fn mailbox(&self, key: &str, written: Option<String>) -> Result<Option<Mailbox>, ConfigError> {
        let read =
            |text: String| text.parse().map_err(|error| self.invalid(key, format!("{text:?}: {error}")));
        written.map(read).transpose()
    }

    fn expanded(&self, file: PathBuf) -> PathBuf {
        environment::expanded(file, self.credentials.as_deref())
    }
}

fn admission(raw: &RawSmtp) -> AdmissionLimits {
    AdmissionLimits { sessions: raw.max_sessions, sessions_per_network: raw.max_sessions_per_network }
}

fn watch(raw: &RawAccounts) -> WatchSettings {
    let hours = |count: u32| SignedDuration::from_hours(i64::from(count));
    let wanted = |count: u32| (count > 0).then_some(count);
    WatchSettings {
        verify_every: wanted(raw.verify_hours).map(hours),
        drift_every: wanted(raw.drift_hours).map(hours),
        rotate_before: wanted(raw.rotate_days).map(|days| hours(days * 24)),
        terms: RotationTerms {
            life: hours(raw.secret_days * 24),
            grace: hours(raw.grace_hours),
            remove_old: false,
        },
    }
}

fn system_host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.parse::<Domain>().is_ok() { name } else { "localhost".to_owned() }
}
