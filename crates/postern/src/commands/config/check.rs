//! `postern config check`: what is written, and whether the service could work with it on this machine.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use tls::CertificateFiles;

use crate::cli::Serve;
use crate::config::raw::ListenerLogin;
use crate::config::{self, Config, Listener};
use crate::output::{BAD, GOOD, QUIET, WAITING, say};
use crate::server::SOCKET;

/// What was found beside the file itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    /// The service would not start.
    problems: Vec<String>,
    /// It would, and somebody should know.
    warnings: Vec<String>,
    /// What could not be checked.
    notes: Vec<String>,
}

pub(super) fn check(arguments: &Serve) -> anyhow::Result<ExitCode> {
    let config = config::load(arguments.file.config.as_deref())?;
    let mut findings = Findings::default();
    certificates(&config.certificates, &mut findings)?;
    match UnixStream::connect(config.data_dir.join(SOCKET)) {
        Ok(_) => findings.notes.push("the server is running, so its ports were not tested".to_owned()),
        Err(_) => ports(&config, &mut findings),
    }
    findings.warnings.extend(config.listeners.iter().flat_map(config::warnings));
    show(&config, &findings);
    Ok(if findings.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(config: &Config, findings: &Findings) {
    if findings.problems.is_empty() {
        say!("{GOOD}The configuration is valid.{GOOD:#}");
    } else {
        say!("{BAD}The configuration is valid, but the server cannot start with it on this machine.{BAD:#}");
    }
    for listener in &config.listeners {
        say!("  {}", describe(listener));
    }
    say!("  stores its data in {}", config.data_dir.display());
    for problem in &findings.problems {
        say!("{BAD}✗{BAD:#} {problem}.");
    }
    for warning in &findings.warnings {
        say!("{WAITING}Warning:{WAITING:#} {warning}.");
    }
    for note in &findings.notes {
        say!("{QUIET}note: {note}.{QUIET:#}");
    }
}

/// Reads certificates and keys, also with the eyes of the service's own user.
fn certificates(pairs: &[CertificateFiles], findings: &mut Findings) -> anyhow::Result<()> {
    let files = |pair: &CertificateFiles| [pair.certificate.clone(), pair.key.clone()];
    let all: Vec<_> = pairs.iter().flat_map(files).collect();
    if let Some(file) = all.iter().find(|file| config::is_handed_over(file)) {
        let file = file.display();
        findings
            .notes
            .push(format!("systemd provides {file} to the service, so certificates and keys were not read"));
        return Ok(());
    }
    for file in &all {
        findings.warnings.extend(unreadable_for_the_service(file));
    }
    if !pairs.is_empty() {
        let loaded = tls::ServerIdentity::load_all(pairs.to_vec());
        loaded.context("the server cannot use the certificates")?;
    }
    Ok(())
}

/// The unit has a user of its own (`DynamicUser=`), to whom nothing belongs but the data directory.
fn unreadable_for_the_service(file: &Path) -> Option<String> {
    // What is below the service's own directory belongs to it.
    let is_roots = fs::metadata(file).is_ok_and(|found| found.uid() == 0);
    let closed = is_roots.then(|| file.ancestors().find(|part| is_closed(part)))??;
    let name = file.file_name()?.to_string_lossy().into_owned();
    let (file, closed) = (file.display(), closed.display());
    Some(format!(
        "the service of deploy/postern.service cannot read {file}, because it runs as its own user and only root may open {closed}. \
         Add LoadCredential={name}:{file} to the unit and write \"$CREDENTIALS_DIRECTORY/{name}\" here"
    ))
}

/// Whether root alone may open a file, or go through a folder.
fn is_closed(part: &Path) -> bool {
    fs::metadata(part).is_ok_and(|found| {
        let needed = if found.is_dir() { 0o001 } else { 0o004 };
        found.uid() == 0 && found.mode() & needed == 0
    })
}

/// Listens on every port for a moment.
fn ports(config: &Config, findings: &mut Findings) {
    let addresses = config
        .listeners
        .iter()
        .map(|listener| listener.address)
        .chain(config.metrics)
        .chain(config.events.listen);
    // All are kept until the end: two of the configuration's own may be in each other's way.
    let mut bound = Vec::new();
    for address in addresses {
        match TcpListener::bind(address) {
            Ok(listener) => bound.push(listener),
            Err(error) => match (error.kind(), address.port()) {
                (ErrorKind::PermissionDenied, 1..1024) => findings.notes.push(format!(
                    "port {} was not tested: only root and the service may listen on ports below 1024",
                    address.port()
                )),
                _ => findings.problems.push(taken(address, &error)),
            },
        }
    }
}

fn taken(address: SocketAddr, error: &std::io::Error) -> String {
    let port = address.port();
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!("another program already uses {address}: `ss -ltnp 'sport = :{port}'` shows which one")
        }
        ErrorKind::AddrNotAvailable => format!("this machine does not have the address {}", address.ip()),
        _ => format!("cannot listen on {address}: {error}"),
    }
}

fn describe(listener: &Listener) -> String {
    let networks: Vec<String> = listener.networks.iter().map(ToString::to_string).collect();
    let who = if networks.is_empty() { String::new() } else { format!(", for {}", networks.join(", ")) };
    let login = match listener.login {
        ListenerLogin::Required => "",
        ListenerLogin::None => ", without login",
    };
    format!("listens on {} ({}{login}{who})", listener.address, listener.mode)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn found(text: &str) -> Findings {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postern.toml");
        fs::write(&file, text).unwrap();
        let mut findings = Findings::default();
        ports(&config::load(Some(&file)).unwrap(), &mut findings);
        findings
    }

    #[test]
    fn a_port_that_is_taken_is_found_before_the_server_starts() {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = other.local_addr().unwrap();
        let text = format!("[[listener]]\naddress = '{address}'\nmode = 'starttls'");
        let findings = found(&text);
        assert!(findings.problems[0].contains("another program already uses"), "{findings:?}");
        drop(other);
        assert_eq!(found(&text), Findings::default());
        let elsewhere = found("[[listener]]\naddress = '192.0.2.1:2525'\nmode = 'starttls'");
        assert!(elsewhere.problems[0].contains("does not have the address 192.0.2.1"), "{elsewhere:?}");
    }

    #[test]
    fn a_key_of_roots_is_not_the_services() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("tls.key");
        fs::write(&key, "x").unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        let warning = unreadable_for_the_service(&key);
        // Files of another user's are for a service of that user.
        if fs::metadata(&key).unwrap().uid() == 0 {
            let warning = warning.unwrap();
            assert!(
                warning.contains("LoadCredential=tls.key:")
                    && warning.contains("$CREDENTIALS_DIRECTORY/tls.key"),
                "{warning}"
            );
        } else {
            assert_eq!(warning, None);
        }
        assert_eq!(unreadable_for_the_service(Path::new("/etc/passwd")), None);
    }
}
