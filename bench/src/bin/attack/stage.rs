//! A server of its own for each attack, with a twin and a sink behind it.
//!
//! Mail from 127.1.0.0/16 goes by SMTP to the [`Sink`], mail from 127.2.0.0/16 by the Email API to the twin; neither
//! needs a login at the listeners for it. Logins work from anywhere, and in clear: all of this is loopback.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bench::system::{Cloud, Postern, Sending, System as _, free_port, scratch};
use bench::usage::Family;
use clock::Clock;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use twin::state::Limits;
use twin::{Options, Twin};

use crate::client::Client;
use crate::sink::{Arrival, Sink};

pub(crate) struct Stage {
    pub(crate) server: Postern,
    pub(crate) ports: Ports,
    pub(crate) twin: Twin,
    sink: Sink,
    seen: u64,
    _folder: TempDir,
}

/// The server's listeners.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    /// In clear, with login.
    pub(crate) login: u16,
    /// In clear, without login.
    pub(crate) strict: u16,
    /// The same with line ends repaired.
    pub(crate) repairing: u16,
    /// With TLS from the first byte.
    pub(crate) tls: u16,
    /// Metrics for Prometheus, by HTTP.
    pub(crate) metrics: u16,
}

/// What a server lets in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) sessions: usize,
    pub(crate) sessions_per_network: usize,
}

pub(crate) const ROOMY: Room = Room { sessions: 30_000, sessions_per_network: 30_000 };

/// Where mail that goes by SMTP comes from.
pub(crate) const BY_SMTP: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 1);
/// Where mail that goes by the Email API comes from.
pub(crate) const BY_REST: Ipv4Addr = Ipv4Addr::new(127, 2, 0, 1);

/// The sender of mail that goes by SMTP.
pub(crate) const WIRE_SENDER: &str = "scan@wire.example";
/// The sender of mail that goes by the Email API; the twin knows it.
pub(crate) const REST_SENDER: &str = "scanner@contoso.example";

/// Mail that has not left after this time is stuck.
const PATIENCE: Duration = Duration::from_secs(20);
/// A queue that was empty for so long has nothing more to come.
const BELIEF: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(20);

impl Stage {
    pub(crate) async fn set(room: Room) -> anyhow::Result<Self> {
        let folder = scratch()?;
        let twin = Twin::start(Options::ephemeral(Clock::system())).await?;
        lift_limits(&twin);
        let sink = Sink::start(folder.path()).await?;
        let ca = folder.path().join("ca.pem");
        let twins = std::fs::read_to_string(&twin.ready().ca)?;
        std::fs::write(&ca, format!("{twins}\n{}", sink.certificate_pem))?;
        let ports = Ports {
            login: free_port()?,
            strict: free_port()?,
            repairing: free_port()?,
            tls: free_port()?,
            metrics: free_port()?,
        };
        let server = Postern::start_without_account(&ports.configuration(room)).await?;
        let cloud = |smtp_port, sender| cloud(&twin, smtp_port, &ca, sender);
        let sending = |transport| Sending { transport, requests: 16, smtp_sessions: 8 };
        let (wire, rest) = (cloud(sink.port, WIRE_SENDER), cloud(twin.ready().smtp_port, REST_SENDER));
        server.add_account("wire", &wire, sending("smtp")).await?;
        server.add_account("rest", &rest, sending("rest")).await?;
        for (account, network) in [("wire", "127.1.0.0/16"), ("rest", "127.2.0.0/16")] {
            let name = format!("{account}-network");
            let words =
                ["credential", "add", &name, "--account", account, "--no-login", "--network", network];
            server.command(&[&words[..], &["--json"]].concat(), "").await?;
        }
        Ok(Self { server, ports, twin, sink, seen: 0, _folder: folder })
    }

    /// Makes a login and gives its password.
    pub(crate) async fn login(&self, name: &str, options: &[&str]) -> anyhow::Result<String> {
        let words = ["credential", "add", name, "--json"];
        let issued = self.server.command(&[&words[..], options].concat(), "").await?;
        Ok(issued["password"].as_str().context("the credential has no password")?.to_owned())
    }

    /// The server's process.
    pub(crate) fn family(&self) -> Family {
        self.server.family()
    }

    /// Waits until `accepted` messages have arrived by SMTP and nothing is left in the queue.
    pub(crate) async fn arrivals(&self, accepted: u64) -> anyhow::Result<Vec<Arrival>> {
        let mut arrivals = Vec::new();
        let mut patience = Patience::begin();
        loop {
            let unfinished = self.unfinished().await?;
            arrivals.extend(self.sink.take());
            if patience.is_over(unfinished, arrivals.len() as u64, accepted) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.was_emptied(&patience)?;
        Ok(arrivals)
    }

    /// The same by the Email API; how often each recipient has arrived.
    pub(crate) async fn arrivals_by_rest(&mut self, accepted: u64) -> anyhow::Result<HashMap<String, u64>> {
        let mut counts = HashMap::new();
        let mut patience = Patience::begin();
        loop {
            let unfinished = self.unfinished().await?;
            self.read_captured(&mut counts);
            if patience.is_over(unfinished, counts.values().sum(), accepted) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.was_emptied(&patience)?;
        Ok(counts)
    }

    /// Messages that are not done with, as the metrics say; the operator's command would be a process each time.
    async fn unfinished(&self) -> anyhow::Result<u64> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.metrics)).await?;
        let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        ensure!(text.contains("postern_sends"), "the server gives no metrics: {text}");
        let of = |state: &str| {
            let name = format!("postern_sends{{state=\"{state}\"}} ");
            text.lines().find_map(|line| line.strip_prefix(&name)?.parse::<u64>().ok()).unwrap_or(0)
        };
        Ok(of("queued") + of("sending"))
    }

    fn was_emptied(&self, patience: &Patience) -> anyhow::Result<()> {
        ensure!(Instant::now() < patience.deadline, "mail is stuck in the queue\n{}", self.server.log());
        Ok(())
    }

    fn read_captured(&mut self, counts: &mut HashMap<String, u64>) {
        let captured = self.twin.backend().captured();
        for mail in captured.all().take_while(|mail| mail.number > self.seen) {
            for recipient in &mail.recipients {
                *counts.entry(recipient.address.to_ascii_lowercase()).or_default() += 1;
            }
        }
        self.seen = captured.taken();
    }

    /// Submits a plain message in good manners, and waits until it has left and the queue is empty behind it.
    pub(crate) async fn flow(&mut self, from: Ipv4Addr, number: u64) -> anyhow::Result<()> {
        let sender = sender_for(from);
        let recipient = format!("plain-{number}@sink.example");
        let mut client = Client::greeted(from, self.ports.strict).await?;
        client.must(&format!("MAIL FROM:<{sender}>\r\n")).await?;
        client.must(&format!("RCPT TO:<{recipient}>\r\n")).await?;
        client.must("DATA\r\n").await?;
        let text = format!("From: {sender}\r\nTo: {recipient}\r\nSubject: {number}\r\n\r\nx\r\n.\r\n");
        client.must(&text).await?;
        client.must("QUIT\r\n").await?;
        let deadline = Instant::now() + PATIENCE;
        let mut counts = HashMap::new();
        let mut has_arrived = false;
        while !has_arrived || self.unfinished().await? > 0 {
            ensure!(Instant::now() < deadline, "mail is stuck in the queue\n{}", self.server.log());
            tokio::time::sleep(LOOK).await;
            self.read_captured(&mut counts);
            let is_it = |arrival: &Arrival| arrival.recipients.iter().any(|line| line.contains(&recipient));
            has_arrived |= counts.contains_key(&recipient) || self.sink.take().iter().any(is_it);
        }
        Ok(())
    }

    /// Ends in good order.
    pub(crate) async fn close(mut self) -> anyhow::Result<()> {
        self.server.stop().await.context("the server was told to stop")?;
        self.twin.stop().await;
        Ok(())
    }
}

/// How long a queue is waited for. A message that was accepted is in the journal first and in the status a little later,
/// so that an empty queue is believed at once only when everything has arrived.
struct Patience {
    deadline: Instant,
    empty_since: Option<Instant>,
}

impl Patience {
    fn begin() -> Self {
        Self { deadline: Instant::now() + PATIENCE, empty_since: None }
    }

    fn is_over(&mut self, unfinished: u64, arrived: u64, accepted: u64) -> bool {
        let now = Instant::now();
        if unfinished > 0 {
            self.empty_since = None;
        }
        let since = *self.empty_since.get_or_insert(now);
        let is_empty = unfinished == 0 && (arrived >= accepted || now - since > BELIEF);
        is_empty || now > self.deadline
    }
}

/// Whose mail comes from an address.
pub(crate) fn sender_for(from: Ipv4Addr) -> &'static str {
    if from.octets()[1] == BY_REST.octets()[1] { REST_SENDER } else { WIRE_SENDER }
}

impl Ports {
    fn configuration(&self, room: Room) -> String {
        let listener =
            |port: u16, rest: &str| format!("[[listener]]\naddress = \"127.0.0.1:{port}\"\n{rest}\n");
        [
            listener(self.login, "mode = \"plain\""),
            listener(self.strict, "mode = \"plain\"\nlogin = \"none\""),
            listener(self.repairing, "mode = \"plain\"\nlogin = \"none\"\nrepairs = [\"line-ends\"]"),
            listener(self.tls, "mode = \"tls\""),
            format!("[metrics]\nlisten = \"127.0.0.1:{}\"\n", self.metrics),
            format!(
                "[smtp]\nmax_sessions = {}\nmax_sessions_per_network = {}\n",
                room.sessions, room.sessions_per_network
            ),
        ]
        .concat()
    }
}

fn cloud(twin: &Twin, smtp_port: u16, ca: &std::path::Path, sender: &'static str) -> Cloud {
    let ready = twin.ready();
    Cloud {
        url: ready.url.clone(),
        smtp_port,
        ca: PathBuf::from(ca),
        ids: [ready.tenant_id.to_string(), ready.client_id.to_string(), ready.subscription_id.to_string()],
        secret: ready.client_secret.clone(),
        service: ready.communication_service.clone(),
        sender,
    }
}

fn lift_limits(twin: &Twin) {
    let plenty = 10_000_000;
    let limits = Limits {
        sends_per_minute: plenty,
        sends_per_hour: plenty,
        status_reads_per_minute: plenty,
        status_reads_per_hour: plenty,
    };
    twin.backend().change_state(|state| {
        state.subscriptions.iter_mut().for_each(|subscription| subscription.limits = Some(limits));
    });
}
