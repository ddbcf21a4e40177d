//! Many suppressions at once, from a file and into one.

use std::process::ExitCode;

use anyhow::bail;
use api::suppressions::{AddSuppression, ImportSuppressions, ImportedSuppressions, SuppressionView};
use serde_json::json;
use smtp::address::Mailbox;

use super::super::handout::Handout;
use super::super::sheet::{self, Columns, Row, Sheet, harmless};
use super::{PATH, chosen};
use crate::cli::{SuppressionExport, SuppressionImport};
use crate::client::Client;
use crate::output::{self, BAD, GOOD, WAITING, say};

/// The columns that are written, of which the first ones are read again.
const HEADER: [&str; 10] = [
    "address",
    "account",
    "scope",
    "reason",
    "text",
    "expires_at",
    "status",
    "message_id",
    "by",
    "reported_at",
];
const COLUMNS: Columns<'static> = Columns { usual: &["address"], sign: "address" };
/// Rows that go in one request.
const AT_ONCE: usize = 2_000;

/// A row that cannot be taken.
#[derive(serde::Serialize)]
struct RejectedRow {
    line: u64,
    problem: String,
}

pub(super) async fn import(arguments: &SuppressionImport) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let sheet = sheet::read(&arguments.file, &COLUMNS)?;
    let (rows, rejected) = rows(&sheet, arguments.account.as_deref());
    if rows.is_empty() && rejected.is_empty() {
        bail!("the file has no rows: address[,account,scope,reason,text,expires_at]");
    }
    let mut sum = ImportedSuppressions::default();
    let bar = output::spinner_for("the rows are stored", arguments.connection.format());
    for some in rows.chunks(AT_ONCE) {
        let body = ImportSuppressions { rows: some.to_vec() };
        let done: anyhow::Result<ImportedSuppressions> = client.post(&format!("{PATH}:import"), &body).await;
        if done.is_err() {
            bar.clear();
        }
        let done = done?;
        sum.new += done.new;
        sum.known += done.known;
    }
    bar.clear();
    if arguments.connection.json {
        output::json(&json!({ "new": sum.new, "known": sum.known, "rejected": rejected }))?;
    } else {
        for one in &rejected {
            say!("{BAD}✗{BAD:#} line {}: {}", one.line, one.problem);
        }
        let style = if rejected.is_empty() { GOOD } else { WAITING };
        let ImportedSuppressions { new, known } = sum;
        say!("{style}{new} new, {known} known already, {} rejected.{style:#}", rejected.len());
    }
    Ok(if rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The rows of a file, and those that are none.
fn rows(sheet: &Sheet, account: Option<&str>) -> (Vec<AddSuppression>, Vec<RejectedRow>) {
    let problem = |(line, problem): &(u64, String)| RejectedRow { line: *line, problem: problem.clone() };
    let mut rejected: Vec<RejectedRow> = sheet.problems.iter().map(problem).collect();
    let mut rows = Vec::new();
    for row in &sheet.rows {
        match read(sheet, row, account) {
            Ok(new) => rows.push(new),
            Err(problem) => rejected.push(RejectedRow { line: row.line, problem }),
        }
    }
    rejected.sort_by_key(|one| one.line);
    (rows, rejected)
}

fn read(sheet: &Sheet, row: &Row, account: Option<&str>) -> Result<AddSuppression, String> {
    let cell = |names: &[&str]| sheet.cell(row, names).map(str::to_owned);
    let address = cell(&["address", "email", "recipient"]).unwrap_or_default();
    let mailbox: Result<Mailbox, _> = address.parse();
    mailbox.map_err(|error| format!("{address}: {error}"))?;
    let expires_at = cell(&["expires_at"]).map(|text| text.parse()).transpose();
    Ok(AddSuppression {
        address,
        account: cell(&["account"]).or_else(|| account.map(str::to_owned)),
        scope: cell(&["scope"]),
        reason: cell(&["reason"]),
        text: cell(&["text", "notes"]),
        expires_at: expires_at.map_err(|error| format!("expires_at: {error}"))?,
    })
}

pub(super) async fn export(arguments: &SuppressionExport) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let mut output = arguments.output.as_deref().map(Handout::create).transpose()?;
    let entries: Vec<SuppressionView> = client.list(PATH, &chosen(&arguments.choice)).await?;
    if arguments.connection.json {
        return output::json(&entries);
    }
    let lines = entries.iter().filter(|entry| !entry.is_over).map(line);
    if let Some(output) = &mut output {
        output.row(&HEADER)?;
        for line in lines {
            output.row(&line.each_ref().map(String::as_str))?;
        }
        return Ok(());
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for line in lines {
        writer.write_record(line.each_ref().map(|cell| harmless(cell)))?;
    }
    let text = String::from_utf8(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)?;
    output::document(&text);
    Ok(())
}

fn line(entry: &SuppressionView) -> [String; 10] {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        entry.address.clone(),
        or_empty(&entry.account),
        entry.scope.clone(),
        entry.reason.clone(),
        entry.text.clone(),
        entry.expires_at.map(|end| end.to_string()).unwrap_or_default(),
        or_empty(&entry.status),
        or_empty(&entry.message_id),
        entry.by.clone(),
        entry.reported_at.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_what_is_none_is_named_with_its_line() {
        let file = b"address,scope,reason,expires_at\nann@example.com,contoso.com,complaint,\nbob,,,\n\
            eve@example.com,,,soon\nmia@example.com,,,2027-01-15T08:00:00Z\n";
        let sheet = sheet::parse(file, &COLUMNS).unwrap();
        let (rows, rejected) = rows(&sheet, Some("contoso"));
        let addresses: Vec<&str> = rows.iter().map(|row| row.address.as_str()).collect();
        assert_eq!(addresses, ["ann@example.com", "mia@example.com"]);
        assert_eq!(
            (rows[0].scope.as_deref(), rows[0].account.as_deref()),
            (Some("contoso.com"), Some("contoso"))
        );
        assert!(rows[1].expires_at.is_some());
        let lines: Vec<u64> = rejected.iter().map(|one| one.line).collect();
        assert_eq!(lines, [3, 4], "{}", rejected[0].problem);
        let plain = sheet::parse(b"ann@example.com\nbob@example.com\n", &COLUMNS).unwrap();
        assert_eq!(super::rows(&plain, None).0.len(), 2, "a list of addresses alone");
    }
}
