//! `postern status`: what the server holds, and what is wrong.

use std::process::ExitCode;

use web::api::{ProblemView, StatusView};

use crate::cli::Connection;
use crate::client::Client;
use crate::output::{self, BAD, GOOD, QUIET, STRONG, WAITING, say};

/// Exits with 1 if there is a problem.
pub(super) async fn status(connection: Connection) -> anyhow::Result<ExitCode> {
    let status: StatusView = Client::new(&connection)?.get("/v1/status", &[]).await?;
    let code = if status.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if connection.json {
        output::json(&status)?;
        return Ok(code);
    }
    let sends: Vec<String> = status.sends.iter().map(|(state, count)| format!("{count} {state}")).collect();
    output::pairs(&[
        ("Server", format!("{} (version {})", status.host_name, status.version)),
        ("Time", output::time(status.now)),
        ("Accounts", status.accounts.to_string()),
        ("Credentials", status.credentials.to_string()),
        ("Messages", if sends.is_empty() { "none yet".to_owned() } else { sends.join(", ") }),
    ]);
    if status.problems.is_empty() {
        say!("");
        say!("{GOOD}No problems.{GOOD:#}");
    }
    status.problems.iter().for_each(print);
    Ok(code)
}

fn print(problem: &ProblemView) {
    let style = match problem.severity.as_str() {
        "critical" => BAD,
        "warning" => WAITING,
        _ => STRONG,
    };
    let (code, since) = (&problem.code, output::time(problem.since));
    say!("");
    say!("{style}{}{style:#}  {STRONG}{code}{STRONG:#}  {QUIET}since {since}{QUIET:#}", problem.severity);
    say!("  {}", problem.message);
    say!("  {QUIET}What to do:{QUIET:#} {}", problem.action);
}
