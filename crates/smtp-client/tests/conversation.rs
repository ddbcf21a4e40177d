//! Our client and our server over real sockets, with TLS and logins.

#![allow(clippy::unwrap_used, reason = "a broken conversation fails the test")]

use std::sync::{Arc, Mutex};

use secrecy::{ExposeSecret as _, SecretString};
use smtp::client::{self, Envelope, Stage};
use smtp::mail_data::Measures;
use smtp::parameters::{MailParameters, RecipientParameters};
use smtp::path::{ForwardPath, OfferedPath, ReversePath};
use smtp::reply::{Refusal, Reply};
use smtp::sasl::{Login, Proof};
use smtp::server::{Settings, TlsPolicy};
use smtp_client::{Connection, Error, Target, Timeouts};
use smtp_server::admission::{Admission, AdmissionLimits};
use smtp_server::{Endpoint, Peer, Service, listener};
use tls::{Names, ServerIdentity};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Keeps messages; the password is `good`.
#[derive(Default)]
struct Recorder(Mutex<Vec<Vec<u8>>>);

impl Service for Recorder {
    type Principal = String;
    type Transaction = Vec<u8>;

    async fn authenticate(&self, peer: &Peer, login: &Login) -> Result<String, Refusal> {
        assert!(peer.tls.is_some());
        let (Proof::Password(proof) | Proof::Token(proof)) = &login.proof;
        match proof.expose_secret() {
            "good" => Ok(login.name.clone()),
            _ => Err(Refusal::permanent(535, (7, 3), "Authentication unsuccessful")),
        }
    }

    async fn mail(
        &self,
        _: &Peer,
        principal: Option<&String>,
        _: &OfferedPath,
        _: &MailParameters,
    ) -> Result<Vec<u8>, Refusal> {
        assert_eq!(principal.map(String::as_str), Some("device"));
        Ok(Vec::new())
    }

    async fn recipient(
        &self,
        _: &mut Vec<u8>,
        path: &OfferedPath<ForwardPath>,
        _: &RecipientParameters,
    ) -> Result<(), Refusal> {
        match path.to_string().as_str() {
            "<unknown@example.com>" => Err(Refusal::permanent(550, (1, 1), "Who?")),
            _ => Ok(()),
        }
    }

    async fn data(&self, message: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Refusal> {
        message.extend_from_slice(bytes);
        Ok(())
    }

    async fn finish(&self, message: &mut Vec<u8>, _: Measures) -> Result<Reply, Refusal> {
        self.0.lock().unwrap().push(std::mem::take(message));
        Ok(Reply::positive(250, (0, 0), "kept"))
    }
}

struct Server {
    recorder: Arc<Recorder>,
    target: Target,
    _folder: tempfile::TempDir,
}

async fn server(tls: TlsPolicy) -> Server {
    tls::install_provider();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let made = tls::self_signed(&Names { hosts: vec!["localhost".into()], addresses: Vec::new() }).unwrap();
    std::fs::write(&certificate, &made.0).unwrap();
    std::fs::write(&key, made.1).unwrap();
    let identity = ServerIdentity::load(&certificate, &key).unwrap();
    let recorder = Arc::new(Recorder::default());
    let endpoint = Endpoint {
        service: Arc::clone(&recorder),
        settings: Arc::new(Settings::submission("localhost", tls)),
        tls: Some(identity.server_config(&[]).unwrap()),
        timeouts: smtp_server::Timeouts { failed_login: std::time::Duration::ZERO, ..Default::default() },
        networks: Vec::new(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let admission = Admission::new(AdmissionLimits { sessions: 10, sessions_per_network: 10 });
    tokio::spawn(listener::run(listener, Arc::new(endpoint), admission, CancellationToken::new()));
    let trust = tls::client_config(Some(&made.0)).unwrap();
    let target = Target { host: "localhost".into(), port, trust, timeouts: Timeouts::default() };
    Server { recorder, target, _folder: folder }
}

fn settings(tls: client::TlsPolicy, password: &str) -> client::Settings {
    let login = Login { name: "device".into(), proof: Proof::Password(SecretString::from(password)) };
    client::Settings { client_name: "client.example".into(), tls, login: Some(login) }
}

fn envelope(recipients: &[&str]) -> Envelope {
    Envelope {
        reverse_path: ReversePath::Null,
        recipients: recipients.iter().map(|recipient| recipient.parse().unwrap()).collect(),
        size_octets: 0,
        eight_bit: false,
        smtputf8: false,
    }
}

#[tokio::test]
async fn messages_go_through_starttls_and_come_out_unchanged() {
    let server = server(TlsPolicy::StartTls).await;
    let mut connection =
        Connection::open(&server.target, settings(client::TlsPolicy::StartTls, "good")).await.unwrap();
    let large = b".line of a large message that has to be cut into pieces\r\n".repeat(20_000);
    for message in [&b"one\r\n"[..], &large, b""] {
        let recipients = ["unknown@example.com", "known@example.com"];
        let replies = connection.send(envelope(&recipients), message).await.unwrap();
        assert!(replies.recipients[0].is_err() && replies.recipients[1].is_ok());
        assert_eq!(replies.message.unwrap().unwrap().text(), "kept");
    }
    connection.quit().await;
    assert_eq!(*server.recorder.0.lock().unwrap(), [b"one\r\n".to_vec(), large, Vec::new()]);
}

#[tokio::test]
async fn implicit_tls_works_and_a_wrong_password_is_told() {
    let server = server(TlsPolicy::Implicit).await;
    let opened = Connection::open(&server.target, settings(client::TlsPolicy::Implicit, "good")).await;
    opened.unwrap().quit().await;
    let refused: Error =
        Connection::open(&server.target, settings(client::TlsPolicy::Implicit, "bad")).await.unwrap_err();
    assert_eq!(refused.stage, Stage::Login);
    assert!(refused.cause.to_string().contains("535 5.7.3"));
    assert!(!refused.message_may_be_taken());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let mut server = server(TlsPolicy::StartTls).await;
    server.target.host = "127.0.0.1".into();
    let refused =
        Connection::open(&server.target, settings(client::TlsPolicy::StartTls, "good")).await.unwrap_err();
    assert_eq!(refused.stage, Stage::StartTls);
}
