//! Engines that do one thing wrong each. The suite must notice.

use std::path::Path;

use rusqlite::Connection;
use store::Store;

use crate::{World, sqlite};

/// Opens a store and changes something in its database behind its back.
fn sabotaged(folder: &Path, sql: &str) -> Store {
    let store = sqlite(folder);
    Connection::open(folder.join("postern.db")).unwrap().execute_batch(sql).unwrap();
    store
}

/// Loses what was written whenever it is opened.
fn forgetful(folder: &Path) -> Store {
    for file in ["postern.db", "postern.db-wal", "postern.db-shm"] {
        drop(std::fs::remove_file(folder.join(file)));
    }
    sqlite(folder)
}

/// Feeds no changes of senders.
fn silent(folder: &Path) -> Store {
    sabotaged(folder, "DROP TRIGGER IF EXISTS sender_insert_is_fed")
}

/// Gives every lock to everybody.
fn unlocked(folder: &Path) -> Store {
    sabotaged(
        folder,
        "CREATE TRIGGER IF NOT EXISTS unlocked AFTER INSERT ON lock
         BEGIN UPDATE lock SET until = 0 WHERE name = NEW.name; END;",
    )
}

/// Forgets leases at once.
fn generous(folder: &Path) -> Store {
    sabotaged(
        folder,
        "CREATE TRIGGER IF NOT EXISTS generous AFTER INSERT ON quota_lease
         BEGIN UPDATE quota_lease SET permits = 0 WHERE number = NEW.number; END;",
    )
}

/// Hands claimed sends out again at once.
fn careless(folder: &Path) -> Store {
    sabotaged(
        folder,
        "CREATE TRIGGER IF NOT EXISTS careless AFTER UPDATE OF state ON send WHEN NEW.state = 'sending'
         BEGIN UPDATE send SET state = 'queued', due_at = 0
               WHERE message_id = NEW.message_id AND part = NEW.part; END;",
    )
}

fn stubborn(folder: &Path) -> Store {
    sabotaged(
        folder,
        "CREATE TRIGGER IF NOT EXISTS stubborn AFTER UPDATE OF state ON send WHEN NEW.state = 'sent'
         BEGIN UPDATE send SET state = 'queued' WHERE message_id = NEW.message_id AND part = NEW.part; END;",
    )
}

/// A test that a broken engine fails a check.
macro_rules! fails {
    ($($name:ident: $engine:ident, $module:ident::$check:ident;)+) => {
        $(#[tokio::test]
        #[should_panic]
        async fn $name() {
            crate::$module::$check(&mut World::of($engine)).await;
        })+
    };
}

fails! {
    a_forgetful_engine_fails: forgetful, secrets::a_secret_is_opened_only_where_it_was_put;
    an_engine_that_claims_twice_fails: careless, queue::a_claim_belongs_to_one_until_it_is_settled;
    an_engine_that_sends_twice_fails: stubborn, histories::random_histories_end_as_a_map_would;
    an_engine_that_feeds_nothing_fails: silent, senders::random_changes_leave_what_a_map_would_have;
    an_engine_that_locks_nothing_fails: unlocked, locks::a_lock_has_one_owner_and_its_epoch_grows;
    an_engine_that_leases_too_much_fails: generous, limits::leases_keep_all_nodes_within_the_limit;
}

#[tokio::test]
async fn what_they_do_right_they_do_right() {
    for engine in [forgetful, silent, unlocked, generous, careless, stubborn] {
        crate::secrets::a_new_key_opens_what_was_sealed_before(&mut World::of(engine)).await;
    }
}
