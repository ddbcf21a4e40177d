//! Bodies of claimed sends, read together: a thread that may wait for the disk is woken once for all of them.

use std::sync::Arc;

use super::{Claim, Queue};
use crate::sqlite::journal::Wanted;

/// A larger body is read alone, when there is memory for it.
const SMALL_BYTES: u64 = 32 * 1_024;

impl Queue {
    /// Reads the small bodies of claimed sends, each as far as it is there and whole.
    pub(crate) async fn read_ahead(&self, claims: &mut [Claim]) {
        let small = || claims.iter().enumerate().filter(|(_, claim)| claim.send.size_bytes <= SMALL_BYTES);
        let places: Vec<usize> = small().map(|(place, _)| place).collect();
        let wanted: Vec<Wanted> = small().map(|(_, claim)| wanted(claim)).collect();
        if wanted.len() < 2 {
            return;
        }
        let inner = Arc::clone(&self.0);
        let read = tokio::task::spawn_blocking(move || inner.journal.bodies(&wanted)).await;
        for (place, body) in places.into_iter().zip(read.unwrap_or_default()) {
            claims[place].body = body;
        }
    }
}

fn wanted(claim: &Claim) -> Wanted {
    Wanted { id: claim.send.id.message, place: claim.place, bytes: claim.send.size_bytes }
}
