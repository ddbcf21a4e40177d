//! Mail of a story: submitted by a device, followed in the queue, and captured by the twin.

use std::path::PathBuf;
use std::sync::PoisonError;

use model::delivery::SendState;
use model::id::QueueId;
use postern::config::raw::Mode;
use secrecy::SecretString;
use smtp::client::{Envelope, Settings, TlsPolicy, TransactionReplies};
use smtp::path::ReversePath;
use smtp::sasl::{Login, Proof};
use smtp_client::{Connection, Target, Timeouts};
use store::StoredMessage;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;
use twin::captured::CapturedMail;

use crate::setup::Device;
use crate::world::{LOOK, PATIENCE, World};

impl World {
    /// The product's port.
    pub fn port(&self, mode: Mode) -> u16 {
        self.server().addresses.iter().find(|(_, other)| *other == mode).unwrap().0.port()
    }

    /// What a client of the product has to trust, a PEM file.
    pub fn certificate(&self) -> PathBuf {
        self.server().data_dir.join("tls/certificate.pem")
    }

    /// Where a client of the product connects.
    pub fn target(&self, mode: Mode) -> Target {
        let certificate = std::fs::read_to_string(self.certificate()).unwrap();
        Target {
            host: "localhost".to_owned(),
            port: self.port(mode),
            trust: tls::client_config(Some(&certificate)).unwrap(),
            timeouts: Timeouts::default(),
        }
    }

    /// Connects and logs in.
    pub async fn log_in(&self, device: &Device) -> Result<Connection, smtp_client::Error> {
        let password = SecretString::from(device.password.as_str());
        self.log_in_by(&device.login, Proof::Password(password)).await
    }

    /// Connects and logs in by password or token.
    pub async fn log_in_by(&self, name: &str, proof: Proof) -> Result<Connection, smtp_client::Error> {
        let settings = Settings {
            client_name: "device.example".to_owned(),
            tls: TlsPolicy::StartTls,
            login: Some(Login { name: name.to_owned(), proof }),
        };
        Connection::open(&self.target(Mode::Starttls), settings).await
    }

    /// Connects to the listener that asks for no login.
    pub async fn connect_without_login(&self) -> Connection {
        let settings =
            Settings { client_name: "device.example".to_owned(), tls: TlsPolicy::Absent, login: None };
        Connection::open(&self.target(Mode::Plain), settings).await.unwrap()
    }

    /// Submits a message from the scanner; gives the server's replies.
    pub async fn offer(
        &self,
        connection: &mut Connection,
        recipients: &[&str],
        message: &[u8],
    ) -> TransactionReplies {
        self.offer_from("scanner@contoso.example", connection, recipients, message).await
    }

    async fn offer_from(
        &self,
        from: &str,
        connection: &mut Connection,
        recipients: &[&str],
        message: &[u8],
    ) -> TransactionReplies {
        let envelope = Envelope {
            reverse_path: ReversePath::Mailbox(from.parse().unwrap()),
            recipients: recipients.iter().map(|recipient| recipient.parse().unwrap()).collect(),
            size_octets: message.len() as u64,
            eight_bit: !message.is_ascii(),
            smtputf8: false,
        };
        let replies = connection.send(envelope, message).await.unwrap();
        if let Some(Ok(reply)) = &replies.message {
            // What Azure answered at once has another kind of id, and is nobody's to account for.
            if let Ok(id) = reply.text().rsplit(' ').next().unwrap_or_default().parse() {
                self.accepted.lock().unwrap_or_else(PoisonError::into_inner).push(id);
            }
        }
        replies
    }

    /// Submits a message word for word, without login: EHLO, these lines, and the message. Each has to be accepted. Gives
    /// the reply to EHLO, and the id.
    pub async fn speak(&self, lines: &[&str], message: &[u8]) -> Spoken {
        let mut stream =
            BufStream::new(TcpStream::connect(("127.0.0.1", self.port(Mode::Plain))).await.unwrap());
        reply(&mut stream).await;
        stream.write_all(b"EHLO device.example\r\n").await.unwrap();
        let offered = reply(&mut stream).await;
        for line in lines.iter().chain(&["DATA"]) {
            stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
            let said = reply(&mut stream).await;
            assert!(said.starts_with(['2', '3']), "{line}: {said}");
        }
        stream.write_all(message).await.unwrap();
        stream.write_all(b".\r\n").await.unwrap();
        let said = reply(&mut stream).await;
        let id = said.trim_end().rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{said}"));
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        Spoken { offered, id }
    }

    /// Submits a message over a connection of its own; it has to be accepted.
    pub async fn submit(&self, recipients: &[&str], message: &[u8]) -> QueueId {
        self.submit_from("scanner@contoso.example", recipients, message).await
    }

    /// The same from another sender.
    pub async fn submit_from(&self, from: &str, recipients: &[&str], message: &[u8]) -> QueueId {
        let mut connection = self.log_in(&self.device).await.unwrap();
        let replies = self.offer_from(from, &mut connection, recipients, message).await;
        connection.quit().await;
        let reply = replies.message.expect("a recipient was accepted").expect("the message was accepted");
        reply.text().rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// A message as the queue knows it.
    pub async fn view(&self, id: QueueId) -> Option<StoredMessage> {
        self.server().store.queue().view(id).await.unwrap()
    }

    /// Waits until a message's sends are all in one of these states.
    pub async fn until(&self, id: QueueId, states: &[SendState]) -> StoredMessage {
        self.until_view(id, |view| view.sends.iter().all(|send| states.contains(&send.state))).await
    }

    /// Waits until a message is as wanted.
    pub async fn until_view(&self, id: QueueId, wanted: impl Fn(&StoredMessage) -> bool) -> StoredMessage {
        let looking = async {
            loop {
                match self.view(id).await {
                    Some(view) if wanted(&view) => return view,
                    _ => tokio::time::sleep(LOOK).await,
                }
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(view) => view,
            Err(_) => panic!("it never came about: {:#?}", self.view(id).await),
        }
    }

    /// Waits until the twin has taken so many mails in all.
    pub async fn until_taken(&self, count: u64) {
        let waiting = self.twin.backend().until_taken(count);
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            panic!("{count} mails were expected, {} were taken", self.twin.backend().captured().taken());
        }
    }

    /// What the twin has taken, oldest first.
    pub fn captured(&self) -> Vec<CapturedMail> {
        let mut mail: Vec<CapturedMail> = self.twin.backend().captured().all().cloned().collect();
        mail.reverse();
        mail
    }

    /// Captured mail to an address.
    pub fn captured_for(&self, address: &str) -> Vec<CapturedMail> {
        let is_for =
            |mail: &CapturedMail| mail.recipients.iter().any(|recipient| recipient.address == address);
        self.captured().into_iter().filter(is_for).collect()
    }
}

/// What a server answered to a client that spoke word for word.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// All lines of the reply to EHLO.
    pub offered: String,
    /// Under which the message is queued.
    pub id: QueueId,
}

/// Reads a whole reply.
async fn reply(stream: &mut BufStream<TcpStream>) -> String {
    let mut said = String::new();
    loop {
        let mut line = String::new();
        stream.flush().await.unwrap();
        stream.read_line(&mut line).await.unwrap();
        said.push_str(&line);
        if line.as_bytes().get(3) != Some(&b'-') {
            return said;
        }
    }
}

/// A message from the scanner.
pub fn message(subject: &str, to: &str, text: &str) -> Vec<u8> {
    format!("From: scanner@contoso.example\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{text}\r\n").into_bytes()
}
