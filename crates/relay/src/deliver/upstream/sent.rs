//! What a transport tells of a request to send.

use store::Usage;

use super::refused::RefusedByRest;
use crate::deliver::outcome::AttemptOutcome;

/// What came of a request to send.
pub(crate) struct Sent {
    pub(crate) posted: Posted,
    /// Status reads that it took to find out.
    pub(crate) status_reads: Vec<Usage>,
}

/// What an upstream said to a message.
pub(crate) enum Posted {
    Settled(AttemptOutcome),
    /// It does not take the request as it is, and certainly has nothing of it.
    Refused(RefusedByRest),
}

impl Sent {
    /// An outcome that took no status read.
    pub(crate) fn settled(outcome: AttemptOutcome) -> Self {
        Self { posted: Posted::Settled(outcome), status_reads: Vec::new() }
    }
}
