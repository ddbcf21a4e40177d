//! What every engine of the store has to do, whatever it keeps its rows in. An engine is a function that opens a
//! store in a folder: an empty one the first time, and the same one again afterwards.
//!
//! `broken.rs` has engines that do one thing wrong, and shows that the suite notices.

#![allow(clippy::unwrap_used, reason = "a store that fails fails the test")]

mod accounts;
mod audit;
mod broken;
mod credentials;
mod dns_providers;
mod feed;
mod histories;
mod history;
mod limits;
mod locks;
mod order;
mod overdue;
mod queue;
mod rotations;
mod sample;
mod search;
mod secrets;
mod senders;
mod suppressions;
mod webhooks;

use std::path::Path;

use jiff::Timestamp;
use store::{DataDir, MasterKey, Options, Store, Volatile};
use tempfile::TempDir;

/// Opens a store of the engine.
type Engine = fn(&Path) -> Store;

/// SQLite and the journal, in a data directory of one process.
fn sqlite(folder: &Path) -> Store {
    let data_dir = DataDir::open(folder, Volatile::Allowed).unwrap();
    let options = Options { segment_bytes: 64 << 10, indexed_together: 7, ..Options::default() };
    Store::open(&data_dir, MasterKey::from_bytes([1; 32]), &options, at(0)).unwrap()
}

/// A store under test.
struct World {
    engine: Engine,
    folder: TempDir,
    store: Option<Store>,
}

impl World {
    fn of(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Some(engine(folder.path()));
        Self { engine, folder, store }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// Ends the process that has the store, and opens it again.
    fn restart(&mut self) {
        drop(self.store.take());
        self.store = Some((self.engine)(self.folder.path()));
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// The checks, as tests of one engine.
macro_rules! contract {
    ($engine:ident) => {
        contract!($engine, accounts:
            a_name_is_taken_once_in_any_case an_account_changes_only_as_it_was_read an_account_in_use_stays
            what_is_lost_with_an_account_must_be_what_was_shown);
        contract!($engine, audit: entries_stay_in_order_and_cannot_be_changed);
        contract!($engine, credentials: a_login_is_taken_once_in_any_case a_credential_changes_only_as_it_was_read
            a_network_belongs_to_one_credential);
        contract!($engine, dns_providers: a_provider_comes_and_goes_with_its_token);
        contract!($engine, feed: numbers_grow_and_name_what_changed);
        contract!($engine, history: alarms_that_were_raised_outlive_the_process refusals_and_logins_outlive_the_process the_last_verification_counts
            smtp_usernames_are_replaced_as_a_whole authentication_failures_are_heard_of_once);
        contract!($engine, limits: usage_adds_up_and_old_slots_go throttlings_are_remembered_newest_first
            leases_keep_all_nodes_within_the_limit);
        contract!($engine, locks: a_lock_has_one_owner_and_its_epoch_grows a_lock_that_is_dropped_wakes_who_waits
            a_restart_frees_locks_and_fences_their_owners);
        contract!($engine, order: what_waits_is_counted_by_lane_with_its_age
            lanes_share_what_may_start one_message_does_not_wait_for_thousands_of_another_sender
            a_message_waits_for_the_time_that_it_was_to_be_sent what_was_put_off_keeps_its_turn
            a_deadline_that_is_near_goes_first what_waits_is_known_with_its_places);
        contract!($engine, overdue: what_waits_for_long_is_found_once);
        contract!($engine, queue:
            what_is_accepted_is_there_after_a_restart a_claim_belongs_to_one_until_it_is_settled
            what_a_dead_process_had_is_put_back_once urgent_mail_comes_first_and_then_what_came_first
            a_repetition_is_recognised_until_its_client_knows an_operator_retries_and_drops_what_waits
            a_status_is_read_by_one_at_a_time a_report_of_a_recipient_is_news_once
            who_was_not_reached_is_untold_until_the_sender_is_told what_is_done_with_is_pruned_and_nothing_else
            expired_mail_is_claimed_to_be_given_up);
        contract!($engine, histories: random_histories_end_as_a_map_would);
        contract!($engine, rotations: a_rotation_moves_only_from_the_step_that_it_is_at);
        contract!($engine, search: each_thing_that_a_message_has_finds_it random_histories_are_searched_as_a_list_would_be);
        contract!($engine, secrets: a_secret_is_opened_only_where_it_was_put a_new_key_opens_what_was_sealed_before);
        contract!($engine, senders: all_senders_change_or_none random_changes_leave_what_a_map_would_have);
        contract!($engine, webhooks: what_happens_is_told_in_order_and_once an_endpoint_is_told_what_it_wants
            what_was_given_up_is_delivered_again a_signing_secret_is_replaced_and_goes_with_its_endpoint
            what_is_told_of_goes_after_a_time);
        contract!($engine, suppressions: an_address_is_found_however_it_is_written
            entries_are_listed_by_what_they_have_and_removed
            what_an_outcome_says_of_an_address_is_written_with_it);
    };
    ($engine:ident, $module:ident: $($check:ident)+) => {
        $(#[tokio::test]
        async fn $check() {
            crate::$module::$check(&mut crate::World::of(crate::$engine)).await;
        })+
    };
}

mod on_sqlite {
    contract!(sqlite);
}
