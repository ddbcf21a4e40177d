//! `postern audit`.

use std::process::ExitCode;

use api::audit::AuditView;

use crate::cli::AuditList;
use crate::client::Client;
use crate::output::{self, Cell, cell, cell_of_lines};

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
                detail(&entry.detail),
            ]
        })
        .collect();
    let header = ["Number", "When", "Who, from where", "What", "Which", "More"];
    let is_all = arguments.subject.is_none() && arguments.before.is_none();
    let empty = if is_all { "Nothing has been changed yet." } else { "There are no such changes." };
    output::table(header, rows, empty);
    Ok(ExitCode::SUCCESS)
}

/// Characters of a line of details. A pipe has no width, and the longest line would make every other one as long.
const LINE: usize = 60;

fn detail(text: &str) -> Cell {
    let lines = lines(text);
    let shown: Vec<&dyn std::fmt::Display> = lines.iter().map(|line| line as _).collect();
    cell_of_lines(&shown)
}

/// Divides a list at its commas, so that no line is longer than one item or [`LINE`].
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in text.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.chars().count() + item.trim_end().chars().count() <= LINE => {
                line.push_str(item);
            }
            _ => lines.push(item.to_owned()),
        }
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_divided_at_commas_and_nothing_is_lost() {
        let id = "11111111-aaaa-4111-8111-111111111111";
        let text = format!("tenant {id}, client {id}, subscription {id}, by client_secret");
        let divided = lines(&text);
        assert_eq!(divided[0], format!("tenant {id},"));
        assert!(divided.iter().all(|line| line.len() <= LINE + 1), "{divided:?}");
        assert_eq!(divided.join(" "), text);
        assert_eq!(lines("3 new or renamed, 0 gone"), ["3 new or renamed, 0 gone"]);
        assert_eq!(lines(""), [""; 0]);
    }
}
