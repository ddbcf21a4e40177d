//! Rows of older and of newer builds.

use model::azure::{Authorization, TransportChoice};

use super::*;
use crate::sqlite::database::{Database, Durability};

const INSERT: &str = "INSERT INTO account (id, name, tenant, client, subscription, cloud, service, endpoint,
        authorization, transport, sends_per_minute, sends_per_hour, status_reads_per_minute,
        status_reads_per_hour, requests_at_once, smtp_sessions, created_at)
    VALUES ('01m8hmm0rqft0b4f4v3ccgkktg', 'contoso', '11111111-aaaa-4111-8111-111111111111',
        '33333333-cccc-4333-8333-333333333333', '22222222-bbbb-4222-8222-222222222222',
        '{\"kind\":\"public\"}', '', '', 'certificate', 'rest', 1, 2, 3, 4, 5, 6, 7)";

/// What is read of the row of an older build after a change to it.
async fn read_after(change: &'static str) -> Result<Vec<Account>, StoreError> {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("test.db")).unwrap();
    let read = move |connection: &Connection| {
        connection.execute_batch(INSERT)?;
        connection.execute_batch(change)?;
        Ok(read_all(connection))
    };
    database.write(Durability::Synced, read).await.unwrap()
}

/// An account of a build that knew only Azure has no word for it, and no settings.
#[tokio::test]
async fn an_old_row_is_at_azure() {
    let accounts = read_after("").await.unwrap();
    let azure = accounts[0].azure().unwrap();
    assert_eq!((azure.authorization, azure.transport), (Authorization::Certificate, TransportChoice::Rest));
}

#[tokio::test]
async fn an_upstream_of_a_newer_build_is_an_error_that_says_so() {
    let settings = r#"UPDATE account SET upstream = 'pigeon', upstream_settings = '{"loft":"north"}'"#;
    for change in ["UPDATE account SET upstream = 'pigeon'", settings] {
        let error = read_after(change).await.unwrap_err().to_string();
        let wanted = "a stored value is damaged: the upstream \"pigeon\" is not known to this build: a newer one wrote it";
        assert_eq!(error, wanted);
    }
}

/// Nothing of them is quoted: a newer build may keep there what is confidential.
#[tokio::test]
async fn settings_that_are_not_names_and_texts_are_an_error() {
    for settings in ["x", "[]", r#"{"loft":7}"#, r#"{"loft":"north""#] {
        let change =
            format!("UPDATE account SET upstream = 'pigeon', upstream_settings = '{settings}'").leak();
        let error = read_after(change).await.unwrap_err().to_string();
        let wanted =
            "a stored value is damaged: the settings of an account's upstream are not names and texts";
        assert_eq!(error, wanted, "{settings}");
    }
}

#[test]
fn settings_are_read_as_they_are_written() {
    let one = Settings::from([("loft".to_owned(), "\"north\" \\ é".to_owned())]);
    for settings in [Settings::new(), one] {
        assert_eq!(to_settings(&from_settings(&settings)).unwrap(), settings);
    }
    assert_eq!(from_settings(&Settings::new()), "");
}
