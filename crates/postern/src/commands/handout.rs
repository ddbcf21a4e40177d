//! What a device is given: where it connects, its login and its password. Passwords are shown once, so they go into a
//! file that is made before they are.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use api::status::{ListenerView, StatusView};

use super::sheet::harmless;
use crate::client::Client;

/// Where devices go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Relay {
    /// The server's name.
    pub(super) host: String,
    /// The port of the listener that suits them best.
    pub(super) port: u16,
    /// `STARTTLS`, `TLS` or `none`.
    pub(super) encryption: &'static str,
}

/// How a device shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// By login and password.
    Password,
    /// By its network alone.
    None,
}

/// A port that nobody listens on helps nobody; this one is at least the one to open.
const SUBMISSION: u16 = 587;
/// TLS from the first byte on (RFC 8314 section 3.3).
const SUBMISSIONS: u16 = 465;

impl fmt::Display for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encryption = if self.encryption == "none" { "no TLS" } else { self.encryption };
        write!(f, "{}:{} ({encryption})", self.host, self.port)
    }
}

impl Relay {
    /// Asks the server where it listens.
    ///
    /// # Errors
    /// When it does not answer.
    pub(super) async fn of(client: &Client, login: Login) -> anyhow::Result<Self> {
        let status: StatusView = client.get("/v1/status", &[]).await?;
        Ok(Self::among(status.host_name, &status.listeners, login))
    }

    /// What a client meets at a port: the listener's encryption, or what the port is for where it is not the
    /// server's own, as behind a port that is forwarded.
    pub(super) fn at(host: String, port: u16, listeners: &[ListenerView]) -> Self {
        let there = listeners.iter().find(|one| one.address.port() == port);
        let usual = if port == SUBMISSIONS { "tls" } else { "starttls" };
        Self { host, port, encryption: encryption(there.map_or(usual, |one| one.mode.as_str())) }
    }

    /// The listener that suits best: STARTTLS, which most devices know, before TLS before neither.
    pub(super) fn among(host: String, listeners: &[ListenerView], login: Login) -> Self {
        let rank = |one: &&ListenerView| {
            let suits = (one.login == "none") == (login == Login::None);
            let mode = ["starttls", "tls", "plain"].iter().position(|mode| *mode == one.mode);
            (!suits, mode)
        };
        let best = listeners.iter().min_by_key(rank);
        let mode = best.map_or("starttls", |one| one.mode.as_str());
        let port = best.map_or(SUBMISSION, |one| one.address.port());
        Self { host, port, encryption: encryption(mode) }
    }
}

/// How devices call the mode of a listener.
fn encryption(mode: &str) -> &'static str {
    match mode {
        "plain" => "none",
        "tls" => "TLS",
        _ => "STARTTLS",
    }
}

/// A new CSV file that only its owner reads.
pub(super) struct Handout(csv::Writer<File>);

impl Handout {
    /// Makes the file. One that is there is left alone.
    ///
    /// # Errors
    /// When it is there, or cannot be made.
    pub(super) fn create(file: &Path) -> anyhow::Result<Self> {
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        let opened = opened.with_context(|| match file.symlink_metadata() {
            Ok(_) => format!("{} exists already and is not overwritten: name a new file", file.display()),
            Err(_) => format!("{} cannot be made", file.display()),
        })?;
        Ok(Self(csv::Writer::from_writer(opened)))
    }

    /// Writes a row, none of whose cells is a formula, and has it on disk before the next password is made.
    ///
    /// # Errors
    /// When the disk is full and the like.
    pub(super) fn row(&mut self, cells: &[&str]) -> anyhow::Result<()> {
        self.0.write_record(cells.iter().map(|cell| harmless(cell)))?;
        self.0.flush()?;
        Ok(self.0.get_ref().sync_data()?)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn listener(port: u16, mode: &str, login: &str) -> ListenerView {
        ListenerView { address: ([0, 0, 0, 0], port).into(), mode: mode.to_owned(), login: login.to_owned() }
    }

    #[test]
    fn a_device_is_sent_to_a_listener_that_is_there() {
        let all = [
            listener(25, "plain", "none"),
            listener(2465, "tls", "required"),
            listener(2587, "starttls", "required"),
            listener(26, "plain", "required"),
        ];
        for (listeners, login, port, encryption) in [
            (&all[..], Login::Password, 2587, "STARTTLS"),
            (&all[..2], Login::Password, 2465, "TLS"),
            (&all[3..], Login::Password, 26, "none"),
            (&all[..], Login::None, 25, "none"),
            (&[][..], Login::Password, 587, "STARTTLS"),
        ] {
            let relay = Relay::among("relay".to_owned(), listeners, login);
            assert_eq!((relay.port, relay.encryption), (port, encryption));
        }
    }

    #[test]
    fn a_port_says_what_is_met_there() {
        let all = [listener(2465, "tls", "required"), listener(2587, "starttls", "required")];
        for (port, encryption) in [(2465, "TLS"), (2587, "STARTTLS"), (465, "TLS"), (10025, "STARTTLS")] {
            assert_eq!(Relay::at("relay".to_owned(), port, &all).encryption, encryption);
        }
    }

    #[test]
    fn a_file_with_passwords_is_its_owners_and_new() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("logins.csv");
        Handout::create(&file).unwrap().row(&["=x", "a,b"]).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "'=x,\"a,b\"\n");
        let error = Handout::create(&file).err().unwrap().to_string();
        assert!(
            error.ends_with("logins.csv exists already and is not overwritten: name a new file"),
            "{error}"
        );
        let error = Handout::create(&folder.path().join("no/logins.csv")).err().unwrap().to_string();
        assert!(error.ends_with("no/logins.csv cannot be made"), "{error}");
    }
}
