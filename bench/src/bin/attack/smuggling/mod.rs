//! Smuggling: a second message in the mail data of the first, behind something that one server takes for an end of the
//! message and another does not.
//!
//! 1. [`atoms`] has the pieces. All sequences of four of them are tried in random order, as far as time allows.
//! 2. [`attempt`] submits one sequence by DATA or BDAT, and counts what was accepted.
//! 3. [`judge`] compares that with what the client's bytes hold, and with what arrived at the next server.

mod atoms;
mod attempt;
mod judge;

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bench::random::Random;
use tokio::task::JoinSet;

use self::atoms::ATOMS;
use self::attempt::{Attempt, Seen};
use self::judge::Judge;
use crate::Plan;
use crate::stage::{BY_REST, BY_SMTP, Ports, ROOMY, Stage};
use crate::verdict::{AttackResult, Ledger};

/// How a message is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// DATA, transparency dots, CRLF.CRLF.
    Dots,
    /// BDAT, in chunks that are cut anywhere.
    Chunks,
    /// BDAT behind a MAIL that was refused: nothing of it may be read as commands.
    Orphans,
}

/// What the listener does with bare CR and LF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineEnds {
    Strict,
    Repaired,
}

/// One way in and one way out.
#[derive(Clone, Copy, Debug)]
struct Route {
    name: &'static str,
    /// Which of them, in addresses.
    label: char,
    framing: Framing,
    line_ends: LineEnds,
    from: Ipv4Addr,
}

#[rustfmt::skip]
const ROUTES: [Route; 7] = [
    Route { name: "DATA, strict, on by SMTP", label: 'a', framing: Framing::Dots, line_ends: LineEnds::Strict, from: BY_SMTP },
    Route { name: "DATA, repaired, on by SMTP", label: 'b', framing: Framing::Dots, line_ends: LineEnds::Repaired, from: BY_SMTP },
    Route { name: "BDAT, strict, on by SMTP", label: 'c', framing: Framing::Chunks, line_ends: LineEnds::Strict, from: BY_SMTP },
    Route { name: "BDAT, repaired, on by SMTP", label: 'd', framing: Framing::Chunks, line_ends: LineEnds::Repaired, from: BY_SMTP },
    Route { name: "DATA, strict, on by REST", label: 'e', framing: Framing::Dots, line_ends: LineEnds::Strict, from: BY_REST },
    Route { name: "DATA, repaired, on by REST", label: 'f', framing: Framing::Dots, line_ends: LineEnds::Repaired, from: BY_REST },
    Route { name: "BDAT without MAIL", label: 'g', framing: Framing::Orphans, line_ends: LineEnds::Repaired, from: BY_SMTP },
];

/// Pieces of a sequence.
const LENGTH: u32 = 4;
/// Connections at once.
const AT_ONCE: usize = 8;

/// Tries all routes.
pub(crate) async fn run(plan: &Plan, ledger: &mut Ledger) -> anyhow::Result<()> {
    let mut stage = Stage::set(ROOMY).await?;
    let wanted = ROUTES.iter().enumerate().filter(|(_, route)| plan.wants(route.name));
    for (number, route) in wanted {
        ledger.enter(one(&mut stage, plan, *route, number as u64).await?);
    }
    stage.close().await
}

async fn one(stage: &mut Stage, plan: &Plan, route: Route, salt: u64) -> anyhow::Result<AttackResult> {
    let until = plan.until(700, 7_000);
    let mut sequences: Vec<usize> = (0..ATOMS.len().pow(LENGTH)).collect();
    let mut random = Random::new(plan.seed ^ salt << 32);
    random.shuffle(&mut sequences);
    let campaign =
        Arc::new(Campaign { route, ports: stage.ports, sequences, next: AtomicUsize::new(0), until });
    let mut workers = JoinSet::new();
    for worker in 0..AT_ONCE {
        workers.spawn(Arc::clone(&campaign).work(Random::new(plan.seed ^ salt << 32 ^ (worker as u64) << 8)));
    }
    let seen: Vec<(Attempt, Seen)> = workers.join_all().await.into_iter().flatten().collect();
    let accepted: u64 = seen.iter().map(|(_, seen)| seen.accepted).sum();
    let arrived = match route.from {
        BY_SMTP => Arrived::BySmtp(stage.arrivals(accepted).await?),
        _ => Arrived::ByRest(stage.arrivals_by_rest(accepted).await?),
    };
    let mut verdict = AttackResult::new(format!("smuggling: {}", route.name));
    verdict.tried = seen.len() as u64;
    verdict.note = format!("of {}; {accepted} messages accepted", campaign.sequences.len());
    Judge { route, verdict: &mut verdict }.judge(&seen, arrived);
    Ok(verdict)
}

/// What is at the other end.
enum Arrived {
    BySmtp(Vec<crate::sink::Arrival>),
    ByRest(HashMap<String, u64>),
}

struct Campaign {
    route: Route,
    ports: Ports,
    sequences: Vec<usize>,
    next: AtomicUsize,
    until: Instant,
}

impl Campaign {
    async fn work(self: Arc<Self>, mut random: Random) -> Vec<(Attempt, Seen)> {
        let mut done = Vec::new();
        while Instant::now() < self.until {
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(sequence) = self.sequences.get(next) else { break };
            let attempt = Attempt::new(self.route, *sequence, &mut random);
            let seen = attempt.make(self.route, self.ports, &mut random).await;
            done.push((attempt, seen));
        }
        done
    }
}
