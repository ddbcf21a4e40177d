//! How long a server waits for its clients.
//!
//! A client that has proved nothing costs its sender nothing: it gets less time than one that is logged in, and least
//! when seats are scarce.

use std::time::Duration;

use tokio::time::Instant;

use crate::admission::Permit;

/// When to hang up on a client (RFC 5321 section 4.5.3.2 has the lower bounds for patient servers).
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the TLS handshake.
    pub handshake: Duration,
    /// Between two commands of a client that has proved itself or comes from a welcome network.
    pub command: Duration,
    /// For strangers, until they prove themselves.
    pub stranger: Patience,
    /// For strangers when seats are scarce.
    pub crowded: Patience,
    /// Between two pieces of a message, and for a reply to be taken.
    pub data: Duration,
    /// A message must arrive with this many bytes a second on average, ...
    pub data_bytes_per_second: u64,
    /// ... counted from this long after its start: the answer to one byte a minute.
    pub data_grace: Duration,
    /// For a whole session, checked between transactions.
    pub session: Duration,
    /// Before a failed login is answered; times the failures of the session, at most ten of them.
    pub failed_login: Duration,
}

/// How long a client may take to log in.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one command, for the TLS handshake, and for a reply to be taken.
    pub command: Duration,
    /// In all, from the connection's start.
    pub session: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(30),
            command: Duration::from_secs(300),
            // Enough for somebody who types.
            stranger: Patience { command: Duration::from_secs(60), session: Duration::from_secs(300) },
            crowded: Patience { command: Duration::from_secs(10), session: Duration::from_secs(30) },
            data: Duration::from_secs(180),
            data_bytes_per_second: 256,
            data_grace: Duration::from_secs(120),
            session: Duration::from_secs(7_200),
            failed_login: Duration::from_secs(1),
        }
    }
}

/// A stranger is checked again after this long: seats may have become scarce while it is waited for.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Timeouts {
    /// How patient to be with a client; `None` with one that is no stranger.
    pub(crate) fn patience(&self, permit: &Permit) -> Option<Patience> {
        let is_stranger = permit.is_strangers();
        is_stranger.then(|| if permit.is_in_a_crowd() { self.crowded } else { self.stranger })
    }
}

impl Patience {
    /// When a wait that began then is over, in a session that began earlier.
    pub(crate) fn deadline(&self, session_started: Instant, wait_started: Instant) -> Instant {
        (wait_started + self.command).min(session_started + self.session)
    }
}
