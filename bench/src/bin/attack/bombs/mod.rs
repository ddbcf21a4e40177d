//! Bombs: small inputs that are meant to cost much. The server answers or hangs up, stays small, spends about twice as
//! much on an input of twice the size, and its queue flows afterwards.

mod commands;
mod messages;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use bench::random::Random;

use crate::client::Client;
use crate::stage::{BY_REST, BY_SMTP, ROOMY, Stage, sender_for};
use crate::verdict::{AttackResult, Ledger};
use crate::{Length, Plan};

/// An input that can be made in any size.
struct Bomb {
    name: &'static str,
    kind: Kind,
    /// How many of what it is made of; twice as many are tried as well.
    count: usize,
    make: fn(usize) -> Vec<u8>,
}

/// What the input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Header fields and body, behind a From; DATA.
    Message,
    /// The same where line ends are repaired.
    Repaired,
    /// Commands behind EHLO.
    Commands,
    /// Commands behind MAIL and RCPT.
    InTransaction,
    /// Commands behind EHLO where logins are taken.
    BeforeLogin,
}

/// What the server may grow by for one bomb, in bytes: the larger of the two is some megabytes.
const MEMORY: u64 = 128 << 20;
/// How much more processor time the double size may cost. Twice would be in proportion, four times is a square.
const RATIO: f64 = 3.0;
/// The short form throws one bomb in so many.
const SHARE: usize = 4;
/// Processor time that proves nothing: what the server does besides, and the clock's grain.
const NOISE: Duration = Duration::from_millis(150);

/// Throws all bombs, or some of them that the seed chooses.
pub(crate) async fn run(plan: &Plan, ledger: &mut Ledger) -> anyhow::Result<()> {
    let mut stage = Stage::set(ROOMY).await?;
    let mut bombs: Vec<(&Bomb, Ipv4Addr)> = Vec::new();
    for bomb in messages::BOMBS.iter().chain(commands::BOMBS).filter(|bomb| plan.wants(bomb.name)) {
        bombs.push((bomb, BY_REST));
        if matches!(bomb.kind, Kind::Message | Kind::Repaired) {
            bombs.push((bomb, BY_SMTP));
        }
    }
    Random::new(plan.seed).shuffle(&mut bombs);
    if plan.length == Length::Short && plan.wants_all() {
        bombs.truncate(bombs.len().div_ceil(SHARE));
    }
    stage.flow(BY_REST, 0).await?;
    let count = bombs.len() as u64;
    for (number, (bomb, from)) in (1..).zip(bombs) {
        if Instant::now() > plan.end {
            ledger.remark(format!("the time was over before {} of {count} bombs", count + 1 - number));
            break;
        }
        ledger.enter(throw(&mut stage, bomb, from, number).await?);
    }
    stage.close().await
}

async fn throw(stage: &mut Stage, bomb: &Bomb, from: Ipv4Addr, number: u64) -> anyhow::Result<AttackResult> {
    let way = if from == BY_REST { "" } else { ", on by SMTP" };
    let mut verdict = AttackResult::new(format!("bomb: {}{way}", bomb.name));
    stage.family().forget_peak()?;
    let before = stage.family().peak_bytes();
    let mut costs = [Duration::ZERO; 2];
    let mut answers = [const { String::new() }; 2];
    for (index, cost) in costs.iter_mut().enumerate() {
        let input = bomb.input(bomb.count << index, from);
        let spent = stage.family().processor_time();
        let client = Client::connect(from, bomb.port(stage)).await?;
        verdict.tried += 1;
        match client.throw(&input).await {
            None => verdict.breach("the server neither answered nor hung up"),
            Some(replies) => answers[index] = told(&replies, bomb.kind),
        }
        if let Err(error) = stage.flow(from, number * 2 + index as u64).await {
            verdict.breach(format!("the queue does not flow: {error:#}"));
        }
        *cost = stage.family().processor_time().saturating_sub(spent);
    }
    let [once, twice] = costs;
    let grown = stage.family().peak_bytes().saturating_sub(before);
    verdict.note = format!(
        "{}; {} and {} ms of the processor; {} MiB more",
        answers.join(" "),
        once.as_millis(),
        twice.as_millis(),
        grown >> 20
    );
    verdict.expect(grown <= MEMORY, || format!("the server grew by {} MiB", grown >> 20));
    verdict.expect(twice <= once.mul_f64(RATIO) + NOISE, || {
        format!("{} ms for {}, {} ms for twice as many", once.as_millis(), bomb.count, twice.as_millis())
    });
    Ok(verdict)
}

impl Bomb {
    fn input(&self, count: usize, from: Ipv4Addr) -> Vec<u8> {
        let (sender, made) = (sender_for(from), (self.make)(count));
        let envelope = "MAIL FROM:<>\r\nRCPT TO:<bomb@sink.example>\r\n";
        let (before, after) = match self.kind {
            Kind::Message | Kind::Repaired => (format!("{envelope}DATA\r\nFrom: {sender}\r\n"), "\r\n.\r\n"),
            Kind::InTransaction => (envelope.to_owned(), ""),
            Kind::Commands | Kind::BeforeLogin => (String::new(), "\r\n"),
        };
        [b"EHLO [127.0.0.1]\r\n", before.as_bytes(), &made, after.as_bytes(), b"QUIT\r\n"].concat()
    }

    fn port(&self, stage: &Stage) -> u16 {
        match self.kind {
            Kind::Repaired => stage.ports.repairing,
            Kind::BeforeLogin => stage.ports.login,
            Kind::Message | Kind::Commands | Kind::InTransaction => stage.ports.strict,
        }
    }
}

/// The reply to a message, or the last one before the server hung up.
fn told(replies: &[crate::client::Reply], kind: Kind) -> String {
    let index = match kind {
        Kind::Message | Kind::Repaired => 5.min(replies.len().saturating_sub(1)),
        _ => replies.len().saturating_sub(1),
    };
    replies.get(index).map_or_else(|| "nothing".to_owned(), |reply| reply.code.to_string())
}
