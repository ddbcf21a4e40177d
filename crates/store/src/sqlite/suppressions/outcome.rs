//! What an outcome says about an address, entered in the transaction of the outcome.

use model::delivery::SendId;
use model::suppression::{Evidence, Suppression, SuppressionScope};
use model::tracking::Finding;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows;
use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;

/// Who finds it.
const BY: &str = "postern";

/// Suppresses a recipient for all mail of the account that sent to it.
pub(crate) fn from_outcome(connection: &Connection, id: SendId, finding: &Finding) -> Result<(), StoreError> {
    let message = id.message.to_string();
    let found: Option<(String, String)> = connection
        .prepare_cached(
            "SELECT r.mailbox, s.account_id FROM recipient r JOIN send s ON s.message_id = r.message_id AND s.part = r.part
             WHERE r.message_id = ? AND r.position = ?",
        )?
        .query_row(params![message, finding.position], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((mailbox, account)) = found else { return Ok(()) };
    let audit = AuditEntry {
        at: finding.at,
        who: BY.to_owned(),
        origin: "outcome".to_owned(),
        action: "suppression.add".to_owned(),
        subject: mailbox.clone(),
        detail: format!("{}, message {message}", finding.reason),
    };
    let entry = Suppression {
        address: columns::to_id(&mailbox)?,
        account: Some(columns::to_id(&account)?),
        scope: SuppressionScope::All,
        reason: finding.reason,
        evidence: Evidence {
            message: Some(id.message),
            status: finding.status.clone(),
            text: finding.text.clone(),
            by: BY.to_owned(),
        },
        added_at: finding.at,
        reported_at: finding.at,
        times: 1,
        expires_at: finding.expires_at,
    };
    rows::report(connection, entry)?;
    audit.store(connection)
}
