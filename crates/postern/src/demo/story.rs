//! A message to oneself: by SMTP with STARTTLS and AUTH into the queue, by REST to the twin.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use api::messages::MessageView;
use secrecy::SecretString;
use smtp::client::{Envelope, Settings, TlsPolicy};
use smtp::path::ReversePath;
use smtp::sasl::{Login, Proof};
use smtp_client::{Connection, Target, Timeouts};
use twin::Twin;
use twin::captured::DeliveryStatus;

use super::Demo;
use crate::client::{Client, segment};
use crate::output::{GOOD, QUIET, STRONG, say};
use crate::server::Server;

const RECIPIENT: &str = "you@example.com";
const SUBJECT: &str = "Hello from scanner1";
/// Everything is on this machine: what takes longer is broken.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(5);

/// Sends the message and shows what happens to it, with times.
pub(super) async fn tell(server: &Server, twin: &Twin, demo: &Demo) -> anyhow::Result<()> {
    let started = Instant::now();
    let say = |word: &str, text: String| {
        let after = started.elapsed().as_secs_f64();
        say!("  {QUIET}{after:6.3} s{QUIET:#}  {GOOD}{word:9}{GOOD:#} {text}");
    };
    say!("{STRONG}A message from {} to itself and on to {RECIPIENT}{STRONG:#}", demo.login);
    let reply = submit(server, demo).await?;
    let id = reply.rsplit(' ').next().unwrap_or_default().to_owned();
    say(
        "submitted",
        format!("over SMTP on port {} with STARTTLS, logged in as {}", demo.starttls_port, demo.login),
    );
    say("queued", format!("as {id}: on disk, synced"));

    let client = Client::at(&server.data_dir)?;
    let message = until_sent(&client, &id, started).await?;
    let send = message.sends.first().context("the message has no send")?;
    let way = send.attempts.last().and_then(|attempt| attempt.transport.clone()).unwrap_or_default();
    say("sent", format!("by {}, operation {}", way.to_uppercase(), send.operation_id));

    let copies: Vec<DeliveryStatus> = {
        let captured = twin.backend().captured();
        let arrived =
            captured.all().filter(|mail| mail.message_id().as_deref() == Some(message.message_id.as_str()));
        arrived.flat_map(|mail| mail.recipients.iter().map(|recipient| recipient.outcome)).collect()
    };
    ensure!(!copies.is_empty(), "Azure's twin does not have it");
    ensure!(copies.len() == 1, "it arrived {} times", copies.len());
    ensure!(copies[0] == DeliveryStatus::Delivered, "it arrived, but not in the mailbox");
    say("delivered", format!("to {RECIPIENT}, once"));
    say!("");
    Ok(())
}

/// Submits as a device would; gives the text of the server's reply.
async fn submit(server: &Server, demo: &Demo) -> anyhow::Result<String> {
    let certificate = std::fs::read_to_string(server.data_dir.join("tls/certificate.pem"))?;
    let target = Target {
        host: "localhost".to_owned(),
        port: demo.starttls_port,
        trust: tls::client_config(Some(&certificate))?,
        timeouts: Timeouts::default(),
    };
    let password = SecretString::from(demo.password.as_str());
    let login = Login { name: demo.login.clone(), proof: Proof::Password(password) };
    let settings =
        Settings { client_name: "scanner1".to_owned(), tls: TlsPolicy::StartTls, login: Some(login) };
    let mut connection = Connection::open(&target, settings).await.context("the relay does not let us in")?;
    let message = format!(
        "From: {}\r\nTo: {RECIPIENT}\r\nSubject: {SUBJECT}\r\n\r\n\
         This message went over SMTP into Postern's queue, and from there to a twin of Azure.\r\n",
        demo.sender
    );
    let envelope = Envelope {
        reverse_path: ReversePath::Mailbox(demo.sender.parse()?),
        recipients: vec![RECIPIENT.parse()?],
        size_octets: message.len() as u64,
        eight_bit: false,
        smtputf8: false,
    };
    let verdict = connection.send(envelope, message.as_bytes()).await?;
    connection.quit().await;
    match verdict.message {
        Some(Ok(reply)) => Ok(reply.text().to_owned()),
        Some(Err(refusal)) => bail!("the relay refused the message: {refusal}"),
        None => bail!("the relay refused the recipient"),
    }
}

/// Waits until Azure has the message.
async fn until_sent(client: &Client, id: &str, started: Instant) -> anyhow::Result<MessageView> {
    loop {
        let message: Result<MessageView, _> = client.get(&format!("/v1/messages/{}", segment(id)), &[]).await;
        if let Ok(message) = message {
            let states: Vec<&str> = message.sends.iter().map(|send| send.state.as_str()).collect();
            if states.iter().all(|state| matches!(*state, "submitted" | "sent")) {
                return Ok(message);
            }
            if states.contains(&"failed") {
                let texts = message.sends.iter().flat_map(|send| send.attempts.last());
                bail!(
                    "it failed: {}",
                    texts.map(|attempt| attempt.text.as_str()).collect::<Vec<_>>().join("; ")
                );
            }
        }
        ensure!(started.elapsed() < PATIENCE, "it was not sent within {} seconds", PATIENCE.as_secs());
        tokio::time::sleep(LOOK).await;
    }
}
