//! The configuration: what was written ([`raw`]), then what it means ([`Config`]).
//!
//! The only place that reads files and the environment. Every option is also a variable: `POSTERN_`, the
//! section, the key, in capitals.

mod environment;
mod listeners;
mod meaning;
mod mistakes;
mod plausible;
pub mod raw;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use azure_client::credential::IdentityEndpoint;
use control::watch::WatchSettings;
use relay::RelaySettings;
use smtp::address::Mailbox;
use smtp_server::Timeouts;
use smtp_server::admission::AdmissionLimits;
use store::{Options, Volatile};
use tls::CertificateFiles;
use url::Url;

pub(crate) use self::environment::is_set;
pub use self::listeners::{Listener, warnings};
use self::meaning::{Written, WrittenFile, meaning};
use self::raw::{LogAddresses, LogFormat};

/// What the configuration means.
#[derive(Debug)]
pub struct Config {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Whether that may be on storage that forgets.
    pub volatile: Volatile,
    /// The master key, if the environment gives it.
    pub master_key: Option<secrecy::SecretString>,
    /// Where the tokens of this machine's own identity are.
    pub identity: IdentityEndpoint,
    /// How the store is opened.
    pub store: Options,
    pub listeners: Vec<Listener>,
    /// Certificates with their keys, the most wanted first. None means that they are to be made.
    pub certificates: Vec<CertificateFiles>,
    /// How many sessions there may be.
    pub admission: AdmissionLimits,
    /// When to hang up on a client.
    pub timeouts: Timeouts,
    /// What the relay does.
    pub relay: RelaySettings,
    /// What the server does for accounts on its own.
    pub watch: WatchSettings,
    /// Where alarms go.
    pub alarms: AlarmSettings,
    /// Where metrics are served.
    pub metrics: Option<SocketAddr>,
    /// Where Event Grid posts events.
    pub events: EventSettings,
    /// A name server that is asked about all domains, instead of the zones' own.
    pub name_server: Option<SocketAddr>,
    /// What is logged.
    pub log: String,
    /// How it is written.
    pub log_format: LogFormat,
    /// What it shows of addresses.
    pub log_addresses: LogAddresses,
}

/// Whether a path names a credential that systemd hands to the service alone.
#[must_use]
pub fn is_handed_over(path: &Path) -> bool {
    path.starts_with(environment::CREDENTIALS)
}

/// Where Event Grid posts events.
#[derive(Clone, Debug, Default)]
pub struct EventSettings {
    /// The address of the web hook; `None` where events are not accepted.
    pub listen: Option<SocketAddr>,
    /// Its base URL, as clients outside see it.
    pub url: Option<Url>,
    /// Whether a reverse proxy has the TLS.
    pub is_plain: bool,
}

/// Where alarms go.
#[derive(Clone, Debug, Default)]
pub struct AlarmSettings {
    /// A web hook.
    pub web_hook: Option<Url>,
    pub mail_to: Option<Mailbox>,
}

/// Why a configuration cannot be used. Prints file, line and reason.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path} cannot be read")]
    Read { path: PathBuf, source: io::Error },
    /// The file says something that it cannot say.
    #[error("{path}, {place}: {reason}")]
    Invalid {
        path: PathBuf,
        /// The line, or the key.
        place: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A variable says something that it cannot say.
    #[error("environment variable {name}: {reason}")]
    Variable {
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Where the configuration is looked for.
const DEFAULT_FILE: &str = "/etc/postern/postern.toml";

/// Reads the file that is named, or the default one if it is there, and the environment.
///
/// # Errors
/// When something is not valid; the error names file, line and reason.
pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
    meaning(written(file)?)
}

/// What was written, with the defaults of what was not, as a file would have it.
///
/// # Errors
/// As [`load`].
pub fn show(file: Option<&Path>) -> Result<String, ConfigError> {
    let written = written(file)?;
    let text = toml::to_string(&written.raw);
    meaning(written)?;
    Ok(text.expect("a configuration that was read can be written"))
}

/// Reads another TOML file, which is no configuration.
///
/// # Errors
/// When it says something that it cannot say; the error names file, line and reason.
pub fn document<T: serde::de::DeserializeOwned>(file: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::Invalid {
        path: file.to_owned(),
        place: mistakes::place_of_error(text, &error),
        reason: mistakes::in_file(text, &error),
    })
}

fn written(file: Option<&Path>) -> Result<Written, ConfigError> {
    let variables = environment::variables();
    let file = file.map(Path::to_owned).or_else(|| variables.get("POSTERN_CONFIG").map(PathBuf::from));
    let (path, text) = match file {
        Some(path) => {
            let read = fs::read_to_string(&path);
            let text = read.map_err(|source| ConfigError::Read { path: path.clone(), source })?;
            (path, text)
        }
        None => (PathBuf::from(DEFAULT_FILE), fs::read_to_string(DEFAULT_FILE).unwrap_or_default()),
    };
    let raw = environment::parse(&path, &text, &variables)?;
    let master_key = variables.get("POSTERN_MASTER_KEY").map(|key| key.as_str().into());
    let identity = environment::identity()
        .map_err(|reason| ConfigError::Variable { name: "IDENTITY_ENDPOINT".to_owned(), reason })?;
    let file = WrittenFile { path, text, credentials: environment::credentials() };
    Ok(Written { raw, file, master_key, identity })
}

/// Where the data directory is, for commands that need nothing else of the configuration.
///
/// # Errors
/// As [`load`].
pub fn data_dir(file: Option<&Path>) -> Result<PathBuf, ConfigError> {
    load(file).map(|config| config.data_dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::repair::Repair;
    use std::collections::BTreeMap;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let variables: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let path = Path::new("postern.toml");
        environment::parse(path, text, &variables)
            .and_then(|raw| {
                meaning(Written {
                    raw,
                    file: WrittenFile {
                        path: path.to_owned(),
                        text: text.to_owned(),
                        credentials: Some(PathBuf::from("/run/credentials/postern.service")),
                    },
                    master_key: None,
                    identity: IdentityEndpoint::default(),
                })
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_written_means_the_defaults() {
        let config = read("", &[]).unwrap();
        assert_eq!(config.data_dir, Path::new("/var/lib/postern"));
        assert_eq!(config.listeners.iter().map(|l| l.address.port()).collect::<Vec<_>>(), [587, 465]);
        assert_eq!(config.relay.max_recipients, RelaySettings::default().max_recipients);
        assert_eq!(config.store.reserve_bytes, Options::default().reserve_bytes);
    }

    #[test]
    fn mistakes_are_named_with_file_and_line() {
        let error = |text: &str| read(text, &[]).unwrap_err();
        assert!(
            error("data_dri = 'x'").starts_with("postern.toml, line 1: there is no option `data_dri`"),
            "{}",
            error("data_dri = 'x'")
        );
        assert!(error("[smtp]\nmax_sessions = 'many'").starts_with("postern.toml, line 2: "));
        assert!(
            error("\n[[listener]]\naddress = '0.0.0.0'\nmode = 'tls'").starts_with("postern.toml, line 3: ")
        );
        assert!(
            error("[queue]\nexpiry_hours = 0")
                .starts_with("postern.toml, line 2: `expiry_hours` is 0 and must")
        );
        assert!(error("[tls]\nkey = 'x'").contains("`certificate` and `key` go together"));
        assert!(error("[tls]\nsecond_key = 'x'").contains("`second_key` go together"));
        assert!(error("[tls]\nsecond_key = 'x'\nsecond_certificate = 'x'").contains("needs a first"));
        let both = "[tls]\ncertificate = 'a'\nkey = 'b'\nsecond_certificate = 'c'\nsecond_key = 'd'";
        assert_eq!(read(both, &[]).unwrap().certificates.len(), 2);
        let handed = read("[tls]\ncertificate = '/a'\nkey = '$CREDENTIALS_DIRECTORY/tls.key'", &[]).unwrap();
        assert_eq!(handed.certificates[0].key, Path::new("/run/credentials/postern.service/tls.key"));
        assert_eq!(handed.certificates[0].certificate, Path::new("/a"));
        assert!(error("host_name = 'a b'").starts_with("postern.toml, line 1: "));
        let open = "[[listener]]\naddress = '0.0.0.0:25'\nmode = 'plain'\n";
        assert!(error(open).contains("has no TLS"));
        assert!(read(&format!("{open}networks = ['10.0.0.0/8']"), &[]).is_ok());
        let second = "[[listener]]\naddress = '[::]:587'\nmode = 'tls'\n\n[[listener]]\naddress = '[::]:25'\nmode = 'plain'\n";
        let no_login = error(&format!("{second}login = 'none'"));
        assert!(
            no_login.starts_with("postern.toml, line 5: the listener [::]:25 takes mail without login"),
            "{no_login}"
        );
        let public = error(&format!("{second}login = 'none'\nnetworks = ['203.0.113.0/24']"));
        assert!(
            public.starts_with("postern.toml, line 5: ") && public.contains("allow_public_networks"),
            "{public}"
        );
        assert!(
            error(&format!("{second}login = 'no'"))
                .starts_with("postern.toml, line 8: \"no\" is not `required` or `none`")
        );
        let twice = "[[listener]]\naddress = '[::]:587'\nmode = 'starttls'\n".repeat(2);
        assert!(read(&twice, &[]).unwrap_err().contains("[::]:587 stands there twice"));
        let repaired = format!("{open}networks = ['10.0.0.0/8']\nrepairs = ['from', 'line-ends']");
        let repairs = &read(&repaired, &[]).unwrap().listeners[0].repairs;
        assert!(repairs.allow(Repair::From) && repairs.allow(Repair::LineEnds));
        assert!(error(&repaired.replace("'from'", "'form'")).starts_with("postern.toml, line 5: "));
        assert!(read("[log]\nfilter = 'bananas=x=y'", &[]).unwrap_err().contains("filter"));
        assert!(read("data_dir = ''", &[]).is_err());
        let late = error("[accounts]\nsecret_days = 20\nrotate_days = 30");
        assert!(late.starts_with("postern.toml, line 3: secrets that are good for 20 days"), "{late}");
        assert!(error("[alarms]\nweb_hook = 'ftp://example.com/'").starts_with("postern.toml, line 2: "));
    }

    #[test]
    fn every_option_is_a_variable_too() {
        let variables = [
            ("POSTERN_DATA_DIR", "/tmp/x"),
            ("POSTERN_SMTP_MAX_RECIPIENTS", "7"),
            ("POSTERN_ALLOW_VOLATILE_DATA_DIR", "true"),
            ("POSTERN_ENTRA_TENANTS", "[\"11111111-aaaa-4111-8111-111111111111\"]"),
        ];
        let config = read("[smtp]\nmax_recipients = 3", &variables).unwrap();
        assert_eq!((config.data_dir.as_path(), config.relay.max_recipients), (Path::new("/tmp/x"), 7));
        assert_eq!(config.volatile, Volatile::Allowed);
        assert_eq!(config.relay.entra.tenants.len(), 1);
        let wrong = read("", &[("POSTERN_SMTP_MAX_RECIPIENTS", "some")]).unwrap_err();
        assert!(wrong.starts_with("environment variable POSTERN_SMTP_MAX_RECIPIENTS: "), "{wrong}");
        let unknown = read("", &[("POSTERN_SMPT_MAX_RECIPIENTS", "7")]).unwrap_err();
        assert!(unknown.contains("is not an option"), "{unknown}");
    }
}
