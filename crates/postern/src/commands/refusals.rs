//! `postern refusals`: what clients were refused, the newest first.

use std::fmt::Display;
use std::process::ExitCode;

use api::refusals::RefusalView;
use model::visible::visible;

use crate::cli::RefusalList;
use crate::client::Client;
use crate::output::{self, Cell, cell_of_lines};

pub(super) async fn list(arguments: &RefusalList) -> anyhow::Result<ExitCode> {
    let mut query = Vec::new();
    query.extend(arguments.credential.clone().map(|login| ("credential", login)));
    let refusals: Vec<RefusalView> =
        Client::new(&arguments.connection)?.first(arguments.limit, "/v1/refusals", &query).await?;
    if arguments.connection.json {
        output::json(&refusals)?;
        return Ok(ExitCode::SUCCESS);
    }
    let empty = match &arguments.credential {
        Some(login) => format!("Nothing was rejected for {login}."),
        None => "Nothing was rejected.".to_owned(),
    };
    let rows = refusals.iter().map(row).collect();
    output::table(["When", "Who", "Reply, reason and what to do"], rows, &empty);
    Ok(ExitCode::SUCCESS)
}

fn row(refusal: &RefusalView) -> [Cell; 3] {
    let is_repeated = refusal.count > 1;
    let when = [
        Some(output::time(refusal.at)),
        is_repeated.then(|| format!("{} times", refusal.count)),
        is_repeated.then(|| format!("since {}", output::time(refusal.since))),
    ];
    let claimed = || refusal.login.as_ref().map(|login| format!("\"{}\"", shortened(login)));
    let who = [
        refusal.credential.clone().or_else(claimed),
        refusal.credential.is_none().then(|| "not logged in".to_owned()),
        Some(refusal.peer.to_string()),
    ];
    // A handshake that failed has no reply.
    let reply = match refusal.reply.strip_prefix(&refusal.code) {
        Some(_) => refusal.reply.clone(),
        None => format!("{}: {}", refusal.code, refusal.reply),
    };
    let reason = refusal.reason.as_ref().map(|reason| format!("Reason: {reason}"));
    let message = refusal.message_id.as_ref().map(|id| format!("Message-ID: {id}"));
    let what = [Some(reply), reason, message, Some(format!("→ {}", refusal.advice))];
    [lines(when), lines(who), lines(what)]
}

/// The beginning of what a stranger calls itself, so that the table keeps its form.
fn shortened(login: &str) -> String {
    const SHOWN: usize = 20;
    let login = visible(login);
    let rest = if login.chars().count() > SHOWN { "..." } else { "" };
    login.chars().take(SHOWN).chain(rest.chars()).collect()
}

/// A cell of the lines that there are.
fn lines<const N: usize>(lines: [Option<String>; N]) -> Cell {
    let there: Vec<&dyn Display> = lines.iter().flatten().map(|line| line as &dyn Display).collect();
    cell_of_lines(&there)
}
