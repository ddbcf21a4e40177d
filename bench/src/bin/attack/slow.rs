//! Clients that say nothing, hardly anything, or everything without ever reading, from many networks at once. A device
//! that has logged in before must get its mail in all the same, and the server must stay small.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::Plan;
use crate::client::Client;
use crate::stage::{Room, Stage, WIRE_SENDER};
use crate::verdict::{AttackResult, Ledger};

/// Seats of the server under attack.
const ROOM: Room = Room { sessions: 200, sessions_per_network: 20 };
/// Where the device is.
const DEVICE: Ipv4Addr = Ipv4Addr::new(127, 10, 0, 5);
/// What the server may grow by, in bytes.
const MEMORY: u64 = 48 << 20;
/// Messages of the device under attack.
const MESSAGES: u32 = 5;
/// For a message of the device, from connect to 250.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two bytes of a client that has hardly anything to say.
const DRIP: Duration = Duration::from_millis(250);

impl Room {
    /// A quarter of the seats is kept for clients that work.
    fn for_strangers(self) -> usize {
        self.sessions - self.sessions / 4
    }
}

/// What a client does with its connection.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Silent,
    /// A byte of a command now and then.
    Dripping,
    /// Commands, whose replies it never reads.
    Deaf,
    /// The beginning of a TLS handshake.
    Stalled,
}

const MANNERS: [Manner; 4] = [Manner::Silent, Manner::Dripping, Manner::Deaf, Manner::Stalled];

/// Tries each manner alone.
pub(crate) async fn run(plan: &Plan, ledger: &mut Ledger) -> anyhow::Result<()> {
    for manner in MANNERS.into_iter().filter(|manner| plan.wants(manner.words())) {
        ledger.enter(attack(manner, plan.choose(250, 400)).await?);
    }
    Ok(())
}

async fn attack(manner: Manner, clients: u16) -> anyhow::Result<AttackResult> {
    let stage = Stage::set(ROOM).await?;
    let password = stage.login("device", &["--account", "wire"]).await?;
    let mut verdict = AttackResult::new(format!("slow: {}", manner.words()));
    send(&stage, &password).await.map_err(|error| error.context("before the attack"))?;
    stage.family().forget_peak()?;
    let before = stage.family().peak_bytes();
    let mut crowd = JoinSet::new();
    let mut held = Vec::new();
    for number in 0..clients {
        let port = if matches!(manner, Manner::Stalled) { stage.ports.tls } else { stage.ports.login };
        crowd.spawn(async move { take_seat(manner, network(number), port).await });
    }
    while let Some(seat) = crowd.join_next().await {
        held.extend(seat?);
        verdict.tried += 1;
    }
    let mut taken = 0;
    for _ in 0..MESSAGES {
        match timeout(PATIENCE, send(&stage, &password)).await {
            Ok(Ok(())) => taken += 1,
            Ok(Err(error)) => verdict.breach(format!("a device was kept out: {error:#}")),
            Err(_) => verdict.breach("a device waited too long"),
        }
    }
    let grown = stage.family().peak_bytes().saturating_sub(before);
    verdict.expect(held.len() <= ROOM.for_strangers(), || format!("{} sessions were open", held.len()));
    verdict.expect(grown <= MEMORY, || format!("the server grew by {} MiB", grown >> 20));
    verdict.note =
        format!("{} got in, {taken} of {MESSAGES} messages taken, {} MiB more", held.len(), grown >> 20);
    drop(held);
    stage.close().await?;
    Ok(verdict)
}

/// A network of its own for each client.
fn network(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(127, 100 + high, low, 1)
}

/// Takes a seat and holds it until it is dropped; `None` when there is none to be had.
async fn take_seat(manner: Manner, from: Ipv4Addr, port: u16) -> Option<Seat> {
    let mut client = Client::connect(from, port).await.ok()?;
    if matches!(manner, Manner::Stalled) {
        // A record of a handshake that is announced and does not come.
        client.say(&[22, 3, 1, 1, 0, 1, 0]).await.ok()?;
        // A listener with TLS closes without a reason.
        let is_open = timeout(DRIP, client.reply()).await.is_err();
        return is_open.then(|| Seat::take(manner, client));
    }
    let greeting = timeout(PATIENCE, client.reply()).await.ok()?.ok()?;
    (greeting.code == 220).then(|| Seat::take(manner, client))
}

/// A connection that is held; dropping it hangs up.
struct Seat(JoinHandle<()>);

impl Seat {
    fn take(manner: Manner, client: Client) -> Self {
        Self(tokio::spawn(hold(manner, client)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn hold(manner: Manner, mut client: Client) {
    match manner {
        Manner::Silent | Manner::Stalled => std::future::pending().await,
        Manner::Dripping => {
            for byte in b"NOOP and so on, for ever and ever and ever and ever".iter().cycle() {
                if client.say(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(DRIP).await;
            }
        }
        Manner::Deaf => {
            let flood = b"EHLO [127.0.0.1]\r\n".repeat(10_000);
            let _ = client.say(&flood).await;
            std::future::pending::<()>().await;
        }
    }
}

/// A device's message, in good manners.
async fn send(stage: &Stage, password: &str) -> anyhow::Result<()> {
    let mut client = Client::greeted(DEVICE, stage.ports.login).await?;
    let reply = client.log_in("device", password).await?;
    anyhow::ensure!(reply.code == 235, "{reply}");
    client.must(&format!("MAIL FROM:<{WIRE_SENDER}>\r\n")).await?;
    client.must("RCPT TO:<plain@sink.example>\r\n").await?;
    client.must("DATA\r\n").await?;
    client.must(&format!("From: {WIRE_SENDER}\r\nTo: plain@sink.example\r\n\r\nx\r\n.\r\n")).await?;
    client.must("QUIT\r\n").await?;
    Ok(())
}

impl Manner {
    fn words(self) -> &'static str {
        match self {
            Self::Silent => "clients that say nothing",
            Self::Dripping => "clients that say a byte now and then",
            Self::Deaf => "clients that never read",
            Self::Stalled => "TLS handshakes that stall",
        }
    }
}
