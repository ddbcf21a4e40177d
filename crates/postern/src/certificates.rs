//! The server's certificates: those of the configuration, or two that sign themselves.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use store::DataDir;
use tls::{CertificateFiles, IdentityError, KeyKind, Names, ServerIdentity};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::{self, Config};

/// Between two looks at the certificates' files.
const RELOAD: Duration = Duration::from_secs(10);

/// The configured certificates, or self-signed ones, made at the first start: ECDSA, and RSA for old devices.
pub(crate) fn identity(config: &Config, data_dir: &DataDir) -> anyhow::Result<Arc<ServerIdentity>> {
    let files = config.certificates.iter().flat_map(|files| [&files.certificate, &files.key]);
    if let Some(file) = files.into_iter().find(|file| config::is_handed_over(file)) {
        bail!(
            "{} is for a service of systemd's, with LoadCredential=: nothing was handed over to this one",
            file.display()
        );
    }
    if !config.certificates.is_empty() {
        return Ok(ServerIdentity::load_all(config.certificates.clone())?);
    }
    let folder = data_dir.join("tls");
    let files =
        |certificate, key| CertificateFiles { certificate: folder.join(certificate), key: folder.join(key) };
    let ecdsa = files("certificate.pem", "key.pem");
    let rsa = files("certificate-rsa.pem", "key-rsa.pem");
    let names = Names {
        hosts: vec![config.relay.host_name.clone(), "localhost".to_owned()],
        addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)],
    };
    make(&ecdsa, &names, KeyKind::Ecdsa)?;
    make(&rsa, &names, KeyKind::Rsa)?;
    let identity = match ServerIdentity::load_all(vec![ecdsa.clone(), rsa]) {
        // Somebody put an RSA certificate of their own in the place of the first.
        Err(IdentityError::SameKind(..)) => ServerIdentity::load_all(vec![ecdsa])?,
        loaded => loaded?,
    };
    info!(
        tls.fingerprints = identity.fingerprints().join(", "),
        tls.folder = %folder.display(),
        "the certificates are self-signed; set [tls] to use others"
    );
    Ok(identity)
}

/// Makes a certificate and its key, unless both are there.
fn make(files: &CertificateFiles, names: &Names, kind: KeyKind) -> anyhow::Result<()> {
    if files.certificate.exists() && files.key.exists() {
        return Ok(());
    }
    if let Some(folder) = files.key.parent() {
        fs::create_dir_all(folder)?;
    }
    let (certificate, key) = tls::self_signed_with(names, kind)?;
    write_private(&files.key, &key)?;
    Ok(fs::write(&files.certificate, certificate)?)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let _ = fs::remove_file(path);
    let mut file = fs::File::options().create_new(true).write(true).mode(0o600).open(path)?;
    std::io::Write::write_all(&mut file, text.as_bytes())
}

/// Takes up certificates that were renewed.
pub(crate) async fn reload(identity: Arc<ServerIdentity>, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(RELOAD) => {}
        }
        match identity.reload_if_changed() {
            Ok(false) => {}
            Ok(true) => {
                info!(tls.fingerprints = identity.fingerprints().join(", "), "a certificate was renewed");
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                warn!(error, "the changed certificate cannot be used; the old ones stay");
            }
        }
    }
}
