//! Handshakes that fail, and what is said of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::sync::Arc;
use std::time::Duration;

use tls::{HandshakeError, Heard, Names, ServerIdentity, Stream, install_provider, self_signed};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

const LIMIT: Duration = Duration::from_secs(5);

fn identity() -> Arc<ServerIdentity> {
    install_provider();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
    let made =
        self_signed(&Names { hosts: vec!["relay.example".to_owned()], addresses: Vec::new() }).unwrap();
    std::fs::write(&certificate, made.0).unwrap();
    std::fs::write(&key, made.1).unwrap();
    ServerIdentity::load(&certificate, &key).unwrap()
}

async fn refused(client: impl AsyncFnOnce(DuplexStream)) -> HandshakeError {
    let (theirs, ours) = tokio::io::duplex(1 << 16);
    let config = identity().server_config(&[]).unwrap();
    let mut stream = Stream::Clear(ours);
    let (accepted, ()) = tokio::join!(stream.accept(config, LIMIT), client(theirs));
    accepted.unwrap_err()
}

/// TLS 1.0, AES in CBC mode with RSA for the key exchange, no extensions.
const TLS_1_0: [u8; 50] = {
    let mut bytes = [0; 50];
    let start = [22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1];
    let mut at = 0;
    while at < start.len() {
        bytes[at] = start[at];
        at += 1;
    }
    // Behind 32 bytes of randomness: no session, one cipher suite, no compression.
    bytes[45] = 2;
    bytes[47] = 0x2f;
    bytes[48] = 1;
    bytes
};

#[tokio::test]
async fn a_client_that_is_too_old_is_told_apart() {
    let mut answer = Vec::new();
    let error = refused(async |mut pipe| {
        pipe.write_all(&TLS_1_0).await.unwrap();
        pipe.read_to_end(&mut answer).await.unwrap();
    })
    .await;
    assert_eq!(error.to_string(), "the client offered TLS 1.0 at most; TLS 1.2 or later is required");
    let Heard::Hello(offer) = &error.heard else { panic!("{error:?}") };
    assert_eq!(offer.cipher_suite_names(), "TLS_RSA_WITH_AES_128_CBC_SHA");
    assert_eq!(answer[..2], [21, 3], "the client is told by an alert");
}

#[tokio::test]
async fn a_client_that_speaks_smtp_instead_is_shown() {
    let error = refused(async |mut pipe| {
        pipe.write_all(b"EHLO printer\r\n").await.unwrap();
        pipe.read_to_end(&mut Vec::new()).await.unwrap();
    })
    .await;
    assert_eq!(error.to_string(), "the client does not speak TLS; it began with `EHLO printer..`");
}

#[tokio::test]
async fn silence_and_departure_are_named() {
    let error = refused(async |pipe| drop(pipe)).await;
    assert_eq!(error.to_string(), "the client closed the connection before it sent anything");
    let error = refused(async |mut pipe| pipe.write_all(&TLS_1_0[..20]).await.unwrap()).await;
    assert_eq!(error.to_string(), "the client offered TLS 1.0 at most; TLS 1.2 or later is required");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_not_waited_for() {
    let (theirs, ours) = tokio::io::duplex(1 << 10);
    let config = identity().server_config(&[]).unwrap();
    let error = Stream::Clear(ours).accept(config, LIMIT).await.unwrap_err();
    assert_eq!(error.to_string(), "the client connected and sent nothing");
    drop(theirs);
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_certificate_says_so() {
    install_provider();
    let builder = rustls::ClientConfig::builder();
    let config = builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    let error = refused(async |pipe| {
        let name = "relay.example".try_into().unwrap();
        Stream::Clear(pipe).connect(Arc::new(config), name).await.unwrap_err();
    })
    .await;
    let said = error.to_string();
    assert_eq!(said, "the client does not trust the server's certificate; it sent the alert UnknownCA");
}
