//! `postern audit`.

use std::process::ExitCode;

use api::audit::AuditView;

use crate::cli::AuditList;
use crate::client::Client;
use crate::output::{self, cell, cell_of_lines};

pub(super) async fn list(arguments: &AuditList) -> anyhow::Result<ExitCode> {
    let mut query = Vec::new();
    query.extend(arguments.subject.clone().map(|subject| ("subject", subject)));
    query.extend(arguments.before.map(|number| ("before", number.to_string())));
    let entries: Vec<AuditView> =
        Client::new(&arguments.connection)?.first(arguments.limit, "/v1/audit", &query).await?;
    if arguments.connection.json {
        output::json(&entries)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = entries
        .into_iter()
        .map(|entry| {
            [
                cell(entry.number),
                cell(output::time(entry.at)),
                cell_of_lines(&[&entry.who, &entry.origin]),
                cell(entry.action),
                cell(entry.subject),
                cell(entry.detail),
            ]
        })
        .collect();
    let header = ["Number", "When", "Who, from where", "What", "Which", "More"];
    let is_all = arguments.subject.is_none() && arguments.before.is_none();
    let empty = if is_all { "Nothing has been changed yet." } else { "There are no such changes." };
    output::table(header, rows, empty);
    Ok(ExitCode::SUCCESS)
}
