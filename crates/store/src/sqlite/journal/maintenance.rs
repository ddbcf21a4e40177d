//! The thread that has the next segment's file ready, and retires segments that nobody needs.

use std::sync::mpsc::{Receiver, Sender, channel};

use tracing::{debug, warn};

use super::{HeaderKeeper, ledger};
use crate::error::StoreError;
use crate::sqlite::database::{Database, Durability};

/// A handle to the thread.
#[derive(Clone)]
pub(crate) struct Maintenance {
    chores: Sender<Chore>,
}

enum Chore {
    /// Have a spare file ready.
    Prepare,
    /// Retire the segment if it is sealed and no message in it is needed.
    Retire(u64),
}

/// One file to be filled next and one in reserve.
const MAX_SPARES: usize = 2;

impl Maintenance {
    pub(super) fn start(
        keeper: HeaderKeeper,
        segment_bytes: u64,
        database: Database,
    ) -> Result<Self, StoreError> {
        let (chores, inbox) = channel();
        std::thread::Builder::new()
            .name("journal-maintenance".to_owned())
            .spawn(move || run(&keeper, segment_bytes, &database, &inbox))?;
        Ok(Self { chores })
    }

    /// Has a spare file made, if there is none.
    pub(crate) fn prepare(&self) {
        drop(self.chores.send(Chore::Prepare));
    }

    /// Has a segment retired, if it can be.
    pub(crate) fn retire(&self, segment: u64) {
        drop(self.chores.send(Chore::Retire(segment)));
    }
}

fn run(keeper: &HeaderKeeper, segment_bytes: u64, database: &Database, inbox: &Receiver<Chore>) {
    let folder = &keeper.folder;
    let mut made = 0;
    for chore in inbox {
        match chore {
            Chore::Prepare => {
                let has_one = folder.spares().is_ok_and(|spares| !spares.is_empty());
                if has_one {
                    continue;
                }
                made += 1;
                if let Err(error) = folder.make_spare(made, segment_bytes) {
                    debug!(%error, "no spare segment could be made; the next one grows as it is filled");
                }
            }
            Chore::Retire(segment) => {
                if let Err(error) = retire(keeper, database, segment) {
                    warn!(
                        error = model::error_chain(&error),
                        journal.segment = segment,
                        "a segment of the journal could not be retired"
                    );
                }
            }
        }
    }
}

fn retire(keeper: &HeaderKeeper, database: &Database, segment: u64) -> Result<(), StoreError> {
    // Synced: what was done with the segment's messages must survive a power cut before they go.
    let is_done = move |connection: &rusqlite::Connection| ledger::mark_done_with(connection, segment);
    if database.write_blocking(Durability::Synced, is_done)? {
        keeper.keep(segment);
        keeper.folder.retire(segment, MAX_SPARES)?;
        database
            .write_blocking(Durability::Written, move |connection| ledger::forget(connection, segment))?;
    }
    Ok(())
}
