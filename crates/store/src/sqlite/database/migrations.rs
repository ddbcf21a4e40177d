//! Brings the schema up to date: numbered steps, forward only. `migrations/README.md` has the rules.

use rusqlite::Connection;

use crate::error::StoreError;

/// All steps in order. A released step is never edited.
const STEPS: &[&str] = &[
    include_str!("../../../migrations/0001_queue_accounts_and_secrets.sql"),
    include_str!("../../../migrations/0002_when_an_account_changed.sql"),
    include_str!("../../../migrations/0003_verify_rotate_audit.sql"),
    include_str!("../../../migrations/0004_estates.sql"),
    include_str!("../../../migrations/0005_changes_to_messages.sql"),
    include_str!("../../../migrations/0006_smtp_usernames.sql"),
    include_str!("../../../migrations/0007_a_second_way_and_divided_sends.sql"),
    include_str!("../../../migrations/0008_logins_that_worked.sql"),
    include_str!("../../../migrations/0009_how_long_azure_asked_to_wait.sql"),
    include_str!("../../../migrations/0010_refusals.sql"),
    include_str!("../../../migrations/0011_why_mail_waits.sql"),
    include_str!("../../../migrations/0012_sizes_are_in_bytes.sql"),
    include_str!("../../../migrations/0013_what_was_made_and_approved.sql"),
    include_str!("../../../migrations/0014_recipients_and_events.sql"),
    include_str!("../../../migrations/0015_what_nodes_share.sql"),
    include_str!("../../../migrations/0017_quotas_by_what_they_limit.sql"),
    include_str!("../../../migrations/0018_no_index_in_random_order.sql"),
    include_str!("../../../migrations/0019_what_awaits_approval.sql"),
    include_str!("../../../migrations/0020_several_records_before_one.sql"),
    include_str!("../../../migrations/0021_what_messages_are_found_by.sql"),
    include_str!("../../../migrations/0023_what_an_account_sends_through.sql"),
    include_str!("../../../migrations/0025_rolled_back_is_one_word.sql"),
    include_str!("../../../migrations/0027_settings_of_an_upstream.sql"),
    include_str!("../../../migrations/0026_whose_turn_it_is.sql"),
    include_str!("../../../migrations/0038_endpoints_that_are_told.sql"),
    include_str!("../../../migrations/0028_who_has_not_been_told.sql"),
    include_str!("../../../migrations/0037_whose_senders_were_told.sql"),
    include_str!("../../../migrations/0040_since_when_mail_waits.sql"),
    include_str!("../../../migrations/0041_alarms_that_were_raised.sql"),
    include_str!("../../../migrations/0034_whom_mail_must_not_go_to.sql"),
    include_str!("../../../migrations/0031_sends_in_a_day.sql"),
];

/// Applies the steps that the database has not seen.
pub(super) fn apply(connection: &mut Connection) -> Result<(), StoreError> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > STEPS.len() {
        return Err(StoreError::Damaged(format!(
            "the database is at version {version} and this program knows {}: it was written by a newer one",
            STEPS.len()
        )));
    }
    for (number, step) in STEPS.iter().enumerate().skip(version) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Makes an empty database one of before the step that has a text.
#[cfg(test)]
fn apply_before(text: &str, connection: &Connection) {
    let step = STEPS.iter().position(|step| step.contains(text)).unwrap();
    for step in &STEPS[..step] {
        connection.execute_batch(step).unwrap();
    }
    connection.pragma_update(None, "user_version", step).unwrap();
}

#[cfg(test)]
mod nodes;
#[cfg(test)]
mod record;

#[cfg(test)]
mod tests {
    use model::rotation::Step;

    /// An account as all builds until now have written it.
    const ACCOUNT: &str = "INSERT INTO account (id, name, tenant, client, subscription, cloud, service, endpoint,
        authorization, transport, sends_per_minute, sends_per_hour, status_reads_per_minute,
        status_reads_per_hour, requests_at_once, smtp_sessions, created_at)
        VALUES ('a', 'contoso', 't', 'c', 's', 'public', 'svc', 'https://x', 'secret', 'auto', 1, 1, 1, 1, 1, 1, 1)";

    use super::*;

    /// What stands at the end, as SQL without comments, blank lines and indentation.
    fn schema(connection: &Connection) -> String {
        let select = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name";
        let mut statement = connection.prepare(select).unwrap();
        let all: Result<Vec<String>, _> = statement.query_map([], |row| row.get(0)).unwrap().collect();
        let plain = |sql: String| {
            let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
            let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
            let lines: Vec<String> = words.filter(|line| !line.is_empty()).collect();
            lines.join("\n") + ";\n"
        };
        all.unwrap().into_iter().map(plain).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_schema_is_what_the_snapshot_says() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection).unwrap();
        apply(&mut connection).unwrap();
        let (schema, file) =
            (schema(&connection), concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/schema.txt"));
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(file, &schema).unwrap();
        }
        let snapshot = std::fs::read_to_string(file).unwrap();
        let differs = schema.lines().zip(snapshot.lines()).find(|(is, was)| is != was);
        assert!(
            schema == snapshot,
            "the migrations lead to another schema than {file} says, first at {differs:?}. If that is meant: \
             UPDATE_SCHEMA=1 cargo test -p store --lib the_schema_is"
        );
    }

    #[test]
    fn what_waits_in_an_older_database_is_counted_with_its_age() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply_before("send_waiting_count", &connection);
        let message =
            "INSERT INTO message (id, account_id, origin, origin_name, lane, reverse_path, header_from,
            message_id, subject, size_bytes, accepted_at, expires_at, segment, position, send_at)
            VALUES (?, 'a', 'credential', 'x', 'normal', '', 'f', 'i', 's', 1, ?, 9, 1, 8, ?)";
        let send = "INSERT INTO send (message_id, part, account_id, lane, operation_id, state, due_at)
            VALUES (?, 0, 'a', ?, 'o', ?, 7)";
        for (id, lane, state, accepted_at, send_at) in [
            ("m", 1, "queued", 60_000, None),
            ("n", 1, "sending", 119_999, None),
            ("o", 1, "queued", 60_000, Some(600_000)),
            ("p", 2, "sent", 60_000, None),
        ] {
            connection.execute(message, rusqlite::params![id, accepted_at, send_at]).unwrap();
            connection.execute(send, rusqlite::params![id, lane, state]).unwrap();
        }
        apply(&mut connection).unwrap();
        let mut select = connection.prepare("SELECT lane, minute, count FROM send_waiting_count").unwrap();
        let rows = select.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?])).unwrap();
        assert_eq!(rows.collect::<Result<Vec<[i64; 3]>, _>>().unwrap(), [[1, 1, 2], [1, 10, 1]]);
    }

    #[test]
    fn sends_of_an_older_database_are_undivided_and_unrefused() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply_before("refused_by_rest", &connection);
        connection
            .execute_batch(
                "INSERT INTO send (message_id, part, account_id, lane, operation_id, recipients, state, due_at)
                 VALUES ('m', 0, 'a', 1, 'o', '[]', 'queued', 7)",
            )
            .unwrap();
        apply(&mut connection).unwrap();
        let row: (i64, Option<String>, Option<String>) = connection
            .query_row("SELECT due_at, refused_by_rest, division FROM send", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(row, (7, None, None));
    }

    #[test]
    fn a_rotation_that_was_rolled_back_before_is_over() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply_before("rolled-back", &connection);
        let insert = "INSERT INTO rotation (account_id, label, step, started_at, changed_at, wanted_until)
            VALUES (?, 'l', ?, 1, 1, 1)";
        for (account, step) in [("a", "rolled-back"), ("b", "begun"), ("c", "done")] {
            connection.execute(insert, [account, step]).unwrap();
        }
        apply(&mut connection).unwrap();
        let mut select = connection.prepare("SELECT step FROM rotation ORDER BY account_id").unwrap();
        let words = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let steps: Vec<Step> = words.map(|word| word.unwrap().parse().unwrap()).collect();
        assert_eq!(steps, [Step::RolledBack, Step::Begun, Step::Done]);
    }

    #[test]
    fn an_account_of_before_can_have_smtp_usernames() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply_before("CREATE TABLE smtp_username", &connection);
        connection.execute_batch(ACCOUNT).unwrap();
        apply(&mut connection).unwrap();
        let insert = "INSERT INTO smtp_username (account_id, service, username, client, tenant)
            VALUES ('a', 'svc', ?, 'c', 't')";
        connection.execute(insert, ["Printer@contoso.com"]).unwrap();
        assert!(connection.execute(insert, ["printer@CONTOSO.com"]).is_err(), "the same in any case");
        let name: String = connection.query_row("SELECT name FROM account", [], |row| row.get(0)).unwrap();
        assert_eq!(name, "contoso");
    }

    #[test]
    fn accounts_of_an_older_build_have_no_settings_of_an_upstream() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply_before("ADD COLUMN upstream_settings", &connection);
        connection.execute_batch(ACCOUNT).unwrap();
        apply(&mut connection).unwrap();
        let select = "SELECT upstream, upstream_settings, tenant FROM account";
        let row: [String; 3] =
            connection.query_row(select, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?])).unwrap();
        assert_eq!(row, ["azure", "", "t"]);
    }

    #[test]
    fn messages_of_an_older_build_have_no_changes() {
        let mut connection = Connection::open_in_memory().unwrap();
        for (number, step) in STEPS.iter().enumerate().take(4) {
            connection.execute_batch(step).unwrap();
            connection.pragma_update(None, "user_version", number + 1).unwrap();
        }
        let old = "INSERT INTO message VALUES ('1', 'a', 'credential', 'scanner1', 'normal', '', NULL, NULL, 'a@b', '<1@x>', \
             's', 3, 0, 0, NULL, 1, 8, 1)";
        connection.execute(old, []).unwrap();
        apply(&mut connection).unwrap();
        let changes: String =
            connection.query_row("SELECT changes FROM message WHERE id = '1'", [], |row| row.get(0)).unwrap();
        assert_eq!(changes, "[]");
    }

    #[test]
    fn refusals_of_an_older_build_do_not_say_how_long_azure_asked_to_wait() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply_before("wait_seconds", &connection);
        connection.execute("INSERT INTO throttled VALUES ('s', 'sends', 7, 2, 88)", []).unwrap();
        apply(&mut connection).unwrap();
        let row: (u32, Option<u32>) = connection
            .query_row("SELECT in_hour, wait_seconds FROM throttled", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(row, (88, None));
    }

    #[test]
    fn what_a_subscription_has_used_is_carried_over() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply_before("RENAME COLUMN subscription TO scope", &connection);
        connection
            .execute_batch(
                "INSERT INTO usage (subscription, kind, slot_seconds, slot, count) VALUES ('s', 'sends', 1, 7, 2);
                 INSERT INTO throttled (subscription, kind, at, in_minute, in_hour) VALUES ('s', 'sends', 7, 2, 88);",
            )
            .unwrap();
        apply(&mut connection).unwrap();
        for table in ["usage", "throttled"] {
            let select = format!("SELECT scope FROM {table}");
            let scope: String = connection.query_row(&select, [], |row| row.get(0)).unwrap();
            assert_eq!(scope, "subscription/s", "{table}");
        }
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(apply(&mut connection), Err(StoreError::Damaged(_))));
    }

    /// A database of an older build with infrastructure: nothing is lost, and what was only shown is not approved.
    #[test]
    fn infrastructure_of_an_older_build_is_moved_over() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply_before("RENAME COLUMN size_octets", &connection);
        connection
            .execute_batch(
                "INSERT INTO estate VALUES ('a', 'mail', 'westeurope', 'Europe', 'contoso', 'contoso-email', 1, 7);
                 INSERT INTO estate_domain VALUES ('a', 'contoso.example', 'customer', 'cf', 0, NULL);
                 INSERT INTO estate_sender VALUES ('a', 'contoso.example', 'noreply', 'NoReply', NULL, '');
                 INSERT INTO estate_login VALUES ('a', 'printer', 'printer@contoso.example', NULL);
                 INSERT INTO estate_step VALUES ('a', 'made//subscriptions/s/x', 'done', NULL, 1, 1);
                 INSERT INTO estate_step VALUES ('a', 'made//subscriptions/s/y', 'begun', NULL, 1, 2);
                 INSERT INTO estate_step VALUES ('a', 'shown/contoso.example', 'done', 'v=spf1 -all', 0, 3);
                 INSERT INTO estate_step VALUES ('a', 'whole', 'done', NULL, 0, 4);
                 INSERT INTO estate_step VALUES ('a', 'dns/contoso.example', 'waits', 'later', 2, 5);
                 INSERT INTO estate_step VALUES ('a', 'domain/contoso.example', 'done', NULL, 1, 6);",
            )
            .unwrap();
        apply(&mut connection).unwrap();
        let rows = |sql: &str| -> Vec<String> {
            let mut select = connection.prepare(sql).unwrap();
            select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(rows("SELECT service || applied_at FROM infrastructure"), ["contoso4"]);
        assert_eq!(rows("SELECT name || dns FROM desired_domain"), ["contoso.examplecf"]);
        assert_eq!(rows("SELECT username FROM desired_sender"), ["NoReply"]);
        assert_eq!(rows("SELECT username FROM desired_login"), ["printer@contoso.example"]);
        let made = rows("SELECT resource_id || ' ' || state FROM made_resource ORDER BY 1");
        assert_eq!(made, ["/subscriptions/s/x made", "/subscriptions/s/y begun"]);
        let steps = rows("SELECT key || ' ' || state || tries FROM provisioning_step ORDER BY 1");
        assert_eq!(steps, ["dns/contoso.example pending2", "domain/contoso.example done1"]);
        assert_eq!(rows("SELECT key FROM approved_step"), ["dns/contoso.example"]);
        assert!(rows("SELECT name FROM approved_change").is_empty(), "what was shown is not approved");
        assert!(rows("SELECT name FROM sqlite_schema WHERE name LIKE 'estate%'").is_empty());
    }
}
