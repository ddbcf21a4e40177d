//! Mail servers that mean no good, on loopback and behind TLS: each costs a session, and never more.

#![allow(clippy::unwrap_used, reason = "a broken server fails the test")]

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use smtp::client::{Envelope, Settings, Stage, TlsPolicy};
use smtp::path::ReversePath;
use smtp::sasl::{Login, Proof};
use smtp_client::{Cause, Connection, Error, Target, Timeouts};
use tls::{Names, ServerIdentity, Stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

/// What a server does.
#[derive(Clone)]
enum Deed {
    /// Waits for a line of the client.
    Hear,
    Say(String),
    /// Says something so many times, and waits so long in between.
    Repeat(&'static str, usize, Duration),
    Secure,
}

use Deed::{Hear, Repeat, Say, Secure};

fn say(text: &str) -> Deed {
    Say(text.to_owned())
}

const MIB: usize = 1 << 20;
const HANDSHAKE: Duration = Duration::from_secs(10);
const HELLO: &str = "250-server.example\r\n250-STARTTLS\r\n250 PIPELINING\r\n";
const HELLO_AGAIN: &str = "250-server.example\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n";

struct Server {
    target: Target,
    /// What the client said, in clear and behind TLS.
    heard: tokio::task::JoinHandle<String>,
}

impl Server {
    async fn does(deeds: Vec<Deed>) -> Self {
        tls::install_provider();
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let made =
            tls::self_signed(&Names { hosts: vec!["localhost".into()], addresses: Vec::new() }).unwrap();
        std::fs::write(&certificate, &made.0).unwrap();
        std::fs::write(&key, made.1).unwrap();
        let identity = ServerIdentity::load(&certificate, &key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            play(tcp, &identity, deeds).await
        });
        let trust = tls::client_config(Some(&made.0)).unwrap();
        Self {
            target: Target { host: "localhost".into(), port, trust, timeouts: Timeouts::default() },
            heard,
        }
    }

    async fn open(&self) -> Result<Connection, Error> {
        let login = Login { name: "device".into(), proof: Proof::Password(SecretString::from("secret")) };
        let tls = TlsPolicy::StartTls;
        Connection::open(&self.target, Settings { client_name: "c.example".into(), tls, login: Some(login) })
            .await
    }
}

/// Does the deeds as long as the client listens; gives what it said.
async fn play(tcp: TcpStream, identity: &Arc<ServerIdentity>, deeds: Vec<Deed>) -> String {
    let (mut stream, mut heard) = (Stream::Clear(tcp), String::new());
    for deed in deeds {
        let done = match deed {
            Hear => {
                let mut bytes = [0; 4_096];
                stream
                    .read(&mut bytes)
                    .await
                    .map(|read| heard.push_str(&String::from_utf8_lossy(&bytes[..read])))
            }
            Say(text) => stream.write_all(text.as_bytes()).await,
            Secure => {
                let accepted = stream.accept(identity.server_config(&[]).unwrap(), HANDSHAKE).await;
                accepted.map_err(std::io::Error::from)
            }
            Repeat(text, times, pause) => {
                let mut said = Ok(());
                for _ in 0..times {
                    said = stream.write_all(text.as_bytes()).await;
                    if said.is_err() {
                        break;
                    }
                    // Until the client leaves, or it is time for more.
                    let _ = timeout(pause, stream.read(&mut [0; 64])).await;
                }
                said
            }
        };
        if done.is_err() {
            break;
        }
        let _ = stream.flush().await;
    }
    heard
}

fn secured(then: impl IntoIterator<Item = Deed>) -> Vec<Deed> {
    let start = [say("220 hi\r\n"), Hear, say(HELLO), Hear, say("220 go\r\n"), Secure, Hear];
    start.into_iter().chain(then).collect()
}

fn logged_in(then: impl IntoIterator<Item = Deed>) -> Vec<Deed> {
    secured([say(HELLO_AGAIN), Hear, say("235 2.7.0 in\r\n"), Hear].into_iter().chain(then))
}

async fn sent(then: impl IntoIterator<Item = Deed>) -> Result<smtp::client::TransactionReplies, Error> {
    let server = Server::does(logged_in(then)).await;
    let mut connection = server.open().await.unwrap();
    let envelope = Envelope {
        reverse_path: ReversePath::Null,
        recipients: vec!["a@example.com".parse().unwrap()],
        size_octets: 0,
        eight_bit: false,
        smtputf8: false,
    };
    connection.send(envelope, b"Subject: x\r\n\r\nhello\r\n").await
}

#[tokio::test]
async fn what_is_injected_before_tls_is_not_taken_for_a_reply() {
    // In the same segment as the 220, and in one of its own.
    for injected in [
        vec![say("220 go\r\n250-evil.example\r\n250 AUTH PLAIN\r\n235 in\r\n"), Secure, Hear],
        vec![say("220 go\r\n"), say("250-evil.example\r\n250 AUTH PLAIN\r\n"), Secure, Hear],
    ] {
        let deeds = [say("220 hi\r\n"), Hear, say(HELLO), Hear].into_iter().chain(injected).collect();
        let server = Server::does(deeds).await;
        let error = server.open().await.unwrap_err();
        assert_eq!(error.stage, Stage::StartTls);
        // Neither the login nor anything else went out behind it.
        assert!(!server.heard.await.unwrap().contains("AUTH"));
    }
}

#[tokio::test]
async fn replies_without_end_end_the_session() {
    for endless in [
        "250-x\r\n".repeat(MIB),
        "250-\r\n".repeat(MIB),
        // A line of a megabyte.
        format!("250 {}\r\n", "x".repeat(MIB)),
    ] {
        let start = std::time::Instant::now();
        let server = Server::does(secured([Say(endless)])).await;
        let error = server.open().await.unwrap_err();
        assert!(matches!(error.cause, Cause::Protocol(_)), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_trickles_in_is_not_waited_for() {
    let start = Instant::now();
    let server = Server::does(secured([Repeat("250-x\r\n", 1_000, Duration::from_secs(60))])).await;
    let error = server.open().await.unwrap_err();
    assert!(matches!(error.cause, Cause::TimedOut), "{error:?}");
    let waited = start.elapsed();
    assert!(waited >= Timeouts::default().command && waited < Duration::from_secs(600), "{waited:?}");
}

#[tokio::test]
async fn a_server_that_leaves_midway_is_believed_to_have_the_message_only_after_its_end() {
    let envelope_taken = "250 ok\r\n250 ok\r\n354 go\r\n";
    for (deeds, stage) in [
        (vec![say("250 ok\r\n")], Stage::Envelope),
        (vec![say(envelope_taken), Hear], Stage::EndOfData),
        (vec![say(envelope_taken), Hear, say("250 2.0.0 ta")], Stage::EndOfData),
    ] {
        let error = sent(deeds).await.unwrap_err();
        assert_eq!(
            (error.stage, error.message_may_be_taken()),
            (stage, stage == Stage::EndOfData),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_verdict_that_comes_before_the_message_is_none() {
    let error =
        sent([say("250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 taken\r\n"), Hear, Hear]).await.unwrap_err();
    assert!(matches!(error.cause, Cause::Protocol(_)), "{error:?}");
    assert!(!error.message_may_be_taken());
}
