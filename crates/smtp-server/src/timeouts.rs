//! How long a server waits for its clients.

use std::time::Duration;

/// When to hang up on a client (RFC 5321 section 4.5.3.2 has the lower bounds for patient servers).
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the TLS handshake.
    pub handshake: Duration,
    /// Between two commands.
    pub command: Duration,
    /// Between two pieces of a message, and for a reply to be taken.
    pub data: Duration,
    /// A message must arrive with this many octets a second on average, ...
    pub data_octets_per_second: u64,
    /// ... counted from this long after its start: the answer to one octet a minute.
    pub data_grace: Duration,
    /// For a whole session, checked between transactions.
    pub session: Duration,
    /// Before a failed login is answered; times the failures of the session, at most ten of them.
    pub failed_login: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(30),
            command: Duration::from_secs(300),
            data: Duration::from_secs(180),
            data_octets_per_second: 256,
            data_grace: Duration::from_secs(120),
            session: Duration::from_secs(7_200),
            failed_login: Duration::from_secs(1),
        }
    }
}
