//! `postern queue`.

use std::fmt::Display;
use std::process::ExitCode;

use api::queue::{ChangedView, QueueEntry};

use super::message;
use crate::cli::{ById, QueueCommand, QueueList};
use crate::client::{Client, nothing, segment};
use crate::output::{self, Cell, cell, cell_of_lines, say, style_of};

pub(super) async fn run(command: QueueCommand) -> anyhow::Result<ExitCode> {
    match command {
        QueueCommand::List(arguments) => list(&arguments).await?,
        QueueCommand::Show(arguments) => message::show(&arguments).await?,
        QueueCommand::Retry(arguments) => {
            return retry(&arguments).await;
        }
        QueueCommand::Drop(arguments) => {
            return drop_message(&arguments).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(arguments: &QueueList) -> anyhow::Result<()> {
    let mut query = Vec::new();
    let optional =
        [("state", &arguments.state), ("account", &arguments.account), ("before", &arguments.before)];
    query.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    let entries: Vec<QueueEntry> =
        Client::new(&arguments.connection)?.first(arguments.limit, "/v1/queue", &query).await?;
    let entries = if arguments.mask { message::masked(&entries)? } else { entries };
    if arguments.connection.json {
        return output::json(&entries);
    }
    let rows = entries.into_iter().map(row).collect();
    let header = ["Queue id", "State", "Accepted", "From, to, why it waits"];
    output::table(header, rows, "The queue is empty.");
    Ok(())
}

/// A message in few columns, so that its id stays in one piece on a narrow terminal.
fn row(entry: QueueEntry) -> [Cell; 4] {
    let more = entry.recipients.len().saturating_sub(1);
    let first = entry.recipients.into_iter().next().unwrap_or_default();
    let to = if more > 0 { format!("→ {first} +{more}") } else { format!("→ {first}") };
    let times = [
        ("leaves", entry.waits.as_ref().and_then(|wait| wait.until)),
        ("send at", entry.send_at.filter(|_| entry.state == "queued")),
        ("deadline", entry.deadline.filter(|_| entry.state == "queued")),
    ];
    let known = times.into_iter().filter_map(|(what, at)| Some(format!("{what} {}", output::time(at?))));
    let mut when = vec![output::time(entry.accepted_at)];
    when.extend(known);
    let when: Vec<&dyn Display> = when.iter().map(|line| line as &dyn Display).collect();
    let why = entry.waits.map(|wait| wait.message).unwrap_or_default();
    let tried = match entry.attempts {
        1 => "1 try".to_owned(),
        tries => format!("{tries} tries"),
    };
    let state = cell_of_lines(&[&entry.state, &tried]).styled(style_of(&entry.state));
    let mut about: Vec<&dyn Display> = vec![&entry.from, &to];
    if !why.is_empty() {
        about.push(&why);
    }
    [cell(entry.id).whole(), state, cell_of_lines(&when), cell_of_lines(&about)]
}

async fn retry(arguments: &ById) -> anyhow::Result<ExitCode> {
    let changed = change(arguments, "retry").await?;
    let waits = changed.changed > 0 || !changed.waits.is_empty();
    if arguments.connection.json {
        output::json(&changed)?;
    } else if waits {
        let is_due = if changed.changed > 0 { "is due now" } else { "was due already" };
        say!("{} {is_due}.", arguments.id);
        // Where nothing holds it up it may be on its way by now.
        for wait in changed.waits.iter().filter(|wait| wait.code != "next") {
            say!("It waits: {}.", message::waits(wait));
        }
    } else {
        say!("Message {} is not waiting: there is nothing to retry.", arguments.id);
    }
    Ok(if waits { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn drop_message(arguments: &ById) -> anyhow::Result<ExitCode> {
    let changed = change(arguments, "discard").await?;
    if arguments.connection.json {
        output::json(&changed)?;
    } else if changed.changed == 0 {
        say!("Message {} is not waiting: there is nothing to drop.", arguments.id);
    } else {
        say!("{} is removed from the queue.", arguments.id);
    }
    Ok(if changed.changed == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn change(arguments: &ById, verb: &str) -> anyhow::Result<ChangedView> {
    let path = format!("/v1/queue/{}/sends:{verb}", segment(&arguments.id));
    Client::new(&arguments.connection)?.post(&path, &nothing()).await
}
