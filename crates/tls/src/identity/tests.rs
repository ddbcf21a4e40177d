//! Certificates that change, and certificates beside each other.

use super::*;
use crate::{KeyKind, Names, self_signed, self_signed_with};

fn write(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = self_signed(&Names { hosts: vec![name.to_owned()], addresses: Vec::new() }).unwrap();
    std::fs::write(&certificate, made.0).unwrap();
    std::fs::write(&key, made.1).unwrap();
    (certificate, key)
}

/// Files that are written within one tick of the file system's clock have the same time.
fn touch(path: &Path) {
    let file = std::fs::File::options().append(true).open(path).unwrap();
    let later = file.metadata().unwrap().modified().unwrap() + std::time::Duration::from_secs(5);
    file.set_modified(later).unwrap();
}

#[test]
fn a_changed_certificate_is_taken_up_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = write(folder.path(), "one.example");
    let identity = ServerIdentity::load(&certificate, &key).unwrap();
    let first = identity.fingerprint();
    assert_eq!(first.len(), 32 * 3 - 1);
    assert!(!identity.reload_if_changed().unwrap());

    write(folder.path(), "two.example");
    touch(&certificate);
    assert!(identity.reload_if_changed().unwrap());
    let second = identity.fingerprint();
    assert_ne!(second, first);

    std::fs::write(&certificate, "nonsense").unwrap();
    assert!(matches!(identity.reload_if_changed(), Err(IdentityError::Empty(_))));
    assert_eq!(identity.fingerprint(), second);
    assert!(!identity.reload_if_changed().unwrap(), "the same broken file is reported once");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (certificate, _) = write(one.path(), "one.example");
    let (_, key) = write(two.path(), "two.example");
    assert!(matches!(ServerIdentity::load(&certificate, &key), Err(IdentityError::Key { .. })));
}

fn pair(folder: &Path, kind: KeyKind) -> CertificateFiles {
    let file = |name: &str| folder.join(format!("{name}-{kind:?}.pem"));
    let files = CertificateFiles { certificate: file("certificate"), key: file("key") };
    let names = Names { hosts: vec!["relay.example".to_owned()], addresses: Vec::new() };
    let made = self_signed_with(&names, kind).unwrap();
    std::fs::write(&files.certificate, made.0).unwrap();
    std::fs::write(&files.key, made.1).unwrap();
    files
}

/// Shakes hands with a client that knows only TLS 1.2's cipher suites of one kind; gives the certificate that it saw.
fn certificate_for(identity: &Arc<ServerIdentity>, suites: &str) -> Result<String, rustls::Error> {
    let mut provider = crypto::aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| format!("{suite:?}").contains(suites));
    let mut roots = rustls::RootCertStore::empty();
    for one in identity.current.load().iter() {
        roots.add(one.cert[0].clone()).unwrap();
    }
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(provider));
    let config = builder.with_protocol_versions(&[&rustls::version::TLS12]).unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = "relay.example".try_into().unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut server = rustls::ServerConnection::new(identity.server_config(&[]).unwrap()).unwrap();
    while client.is_handshaking() {
        let (mut wire, mut back) = (Vec::new(), Vec::new());
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        server.write_tls(&mut back).unwrap();
        client.read_tls(&mut back.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(fingerprint(&client.peer_certificates().unwrap()[0]))
}

#[test]
fn a_client_gets_the_first_certificate_that_it_can_use() {
    install_provider();
    let folder = tempfile::tempdir().unwrap();
    let (ecdsa, rsa) = (pair(folder.path(), KeyKind::Ecdsa), pair(folder.path(), KeyKind::Rsa));
    let both = ServerIdentity::load_all(vec![ecdsa.clone(), rsa.clone()]).unwrap();
    let [first, second] = &both.fingerprints()[..] else { panic!("there are two") };
    assert_eq!(certificate_for(&both, "ECDHE_").as_ref(), Ok(first), "a client that can use both");
    assert_eq!(certificate_for(&both, "ECDHE_ECDSA").as_ref(), Ok(first));
    assert_eq!(certificate_for(&both, "ECDHE_RSA").as_ref(), Ok(second));
    let reversed = ServerIdentity::load_all(vec![rsa, ecdsa.clone()]).unwrap();
    assert_eq!(certificate_for(&reversed, "ECDHE_").as_ref(), Ok(second));
    let alone = ServerIdentity::load(&ecdsa.certificate, &ecdsa.key).unwrap();
    assert!(certificate_for(&alone, "ECDHE_RSA").is_err());
}

#[test]
fn a_second_certificate_of_the_same_kind_is_refused() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let files = vec![pair(one.path(), KeyKind::Ecdsa), pair(two.path(), KeyKind::Ecdsa)];
    assert!(matches!(ServerIdentity::load_all(files), Err(IdentityError::SameKind(..))));
}

#[test]
fn the_end_of_each_certificate_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let files = vec![pair(folder.path(), KeyKind::Ecdsa), pair(folder.path(), KeyKind::Rsa)];
    let identity = ServerIdentity::load_all(files).unwrap();
    // What we sign ourselves ends with the year 4095.
    let expires_at = 67_090_118_400;
    let lifetime = |key| CertificateLifetime { key, expires_at };
    assert_eq!(identity.lifetimes(), ["ecdsa", "rsa"].map(lifetime));
}

#[test]
fn one_of_two_certificates_may_change() {
    let folder = tempfile::tempdir().unwrap();
    let files = vec![pair(folder.path(), KeyKind::Ecdsa), pair(folder.path(), KeyKind::Rsa)];
    let identity = ServerIdentity::load_all(files.clone()).unwrap();
    let before = identity.fingerprints();
    std::fs::write(&files[1].certificate, "nonsense").unwrap();
    touch(&files[1].certificate);
    assert!(identity.reload_if_changed().is_err());
    assert_eq!(identity.fingerprints(), before, "both stay in use");
    pair(folder.path(), KeyKind::Rsa);
    assert!(identity.reload_if_changed().unwrap());
    let after = identity.fingerprints();
    assert_eq!(after[0], before[0]);
    assert_ne!(after[1], before[1]);
}
