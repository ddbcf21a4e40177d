//! Event Grid's work: handshakes with end points, and the delivery of events.
//!
//! [`report`] makes events of captured mail, [`crate::outbox`] keeps what has to be delivered and when, [`handshake`] and
//! [`delivery`] ask and tell end points by HTTP, [`queues`] are the other place where events go, [`run`] does what is due by the twin's clock. What is not delivered yet
//! is kept in memory alone.

mod caller;
mod delivery;
mod handshake;
mod queues;
mod report;
mod validation;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use self::queues::routes as queue_routes;
pub(crate) use self::report::note;
pub(crate) use self::validation::routes;
use crate::backend::Backend;

/// Does what is due until `shutdown`: for each subscription one thing after the other.
pub(crate) async fn run(backend: Arc<Backend>, shutdown: CancellationToken) {
    let mut busy: HashSet<Uuid> = HashSet::new();
    let mut tasks: JoinSet<Uuid> = JoinSet::new();
    loop {
        begin_what_is_due(&backend, &mut busy, &mut tasks);
        let next = next_due(&backend, &busy);
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = backend.events.woken() => {}
            Some(done) = tasks.join_next(), if !tasks.is_empty() => match done {
                Ok(subscription) => drop(busy.remove(&subscription)),
                // No task is ever aborted, and a panic leaves nothing to wait for.
                Err(_) => busy.clear(),
            },
            () = until(&backend, next) => {}
        }
    }
}

async fn until(backend: &Backend, next: Option<Timestamp>) {
    match next {
        Some(next) => backend.sleep_until(next).await,
        None => std::future::pending().await,
    }
}

/// Begins what is due, and says what is not.
fn begin_what_is_due(backend: &Arc<Backend>, busy: &mut HashSet<Uuid>, tasks: &mut JoinSet<Uuid>) {
    let now = backend.now();
    for (subscription, at) in handshake::planned(backend) {
        if at <= now && busy.insert(subscription) {
            let backend = Arc::clone(backend);
            tasks.spawn(async move {
                handshake::shake(&backend, subscription).await;
                subscription
            });
        }
    }
    let due = backend.events.outbox().due(now);
    for subscription in due {
        if busy.insert(subscription) {
            let backend = Arc::clone(backend);
            tasks.spawn(async move {
                delivery::deliver(&backend, subscription).await;
                subscription
            });
        }
    }
}

fn next_due(backend: &Backend, busy: &HashSet<Uuid>) -> Option<Timestamp> {
    let is_idle = |subscription: &Uuid| !busy.contains(subscription);
    let handshakes = handshake::planned(backend).into_iter();
    let handshakes = handshakes.filter(|(subscription, _)| is_idle(subscription)).map(|(_, at)| at).min();
    let event = backend.events.outbox().next(is_idle);
    handshakes.into_iter().chain(event).min()
}

#[cfg(test)]
mod tests;
